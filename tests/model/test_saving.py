"""A bundle that is replaced is the old one or the new one, at whatever moment the process ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.errors import BundleError
from classifier.model import saving
from classifier.model.bundle import CARD, MANIFEST, PARAMETERS, UNITS, Model, load, read_files
from classifier.model.saving import check_target, save

#: Every operation on files that a save makes.
OPERATIONS = ("mkdir", "open", "fsync", "replace", "unlink", "rmdir")


@pytest.fixture
def copy(bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle, tmp_path / "copy"))


@pytest.fixture
def newer(model: Model) -> Model:
    """Other thresholds, parameters and units, so that files of both cannot be mixed unnoticed."""
    parameters = {name: array + 1 for name, array in model.parameters.items()}
    units = np.array([5, 2**64 - 1, 3, 5], dtype=np.uint64)
    return with_thresholds(replace(model, parameters=parameters, units=units), 0.5)


def with_thresholds(model: Model, value: float) -> Model:
    """The model with one threshold for all labels, of sentences and pages."""
    same = dict.fromkeys(model.labels, value)
    return replace(model, thresholds=same, page_thresholds=same)


class Killed(BaseException):
    """The process ends here: nothing after it is done, not even what cleans up."""


def stop_at(number: int, patch: pytest.MonkeyPatch, error: type[BaseException]) -> list[str]:
    """Let only so many file operations happen; the list fills with those that were asked for.

    After ``Killed`` no operation does anything; after another error the next ones work again.
    """
    seen: list[str] = []

    def guarded(name: str, real: Callable[..., object]) -> Callable[..., object]:
        def operation(*args: object, **options: object) -> object:
            seen.append(name)
            if len(seen) - 1 == number or (error is Killed and len(seen) > number):
                raise error
            return real(*args, **options)

        return operation

    for name in OPERATIONS:
        patch.setattr(os, name, guarded(name, getattr(os, name)))
    return seen


def is_old_or_new(directory: Path, old: Model, new: Model) -> bool:
    """Whether the bundle is the new one; it must be either, as a whole."""
    found = load(directory)
    card = read_files(directory)[CARD].decode()
    assert found.name.split("@")[1] in (old.name.split("@")[1], new.name.split("@")[1])
    is_new = found.name.split("@")[1] == new.name.split("@")[1]
    assert found.thresholds == (new if is_new else old).thresholds
    assert (card == "new card") == is_new
    assert found.units is not None
    assert found.units.tolist() == ([3, 5, 2**64 - 1] if is_new else old.units.tolist())
    return is_new


@pytest.mark.parametrize("error", [Killed, KeyboardInterrupt])
def test_killed_between_any_two_file_operations(
    error: type[BaseException], bundle: Path, newer: Model, tmp_path: Path
) -> None:
    old, new = load(bundle), save(newer, tmp_path / "new", "new card")
    outcomes = []
    for number in range(100):
        target = Path(shutil.copytree(bundle, tmp_path / str(number)))
        with pytest.MonkeyPatch.context() as patch:
            seen = stop_at(number, patch, error)
            try:
                save(newer, target, "new card")
                finished = True
            except error:
                finished = False
        outcomes.append(is_old_or_new(target, old, new))
        save(with_thresholds(old, 0.25), target, "third card")
        assert set(load(target).thresholds.values()) == {0.25}
        assert {path.name for path in target.iterdir()} == {MANIFEST, PARAMETERS, CARD, UNITS}
        if finished and number >= len(seen):
            break
    else:
        pytest.fail("a save never ended")
    assert outcomes == sorted(outcomes), "once the new bundle is there, it stays"
    assert not outcomes[0]
    assert number > 10, "operations are counted"


def test_a_save_after_a_killed_one_keeps_what_the_killed_one_left(
    bundle: Path, newer: Model, tmp_path: Path
) -> None:
    """The only copy of the current parameters may lie under a pending name."""
    target = Path(shutil.copytree(bundle, tmp_path / "copy"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(saving, "_settle", lambda _: None)
        save(newer, target, "new card")
    assert (target / f"{PARAMETERS}.new").exists()
    for number in range(8):
        again = Path(shutil.copytree(target, tmp_path / str(number)))
        with pytest.MonkeyPatch.context() as patch:
            stop_at(number, patch, Killed)
            with pytest.raises(Killed):
                save(load(bundle), again, "third card")
        assert read_files(again)[CARD] == b"new card"
        assert set(load(again).thresholds.values()) == {0.5}


@pytest.mark.parametrize("error", [Killed, KeyboardInterrupt])
def test_a_first_save_that_is_stopped_leaves_no_bundle(
    error: type[BaseException], newer: Model, tmp_path: Path
) -> None:
    for number in range(7):
        target = tmp_path / str(number)
        with pytest.MonkeyPatch.context() as patch:
            stop_at(number, patch, error)
            with pytest.raises(error):
                save(newer, target, "card")
        with pytest.raises(BundleError, match="no model bundle here"):
            load(target)
        assert error is Killed or not target.exists()
        save(newer, target, "card")
        load(target)


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_real_process_that_is_killed_while_it_saves(
    sign: signal.Signals, bundle: Path, tmp_path: Path
) -> None:
    target = Path(shutil.copytree(bundle, tmp_path / "copy"))
    code = """if True:
        import sys
        from dataclasses import replace
        from classifier.model.bundle import load
        from classifier.model.saving import save
        old = load(sys.argv[1])
        for i in range(10**6):
            same = dict.fromkeys(old.labels, i / 10**6)
            save(replace(old, thresholds=same, page_thresholds=same), sys.argv[1], str(i))
            print("saved", flush=True)
        """
    command = [sys.executable, "-c", code, str(target)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"saved\n"
        time.sleep(0.2)
        process.send_signal(sign)
        process.wait(timeout=30)
    found = load(target)
    number = int(read_files(target)[CARD])
    assert set(found.thresholds.values()) == {number / 10**6}


# ---------------------------------------------------------------------------------- targets


def test_a_link_in_place_of_a_pending_file_is_not_followed(
    newer: Model, copy: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("mine", encoding="utf-8")
    (copy / f"{PARAMETERS}.new").symlink_to(mine)
    save(newer, copy, "card")
    assert mine.read_text(encoding="utf-8") == "mine"


def make_target(kind: str, bundle: Path, tmp_path: Path) -> Path:
    target = tmp_path / "target"
    if kind == "bundle":
        shutil.copytree(bundle, target)
    elif kind == "link":
        target.symlink_to(shutil.copytree(bundle, tmp_path / "elsewhere"))
    elif kind == "dangling link":
        target.symlink_to(tmp_path / "nowhere")
    elif kind == "file":
        target.write_text("mine", encoding="utf-8")
    elif kind == "below a file":
        (tmp_path / "file").write_text("mine", encoding="utf-8")
        target = tmp_path / "file" / "target"
    elif kind == "other files":
        target.mkdir()
        (target / "notes.txt").write_text("mine", encoding="utf-8")
    return target


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("bundle", "--overwrite"),
        ("link", "symbolic link"),
        ("dangling link", "symbolic link"),
        ("file", "no directory"),
        ("below a file", "nothing can be written"),
        ("other files", "other files"),
    ],
)
def test_bad_target(kind: str, words: str, bundle: Path, tmp_path: Path) -> None:
    target = make_target(kind, bundle, tmp_path)
    with pytest.raises(BundleError, match=words):
        check_target(target)
    if kind == "bundle":
        check_target(target, overwrite=True)
    else:
        with pytest.raises(BundleError, match=words):
            check_target(target, overwrite=True)


def test_unwritable_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(BundleError, match="nothing can be written"):
        check_target(tmp_path / "a" / "b")


@pytest.mark.parametrize(
    "change",
    [
        {"thresholds": {"promotional": float("nan"), "unsupported_claim": 0.5}},
        {"labels": ("promotional", "\ud800")},
        {"about": {"metrics": {"f1": float("inf")}}},
        {"features": {"own_bits": 22}},
    ],
)
def test_what_could_not_be_loaded_is_not_saved(
    change: dict[str, object], model: Model, copy: Path
) -> None:
    before = {path.name: path.read_bytes() for path in copy.iterdir()}
    with pytest.raises(BundleError):
        save(replace(model, **change), copy, "card")
    assert {path.name: path.read_bytes() for path in copy.iterdir()} == before


def test_nothing_is_left_of_the_old_units(copy: Path, newer: Model) -> None:
    assert (copy / UNITS).exists()
    save(replace(newer, units=None), copy, "new card")
    assert not (copy / UNITS).exists()
    assert load(copy).units is None


def test_of_too_many_units_the_smallest_hashes_are_kept(
    newer: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "MOST_UNITS", 2)
    assert save(newer, tmp_path / "model", "card").units.tolist() == [3, 5]
