"""What a labelled corpus is worth: checks, statistics and splits behind ``classifier data``."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from classifier.duplicates import LEAST_WORDS, duplicates
from classifier.schema import Dataset, LabelledPage, Segment

#: Columns that every page of our corpus carries, and the values allowed where they are closed.
PAGE_COLUMNS: dict[str, frozenset[str] | None] = {
    "genre": None,
    "family": None,
    "english": None,
    "year": None,
    "side": frozenset({"marketing", "neutral", "mixed"}),
}
#: Shares of the groups in the fixed splits; a group's place is a hash of its name, so that pages can
#: be added later and none ever changes sides.
SPLITS = {"train": 0.7, "validation": 0.15, "test": 0.15}
#: Tokens per window when distinct trigrams are counted.
DIVERSITY_WINDOW = 10_000
_WORD = re.compile(r"\w+|[^\w\s]")


def problems(data: Dataset) -> Iterator[str]:
    """Everything that is wrong with a corpus that could be read, one line each."""
    with_columns = any(column in page.columns for page in data.pages for column in PAGE_COLUMNS)
    for page in data.pages if with_columns else ():
        for column, allowed in PAGE_COLUMNS.items():
            value = page.columns.get(column)
            if value in (None, ""):
                yield f"{page.where}: page {page.id}: field '{column}' is missing"
            elif allowed is not None and value not in allowed:
                expected = ", ".join(sorted(allowed))
                yield f"{page.where}: page {page.id}: field '{column}' is {value!r}, not {expected}"
    if data.unit == "sentence":
        for page in data.pages:
            yield from _uncovered(page)
    yield from _contradictions(data)
    for found in duplicates(data):
        page, other = data.pages[found.page], data.pages[found.other_page]
        across = "another group" if page.group != other.group else "the same group"
        yield (
            f"{page.where}: page {page.id} at {found.segment.start}: unit repeats page {other.id} at "
            f"{found.other_segment.start} of {across} ({other.where}, similarity "
            f"{found.similarity:.2f})"
        )


def _uncovered(page: LabelledPage) -> Iterator[str]:
    """Words of a page that no segment holds: a slip of the labeller."""
    done = 0
    for segment in [*page.segments, Segment(len(page.text), len(page.text), frozenset())]:
        gap = page.text[done : segment.start]
        if any(map(str.isalpha, gap)):
            yield f"{page.where}: page {page.id} at {done}: text without a label: {gap.strip()[:60]!r}"
        done = segment.end


def _contradictions(data: Dataset) -> Iterator[str]:
    """The same long unit labelled in two ways."""
    seen: dict[str, tuple[LabelledPage, Segment]] = {}
    for page in data.pages:
        for segment in page.segments:
            key = " ".join(_WORD.findall(page.text[segment.start : segment.end].lower()))
            if key.count(" ") + 1 < LEAST_WORDS:
                continue
            other_page, other = seen.setdefault(key, (page, segment))
            if (other.labels, other.claim) != (segment.labels, segment.claim):
                yield (
                    f"{page.where}: page {page.id} at {segment.start}: labelled otherwise than the "
                    f"same words on page {other_page.id} at {other.start} ({other_page.where})"
                )


def statistics(data: Dataset) -> dict[str, Any]:
    """Counts, label balance overall and per genre, family, English and side, lengths, diversity."""
    units = [(page, segment) for page in data.pages for segment in page.segments]
    words = np.array([len(_words(page, segment)) for page, segment in units])
    per_page = np.array([len(page.segments) for page in data.pages])
    tokens = [token.lower() for page in data.pages for token in _WORD.findall(page.text)]
    found: dict[str, Any] = {
        "pages": len(data.pages),
        "groups": len({page.group for page in data.pages}),
        "units": len(units),
        "words": int(words.sum()),
        "labels": _shares(segment for _, segment in units),
        "units_per_page_deciles": _deciles(per_page),
        "words_per_unit_deciles": _deciles(words),
        "distinct_trigrams_per_10000_tokens": trigram_diversity(tokens),
    }
    for column in ("side", "genre", "family", "english"):
        parts: dict[str, list[Segment]] = defaultdict(list)
        pages: Counter[str] = Counter()
        for page in data.pages:
            if column in page.columns:
                parts[str(page.columns[column])] += page.segments
                pages[str(page.columns[column])] += 1
        found[column] = {
            name: {"pages": pages[name], "units": len(parts[name]), **_shares(parts[name])}
            for name in sorted(parts)
        }
    return found


def _words(page: LabelledPage, segment: Segment) -> list[str]:
    return page.text[segment.start : segment.end].split()


def _shares(segments: Iterable[Segment]) -> dict[str, float]:
    listed = list(segments)
    counts = Counter(label for segment in listed for label in segment.labels)
    counts.update("supported_claim" for segment in listed if segment.claim == "supported")
    return {name: round(count / max(len(listed), 1), 4) for name, count in sorted(counts.items())}


def _deciles(values: np.typing.NDArray[np.int64]) -> list[float]:
    return [float(v) for v in np.percentile(values, range(10, 100, 10))] if len(values) else []


def trigram_diversity(tokens: list[str]) -> float:
    """Distinct token trigrams in a window of 10,000 tokens, mean over whole windows.

    ``nan`` for fewer tokens than a window. Windows, because the count grows with the text.
    """
    counts = []
    for start in range(0, len(tokens) - DIVERSITY_WINDOW + 1, DIVERSITY_WINDOW):
        window = tokens[start : start + DIVERSITY_WINDOW]
        counts.append(len(set(zip(window, window[1:], window[2:], strict=False))))
    return float(np.mean(counts)) if counts else float("nan")


def split_of(group: str) -> str:
    """Which fixed split a group belongs to; depends on its name alone."""
    place = int.from_bytes(hashlib.sha256(group.encode("utf-8")).digest()[:8], "big") / 2**64
    for name, share in SPLITS.items():
        place -= share
        if place < 0:
            return name
    return name


def splits(data: Dataset) -> dict[str, dict[str, list[str]]]:
    """Page ids of the fixed grouped split, and of each family for leave-one-family-out folds."""
    by_split: dict[str, list[str]] = {name: [] for name in SPLITS}
    by_family: dict[str, list[str]] = defaultdict(list)
    for page in data.pages:
        by_split[split_of(page.group)].append(page.id)
        by_family[str(page.columns.get("family", ""))].append(page.id)
    return {"split": by_split, "leave_one_family_out": dict(sorted(by_family.items()))}
