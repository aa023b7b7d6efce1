"""A trained model on disk: a directory of numbers and text that cannot run code when it is loaded.

``manifest.json``
    Format version, labels, thresholds, configuration, seed, metrics, library versions, hash of the
    training data, the SHA-256 of every other file and of the manifest itself (``manifest.py``).
``parameters.npz``
    Arrays of plain numbers (``archive.py``).
``README.md``
    The model card.
``encoder.json`` and others
    The encoder of a model that has one (``classifier/encoder/files.py``).
``units.bin``
    Hashes of the units that the model was trained on: ascending unsigned 64-bit numbers, the lowest byte
    first. Missing from older bundles.

Every file is bounded, then verified, then checked, before the model is built. ``saving.py`` writes a
bundle, and replaces one so that a killed process leaves the old one or the new one. Because the
parameters are plain numbers, no scikit-learn is needed to score and no release of it can be
incompatible; what must agree is the text pipeline (``Analyser.fingerprint``), because its rule numbers
and tokens are the features.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np

from classifier.analysis import UInt64
from classifier.encoder.files import encoder_files, read_encoder
from classifier.errors import BundleError
from classifier.model.archive import SHAPES, largest_archive, read_archive, shapes
from classifier.model.manifest import (
    CARD,
    FIELDS,
    LARGEST_MANIFEST,
    MANIFEST,
    PARAMETERS,
    UNITS,
    guarantees,
    parse,
)  # fmt: skip
from classifier.model.trained import DECIMALS, Model

#: Suffix of a file that was written for a new bundle and has not got its name yet; see ``saving.py``.
PENDING = ".new"
#: Bytes of a model card.
LARGEST_CARD = 10_000_000
#: Hashes of units, 80 MB of them. The corpus and labelled pages of 391 sites have 26,000.
MOST_UNITS = 10_000_000


def load(directory: str | os.PathLike[str]) -> Model:
    """Read and verify a bundle.

    Parameters
    ----------
    directory
        Where ``save`` wrote it.

    Raises
    ------
    BundleError
        If the directory is no bundle, a file is missing or changed, the format is unknown, or a
        number or an array is not what training writes.
    """
    folder = Path(directory)
    manifest, content, _ = _read(folder)
    labels = tuple(manifest["labels"])
    encoder = None
    if manifest["encoder"]:
        encoder = read_encoder({name: content[name] for name in encoder_files(content)}, folder)
        if list(encoder.labels) != manifest["encoder"]:
            raise BundleError(f"{folder / MANIFEST}: field 'encoder' does not name its labels")
    expected = shapes(manifest["features"], labels, tuple(manifest["encoder"]))
    return Model(
        labels=labels,
        exclusive=manifest["exclusive"],
        unit=manifest["unit"],
        thresholds=manifest["thresholds"],
        page_thresholds=manifest["page_thresholds"],
        features=manifest["features"],
        fingerprint=manifest["text_pipeline"],
        parameters=read_archive(content[PARAMETERS], expected, folder / PARAMETERS),
        guarantees=guarantees(manifest["guarantees"]),
        page_guarantees=guarantees(manifest["page_guarantees"]),
        encoder=encoder,
        units=_units(content[UNITS], folder / UNITS) if UNITS in content else None,
        about={key: value for key, value in manifest.items() if key not in FIELDS},
        name=f"{folder.resolve().name}@{manifest['sha256'][PARAMETERS][:6]}",
    )


def read_files(directory: str | os.PathLike[str]) -> dict[str, bytes]:
    """Name and verified content of each file of a bundle, to be sent elsewhere.

    Raises
    ------
    BundleError
        As ``load``, but for the arrays, which are not unpacked.
    """
    _, content, raw = _read(Path(directory))
    return {MANIFEST: raw, **content}


def read_manifest(folder: Path) -> tuple[dict[str, Any], bytes]:
    """The checked manifest of a bundle and its bytes."""
    path = folder / MANIFEST
    if not path.is_file():
        raise BundleError(
            f"{folder}: no model bundle here ({MANIFEST} is missing); give the directory that "
            "'classifier train -o' wrote"
        )
    raw = _bytes(path, LARGEST_MANIFEST)
    return parse(raw, str(path)), raw


def _read(folder: Path) -> tuple[dict[str, Any], dict[str, bytes], bytes]:
    """Checked manifest, verified content of the other files, and the bytes of the manifest."""
    manifest, raw = read_manifest(folder)
    encoder = tuple(manifest["encoder"])
    expected = shapes(manifest["features"], tuple(manifest["labels"]), encoder)
    limits = {PARAMETERS: largest_archive(expected), CARD: LARGEST_CARD}
    limits |= encoder_files(manifest["sha256"])
    if UNITS in manifest["sha256"]:
        limits[UNITS] = 8 * MOST_UNITS
    try:
        content = {
            name: _verified(folder / name, manifest["sha256"][name], limit)
            for name, limit in limits.items()
        }
    except BundleError:
        if read_manifest(folder)[1] != raw:  # another process saved a bundle here meanwhile
            return _read(folder)
        raise
    return manifest, content, raw


def _units(content: bytes, path: Path) -> UInt64:
    """Check the hashes of units."""
    units = np.frombuffer(content[: len(content) // 8 * 8], "<u8").astype(np.uint64)
    if len(content) % 8 or not (units[1:] > units[:-1]).all():
        raise BundleError(f"{path}: does not hold ascending numbers of 64 bits")
    return units


def _verified(path: Path, expected: str, limit: int) -> bytes:
    """The content with the right checksum, under the file's own or its pending name."""
    places = [p for p in (path, path.with_name(path.name + PENDING)) if p.is_file()]
    if not places:
        raise BundleError(f"{path}: the file is missing from the bundle")
    for place in places:
        if place.stat().st_size > limit:
            if place == places[-1]:
                raise BundleError(f"{path}: larger than {limit} bytes, which no such bundle is")
            continue
        content = _bytes(place, limit)
        if hashlib.sha256(content).hexdigest() == expected:
            return content
    raise BundleError(f"{path}: the file was changed after training (SHA-256 differs)")


def _bytes(path: Path, limit: int) -> bytes:
    """A file's content, of which no more than the limit is read."""
    try:
        with path.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            content = stream.read(min(size, limit) + 1)  # memory is taken for all that is asked for
    except OSError as error:
        raise BundleError(f"{path}: cannot be read: {error}") from None
    if len(content) > limit:
        raise BundleError(f"{path}: larger than {limit} bytes, which no such bundle is")
    return content


__all__ = [
    "CARD",
    "DECIMALS",
    "MANIFEST",
    "PARAMETERS",
    "PENDING",
    "SHAPES",
    "Model",
    "load",
    "read_files",
    "read_manifest",
]
