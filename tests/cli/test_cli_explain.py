"""``classifier explain``: reasons on stdout, errors on stderr, and the exit status."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]
TEXT = "Order our tea today and save money!\nIt cures gout.\nThe leaves are dried."


def test_text(bundle: Path, run: Run) -> None:
    result = run("explain", "-", "--model", bundle, "--all", stdin=TEXT)
    assert result.exit_code == 0, result.output
    assert "\x1b" not in result.stdout
    lines = [line.strip() for line in result.stdout.splitlines()]
    assert lines[0].startswith("-: ")
    decision = re.compile(r"(promotional|unsupported_claim) \d\.\d\d, (not )?flagged \(threshold ")
    assert len([line for line in lines if decision.match(line)]) == 6
    assert any(re.match(r"= \w[\w -]+ [+-]\d", line) for line in lines)
    assert any(line.startswith("for: “") for line in lines)
    assert re.search(r"cues: .*disease_claim\.\w+ “cures gout” [+-]\d", " ".join(lines))
    assert not result.stderr


def test_json_adds_up(bundle: Path, run: Run) -> None:
    result = run("explain", "-", "--model", bundle, "--all", "--format", "json", stdin=TEXT)
    (row,) = (json.loads(line) for line in result.stdout.splitlines())
    assert [sentence["text"] for sentence in row["sentences"]] == TEXT.splitlines()
    for sentence in row["sentences"]:
        for cue in sentence["cues"]:
            assert cue["text"] == TEXT[cue["start"] : cue["end"]]
            assert cue["rule"].startswith(cue["cue"])
        assert [reason["label"] for reason in sentence["reasons"]] == list(row["scores"])
        for reason in sentence["reasons"]:
            assert 0 < reason["threshold"] < 1
            for logit in (reason, reason["own"]):
                total = logit["bias"] + sum(part["value"] for part in logit["contributions"])
                assert total == pytest.approx(logit["logit"], abs=1e-9)
                assert total == pytest.approx(logit["bias"] + sum(logit["groups"].values()))


def test_label_and_top(bundle: Path, run: Run) -> None:
    options = ["--all", "--label", "promotional", "--top"]
    none, two = (
        run("explain", "-", "--model", bundle, *options, top, stdin=TEXT).stdout for top in (0, 2)
    )
    assert "\n" in none
    assert "unsupported_claim 0.00, " not in none
    assert "for: " not in none
    assert max(len(line.split(", ")) for line in two.splitlines() if "  for: " in line) == 2


def test_some_failed(texts: Path, bundle: Path, run: Run) -> None:
    result = run("explain", texts, "--model", bundle, "--format", "json")
    assert result.exit_code == 3
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["error"] is None for row in rows] == [True, False, True]
    assert result.stderr == rows[1]["error"] + "\n"
    shown = run("explain", texts, "--model", bundle)
    assert shown.exit_code == 3
    assert f"  error: {rows[1]['error']}" in shown.stdout


def test_all_failed(bundle: Path, run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text("{}\n", encoding="utf-8")
    assert run("explain", tmp_path / "bad.jsonl", "--model", bundle).exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["none.txt"], "none.txt"),
        (["-", "--model", "nowhere"], "no model bundle here"),
        (["-", "--label", "spam"], "no label 'spam'"),
    ],
)
def test_nothing_could_be_done(arguments: list[str], words: str, bundle: Path, run: Run) -> None:
    model = [] if "--model" in arguments else ["--model", bundle]
    result = run("explain", *arguments, *model, stdin=TEXT)
    assert result.exit_code == 1
    assert not result.stdout
    assert result.stderr.startswith("error: ")
    assert words in result.stderr
