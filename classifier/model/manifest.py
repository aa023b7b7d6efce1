"""The manifest of a bundle: read with bounds, and checked field by field.

A manifest may come from a stranger who made all checksums right, so every number has a range, every
string can be encoded, and nothing is built from it before all of it was checked.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from classifier.encoder.files import encoder_files
from classifier.errors import BundleError
from classifier.model.guarantees import Guarantee

#: Raised whenever an older reader could not understand a newer bundle, or the other way round.
FORMAT_VERSION = 4
MANIFEST = "manifest.json"
PARAMETERS = "parameters.npz"
CARD = "README.md"
UNITS = "units.bin"
#: Bytes of a manifest. That of the shipped model has 14,000; parsed JSON takes up to 30 times its size.
LARGEST_MANIFEST = 4_000_000
#: Levels of nesting in a manifest; training writes 7.
DEEPEST = 20
#: The second stage has products of all pairs of labels for each sentence: 80 kB a sentence at this.
MOST_LABELS = 100
#: Characters of a label and of the text pipeline's fingerprint.
LONGEST_NAME = 500
#: Thresholds in the grid of a guarantee; training writes 39.
LONGEST_GRID = 1000
#: Whole numbers of a manifest, which must be exact in any JSON reader (RFC 8259, section 6).
LARGEST_INTEGER = 2**53
#: Type and range of the parameters of ``Hashing``, those of ``TrainConfig`` but for ``own_bits``, which
#: tests choose smaller.
FEATURES: dict[str, tuple[type, float, float]] = {
    "n_rules": (int, 0, 100_000),
    "own_bits": (int, 1, 22),
    "word_order": (int, 0, 5),
    "kind_order": (int, 0, 5),
    "cue_weight": (float, 0, 100),
    "layout_weight": (float, 0, 100),
}
#: Fields of the manifest that make the model, with their types; the others say what it is.
FIELDS: dict[str, type] = {
    "labels": list, "exclusive": bool, "unit": str, "thresholds": dict, "page_thresholds": dict,
    "features": dict, "text_pipeline": str, "guarantees": dict, "page_guarantees": dict,
    "sha256": dict, "encoder": list,
}  # fmt: skip
#: Fields that bundles from before there were such promises lack, and what stands for them.
_ABSENT: dict[str, Any] = {"page_guarantees": {}}
_UNIT = (float, 0.0, 1.0)
_COUNT = (int, 0, LARGEST_INTEGER)


def parse(content: bytes, where: str) -> dict[str, Any]:
    """A manifest from its bytes, checked; ``where`` is named in errors.

    Raises
    ------
    BundleError
        If it is no manifest of this format, was changed after training, or holds what no training
        run writes.
    """
    try:
        manifest = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{where}: cannot be read: {error}") from None
    if not isinstance(manifest, dict):
        raise BundleError(f"{where}: is no JSON object")
    check_values(manifest, where)
    version = manifest.get("format_version")
    if type(version) is not int or version != FORMAT_VERSION:
        raise BundleError(
            f"{where}: bundle format {repr(version)[:50]} is unknown; this release reads "
            f"{FORMAT_VERSION}"
        )
    _check_types(manifest, where)
    if manifest.pop("manifest_sha256", None) != checksum(manifest):
        raise BundleError(f"{where}: the manifest was changed after training (SHA-256 differs)")
    manifest = _ABSENT | manifest
    check(manifest, where)
    return manifest


def check(manifest: Mapping[str, Any], where: str) -> None:
    """Raise ``BundleError`` for the first field that holds what no training run writes.

    Values must have passed ``check_values``.
    """
    _check_types(manifest, where)
    _check_checksums(manifest["sha256"], bool(manifest["encoder"]), where)
    labels, exclusive = manifest["labels"], manifest["exclusive"]
    thresholds, of_pages = manifest["thresholds"], manifest["page_thresholds"]
    features = manifest["features"]
    judged = set() if exclusive or not _are_labels(labels) else set(labels)
    valid = {
        "labels": _are_labels(labels),
        "encoder": not manifest["encoder"] or _are_labels(manifest["encoder"]),
        "unit": manifest["unit"] in ("sentence", "record"),
        "text_pipeline": 0 < len(manifest["text_pipeline"]) <= LONGEST_NAME,
        "thresholds": set(thresholds) == judged
        and all(_within(value, *_UNIT) for value in thresholds.values()),
        "page_thresholds": set(of_pages) == judged == set(thresholds)
        and all(
            _within(thresholds[label], *_UNIT) and _within(value, float, 0.0, thresholds[label])
            for label, value in of_pages.items()
        ),
        "features": set(features) == set(FEATURES)
        and all(_within(features[name], *bounds) for name, bounds in FEATURES.items()),
        **{
            key: set(manifest[key]) <= judged
            and all(_is_guarantee(known) for known in manifest[key].values())
            for key in ("guarantees", "page_guarantees")
        },
    }
    for key, right in valid.items():
        if not right:
            raise BundleError(f"{where}: field '{key}' holds what no training run writes")


def guarantees(found: Mapping[str, Any]) -> dict[str, Guarantee]:
    """The guarantees of a checked manifest."""
    made = {}
    for label, known in found.items():
        columns: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in known.items()
        }
        made[label] = Guarantee(**columns)
    return made


def checksum(manifest: Mapping[str, Any]) -> str:
    """SHA-256 of a manifest without its own checksum, whatever the order of its fields."""
    canonical = json.dumps(manifest, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def _check_types(manifest: Mapping[str, Any], where: str) -> None:
    for key, kind in FIELDS.items():
        if not isinstance(manifest.get(key, _ABSENT.get(key)), kind):
            raise BundleError(f"{where}: field '{key}' is missing or not of type {kind.__name__}")


def check_values(manifest: Mapping[str, Any], where: str) -> None:
    """Every number finite and exact, every string encodable, no deep nesting; without recursion."""
    waiting: list[tuple[str, Any, int]] = [(key, value, 1) for key, value in manifest.items()]
    while waiting:
        field, value, depth = waiting.pop()
        wrong = None
        if depth > DEEPEST:
            wrong = f"is nested more than {DEEPEST} levels deep"
        elif isinstance(value, float) and not math.isfinite(value):
            wrong = "holds a number that is not finite"
        elif isinstance(value, int) and abs(value) > LARGEST_INTEGER:
            wrong = f"holds a whole number beyond {LARGEST_INTEGER}"
        elif isinstance(value, str) and not _encodable(value):
            wrong = "holds half of a surrogate pair, which is no text"
        elif isinstance(value, dict):
            if not all(_encodable(key) for key in value):
                wrong = "has a key that is no text"
            waiting.extend((field, inner, depth + 1) for inner in value.values())
        elif isinstance(value, (list, tuple)):
            waiting.extend((field, inner, depth + 1) for inner in value)
        if wrong is not None or not _encodable(field):
            raise BundleError(f"{where}: field {field[:50]!a} {wrong or 'is no text'}")


def _encodable(text: str) -> bool:
    return text.isascii() or re.search("[\ud800-\udfff]", text) is None


def _check_checksums(sha256: Mapping[str, Any], encoder: bool, where: str) -> None:
    known = {PARAMETERS, CARD, UNITS, *(encoder_files(sha256) if encoder else ())}
    for name, value in sha256.items():
        if name in (".", "..") or re.search(r"[/\\]", name):
            raise BundleError(f"{where}: file name {name[:50]!a} leaves the bundle")
        if name not in known:
            raise BundleError(f"{where}: field 'sha256' names an unknown file {name[:50]!a}")
        if not isinstance(value, str) or not re.fullmatch("[0-9a-f]{64}", value):
            raise BundleError(f"{where}: the checksum of {name} is no SHA-256")
    for name in (PARAMETERS, CARD):
        if name not in sha256:
            raise BundleError(f"{where}: no checksum for {name}")


def _are_labels(labels: list[Any]) -> bool:
    return (
        0 < len(labels) <= MOST_LABELS
        and all(isinstance(label, str) and 0 < len(label) <= LONGEST_NAME for label in labels)
        and len(set(labels)) == len(labels)
    )


def _is_guarantee(known: Any) -> bool:
    """Whether the columns are those of ``Guarantee``: counts, probabilities, and as many per grid."""
    if not isinstance(known, dict) or set(known) != {field.name for field in fields(Guarantee)}:
        return False
    length = len(known["threshold"]) if isinstance(known["threshold"], (list, tuple)) else 0
    if not 0 < length <= LONGEST_GRID:
        return False
    for field in fields(Guarantee):
        kind = str(field.type)
        values = known[field.name]
        if not kind.startswith("tuple"):
            values = [values]
        elif not isinstance(values, (list, tuple)) or len(values) != length:
            return False
        bounds = _COUNT if "int" in kind else _UNIT
        if not all(_within(value, *bounds) for value in values):
            return False
    return bool(known["positives"] <= known["n"] and known["groups"] <= known["n"])


def _within(value: Any, kind: type, low: float, high: float) -> bool:
    """Whether a value is a number of a kind (whole ones are also ``float``) from low to high."""
    kinds = (int,) if kind is int else (int, float)
    return isinstance(value, kinds) and not isinstance(value, bool) and low <= value <= high
