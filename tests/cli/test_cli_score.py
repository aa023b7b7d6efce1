"""``classifier score``: data on stdout, everything else on stderr, and the exit status."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import Result

from classifier import __version__
from classifier.write.formats import format_of
from classifier.write.rows import CONTRACT

Run = Callable[..., Result]


def rows_of(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_all_scored(bundle: Path, run: Run) -> None:
    result = run("score", "-", "--model", bundle, stdin="Order now! It cures gout.")
    assert result.exit_code == 0, result.output
    (row,) = rows_of(result)
    assert set(row) == set(CONTRACT) - {"text"}
    assert (row["id"], row["error"]) == ("-", None)
    assert row["model"].startswith("tiny@")
    assert set(row["scores"]) == {"promotional", "unsupported_claim"}
    assert "1 records scored with tiny@" in result.stderr


def test_some_failed(texts: Path, bundle: Path, run: Run) -> None:
    result = run("score", texts, "--model", bundle, "--sentences", "all")
    assert result.exit_code == 3
    rows = rows_of(result)
    assert [row["id"] for row in rows] == ["a", "b", "c"]
    assert [row["error"] is None for row in rows] == [True, False, True]
    assert rows[1]["scores"] == {}
    assert rows[0]["url"] == "u"
    sentences = [sentence["text"] for sentence in rows[0]["sentences"]]
    assert sentences == ["Order now!", "It cures gout."]
    assert rows[1]["error"] in result.stderr
    assert "2 records scored" in result.stderr
    assert "1 failed" in result.stderr


def test_nothing_scored(bundle: Path, run: Run) -> None:
    result = run("score", "-", "--stdin-format", "jsonl", "--model", bundle, stdin='{"id": 1}\nx\n')
    assert result.exit_code == 1
    assert [row["error"] is None for row in rows_of(result)] == [False, False]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["none.txt"], "none.txt"),
        (["-", "--model", "nowhere"], "no model bundle here"),
        (["-", "--threshold", "spam=0.5"], "no threshold for 'spam'"),
        (["-", "-o", "no/such/folder/out.jsonl"], "out.jsonl"),
        (["-", "--text-column", "id"], "same column"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_nothing_could_be_done(arguments: list[str], words: str, bundle: Path, run: Run) -> None:
    model = [] if "--model" in arguments else ["--model", bundle]
    result = run("score", *arguments, *model, stdin="Order now!")
    assert result.exit_code == 1
    assert not result.stdout
    assert result.stderr.startswith("error: ")
    assert words in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("sentences", ["flagged", "all", "none"])
def test_sentences(sentences: str, bundle: Path, run: Run) -> None:
    options = ["--sentences", sentences]
    options += ["--threshold", "promotional=0", "--threshold", "unsupported_claim=1"]
    result = run("score", "-", "--model", bundle, *options, stdin="Order now! It cures gout.")
    (row,) = rows_of(result)
    assert row["flags"] == ["promotional"]
    assert len(row["sentences"]) == (0 if sentences == "none" else 2)
    assert ("sentences flagged" in result.stderr) == (sentences != "none")


def test_csv_rows_of_sentences(texts: Path, bundle: Path, run: Run) -> None:
    options = ["--format", "csv", "--rows", "sentences", "--sentences", "all"]
    result = run("score", texts, "--model", bundle, *options)
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [row["text"] for row in rows] == ["Order now!", "It cures gout.", "", "Rain fell."]
    assert [row["url"] for row in rows] == ["u", "u", "", ""]
    assert rows[2]["error"]


def test_csv_for_a_spreadsheet(bundle: Path, run: Run, tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"id": "=1+1", "text": "Order now!", "n": -1, "phone": "+1 555"}')
    found = {}
    for excel in (["--excel"], []):
        out = tmp_path / f"out{len(excel)}.csv"
        result = run("score", source, "--model", bundle, "-o", out, *excel)
        assert result.exit_code == 0, result.output
        found[len(excel)] = out.read_bytes()
    assert found[1].startswith(b"\xef\xbb\xbfid,")
    assert found[1].decode("utf-8-sig") == found[0].decode().replace("=1+1", "'=1+1").replace(
        "+1 555", "'+1 555"
    )
    assert found[0].startswith(b"id,n,phone,")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--rows", "sentences"], "csv and tsv, not for jsonl"),
        (["--rows", "sentences", "--format", "html"], "csv and tsv, not for html"),
        (["--rows", "sentences", "--format", "csv", "--sentences", "none"], "--sentences none"),
        (["--excel"], "csv, not for jsonl"),
        (["--excel", "--format", "tsv"], "csv, not for tsv"),
        (["--excel", "-o", "x.parquet"], "csv, not for parquet"),
        (["--resume", "--overwrite"], "--overwrite"),
        (["--threshold", "a=0.1", "--min-recall", "0.9"], "--min-recall"),
        (["--threshold", "a=0.1", "--threshold", "a=0.2"], "'a' twice"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_options_that_contradict_each_other(arguments: list[str], words: str, run: Run) -> None:
    result = run("score", "-", *arguments, stdin="Order now!")
    assert result.exit_code == 2
    assert words in result.stderr


def test_folder_to_html(bundle: Path, run: Run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("b.txt", "a.md", "c.html"):
        text = f"<p>{name} says: order our tea now, it is the best.</p>"
        (tmp_path / "in" / name).write_text(text, encoding="utf-8")
    result = run("score", tmp_path / "in", "--model", bundle, "-o", tmp_path / "out.html")
    assert result.exit_code == 0, result.output
    assert not result.stdout
    page = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert page.index("a.md") < page.index("b.txt") < page.index("c.html")


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("-", "jsonl"),
        ("out.csv", "csv"),
        ("out.TSV", "tsv"),
        ("out.parquet", "parquet"),
        ("out.pq", "parquet"),
        ("out.html", "html"),
        ("out.htm", "html"),
        ("out.txt", "text"),
        ("out", "jsonl"),
        ("out.dat", None),
        ("some.csv/out", "jsonl"),
    ],
)
def test_format_of_output(output: str, expected: str | None) -> None:
    assert format_of(output) == expected


def test_two_processes_write_what_one_writes(texts: Path, bundle: Path, run: Run) -> None:
    one, two = (run("score", texts, "--model", bundle, "--jobs", n) for n in (1, 2))
    assert one.stdout == two.stdout


def test_a_real_process(texts: Path, bundle: Path) -> None:
    """Through pipes: stdin to stdout, and the exit status of the process."""
    code = "import sys; from classifier.cli import main; sys.exit(main(sys.argv[1:]))"
    arguments = ["score", "-", "--stdin-format", "jsonl", "--model", str(bundle)]
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, input=texts.read_bytes(), capture_output=True, timeout=60)
    assert done.returncode == 3, done.stderr
    assert len([json.loads(line) for line in done.stdout.splitlines()]) == 3
    assert b"2 records scored" in done.stderr


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_keep_text_makes_rows_that_stand_alone(
    kind: str, texts: Path, bundle: Path, run: Run, tmp_path: Path
) -> None:
    output = tmp_path / f"out.{kind}"
    result = run("score", texts, "--model", bundle, "--keep-text", "-o", output)
    assert result.exit_code == 3, result.output
    if kind == "jsonl":
        rows = [json.loads(line) for line in output.read_text().splitlines()]
    else:
        rows = pq.read_table(output).to_pylist()
    assert [row.get("text") for row in rows] == ["Order now! It cures gout.", None, "Rain fell."]
    assert rows[0]["text_sha256"] == hashlib.sha256(rows[0]["text"].encode()).hexdigest()
    assert set(rows[0]["thresholds"]["promotional"]) == {"sentence", "page"}
    assert rows[0]["release"] == __version__


def test_keep_text_is_for_rows_that_hold_texts(texts: Path, bundle: Path, run: Run) -> None:
    result = run("score", texts, "--model", bundle, "--keep-text", "--format", "csv")
    assert result.exit_code == 2
    assert "--keep-text is for jsonl and parquet" in result.stderr


def test_thresholds_of_a_row_are_those_asked_for(bundle: Path, run: Run) -> None:
    asked = ("--threshold", "promotional=0.25")
    (row,) = rows_of(run("score", "-", "--model", bundle, *asked, stdin="Order now!"))
    assert row["thresholds"]["promotional"] == {"sentence": 0.25, "page": 0.25}
