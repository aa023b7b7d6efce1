"""What ``classifier score`` must not write over, and what it must not pass over in silence."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]
TEXT = "Order our tea today and say goodbye to joint pain.\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mine.csv").write_text(f"id,text\n1,{TEXT}")
    (tmp_path / "old.jsonl").write_text("yesterday\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("options", [[], ["--overwrite"], ["--resume"]])
@pytest.mark.parametrize("output", ["mine.csv", "./mine.csv", "link.csv", "hard.csv"])
def test_an_input_is_never_an_output(here: Path, run: Run, output: str, options: list[str]) -> None:
    (here / "link.csv").symlink_to("mine.csv")
    os.link("mine.csv", "hard.csv")
    before = (here / "mine.csv").read_bytes()
    result = run("score", "mine.csv", "-o", output, *options)
    assert result.exit_code == 2
    assert "is an input" in result.output
    assert (here / "mine.csv").read_bytes() == before


def test_an_output_that_exists_stays_unless_told_otherwise(here: Path, run: Run) -> None:
    result = run("score", "mine.csv", "-o", "old.jsonl")
    assert result.exit_code == 2
    assert "--overwrite" in result.output
    assert (here / "old.jsonl").read_text() == "yesterday\n"
    assert run("score", "mine.csv", "-o", "old.jsonl", "--overwrite").exit_code == 0
    assert json.loads((here / "old.jsonl").read_text())["id"] == "1"


@pytest.mark.parametrize("output", ["old.jsonl", "old.txt"])
def test_when_nothing_could_be_scored_the_old_output_stays(
    here: Path, run: Run, output: str
) -> None:
    (here / "old.txt").write_text("yesterday\n")
    result = run("score", "mine.csv", "--text-column", "body", "-o", output, "--overwrite")
    assert result.exit_code == 1
    assert "is left as it was" in result.output
    assert (here / output).read_text() == "yesterday\n"
    assert sorted(path.name for path in here.iterdir()) == ["mine.csv", "old.jsonl", "old.txt"]


def test_outputs_and_unknown_files_in_a_folder_are_named(here: Path, run: Run) -> None:
    folder = here / "pages"
    folder.mkdir()
    for name in ("a.txt", "b.odt", "README"):
        (folder / name).write_text(TEXT)
    for format in ("jsonl", "csv", "tsv", "parquet"):
        assert run("score", "pages/a.txt", "-o", f"pages/out.{format}").exit_code == 0
    result = run("score", "pages", "-o", "-")
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == ["pages/a.txt"]
    assert "outputs of this program: 4 files" in result.stderr
    assert "of no known type: 2 files (pages/README, pages/b.odt)" in result.stderr


def test_a_folder_of_outputs_alone_is_refused(here: Path, run: Run) -> None:
    (here / "pages").mkdir()
    assert run("score", "mine.csv", "-o", "pages/out.csv").exit_code == 0
    result = run("score", "pages")
    assert result.exit_code == 1
    assert "nothing but outputs" in result.output
    assert run("score", "pages/out.csv", "--text-column", "model").exit_code == 0  # named: meant


@pytest.mark.parametrize(
    "options",
    [
        ["-o", "queue.json"],
        ["-o", "new.jsonl", "--resume", "--overwrite"],
        ["--threshold", "promotional=0.5", "--min-recall", "0.8"],
    ],
)
def test_what_contradicts_itself_is_refused(here: Path, run: Run, options: list[str]) -> None:
    assert run("score", "mine.csv", *options).exit_code == 2


def test_a_format_that_is_named_needs_no_suffix(here: Path, run: Run) -> None:
    assert run("score", "mine.csv", "-o", "queue.json", "--format", "jsonl").exit_code == 0
    assert json.loads((here / "queue.json").read_text())["id"] == "1"


def test_planted_links_are_not_followed(here: Path, run: Run) -> None:
    (here / "precious").write_text("precious")
    for name in (".new.jsonl.part", ".new.jsonl.journal.new", ".new.parquet.part.final"):
        (here / name).symlink_to("precious")
    for output in ("new.jsonl", "new.parquet"):
        assert run("score", "mine.csv", "-o", output).exit_code in (0, 1)
    assert (here / "precious").read_text() == "precious"


def test_sigterm_cleans_up(here: Path) -> None:
    with (here / "many.jsonl").open("w") as stream:
        for number in range(20_000):
            stream.write(json.dumps({"id": str(number), "text": TEXT * 20}) + "\n")
    code = "from classifier.cli import main; main()"
    command = [sys.executable, "-c", code, "score", "many.jsonl", "-o", "out.html"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not [*here.glob(".out.html*")] and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 143
    assert not [*here.glob("*out.html*")]
