"""What a model was made from, for its manifest: data and releases."""

from __future__ import annotations

import hashlib
import json
import platform
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from classifier.analysis import Bool, Int, UInt64
from classifier.corpus.duplicates import Duplicate, alike_by_chance, unit_key
from classifier.errors import DataError
from classifier.schema import Dataset, LabelledPage


def describe(data: Dataset, found: Sequence[Duplicate]) -> dict[str, Any]:
    """What the data were: files, counts, and a hash over ids, groups, texts and labels."""
    digest = hashlib.sha256()
    for page in data.pages:
        row: list[object] = [page.id, page.group, page.text]
        row += [[s.start, s.end, sorted(s.labels)] for s in page.segments]
        digest.update(json.dumps(row).encode("utf-8") + b"\n")
    counts = Counter(label for page in data.pages for s in page.segments for label in s.labels)
    return {
        "sha256": digest.hexdigest(),
        "files": files(data),
        "pages": len(data.pages),
        "units": sum(len(page.segments) for page in data.pages),
        "groups": len({page.group for page in data.pages}),
        "grouped": data.grouped,
        "positives": {label: counts[label] for label in data.labels},
        "units_repeated_across_groups": sum(
            data.pages[d.page].group != data.pages[d.other_page].group for d in found
        ),
    }


def unit_hashes(data: Dataset) -> tuple[UInt64, Int]:
    """64 bits of BLAKE2b of the words of each unit, and the number of its page; (U,) each.

    Units so short that they are alike by chance are left out.
    """
    found = [
        (hashlib.blake2b(key.encode(), digest_size=8).digest(), number)
        for number, page in enumerate(data.pages)
        for key in (unit_key(page.text[s.start : s.end]) for s in page.segments)
        if not alike_by_chance(key, data.unit)
    ]
    hashes = np.frombuffer(b"".join(value for value, _ in found), "<u8").astype(np.uint64)
    return hashes, np.array([number for _, number in found], dtype=np.int64)


def files(data: Dataset) -> dict[str, int]:
    """Names of the files that the pages were read from, with the number of pages."""
    names = Counter(_file(page).name for page in data.pages)
    return dict(sorted(names.items()))


def read_from(data: Dataset, paths: Sequence[str]) -> Bool:
    """Which pages were read from these files or folders, (P,).

    Raises
    ------
    DataError
        If a path holds none of the pages.
    """
    sources = [_file(page) for page in data.pages]
    found = np.array([[file.is_relative_to(path) for file in sources] for path in paths])
    for path, pages in zip(paths, found, strict=True):
        if not pages.any():
            raise DataError(f"no page of the data was read from '{path}'")
    return np.asarray(found.any(axis=0))


def _file(page: LabelledPage) -> Path:
    """The file that a page was read from."""
    return Path(page.where.rsplit(":", 1)[0])


def versions() -> dict[str, str]:
    """Releases of what made the model."""
    packages = ("health-marketing-classifier", "numpy", "scikit-learn", "scipy", "spacy")
    return {"python": platform.python_version()} | {name: version(name) for name in packages}
