"""Writing a bundle so that whoever reads it finds the old one or the new one, never a mix.

New files are first written beside the old ones under pending names (``parameters.npz.new``). One rename
replaces the manifest, and with it the bundle: its checksums say which of both files is meant, and
``load`` takes the one that fits. Then the pending files get their names. A save that was killed in
between is completed by the next one.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from classifier.archive import LARGEST_NUMBER
from classifier.encoder.files import ENCODER_FILES
from classifier.errors import BundleError
from classifier.model.archive import SHAPES, shapes
from classifier.model.bundle import MOST_UNITS, PENDING, load, read_manifest
from classifier.model.manifest import (
    CARD,
    FORMAT_VERSION,
    LARGEST_MANIFEST,
    MANIFEST,
    PARAMETERS,
    UNITS,
    check,
    check_values,
    checksum,
)  # fmt: skip
from classifier.model.trained import Model

_FILES = (PARAMETERS, CARD, UNITS, *ENCODER_FILES, MANIFEST)


def check_target(directory: str | os.PathLike[str], overwrite: bool = False) -> None:
    """Raise ``BundleError`` if ``save`` could not, or should not, write here.

    Parameters
    ----------
    directory
        Where a bundle is to be written.
    overwrite
        A bundle that is there may be replaced. Anything else never is.
    """
    target = Path(directory)
    if target.is_symlink():
        raise BundleError(f"{directory}: is a symbolic link; name the directory that it leads to")
    if target.exists() and not target.is_dir():
        raise BundleError(f"{directory}: is no directory; choose a new one")
    if target.exists() and not _is_ours(target):
        raise BundleError(f"{directory}: the directory holds other files; choose a new one")
    if not overwrite and (target / MANIFEST).exists():
        raise BundleError(f"{directory}: holds a model already; --overwrite replaces it")
    place = target.absolute()
    while not place.exists():
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        raise BundleError(f"{directory}: nothing can be written to {place}")


def save(model: Model, directory: str | os.PathLike[str], card: str) -> Model:
    """Write a bundle, replacing one that is there; atomic at any moment of a kill.

    Returns the model with its name set.

    Raises
    ------
    BundleError
        If ``check_target`` says so, or ``load`` would refuse the bundle.
    """
    check_target(directory, overwrite=True)
    target = Path(directory).absolute()
    files = _contents(model, card, str(directory))
    made = not target.exists()
    target.mkdir(parents=True, exist_ok=True)
    try:
        _settle(target)  # what a killed save left
        for name, content in files.items():
            _write(target / (name + PENDING), content)
        _sync(target)
        os.replace(target / (MANIFEST + PENDING), target / MANIFEST)  # the bundle changes here
        _sync(target)
        for name in _FILES:
            if name not in files:  # of the old bundle only
                (target / name).unlink(missing_ok=True)
    finally:
        _settle(target)
        if made and not (target / MANIFEST).exists():
            target.rmdir()
    return load(target)


def _contents(model: Model, card: str, where: str) -> dict[str, bytes]:
    """Name and content of each file, the manifest last; checked as ``load`` checks them."""
    arrays = {name: np.asarray(model.parameters[name], np.float32) for name in SHAPES}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    files = {PARAMETERS: buffer.getvalue(), CARD: card.encode("utf-8")}
    if model.encoder is not None:
        files |= model.encoder.files
    if model.units is not None:  # of too many, the smallest hashes are a sample without bias
        files[UNITS] = np.unique(model.units)[:MOST_UNITS].astype("<u8").tobytes()
    manifest: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "labels": list(model.labels),
        "exclusive": model.exclusive,
        "unit": model.unit,
        "thresholds": dict(model.thresholds),
        "page_thresholds": dict(model.page_thresholds),
        "features": dict(model.features),
        "text_pipeline": model.fingerprint,
        "encoder": list(model.encoder_labels),
        "guarantees": {label: asdict(known) for label, known in model.guarantees.items()},
        "page_guarantees": {k: asdict(known) for k, known in model.page_guarantees.items()},
        **model.about,
        "sha256": {name: _sha256(content) for name, content in files.items()},
    }
    check_values(manifest, where)
    check(manifest, where)
    for name, shape in shapes(model.features, model.labels, model.encoder_labels).items():
        array = arrays[name]
        if array.shape != shape or not (np.abs(array) <= LARGEST_NUMBER).all():
            raise BundleError(
                f"{where}: array '{name}' is not of shape {shape} or holds numbers beyond "
                f"{LARGEST_NUMBER:g}"
            )
    manifest["manifest_sha256"] = checksum(manifest)
    text = json.dumps(manifest, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    files[MANIFEST] = text.encode("utf-8")
    if len(files[MANIFEST]) > LARGEST_MANIFEST:
        raise BundleError(f"{where}: the manifest would exceed {LARGEST_MANIFEST} bytes")
    return files


def _settle(target: Path) -> None:
    """Give pending files their names if the manifest means them, else remove them."""
    pending = {name: target / (name + PENDING) for name in _FILES}
    pending[MANIFEST].unlink(missing_ok=True)
    waiting = {name: path for name, path in pending.items() if path.is_file()}
    if not waiting:
        return
    expected: dict[str, str] = {}
    if (target / MANIFEST).exists():
        with suppress(BundleError):  # of another release, or damaged: it means no pending file
            expected = read_manifest(target)[0]["sha256"]
    for name, path in waiting.items():
        if _is(target / name, expected.get(name)) or not _is(path, expected.get(name)):
            path.unlink()
        else:
            os.replace(path, target / name)
    _sync(target)


def _is_ours(target: Path) -> bool:
    """Whether a directory is empty or holds a bundle and nothing else, so that it may be replaced."""
    names = {entry.name for entry in target.iterdir()}
    pending = {name + PENDING for name in _FILES}
    return names <= pending or (MANIFEST in names and names <= {*_FILES, *pending})


def _is(path: Path, sha256: str | None) -> bool:
    return path.is_file() and _sha256(path.read_bytes()) == sha256


def _write(path: Path, content: bytes) -> None:
    """A new file, on the disk when this returns; a link in its place is never followed."""
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _sync(directory: Path) -> None:
    """Renames in a directory reach the disk."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
