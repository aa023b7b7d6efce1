"""A trained model on disk: what is written is what is read, and nothing else is ever read."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier.errors import BundleError
from classifier.model.bundle import CARD, MANIFEST, PARAMETERS, SHAPES, UNITS, Model, load
from classifier.model.saving import save
from classifier.schema import Dataset
from classifier.text import Analyser
from classifier.training.config import TrainConfig
from classifier.training.training import train

FILES = (MANIFEST, PARAMETERS, CARD, UNITS)
Edit = Callable[[dict[str, Any]], object]


@pytest.fixture
def copy(bundle: Path, tmp_path: Path) -> Path:
    """The session's bundle, to be damaged."""
    return Path(shutil.copytree(bundle, tmp_path / "copy"))


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def seal(directory: Path, edit: Edit = lambda _: None) -> None:
    """Edit the manifest and make all its checksums right again, as a forger would."""
    path = directory / MANIFEST
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest.pop("manifest_sha256", None)
    for name in (PARAMETERS, CARD):
        manifest["sha256"][name] = hashlib.sha256((directory / name).read_bytes()).hexdigest()
    edit(manifest)
    canonical = json.dumps(manifest, sort_keys=True, ensure_ascii=False).encode()
    manifest["manifest_sha256"] = hashlib.sha256(canonical).hexdigest()
    path.write_text(json.dumps(manifest), encoding="utf-8")


# ---------------------------------------------------------------------------------- round trip


def test_files(bundle: Path) -> None:
    assert set(contents(bundle)) == set(FILES)


def test_round_trip(model: Model, bundle: Path) -> None:
    read = load(bundle)
    for name in ("labels", "exclusive", "unit", "thresholds", "features", "fingerprint"):
        assert getattr(read, name) == getattr(model, name), name
    assert set(read.parameters) == set(SHAPES)
    for name, array in read.parameters.items():
        assert array.dtype == np.float64
        np.testing.assert_array_equal(array, model.parameters[name].astype(np.float32))
    for key in ("data", "config", "metrics", "versions"):
        assert read.about[key] == json.loads(json.dumps(model.about[key]))
    assert read.name.startswith("tiny@")


def test_saving_what_was_loaded_gives_the_same_bytes(bundle: Path, tmp_path: Path) -> None:
    save(load(bundle), tmp_path / "again", (bundle / CARD).read_text(encoding="utf-8"))
    assert contents(tmp_path / "again") == contents(bundle)


def test_training_again_gives_the_same_bytes(
    bundle: Path, dataset: Dataset, config: TrainConfig, tmp_path: Path
) -> None:
    save(train(dataset, config), tmp_path / "again", (bundle / CARD).read_text(encoding="utf-8"))
    assert contents(tmp_path / "again") == contents(bundle)


def test_saved_and_loaded_models_predict_alike(
    model: Model, bundle: Path, analyser: Analyser
) -> None:
    X = analyser.analyse(["Order drops now!\nThey cure gout.", "", "How it is made"])
    for a, b in zip(model.predict(X), load(bundle).predict(X), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_text_pipeline_mismatch(bundle: Path) -> None:
    read = load(bundle)
    read.require(read.fingerprint)
    with pytest.raises(BundleError, match=r"spacy-9\.9.*retrain"):
        read.require("spacy-9.9/text-1/0123456789abcdef")


# ---------------------------------------------------------------------------------- corruption


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("place", [0.0, 0.3, 0.6, 0.999])
def test_one_flipped_bit(name: str, place: float, copy: Path) -> None:
    path = copy / name
    data = bytearray(path.read_bytes())
    data[int(place * len(data))] ^= 1
    path.write_bytes(data)
    with pytest.raises(BundleError, match=name.replace(".", r"\.")):
        load(copy)


@pytest.mark.parametrize("name", FILES)
def test_missing_file(name: str, copy: Path) -> None:
    (copy / name).unlink()
    with pytest.raises(BundleError, match=rf"{name}.* missing"):
        load(copy)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "cannot be read"),
        (b"{", "cannot be read"),
        (b"\xff\xfe{}", "cannot be read"),
        (b"[1]", "no JSON object"),
        (b"{}", "format None is unknown"),
        (b'{"format_version": 1}', "format 1 is unknown"),
        (b'{"format_version": "1"}', "format '1' is unknown"),
        (b'{"format_version": 4}', "field 'labels' is missing"),
    ],
)
def test_strange_manifest(content: bytes, words: str, copy: Path) -> None:
    (copy / MANIFEST).write_bytes(content)
    with pytest.raises(BundleError, match=words):
        load(copy)


def test_edited_manifest(copy: Path) -> None:
    path = copy / MANIFEST
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["thresholds"]["promotional"] = 0.001
    path.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(BundleError, match="changed after training"):
        load(copy)


#: What someone could forge, with all checksums right.
FORGED: dict[str, tuple[Edit, str]] = {
    "no checksum": (lambda m: m["sha256"].pop(PARAMETERS), "no checksum"),
    "path": (lambda m: m["sha256"].update({"../../etc/passwd": "0"}), "leaves the bundle"),
    "checksum": (lambda m: m["sha256"].update({CARD: 5}), CARD),
    "labels": (lambda m: m.update(labels="promotional"), "labels"),
    "label": (lambda m: m.update(labels=["promotional", 5]), "labels"),
    "same label": (lambda m: m.update(labels=["promotional"] * 2), "labels"),
    "no label": (lambda m: m.update(labels=[]), "labels"),
    "one label less": (lambda m: m.update(labels=["promotional"]), "thresholds|expected"),
    "unit": (lambda m: m.update(unit="chapter"), "unit"),
    "exclusive": (lambda m: m.update(exclusive="no"), "exclusive"),
    "threshold text": (lambda m: m["thresholds"].update(promotional="0.5"), "thresholds"),
    "threshold nan": (lambda m: m["thresholds"].update(promotional=float("nan")), "thresholds"),
    "threshold range": (lambda m: m["thresholds"].update(promotional=1.5), "thresholds"),
    "threshold missing": (lambda m: m["thresholds"].pop("promotional"), "thresholds"),
    "feature unknown": (lambda m: m["features"].update(colour=1), "features"),
    "feature text": (lambda m: m["features"].update(own_bits="10"), "features"),
    "feature huge": (lambda m: m["features"].update(own_bits=10**12), "features"),
    "feature width": (lambda m: m["features"].update(own_bits=11), "expected float"),
    "fingerprint": (lambda m: m.update(text_pipeline=None), "text_pipeline"),
}


@pytest.mark.parametrize("kind", FORGED)
def test_forged_manifest(kind: str, copy: Path) -> None:
    edit, words = FORGED[kind]
    seal(copy, edit)
    with pytest.raises(BundleError, match=words):
        load(copy)


def test_sealing_alone_does_no_harm(copy: Path) -> None:
    seal(copy)
    load(copy)


def nan(array: np.ndarray) -> np.ndarray:
    array = array.copy()
    array.flat[-1] = np.nan
    return array


#: What to put in place of which arrays.
FOREIGN: dict[str, tuple[Callable[[dict[str, np.ndarray]], object], str]] = {
    "whole numbers": (lambda a: a.update(coef=a["coef"].astype(np.int32)), "int32"),
    "complex": (lambda a: a.update(coef=a["coef"].astype(np.complex64)), "complex64"),
    "text": (lambda a: a.update(intercept=np.array(["a", "b"])), "'intercept' is <U1"),
    "objects": (lambda a: a.update(intercept=np.array([{}, []], dtype=object)), "cannot be read"),
    "transposed": (lambda a: a.update(coef=a["coef"].T), "expected float"),
    "longer": (lambda a: a.update(intercept=np.zeros(3, np.float32)), "expected float"),
    "scalar": (lambda a: a.update(intercept=np.float32(1)), "expected float"),
    "nan": (lambda a: a.update(coef=nan(a["coef"])), "not finite"),
    "infinite": (lambda a: a.update(calibration=a["calibration"] + np.inf), "not finite"),
    "extra": (lambda a: a.update(bonus=a["intercept"]), "bonus"),
    "missing": (lambda a: a.pop("calibration"), "holds arrays"),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_foreign_array(kind: str, copy: Path) -> None:
    change, words = FOREIGN[kind]
    with np.load(copy / PARAMETERS) as archive:
        arrays = dict(archive)
    change(arrays)
    np.savez(copy / PARAMETERS, allow_pickle=True, **arrays)
    seal(copy)
    with pytest.raises(BundleError, match=words):
        load(copy)


class Bomb:
    """Touches a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_a_pickle_is_never_run(copy: Path, tmp_path: Path) -> None:
    array = io.BytesIO()
    np.save(array, np.array([Bomb(tmp_path / "boom")], dtype=object), allow_pickle=True)
    for content in (pickle.dumps(Bomb(tmp_path / "boom")), array.getvalue(), b"no archive", b""):
        (copy / PARAMETERS).write_bytes(content)
        seal(copy)
        with pytest.raises(BundleError):
            load(copy)
    assert not (tmp_path / "boom").exists()


@pytest.mark.parametrize("kind", ["absent", "empty", "file"])
def test_no_bundle(kind: str, tmp_path: Path) -> None:
    target = tmp_path / "place"
    if kind == "empty":
        target.mkdir()
    elif kind == "file":
        target.write_text("hello", encoding="utf-8")
    with pytest.raises(BundleError, match="no model bundle here"):
        load(target)


# ---------------------------------------------------------------------------------- saving


def test_save_makes_parents_and_leaves_no_scratch(model: Model, tmp_path: Path) -> None:
    save(model, tmp_path / "a" / "b", "card")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


def test_save_replaces_an_old_bundle(model: Model, copy: Path) -> None:
    own = dict.fromkeys(model.labels, 0.5)
    saved = save(replace(model, thresholds=own, page_thresholds=own), copy, "new card")
    assert load(copy).thresholds == saved.thresholds == dict.fromkeys(model.labels, 0.5)
    assert (copy / CARD).read_text(encoding="utf-8") == "new card"
    assert [path.name for path in copy.parent.iterdir()] == ["copy"]


def test_save_uses_an_empty_directory(model: Model, tmp_path: Path) -> None:
    save(model, tmp_path, "card")
    load(tmp_path)


@pytest.mark.parametrize("files", [["notes.txt"], [*FILES, "notes.txt"], [MANIFEST, "app.js"]])
def test_save_never_removes_other_files(files: list[str], model: Model, tmp_path: Path) -> None:
    target = tmp_path / "site"
    target.mkdir()
    for name in files:
        (target / name).write_text("mine", encoding="utf-8")
    with pytest.raises(BundleError, match="holds other files"):
        save(model, target, "card")
    assert contents(target) == dict.fromkeys(files, b"mine")


def test_save_never_replaces_a_file(model: Model, tmp_path: Path) -> None:
    target = tmp_path / "results.txt"
    target.write_text("mine", encoding="utf-8")
    with pytest.raises(BundleError, match=r"results\.txt"):
        save(model, target, "card")
    assert target.read_text(encoding="utf-8") == "mine"
