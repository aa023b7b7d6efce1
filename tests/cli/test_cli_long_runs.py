"""``classifier score`` killed, interrupted, resumed, poisoned."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import Result

from classifier.cli.score import command
from classifier.write import parquet as parquet_writer
from classifier.write import resumable

Run = Callable[..., Result]
RECORDS = 300
#: A command line with an entry in the journal after each record, and small groups.
PROGRAM = """
import sys
from classifier.write import parquet as parquet_writer, resumable
from classifier.cli import main
resumable.EVERY = 0
parquet_writer.GROUP = 20
main(sys.argv[1:])
"""
#: What makes a record that cannot be scored, each on a line of its own.
POISON = {
    "encoding": b'{"id":"%s","text":"caf\xe9"}',
    "broken": b'{"id":"%s","text":',
    "empty": b'{"id":"%s","text":""}',
    "gigantic": b'{"id":"%s","text":"' + b"x" * 3000 + b'"}',
    "NUL": b'{"id":"%s","text":"a\\u0000b"}',
    "deep": b'{"id":"%s","text":"t","a":' + b"[" * 200 + b"]" * 200 + b"}",
    "deeper": b'{"id":"%s","text":"t","a":' + b"[" * 5000 + b"]" * 5000 + b"}",
    "missing": b'{"id":"%s"}',
    "no object": b"[1, 2]",
    "number": b'{"id":"%s","text":12}',
    "surrogate": b'{"id":"%s","text":"\\ud800"}',
    "controls": b'{"id":"%s","text":"Order\x01 now!"}',
}


def sound(number: int) -> bytes:
    row = {"id": f"r{number}", "text": f"Order {number} now! It cures gout.", "n": number}
    return json.dumps(row).encode()


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every tenth record is poisoned."""
    poison = list(POISON.values())
    lines = [
        poison[n // 10 % len(poison)].replace(b"%s", b"r%d" % n) if n % 10 == 3 else sound(n)
        for n in range(RECORDS)
    ]
    path = tmp_path_factory.mktemp("long") / "in.jsonl"
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def start(*arguments: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", PROGRAM, "score", *map(str, arguments), "--max-chars", "2000"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def kept(out: Path) -> int:
    """Records that the journal of an unfinished output covers."""
    journal = out.parent / f".{out.name}.journal"
    return int(json.loads(journal.read_bytes())["records"]) if journal.exists() else 0


def end_at(process: subprocess.Popen[bytes], out: Path, records: int, how: int) -> None:
    """Send a signal once so many records are kept; do nothing if the run was faster."""
    while process.poll() is None and kept(out) < records:
        time.sleep(0.001)
    process.send_signal(how)


@pytest.fixture(scope="module")
def small() -> Iterator[None]:
    """The same as in ``PROGRAM``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resumable, "EVERY", 0)
        patch.setattr(parquet_writer, "GROUP", 20)
        yield


@pytest.fixture(scope="module")
def answers(records: Path, bundle: Path, run: Run, small: None) -> dict[str, bytes]:
    """What unbroken runs write."""
    found = {}
    for kind in ("jsonl", "parquet"):
        out = records.parent / f"expected.{kind}"
        result = run("score", records, "--model", bundle, "-o", out, "--max-chars", 2000)
        assert result.exit_code == 3, result.output
        found[kind] = out.read_bytes()
    return found


def test_every_poisoned_record_is_answered_once_in_order(answers: dict[str, bytes]) -> None:
    rows = [json.loads(line) for line in answers["jsonl"].splitlines()]
    assert len(rows) == RECORDS
    for number, row in enumerate(rows):
        assert row["id"] == f"r{number}" or row["id"].endswith(f"in.jsonl:{number + 1}")
        assert (row["error"] is not None) == (number % 10 == 3)
        assert bool(row["scores"]) == (row["error"] is None)


def test_killed_and_resumed(
    records: Path, bundle: Path, answers: dict[str, bytes], run: Run, tmp_path: Path
) -> None:
    out = tmp_path / "out.parquet"
    process = start(records, "--model", bundle, "-o", out, "--resume", "--jobs", 2)
    end_at(process, out, 1, signal.SIGKILL)
    process.communicate(timeout=60)  # workers go too, or this would wait for them
    assert process.returncode == -signal.SIGKILL
    same = ("score", records, "--model", bundle, "-o", out, "--max-chars", 2000)
    result = run(*same, "--resume")
    assert result.exit_code == 3, result.output
    assert out.read_bytes() == answers["parquet"]
    assert "resuming after" in result.stderr
    assert "270 records scored" in result.stderr
    assert "30 failed" in result.stderr
    assert list(tmp_path.iterdir()) == [out]


def test_interrupted(
    records: Path, bundle: Path, answers: dict[str, bytes], run: Run, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    process = start(records, "--model", bundle, "-o", out, "--jobs", 2)
    end_at(process, out, 1, signal.SIGINT)
    data, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert not data
    assert b"records are kept in" in said
    assert b"--resume" in said
    assert b"Traceback" not in said
    assert not out.exists()
    same = ("score", records, "--model", bundle, "-o", out)
    assert "an unfinished run is there" in run(*same, "--max-chars", 2000).stderr
    assert "--max-chars was 2000" in run(*same, "--max-chars", 2001, "--resume").stderr
    result = run(*same, "--max-chars", 2000, "--resume")
    assert result.exit_code == 3, result.output
    assert "resuming after" in result.stderr
    assert out.read_bytes() == answers["jsonl"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-o", "-"], "standard output"),
        (["-o", "out.html"], "html is not for long runs"),
        (["-", "-o", "out.jsonl"], "standard input"),
    ],
    ids=str,
)
def test_what_cannot_be_resumed_is_refused(
    arguments: list[str], words: str, records: Path, bundle: Path, run: Run
) -> None:
    result = run("score", records, *arguments, "--model", bundle, "--resume")
    assert result.exit_code == 2
    assert words in result.stderr


def test_a_time_limit_in_another_thread(records: Path, bundle: Path, run: Run) -> None:
    arguments = ("score", records, "--model", bundle, "--max-chars", 2000)
    expected = run(*arguments)
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(run, *arguments, "--timeout", 60).result()
    assert (result.exit_code, result.stdout) == (3, expected.stdout)


@pytest.mark.parametrize(("jobs", "number"), [("auto", -1), ("-1", -1), ("3", 3)])
def test_jobs(jobs: str, number: int) -> None:
    assert command.make_context("score", ["a.txt", "-j", jobs]).params["jobs"] == number


@pytest.mark.parametrize(("jobs", "words"), [("0", "must not be 0"), ("many", "'auto'")])
def test_no_jobs(jobs: str, words: str, run: Run) -> None:
    result = run("score", "-", "--jobs", jobs, stdin="Order now!")
    assert result.exit_code == 2
    assert words in result.stderr


def test_compressed_input(records: Path, bundle: Path, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl.gz"
    path.write_bytes(gzip.compress(sound(0) + b"\n" + sound(1)))
    result = run("score", path, "--model", bundle)
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == ["r0", "r1"]
