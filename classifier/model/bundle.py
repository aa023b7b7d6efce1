"""A trained model on disk: a directory of numbers and text that cannot run code when it is loaded.

``manifest.json``
    Format version, labels, thresholds, configuration, seed, metrics, library versions, hash of the
    training data, the SHA-256 of every other file and of the manifest itself.
``parameters.npz``
    Arrays, read with ``allow_pickle=False``; names, types and shapes are checked against ``SHAPES``.
``README.md``
    The model card.

Everything is verified before anything is built. Because the parameters are plain numbers, no
scikit-learn is needed to score and no release of it can be incompatible; what must agree is the text
pipeline (``Analyser.fingerprint``), because its rule numbers and tokens are the features.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from classifier.analysis import Analysis, Float
from classifier.errors import BundleError, DataError
from classifier.model.calibration import apply_page, apply_sigmoid
from classifier.model.context import context_names
from classifier.model.decision import decision
from classifier.model.guarantees import Guarantee
from classifier.model.hashing import Hashing

#: Raised whenever an older reader could not understand a newer bundle, or the other way round.
FORMAT_VERSION = 3
MANIFEST = "manifest.json"
PARAMETERS = "parameters.npz"
CARD = "README.md"
#: Expected arrays; W and V = own_width and page_width of Hashing, K = context features, L = labels.
#: All float32 or float64.
SHAPES = {
    "coef": ("W", "L"),
    "intercept": ("L",),
    "page_coef": ("V", "L"),
    "page_intercept": ("L",),
    "context_coef": ("K", "L"),
    "context_intercept": ("L",),
    "calibration": ("L", 2),
    "page_calibration": ("L", 3),
}
#: Fields of the manifest that make the model, with their types; the others say what it is.
_TYPES = {
    "labels": list, "exclusive": bool, "unit": str, "thresholds": dict, "page_thresholds": dict,
    "features": dict, "text_pipeline": str, "guarantees": dict, "sha256": dict,
}  # fmt: skip
#: Decimals of a score. Flags are decided on the rounded score, so that anyone can check them.
DECIMALS = 6
#: Nothing larger is opened: a bundle holds a few megabytes.
_LARGEST_FILE = 200_000_000
#: Far more columns than any training run makes (2 ** bits).
_MOST_BITS = 30


@dataclass(frozen=True)
class Model:
    """A trained model, ready to predict.

    Attributes
    ----------
    labels
        Names of the labels, the columns of all scores.
    exclusive
        Each unit bears exactly one label: scores are normalised to sum to 1 and the highest wins.
    unit
        ``"sentence"`` or ``"record"``; see ``classifier.schema.Dataset``.
    thresholds
        Probability per label from which on a sentence is flagged; empty when ``exclusive``.
    page_thresholds
        Probability per label from which on a page is flagged; never above that of sentences.
    features
        Parameters of ``SentenceFeatures``.
    fingerprint
        The text pipeline that the model was trained with.
    parameters
        The arrays of ``SHAPES``.
    guarantees
        What thresholds are known to keep, per label; empty when ``exclusive``.
    about
        Everything else of the manifest: configuration, metrics, data, versions.
    name
        ``directory@hash``, written to every output row.
    """

    labels: tuple[str, ...]
    exclusive: bool
    unit: str
    thresholds: Mapping[str, float]
    page_thresholds: Mapping[str, float]
    features: Mapping[str, Any]
    fingerprint: str
    parameters: Mapping[str, Float]
    guarantees: Mapping[str, Guarantee] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""

    def require(self, fingerprint: str) -> None:
        """Raise ``BundleError`` unless the model was trained with the given text pipeline."""
        if self.fingerprint != fingerprint:
            raise BundleError(
                f"model {self.name} was trained with text pipeline {self.fingerprint}, but this "
                f"installation has {fingerprint}; retrain it with 'classifier train', or install "
                "the releases of this package and of spaCy that it was trained with"
            )

    def promised(self, metric: str, target: float) -> dict[str, float]:
        """The threshold of each label that keeps ``target``, with the confidence of its guarantee.

        Parameters
        ----------
        metric
            ``"precision"`` or ``"recall"``, of flagged sentences.
        target
            In (0, 1).

        Raises
        ------
        BundleError
            If the model has no guarantees.
        DataError
            If the data of a label cannot carry the promise.
        """
        if not self.guarantees:
            why = "its labels exclude each other" if self.exclusive else "train it anew"
            raise BundleError(f"the model {self.name} has no guarantees: {why}")
        found = {}
        for label, known in self.guarantees.items():
            try:
                found[label] = known.keeping(metric, target)
            except DataError as error:
                raise DataError(f"{label}: {error}") from None
        return found

    def predict(self, X: Analysis) -> tuple[Float, Float]:
        """Calibrated probabilities of sentences (S, L) and pages (P, L)."""
        logits = self.decision_function(X)
        p = self.parameters
        sentences = apply_sigmoid(logits, p["calibration"])
        if self.exclusive:
            sentences /= sentences.sum(axis=1, keepdims=True)
        pages = apply_page(sentences, X.page_bounds, p["page_calibration"])
        if self.exclusive and self.unit == "record":
            pages /= np.maximum(pages.sum(axis=1, keepdims=True), 1e-12)
        return sentences, pages

    def decision_function(self, X: Analysis) -> Float:
        """Uncalibrated logits of sentences, (S, L)."""
        return decision(Hashing(**self.features), self.parameters, X)


def save(model: Model, directory: str | os.PathLike[str], card: str) -> Model:
    """Write a bundle, atomically: the directory holds the old bundle or the new one, never a mix.

    Returns the model with its name set.
    """
    target = Path(directory).resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists() and not _is_ours(target):
        raise BundleError(f"{directory}: the directory holds other files; choose a new one")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as scratch:
        new = Path(scratch) / "new"
        new.mkdir()
        arrays = {name: np.asarray(model.parameters[name], np.float32) for name in SHAPES}
        np.savez_compressed(new / PARAMETERS, allow_pickle=False, **arrays)
        (new / CARD).write_text(card, encoding="utf-8")
        manifest = {
            "format_version": FORMAT_VERSION,
            "labels": list(model.labels),
            "exclusive": model.exclusive,
            "unit": model.unit,
            "thresholds": dict(model.thresholds),
            "page_thresholds": dict(model.page_thresholds),
            "features": dict(model.features),
            "text_pipeline": model.fingerprint,
            "guarantees": {label: asdict(known) for label, known in model.guarantees.items()},
            **model.about,
            "sha256": {name: _sha256(new / name) for name in (PARAMETERS, CARD)},
        }
        manifest["manifest_sha256"] = _checksum(manifest)
        text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
        (new / MANIFEST).write_text(text, encoding="utf-8")
        new.chmod(0o755)
        old = Path(scratch) / "old"
        if target.exists():
            target.rename(old)
        try:
            new.rename(target)
        except BaseException:
            if old.exists():
                old.rename(target)
            raise
    return load(target)


def _is_ours(target: Path) -> bool:
    """Whether a directory is empty or holds a bundle and nothing else, so that it may be replaced."""
    names = {entry.name for entry in target.iterdir()} if target.is_dir() else {target.name}
    return not names or (MANIFEST in names and names <= {MANIFEST, PARAMETERS, CARD})


def load(directory: str | os.PathLike[str]) -> Model:
    """Read and verify a bundle.

    Parameters
    ----------
    directory
        Where ``save`` wrote it.

    Raises
    ------
    BundleError
        If the directory is no bundle, a file is missing or changed, the format is unknown, or an
        array is of a foreign type or shape.
    """
    folder = Path(directory)
    manifest = _manifest(folder)
    for name, expected in manifest["sha256"].items():
        if Path(name).name != name:
            raise BundleError(f"{folder / MANIFEST}: file name {name!r} leaves the bundle")
        _verify(folder / name, expected)
    if PARAMETERS not in manifest["sha256"]:
        raise BundleError(f"{folder / MANIFEST}: no checksum for {PARAMETERS}")
    labels = tuple(manifest["labels"])
    return Model(
        labels=labels,
        exclusive=manifest["exclusive"],
        unit=manifest["unit"],
        thresholds=manifest["thresholds"],
        page_thresholds=manifest["page_thresholds"],
        features=manifest["features"],
        fingerprint=manifest["text_pipeline"],
        parameters=_parameters(folder / PARAMETERS, Hashing(**manifest["features"]), labels),
        guarantees=_guarantees(manifest["guarantees"]),
        about={key: value for key, value in manifest.items() if key not in _TYPES},
        name=f"{folder.resolve().name}@{manifest['sha256'][PARAMETERS][:6]}",
    )


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    if not path.is_file():
        raise BundleError(
            f"{folder}: no model bundle here ({MANIFEST} is missing); give the directory that "
            "'classifier train -o' wrote"
        )
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BundleError(f"{path}: cannot be read: {error}") from None
    if not isinstance(manifest, dict):
        raise BundleError(f"{path}: is no JSON object")
    version = manifest.get("format_version")
    if version != FORMAT_VERSION:
        raise BundleError(
            f"{path}: bundle format {version!r} is unknown; this release reads {FORMAT_VERSION}"
        )
    for key, kind in _TYPES.items():
        if not isinstance(manifest.get(key), kind):
            raise BundleError(f"{path}: field '{key}' is missing or not of type {kind.__name__}")
    if manifest.pop("manifest_sha256", None) != _checksum(manifest):
        raise BundleError(f"{path}: the manifest was changed after training (SHA-256 differs)")
    impossible = _impossible(manifest)
    if impossible is not None:
        raise BundleError(f"{path}: field '{impossible}' holds what no training run writes")
    return manifest


def _impossible(manifest: Mapping[str, Any]) -> str | None:
    """The first field of the right type with an impossible value."""
    labels, thresholds, features = (manifest[key] for key in ("labels", "thresholds", "features"))
    if not labels or not all(isinstance(x, str) for x in labels) or len(set(labels)) < len(labels):
        return "labels"
    if manifest["unit"] not in ("sentence", "record"):
        return "unit"
    expected = set() if manifest["exclusive"] else set(labels)
    if set(thresholds) != expected or not all(_in_range(x, 1.0, 1) for x in thresholds.values()):
        return "thresholds"
    of_pages = manifest["page_thresholds"]
    if set(of_pages) != expected or not all(
        _in_range(x, 1.0, thresholds[label]) for label, x in of_pages.items()
    ):
        return "page_thresholds"
    kinds = asdict(Hashing(0, 0, 0, 0, 0.0, 0.0))
    highest = {name: _MOST_BITS if name.endswith("_bits") else 1e6 for name in kinds}
    if set(features) != set(kinds) or not all(
        _in_range(features[name], kind, highest[name]) for name, kind in kinds.items()
    ):
        return "features"
    known = {field.name for field in fields(Guarantee)}
    of = manifest["guarantees"]
    if not set(of) <= expected or not all(
        isinstance(x, dict) and set(x) == known for x in of.values()
    ):
        return "guarantees"
    return None


def _guarantees(found: Mapping[str, Any]) -> dict[str, Guarantee]:
    """Guarantees from the manifest, whose checksum says that ``save`` wrote them."""
    made = {}
    for label, known in found.items():
        columns: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in known.items()
        }
        made[label] = Guarantee(**columns)
    return made


def _in_range(value: Any, kind: float, highest: float) -> bool:
    """Whether a value is a number from 0 to ``highest``, and a whole one if ``kind`` is."""
    kinds = int if isinstance(kind, int) else (int, float)
    return isinstance(value, kinds) and not isinstance(value, bool) and 0 <= value <= highest


def _checksum(manifest: Mapping[str, Any]) -> str:
    canonical = json.dumps(manifest, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def _verify(path: Path, expected: str) -> None:
    if not path.is_file():
        raise BundleError(f"{path}: the file is missing from the bundle")
    if path.stat().st_size > _LARGEST_FILE:
        raise BundleError(f"{path}: larger than {_LARGEST_FILE} bytes, which no bundle is")
    if _sha256(path) != expected:
        raise BundleError(f"{path}: the file was changed after training (SHA-256 differs)")


def _parameters(path: Path, hashing: Hashing, labels: tuple[str, ...]) -> dict[str, Float]:
    sizes = {
        "W": hashing.own_width,
        "V": hashing.page_width,
        "K": len(context_names(labels)),
        "L": len(labels),
    }
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except Exception as error:  # a hostile zip can fail in many ways; none may get further
        raise BundleError(f"{path}: cannot be read: {error}") from None
    if set(arrays) != set(SHAPES):
        raise BundleError(f"{path}: holds arrays {sorted(arrays)} instead of {sorted(SHAPES)}")
    for name, symbols in SHAPES.items():
        shape = tuple(sizes[s] if isinstance(s, str) else s for s in symbols)
        array = arrays[name]
        if array.dtype.kind != "f" or array.shape != shape:
            raise BundleError(
                f"{path}: array '{name}' is {array.dtype}{array.shape}, expected float{shape}"
            )
        if not np.isfinite(array).all():
            raise BundleError(f"{path}: array '{name}' holds numbers that are not finite")
    return {name: array.astype(np.float64) for name, array in arrays.items()}


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


__all__ = ["CARD", "DECIMALS", "FORMAT_VERSION", "MANIFEST", "PARAMETERS", "Model", "load", "save"]
