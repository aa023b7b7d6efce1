"""Predictions, slices, errors and pictures of ``train`` and ``evaluate``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]
PICTURES = {
    f"{name}.{suffix}"
    for name in ("precision-recall", "reliability", "scores")
    for suffix in ("png", "svg")
}


@pytest.fixture(scope="module")
def trained(
    labelled: Path, settings: Path, run: Run, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder with a model, and the predictions and the JSON of its training."""
    folder = tmp_path_factory.mktemp("record")
    options = ["--config", settings, "--predictions", folder / "p.jsonl", "--json"]
    result = run("train", labelled, "-o", folder / "model", *options)
    assert result.exit_code == 0, result.output
    (folder / "train.json").write_text(result.stdout, encoding="utf-8")
    return folder


def test_train_keeps_its_record(trained: Path) -> None:
    rows = [json.loads(line) for line in (trained / "p.jsonl").read_text("utf-8").splitlines()]
    assert len(rows) == 2 * 55
    assert {row["fold"] for row in rows} == {0, 1, 2}
    report = json.loads((trained / "train.json").read_text("utf-8"))
    of_label = report["confusion"]["promotional"]
    assert sum(map(sum, of_label)) == 55
    flagged = sum(row["decision"] == "flag" for row in rows if row["label"] == "promotional")
    assert flagged == of_label[0][1] + of_label[1][1]
    assert report["model"].startswith("model@")


def test_evaluate_slices_and_draws(trained: Path, labelled: Path, run: Run, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    plots = tmp_path / "new" / "plots"
    command = ["evaluate", labelled, "--model", trained / "model", "--plots", plots]
    result = run(*command, "--by", "group", "--predictions", tmp_path / "p.csv")
    assert result.exit_code == 0, result.output
    assert "By 'group':" in result.stdout
    assert "| mossberg / unsupported_claim" in result.stdout
    assert {path.name for path in plots.iterdir()} == PICTURES
    before = (plots / "scores.svg").read_bytes()
    refused = run(*command)
    assert refused.exit_code == 2
    assert "--overwrite" in refused.stderr
    assert run(*command, "--overwrite").exit_code == 0
    assert (plots / "scores.svg").read_bytes() == before


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (["--predictions", "{folder}/p.jsonl"], 2, "--overwrite"),
        (["--predictions", "{data}", "--overwrite"], 2, "is an input"),
        (["--predictions", "p.txt"], 1, "must name a table"),
        (["--predictions", "-"], 2, "name a file"),
        (["--by", "side"], 1, "no page has a column 'side'"),
    ],
)
def test_what_is_refused_before_any_work(
    options: list[str], status: int, words: str, trained: Path, labelled: Path, run: Run
) -> None:
    given = [option.format(folder=trained, data=labelled) for option in options]
    result = run("evaluate", labelled, "--model", trained / "model", *given)
    assert result.exit_code == status, result.output
    assert words in result.stderr
    assert not result.stdout


def test_compare(trained: Path, labelled: Path, run: Run) -> None:
    """The predictions were out of fold, and the model has seen the data, so that it is the better."""
    files = [trained / "p.jsonl", trained / "model"]
    result = run("compare", *files, labelled, "--by", "group", "--tolerance", "0")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("B against A: 55 units in 6 groups")
    assert "| mossberg / promotional" in result.stdout
    assert "was trained on" in result.stderr
    worse = run("compare", *reversed(files), labelled, "--tolerance", "0", "--json")
    assert worse.exit_code == 4
    found = json.loads(worse.stdout)
    lost = found["labels"]["promotional"]["f1"]["difference"]
    assert lost < 0
    assert f"regression: f1 of promotional is {lost:+.4f}, beyond 0.0" in worse.stderr
    assert run("compare", *reversed(files), labelled).exit_code == 0, "no limit was asked for"


def test_compare_with_predictions_of_other_data(trained: Path, reviews: Path, run: Run) -> None:
    columns = ("--text-column", "review", "--label-column", "kind")
    result = run("compare", trained / "p.jsonl", trained / "model", reviews, *columns)
    assert result.exit_code == 1
    assert "60 of 60 units of the data lack a row" in result.stderr
