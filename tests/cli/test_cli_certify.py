"""Promises: asked for when scoring, refused where the data cannot carry them, tried on other pages."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import Result

from classifier.model.bundle import load
from classifier.model.guarantees import guarantee
from classifier.model.saving import save

Run = Callable[..., Result]
TEXT = "Order our tea now! Tea is a drink. It was first grown in China."


@pytest.fixture(scope="module")
def promising(labelled: Path, settings: Path, folder: Path, run: Run) -> Path:
    """A model of the small corpus, with the guarantees of a sample of 4,000 sites."""
    path = folder / "promising"
    run("train", labelled, "-o", path, "--config", settings)
    rng = np.random.default_rng(0)
    score = rng.random(4000)
    known = guarantee(rng.random(4000) < 1.5 * score - 0.25, score, np.arange(4000))
    model = load(path)
    by_label = dict.fromkeys(model.labels, known)
    save(replace(model, guarantees=by_label, page_guarantees=by_label), path, "card")
    return path


def rows(result: Result) -> list[dict[str, object]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_precision_moves_the_threshold(promising: Path, run: Run) -> None:
    arguments = ["score", "-", "--model", promising, "--sentences", "all"]
    (row,) = rows(run(*arguments, "--min-precision", 0.8, stdin=TEXT))
    threshold = load(promising).promised("precision", 0.8)["promotional"]
    for sentence in row["sentences"]:
        assert ("promotional" in sentence["flags"]) == (
            sentence["scores"]["promotional"] >= threshold
        )
    assert "decisions" not in row


def test_a_band_between_precision_and_recall(promising: Path, run: Run) -> None:
    arguments = ["score", "-", "--model", promising, "--min-precision", 0.95, "--min-recall", 0.95]
    (row,) = rows(run(*arguments, "--sentences", "all", stdin=TEXT))
    model = load(promising)
    upper, lower = model.promised("precision", 0.95), model.promised("recall", 0.95)
    strength = ["pass", "review", "flag"]
    for label in model.labels:
        assert lower[label] < upper[label]
        found = []
        for sentence in row["sentences"]:
            score = sentence["scores"][label]
            found.append(int(score >= lower[label]) + int(score >= upper[label]))
            assert sentence["decisions"][label] == strength[found[-1]]
            assert (label in sentence["flags"]) == (found[-1] == 2)
        assert row["decisions"][label] == strength[max(found)]


@pytest.mark.parametrize("kind", ["csv", "csv sentences", "parquet", "text", "html"])
def test_the_band_in_every_format(promising: Path, run: Run, kind: str, tmp_path: Path) -> None:
    band = ["--min-precision", 0.95, "--min-recall", 0.95, "--sentences", "all"]
    path = tmp_path / "out"
    style = ["--format", kind.split()[0], "--rows", "sentences" if " " in kind else "pages"]
    broken = tmp_path / "in.jsonl"
    broken.write_text(json.dumps({"id": 1, "text": TEXT}) + "\n{}\n")
    result = run("score", broken, "--model", promising, *band, *style, "-o", path)
    assert result.exit_code == 3, result.output
    if kind == "parquet":
        first, last = pq.read_table(path).to_pylist()
        assert set(first["decisions"].values()) <= {"flag", "review", "pass"}
        assert set(first["sentences"][0]["decisions"]) == {"promotional", "unsupported_claim"}
        assert last["decisions"] is None
    elif kind.startswith("csv"):
        *found, last = csv.DictReader(io.StringIO(path.read_text()))
        assert all(row["decisions_promotional"] in ("flag", "review", "pass") for row in found)
        assert last["decisions_promotional"] == ""
    else:
        assert "promotional" in path.read_text()


def test_a_column_named_decisions_stays(promising: Path, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text(json.dumps({"id": 1, "text": TEXT, "decisions": "mine"}) + "\n")
    (plain,) = rows(run("score", path, "--model", promising))
    assert plain["decisions"] == "mine"
    band = ["--min-precision", 0.95, "--min-recall", 0.95]
    (row,) = rows(run("score", path, "--model", promising, *band))
    assert row["input_decisions"] == "mine"
    assert set(row["decisions"]) == {"promotional", "unsupported_claim"}


def test_a_model_that_promises_nothing_of_pages_says_so(
    promising: Path, run: Run, tmp_path: Path
) -> None:
    old = save(replace(load(promising), page_guarantees={}), tmp_path / "old", "card")
    for path, said in ((tmp_path / "old", True), (promising, False)):
        result = run("score", "-", "--model", path, "--min-recall", 0.8, stdin=TEXT)
        assert result.exit_code == 0, result.output
        assert ("none of pages" in result.stderr) == said
    assert old.promised("recall", 0.8) == load(promising).promised("recall", 0.8)


@pytest.mark.parametrize("promise", ["--min-precision", "--min-recall"])
def test_a_threshold_does_not_go_with_a_promise(promising: Path, run: Run, promise: str) -> None:
    options = [promise, 0.8, "--threshold", "promotional=0"]
    result = run("score", "-", "--model", promising, *options, stdin=TEXT)
    assert result.exit_code == 2
    assert "does not go with" in result.output


def test_a_promise_that_the_data_cannot_carry(promising: Path, run: Run) -> None:
    result = run("score", "-", "--model", promising, "--min-precision", 0.999, stdin=TEXT)
    assert result.exit_code == 1
    assert not result.stdout
    assert "promotional: precision 0.999 cannot be promised" in result.stderr
    assert "4000 units of 4000 groups" in result.stderr
    assert "classifier certify" in result.stderr


@pytest.mark.parametrize("value", ["0", "1", "90", "x"])
def test_a_promise_is_a_share(value: str, run: Run) -> None:
    assert run("score", "-", "--min-precision", value, stdin=TEXT).exit_code == 2


def test_classes_have_no_promises(reviews: Path, settings: Path, folder: Path, run: Run) -> None:
    columns = ("--text-column", "review", "--label-column", "kind")
    path = folder / "classes"
    run("train", reviews, "-o", path, "--config", settings, *columns)
    result = run("score", "-", "--model", path, "--min-recall", 0.5, stdin=TEXT)
    assert result.exit_code == 1
    assert "exclude each other" in result.stderr
    assert run("certify", reviews, "--model", path, *columns).exit_code == 1


def test_certify(promising: Path, labelled: Path, folder: Path, run: Run) -> None:
    path = folder / "certified"
    result = run("certify", labelled, "--model", promising, "-o", path)
    assert result.exit_code == 0, result.output
    assert "on 55 units of 12 pages in 6 groups" in result.stdout
    assert "promotional / sentence: precision >= 0.9" in result.stdout
    assert "promotional / page: precision >= 0.9" in result.stdout
    assert "new guarantees, 95% confidence" in result.stdout
    old, new = load(promising), load(path)
    assert new.thresholds == old.thresholds
    assert new.guarantees["promotional"].n == 55
    assert new.page_guarantees["promotional"].n == 12
    assert "promotional / page: new guarantees" in result.stdout
    assert new.about["certified_on"] == {"pages": 12, "units": 55, "groups": 6}
    assert "on a sample of 55 units" in (path / "README.md").read_text(encoding="utf-8")
    refused = run("score", "-", "--model", path, "--min-precision", 0.95, stdin=TEXT)
    assert refused.exit_code == 1, "six sites cannot carry it"


def test_certify_as_json(promising: Path, labelled: Path, run: Run) -> None:
    result = run("certify", labelled, "--model", promising, "--json")
    found = json.loads(result.stdout)
    assert set(found) == {
        *("model", "at_training", "on_sample", "promises", "guarantees", "page_guarantees"),
    }
    assert {promise["unit"] for promise in found["promises"]} == {"sentence", "page"}
    for promise in found["promises"]:
        assert promise["low"] <= promise["observed"] <= promise["high"]
        if promise["outcome"] == "kept":
            assert promise["low"] >= promise["target"]
