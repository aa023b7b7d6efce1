"""Killed at any moment, an output is continued and ends with the bytes of an unbroken run."""

from __future__ import annotations

import errno
import os
import signal
import sys
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from classifier.errors import InputError
from classifier.schema import Cue, Sentence, Verdict
from classifier.write import delimited as delimited_writer
from classifier.write import parquet as parquet_writer
from classifier.write import resumable
from classifier.write.resumable import cannot_resume, open_resumable
from classifier.write.writer import open_writer

LABELS = ("promotional", "unsupported_claim")
SETTINGS = {"the model": "m@1", "--sentences": "flagged", "--timeout": None}
FORMATS = [
    ("jsonl", "pages"),
    ("csv", "pages"),
    ("tsv", "sentences"),
    ("parquet", "pages"),
]
RECORDS = 60


def verdict(number: int) -> Verdict:
    """Of all sorts; some columns come only after the header is settled."""
    if number % 9 == 4:
        return Verdict(f"r{number}", "", error="x:1: bad", columns={"n": number})
    scores = {"promotional": 0.5, "unsupported_claim": number / 100}
    sentence = Sentence(0, 4, ("promotional",), scores, (Cue("c", "c.1", 0, 2),))
    columns: dict[str, Any] = {"n": number, "é": 'a,"b"\n'}
    columns |= {"late": [1]} if number > 40 else {}
    return Verdict(f"r{number}", "Text.", ("promotional",), scores, (sentence,), "m", columns)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal entry whenever there can be one, and formats that settle early."""
    monkeypatch.setattr(resumable, "EVERY", 0)
    monkeypatch.setattr(delimited_writer, "WINDOW", 10)
    monkeypatch.setattr(parquet_writer, "GROUP", 8)


def write(path: Path, kind: str, rows: str, *, resume: bool = True, stop: int = RECORDS) -> int:
    """One run, up to a record; returns how many records it did not have to write."""
    tally: Counter[str] = Counter()
    writer = open_resumable(
        str(path), kind, rows=rows, labels=LABELS, settings=SETTINGS, tally=tally, resume=resume
    )
    with writer:
        done = writer.records
        assert tally.total() == done
        for number in range(done, stop):
            tally["all"] += 1
            writer.write(verdict(number))
        if stop < RECORDS:
            raise KeyboardInterrupt
    assert tally.total() == RECORDS
    return done


def unbroken(path: Path, kind: str, rows: str) -> bytes:
    with open_writer(str(path), kind, rows=rows, labels=LABELS) as writer:
        for number in range(RECORDS):
            writer.write(verdict(number))
    return path.read_bytes()


def killed(work: Callable[[], object], event: int) -> bool:
    """Do the work in a child that is killed at its nth call to the system about a file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads
        child = os.fork()
    if child == 0:
        left = [event]

        def hook(name: str, _: object) -> None:
            if name in ("open", "os.rename", "os.remove", "os.truncate"):
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        try:
            sys.addaudithook(hook)
            work()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


@pytest.mark.parametrize(("kind", "rows"), FORMATS)
def test_unbroken_runs_write_what_other_writers_write(kind: str, rows: str, tmp_path: Path) -> None:
    assert write(tmp_path / "out", kind, rows) == 0
    assert (tmp_path / "out").read_bytes() == unbroken(tmp_path / "expected", kind, rows)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(("kind", "rows"), FORMATS)
def test_killed_again_and_again(kind: str, rows: str, tmp_path: Path) -> None:
    """Each run is killed a little later in its work, until one comes to its end."""
    out = tmp_path / "out"
    kills = 0
    while killed(lambda: write(out, kind, rows), 2 + kills):
        kills += 1
        assert not out.exists() or not (tmp_path / ".out.part").exists() or kind == "parquet"
    assert kills > 5
    assert out.read_bytes() == unbroken(tmp_path / "expected", kind, rows)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(("kind", "rows"), FORMATS)
@pytest.mark.parametrize("last", range(1, 9))
def test_killed_at_the_end(kind: str, rows: str, last: int, tmp_path: Path) -> None:
    """Around the moment at which the file takes its name."""
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        write(out, kind, rows, stop=RECORDS - 1)
    kept = 48 if kind == "parquet" else RECORDS - 1
    killed(lambda: write(out, kind, rows), last)
    assert write(out, kind, rows) in (0, kept, *range(kept, RECORDS + 1))
    assert out.read_bytes() == unbroken(tmp_path / "expected", kind, rows)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(("kind", "rows"), FORMATS)
@pytest.mark.parametrize("stop", [1, 11, 30, 59])
def test_interrupted_with_a_torn_row_behind_the_journal(
    kind: str, rows: str, stop: int, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        write(out, kind, rows, stop=stop)
    part = tmp_path / ".out.part"
    if part.exists():
        with part.open("ab") as stream:
            stream.write(b'{"id": "r1')
    done = write(out, kind, rows)
    assert done <= stop
    assert (done == stop) == (kind == "jsonl" or (kind in ("csv", "tsv") and stop > 10))
    assert out.read_bytes() == unbroken(tmp_path / "expected", kind, rows)


def test_nothing_is_left_of_a_run_that_kept_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "out", "csv", "pages", stop=3)
    assert not list(tmp_path.iterdir())


def test_what_was_there_stays_until_the_end(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("before")
    out.chmod(0o600)
    with pytest.raises(KeyboardInterrupt):
        write(out, "jsonl", "pages", stop=9)
    assert out.read_text() == "before"
    assert write(out, "jsonl", "pages") == 9
    assert out.read_text() != "before"
    assert out.stat().st_mode & 0o777 == 0o600


def test_an_unfinished_run_is_not_thrown_away(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "out", "jsonl", "pages", stop=9)
    with pytest.raises(InputError, match=r"9 records done.*--resume.*\.out\.journal"):
        write(tmp_path / "out", "jsonl", "pages", resume=False)
    (tmp_path / ".out.journal").unlink()
    assert write(tmp_path / "out", "jsonl", "pages", resume=False) == 0


def test_two_runs_cannot_write_one_file(tmp_path: Path) -> None:
    tally: Counter[str] = Counter()
    options: dict[str, Any] = {"labels": LABELS, "settings": {}, "tally": tally}
    with (
        open_resumable(str(tmp_path / "out"), "jsonl", **options),
        pytest.raises(InputError, match="another run"),
        open_resumable(str(tmp_path / "out"), "jsonl", **options),
    ):
        pass


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("the model", "m@2", "the model was m@1, now it is m@2"),
        ("--sentences", "all", "--sentences was flagged, now it is all"),
        ("--timeout", 3, "--timeout was not set, now it is 3"),
    ],
)
def test_another_run_is_refused(
    name: str, value: object, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "out", "jsonl", "pages", stop=9)
    with monkeypatch.context() as patch:
        patch.setitem(SETTINGS, name, value)
        with pytest.raises(InputError, match=words):
            write(tmp_path / "out", "jsonl", "pages")
    assert write(tmp_path / "out", "jsonl", "pages") == 9


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [(".out.journal", b"{", "cannot be used"), (".out.part", b"{", "shorter than its journal")],
)
def test_damage_is_told(name: str, data: bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "out", "jsonl", "pages", stop=9)
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=words):
        write(tmp_path / "out", "jsonl", "pages")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        write(tmp_path / "no" / "out", "jsonl", "pages")


@pytest.mark.parametrize(
    ("path", "kind", "inputs", "words"),
    [
        ("-", "jsonl", ["a.txt"], "standard output"),
        ("/dev/null", "jsonl", ["a.txt"], "no regular file"),
        ("out.html", "html", ["a.txt"], "html is not for long runs"),
        ("out.jsonl", "jsonl", ["a.txt", "-"], "standard input"),
    ],
)
def test_what_cannot_be_resumed(path: str, kind: str, inputs: list[str], words: str) -> None:
    assert words in str(cannot_resume(path, kind, inputs))
    assert cannot_resume("out.parquet", "parquet", ["a.txt"]) is None


def test_a_run_that_finishes_just_before_the_lock_keeps_its_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part, done = tmp_path / ".out.part", tmp_path / "out"
    part.write_bytes(b"whole output")

    def lock(number: int, path: str) -> None:
        if not done.exists():
            part.rename(done)

    monkeypatch.setattr(resumable, "_lock", lock)
    with resumable._claimed(str(part)) as stream:
        stream.truncate(0)
    assert done.read_bytes() == b"whole output"


def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", unsupported)
    assert write(tmp_path / "out", "jsonl", "pages") == 0
    assert (tmp_path / "out").read_bytes() == unbroken(tmp_path / "expected", "jsonl", "pages")
