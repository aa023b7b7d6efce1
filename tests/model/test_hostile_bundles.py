"""Bundles by someone who made all checksums right: refused with a message, before memory is taken."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier.errors import BundleError
from classifier.model.bundle import CARD, MANIFEST, PARAMETERS, UNITS, Model, load
from classifier.text import Analyser

Manifest = dict[str, Any]
#: Bytes that refusing a bundle may take; the tiny model's own take 1 MB.
MEMORY = 60_000_000


@pytest.fixture
def copy(bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle, tmp_path / "copy"))


def seal(directory: Path, edit: Callable[[Manifest], object] = lambda _: None) -> None:
    """Edit the manifest and make all checksums right again."""
    path = directory / MANIFEST
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest.pop("manifest_sha256", None)
    for name in (PARAMETERS, CARD, UNITS):
        manifest["sha256"][name] = hashlib.sha256((directory / name).read_bytes()).hexdigest()
    edit(manifest)
    canonical = json.dumps(manifest, sort_keys=True, ensure_ascii=False)
    content = canonical.encode("utf-8", "surrogatepass")
    manifest["manifest_sha256"] = hashlib.sha256(content).hexdigest()
    path.write_text(json.dumps(manifest), encoding="utf-8")


def refused(directory: Path, words: str) -> None:
    """Loading is refused in little memory."""
    tracemalloc.start()
    try:
        with pytest.raises(BundleError, match=words):
            load(directory)
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()


def feature(**values: object) -> Callable[[Manifest], object]:
    return lambda m: m["features"].update(values)


def promise(field: str = "guarantees", **values: object) -> Callable[[Manifest], object]:
    """Add a guarantee that training could have written but for these values."""

    def edit(manifest: Manifest) -> None:
        column = [0.1, 0.2]
        known = {"n": 10, "positives": 5, "groups": 3, "confidence": 0.95, "threshold": column,
                 "flagged": [4, 2], "precision": column, "precision_bound": column,
                 "recall": column, "recall_bound": column}  # fmt: skip
        manifest[field] = {"promotional": known | values}

    return edit


def nested(depth: int, leaf: object = 1) -> Any:
    value: Any = leaf
    for _ in range(depth):
        value = [value]
    return value


MANIFESTS: dict[str, tuple[Callable[[Manifest], object], str]] = {
    "kind_order of a million": (feature(kind_order=10**6), "features"),
    "word_order of a million": (feature(word_order=10**6), "features"),
    "negative order": (feature(kind_order=-1), "features"),
    "order true": (feature(word_order=True), "features"),
    "order a fraction": (feature(word_order=1.5), "features"),
    "no columns": (feature(own_bits=0), "features"),
    "30 bits": (feature(own_bits=30), "features"),
    "22 bits": (feature(own_bits=22), "expected float"),
    "rules that fit no array": (feature(n_rules=5), "expected float"),
    "a million rules": (feature(n_rules=10**6), "features"),
    "rules below 0": (feature(n_rules=-1), "features"),
    "weight nan": (feature(cue_weight=float("nan")), "'features'.*not finite"),
    "weight infinite": (feature(layout_weight=float("inf")), "'features'.*not finite"),
    "weight huge": (feature(cue_weight=1e300), "features"),
    "weight null": (feature(cue_weight=None), "features"),
    "8,000 labels": (
        lambda m: m.update(labels=[str(i) for i in range(8000)], exclusive=True, thresholds={},
                           page_thresholds={}, guarantees={}, page_guarantees={}),
        "labels",
    ),
    "too many numbers": (
        lambda m: m.update(labels=[str(i) for i in range(100)], exclusive=True, thresholds={},
                           page_thresholds={}, guarantees={}, page_guarantees={},
                           features=m["features"] | {"own_bits": 22}),
        "parameters; a bundle holds at most",
    ),
    "label empty": (lambda m: m.update(labels=["promotional", ""]), "labels"),
    "label long": (lambda m: m.update(labels=["promotional", "x" * 1000]), "labels"),
    "label a list": (lambda m: m.update(labels=[["promotional"], "x"]), "labels"),
    "label a surrogate": (lambda m: m.update(labels=["promotional", "\ud800"]), "surrogate"),
    "key a surrogate": (lambda m: m.update({"\udfff": 1}), "is no text"),
    "inner key a surrogate": (lambda m: m.update(data={"\ud8ff": 1}), "no text"),
    "text a surrogate": (lambda m: m.update(note=["\udc00"]), "surrogate"),
    "unit a surrogate": (lambda m: m.update(unit="\udc00"), "surrogate"),
    "threshold negative": (lambda m: m["thresholds"].update(promotional=-0.1), "thresholds"),
    "threshold infinite": (lambda m: m["thresholds"].update(promotional=1e999), "not finite"),
    "threshold a list": (lambda m: m["thresholds"].update(promotional=[0.5]), "thresholds"),
    "threshold true": (lambda m: m["thresholds"].update(promotional=True), "thresholds"),
    "thresholds of classes": (lambda m: m.update(exclusive=True), "thresholds"),
    "page threshold missing": (lambda m: m.update(page_thresholds={}), "page_thresholds"),
    "page threshold a text": (
        lambda m: m["page_thresholds"].update(promotional="0"), "page_thresholds"),
    "page threshold nan": (
        lambda m: m["page_thresholds"].update(promotional=float("nan")), "not finite"),
    "page threshold above that of sentences": (
        lambda m: m["page_thresholds"].update(promotional=m["thresholds"]["promotional"] + 1e-6),
        "page_thresholds"),
    "page thresholds of no label": (
        lambda m: m["page_thresholds"].update(odd=0.1), "page_thresholds"),
    "pipeline empty": (lambda m: m.update(text_pipeline=""), "text_pipeline"),
    "pipeline long": (lambda m: m.update(text_pipeline="x" * 10**6), "text_pipeline"),
    "metrics nan": (lambda m: m.update(metrics={"f1": float("nan")}), "'metrics'.*not finite"),
    "a whole number of 400 digits": (lambda m: m.update(seed=10**400), "whole number"),
    "nested 50 deep": (lambda m: m.update(data=nested(50)), "deep"),
    "nested 500 deep": (lambda m: m.update(data=nested(500)), "deep|cannot be read"),
    "version nested": (lambda m: m.update(format_version=nested(400)), "deep|cannot be read"),
    "version true": (lambda m: m.update(format_version=True), "format True is unknown"),
    "version long": (lambda m: m.update(format_version="9" * 10**6), "is unknown"),
    "manifest of 5 MB": (lambda m: m.update(note="x" * 5_000_000), "larger than"),
    "unknown file": (lambda m: m["sha256"].update({"run.py": "0" * 64}), "unknown file"),
    "parent directory": (lambda m: m["sha256"].update({"..": "0" * 64}), "leaves the bundle"),
    "checksum short": (lambda m: m["sha256"].update({CARD: "00"}), "no SHA-256"),
    "checksum a list": (lambda m: m["sha256"].update({CARD: []}), "no SHA-256"),
    "no card": (lambda m: m["sha256"].pop(CARD), "no checksum"),
    "guarantee a number": (lambda m: m.update(guarantees={"promotional": 1}), "guarantees"),
    "guarantee of no label": (lambda m: m.update(guarantees={"x": {}}), "guarantees"),
    "guarantee empty": (lambda m: m.update(guarantees={"promotional": {}}), "guarantees"),
    "guarantee n a text": (promise(n="10"), "guarantees"),
    "guarantee n negative": (promise(n=-1), "guarantees"),
    "guarantee n a fraction": (promise(n=10.5), "guarantees"),
    "guarantee positives over n": (promise(positives=11), "guarantees"),
    "guarantee groups over n": (promise(groups=11), "guarantees"),
    "guarantee confidence": (promise(confidence=95), "guarantees"),
    "guarantee grid empty": (promise(threshold=[]), "guarantees"),
    "guarantee grid a number": (promise(threshold=0.5), "guarantees"),
    "guarantee grid long": (promise(threshold=[0.1] * 10**5), "guarantees"),
    "guarantee grid of texts": (promise(threshold=["a", "b"]), "guarantees"),
    "guarantee columns differ": (promise(recall=[0.1]), "guarantees"),
    "guarantee bound nan": (promise(recall_bound=[0.1, float("nan")]), "not finite"),
    "guarantee bound over 1": (promise(precision_bound=[0.1, 1.5]), "guarantees"),
    "guarantee column a table": (promise(precision={"0": 1, "1": 2}), "guarantees"),
    "guarantee flagged null": (promise(flagged=[None, 1]), "guarantees"),
    "guarantee unknown column": (promise(colour=1), "guarantees"),
    "guarantee of pages no table": (lambda m: m.update(page_guarantees=[]), "'page_guarantees'"),
    "guarantee of pages over 1": (promise("page_guarantees", recall=[0.1, 2]), "'page_guarantees'"),
}  # fmt: skip


@pytest.mark.parametrize("kind", MANIFESTS)
def test_hostile_manifest(kind: str, copy: Path) -> None:
    edit, words = MANIFESTS[kind]
    seal(copy, edit)
    refused(copy, words)


def test_a_sealed_guarantee_is_read(copy: Path) -> None:
    """What the hostile ones are made from is not refused for another reason."""
    seal(copy, promise())
    assert load(copy).guarantees["promotional"].threshold == (0.1, 0.2)
    seal(copy, promise("page_guarantees"))
    assert load(copy).page_guarantees["promotional"].threshold == (0.1, 0.2)


def test_a_bundle_without_promises_of_pages_is_read(copy: Path) -> None:
    seal(copy, lambda m: m.pop("page_guarantees"))
    assert load(copy).page_guarantees == {}


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 3_000_000 + b"]" * 900_000,
        b'"\\ud800"',
        b"1" * 5000,
    ],
    ids=["lists", "objects", "long", "surrogate", "number"],
)
def test_strange_json(content: bytes, copy: Path) -> None:
    (copy / MANIFEST).write_bytes(content)
    refused(copy, "cannot be read|no JSON object")


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()


def header(description: str, version: bytes = b"\x01\x00") -> bytes:
    text = description.encode("latin-1").ljust(117) + b"\n"
    return b"\x93NUMPY" + version + struct.pack("<H", len(text)) + text


Files = dict[str, bytes]


def put(name: str, content: bytes) -> Callable[[Files], object]:
    return lambda files: files.update({f"{name}.npy": content})


def filled(value: float) -> Callable[[Files], object]:
    return put("intercept", npy(np.full(2, value)))


ARRAYS: dict[str, tuple[Callable[[Files], object], str]] = {
    "infinite": (filled(np.inf), "not finite"),
    "minus infinite": (filled(-np.inf), "not finite"),
    "nan": (filled(np.nan), "not finite"),
    "finite, but overflows": (filled(1e300), "beyond 1e"),
    "half precision": (put("intercept", npy(np.zeros(2, np.float16))), "float16"),
    "long double": (put("intercept", npy(np.zeros(2, np.longdouble))), "expected float"),
    "records": (put("intercept", npy(np.zeros(2, [("a", "f4")]))), "header is not of a plain"),
    "an extra array of 16 MB": (put("bonus", npy(np.zeros(2**21))), "bonus"),
    "16 MB in place of two numbers": (put("intercept", npy(np.zeros(2**21))), "too large"),
    "a missing array": (lambda f: f.pop("coef.npy"), "holds arrays"),
    "no array": (lambda f: f.clear(), "holds arrays|cannot be read"),
    "a path": (put("../../coef", b""), "holds arrays"),
    "forty files": (
        lambda f: f.update({f"{i}.npy": b"" for i in range(32)}), "lists 40 files"),
    "no npy": (put("intercept", b"hello"), "cannot be read"),
    "empty": (put("intercept", b""), "cannot be read"),
    "shorter than its header": (
        put("intercept", npy(np.zeros(2))[:-8]), "shorter or longer|cannot be read"),
    "longer than its header": (put("intercept", npy(np.zeros(2)) + b"1"), "shorter or longer|large"),
    "header of 2 ** 62 numbers": (
        put("intercept", header(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({2**62},), }}")),
        "expected float"),
    "header of a negative size": (
        put("intercept", header("{'descr': '<f8', 'fortran_order': False, 'shape': (-2,), }")),
        "header is not of a plain"),
    "header with objects": (
        put("intercept", header("{'descr': '|O', 'fortran_order': False, 'shape': (2,), }")),
        "cannot be read: it holds Python objects"),
    "header of parentheses": (put("intercept", header("(" * 110)), "cannot be read"),
    "header with code": (put("intercept", header("__import__('os').abort()")), "cannot be read"),
    "header of another version": (
        put("intercept", header("{'descr': '<f8'}", b"\x03\x00")), "version 1.0"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ARRAYS)
def test_hostile_array(kind: str, copy: Path) -> None:
    change, words = ARRAYS[kind]
    with zipfile.ZipFile(copy / PARAMETERS) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    with zipfile.ZipFile(copy / PARAMETERS, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    files.clear()
    seal(copy)
    refused(copy, words)


def lie_about_sizes(content: bytes) -> bytes:
    """The directory says that each file has 40 bytes."""
    place = content.find(b"PK\x01\x02")
    while place >= 0:
        content = content[: place + 24] + struct.pack("<L", 40) + content[place + 28 :]
        place = content.find(b"PK\x01\x02", place + 4)
    return content


def mark_encrypted(content: bytes) -> bytes:
    place = content.find(b"PK\x01\x02") + 8
    return content[:place] + b"\x01\x00" + content[place + 2 :]


def many_entries(content: bytes) -> bytes:
    return content[:-14] + struct.pack("<2H", 65535, 65535) + content[-10:]


ARCHIVES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "cut in half": (lambda c: c[: len(c) // 2], "cannot be read"),
    "four bytes": (lambda c: c[:4], "cannot be read"),
    "bytes behind": (lambda c: c + b"x", "cannot be read"),
    "a comment": (lambda c: c[:-2] + b"\x04\x00evil", "cannot be read"),
    "zip64": (lambda c: c[:-22] + b"PK\x06\x07" + bytes(16) + c[-22:], "cannot be read"),
    "sizes too small": (lie_about_sizes, "parameters.npz"),
    "encrypted": (mark_encrypted, "cannot be read"),
    "65,535 entries": (many_entries, "cannot be read"),
    "a directory of 4 GB": (lambda c: c[:-10] + b"\xff\xff\xff\xff" + c[-6:], "cannot be read"),
    "zeros": (lambda c: bytes(len(c)), "cannot be read"),
    "far too large": (lambda c: c + bytes(3_000_000), "larger than"),
}


@pytest.mark.parametrize("kind", ARCHIVES)
def test_hostile_archive(kind: str, copy: Path) -> None:
    change, words = ARCHIVES[kind]
    path = copy / PARAMETERS
    path.write_bytes(change(path.read_bytes()))
    seal(copy)
    refused(copy, words)


def test_rules_that_fit_the_arrays_but_not_the_text_pipeline(
    model: Model, analyser: Analyser, tmp_path: Path
) -> None:
    """Columns of lexicon rules that this pipeline does not have would be those of other features."""
    n_rules = len(analyser.lexicons.rules)
    model.require(analyser.fingerprint, n_rules)
    with pytest.raises(BundleError, match="lexicon rules"):
        model.require(analyser.fingerprint, n_rules + 1)


def test_a_large_card(copy: Path) -> None:
    (copy / CARD).write_bytes(b"x" * 10_000_001)
    seal(copy)
    refused(copy, "larger than")


UNIT_FILES: dict[str, tuple[bytes, str]] = {
    "a byte too many": (bytes(9), "ascending numbers of 64 bits"),
    "the same twice": (bytes(16), "ascending numbers of 64 bits"),
    "falling": (struct.pack("<3Q", 7, 2**64 - 1, 8), "ascending numbers of 64 bits"),
    "too many": (bytes(80_000_008), "larger than"),
}


@pytest.mark.parametrize("kind", UNIT_FILES)
def test_hostile_units(kind: str, copy: Path) -> None:
    content, words = UNIT_FILES[kind]
    (copy / UNITS).write_bytes(content)
    seal(copy)
    refused(copy, words)


def test_units_that_are_not_listed_are_not_read(copy: Path) -> None:
    """As in a bundle from before there were any."""
    (copy / UNITS).write_bytes(b"nothing of ours")
    seal(copy, lambda manifest: manifest["sha256"].pop(UNITS))
    assert load(copy).units is None
