"""Train, score, evaluate, info: the whole way, for pages with segments and for a table of classes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from classifier.training import metrics

Run = Callable[..., Result]
COLUMNS = ("--text-column", "review", "--label-column", "kind")


@pytest.fixture(scope="module")
def trained(labelled: Path, settings: Path, folder: Path, run: Run) -> Result:
    return run("train", labelled, "-o", folder / "pages", "--config", settings)


@pytest.fixture(scope="module")
def trained_on_reviews(reviews: Path, settings: Path, folder: Path, run: Run) -> Result:
    options = ["--config", settings, "--seed", 3, *COLUMNS]
    return run("train", reviews, "-o", folder / "reviews", *options)


def test_train(trained: Result, folder: Path) -> None:
    assert trained.exit_code == 0, trained.output
    assert trained.stdout.startswith("cross-validated: 55 units on 12 pages in 6 groups")
    assert "promotional / sentence" in trained.stdout
    assert "written to" in trained.stderr
    assert "written to" not in trained.stdout
    card = (folder / "pages" / "README.md").read_text(encoding="utf-8")
    assert "`pages.jsonl` (12)" in card


def test_score_with_the_trained_model(trained: Result, folder: Path, run: Run) -> None:
    result = run("score", "-", "--model", folder / "pages", stdin="Order our tea now!")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["flags"] == ["promotional"]


def test_evaluate(trained: Result, labelled: Path, folder: Path, run: Run) -> None:
    result = run("evaluate", labelled, "--model", folder / "pages")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("measured: 55 units on 12 pages in 6 groups")
    assert "promotional / page" in result.stdout


def test_info(trained: Result, folder: Path, run: Run) -> None:
    result = run("info", "--model", folder / "pages")
    assert result.exit_code == 0
    assert result.stdout.startswith("pages@")
    assert "# Model card" in result.stdout
    about = json.loads(run("info", "--model", folder / "pages", "--json").stdout)
    assert about["labels"] == ["promotional", "unsupported_claim"]
    assert about["config"]["own_bits"] == 10


def test_classes_of_a_table(trained_on_reviews: Result, folder: Path, run: Run) -> None:
    assert trained_on_reviews.exit_code == 0, trained_on_reviews.output
    assert "macro-F1" in trained_on_reviews.stdout
    about = json.loads(run("info", "--model", folder / "reviews", "--json").stdout)
    assert about["labels"] == ["complaint", "praise", "question"]
    assert (about["unit"], about["exclusive"], about["thresholds"]) == ("record", True, {})
    assert about["config"]["seed"] == 3
    assert not about["data"]["grouped"]
    result = run("score", "-", "--model", folder / "reviews", stdin="Where is this lamp made?")
    row = json.loads(result.stdout)
    assert row["flags"] == ["question"]
    assert sum(row["scores"].values()) == pytest.approx(1, abs=1e-5)


def test_evaluate_classes(
    trained_on_reviews: Result,
    reviews: Path,
    folder: Path,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(metrics, "interval", lambda *_: None)  # slow
    result = run("evaluate", reviews, "--model", folder / "reviews", *COLUMNS, "--json")
    assert json.loads(result.stdout)["accuracy"] > 0.9, "seen in training"


def test_another_process_trains_the_same_bytes(
    trained: Result, labelled: Path, settings: Path, folder: Path
) -> None:
    """Whatever the order of sets and dictionaries there."""
    code = "import sys; from classifier.cli import main; sys.exit(main(sys.argv[1:]))"
    arguments = ["train", labelled, "-o", folder / "again" / "pages", "--config", settings]
    command = [sys.executable, "-c", code, *map(str, arguments)]
    environment = os.environ | {"PYTHONHASHSEED": "12345"}
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=120)
    for path in (folder / "pages").iterdir():
        assert path.read_bytes() == (folder / "again" / "pages" / path.name).read_bytes()


@pytest.mark.parametrize(
    ("lines", "options", "words"),
    [
        (['{"text": "a"}'], [], "no column holds labels"),
        (["nonsense"], [], "bad.jsonl:1"),
        (['{"id": 1, "text": "a", "label": "x"}'] * 2, [], "already used"),
        (
            [f'{{"text": "{i}", "label": "x"}}' for i in range(4)],
            [],
            "only one class, 'x', in 4 units",
        ),
        (
            [f'{{"text": "{i}", "label": "{"xyz"[i // 4]}"}}' for i in range(9)],
            [],
            "bad.jsonl:9). ",
        ),
        (
            [f'{{"text": "{i}", "label": "{"xyz"[i // 4]}"}}' for i in range(9)],
            [],
            "--label x --label y",
        ),
        (['{"text": "a b", "label": "x"}', '{"text": "A, b!", "label": "y"}'], [], "1 text (of 2"),
        ([f'{{"text": "{i}", "ok": {i % 2}}}' for i in range(4)], ["--label", "bad"], "bad"),
        (['{"text": "a", "label": "x"}'], ["--config", "none.toml"], "none.toml"),
    ],
)
def test_data_that_cannot_be_trained_on(
    lines: list[str], options: list[str], words: str, run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    result = run("train", path, "-o", tmp_path / "model", *options)
    assert result.exit_code == 1, result.output
    assert not result.stdout
    assert "error: " in result.stderr
    assert words in result.stderr
    assert not (tmp_path / "model").exists()


def test_evaluate_on_foreign_labels(trained: Result, reviews: Path, folder: Path, run: Run) -> None:
    result = run("evaluate", reviews, "--model", folder / "pages", *COLUMNS)
    assert result.exit_code == 1
    assert "the data label records as complaint" in result.stderr


def test_info_of_nothing(run: Run, tmp_path: Path) -> None:
    result = run("info", "--model", tmp_path)
    assert result.exit_code == 1
    assert "no model bundle here" in result.stderr


def test_calibrate_on_some_of_the_files(
    labelled: Path, settings: Path, run: Run, tmp_path: Path
) -> None:
    """All pages are learnt from, half of them judged."""
    lines = labelled.read_text(encoding="utf-8").splitlines(keepends=True)
    mine, others = tmp_path / "mine.jsonl", tmp_path / "others.jsonl"
    mine.write_text("".join(lines[:8]), encoding="utf-8")
    others.write_text("".join(lines[8:]), encoding="utf-8")
    arguments = ["train", mine, others, "-o", tmp_path / "model", "--config", settings]
    result = run(*arguments, "--calibrate-on", mine)
    assert result.exit_code == 0, result.output
    assert "on 8 pages in 4 groups" in result.stdout
    about = json.loads(run("info", "--model", tmp_path / "model", "--json").stdout)
    assert about["data"]["pages"] == 12
    assert about["calibrated_on"] == {"mine.jsonl": 8}
    card = (tmp_path / "model" / "README.md").read_text(encoding="utf-8")
    assert "like those to be scored: `mine.jsonl` (8)" in card
    refused = run(*arguments, "--overwrite", "--calibrate-on", tmp_path / "nothing.jsonl")
    assert refused.exit_code == 1
    assert "no page of the data was read from" in refused.stderr


@pytest.mark.parametrize("command", ["train", "certify"])
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("bundle", "--overwrite"),
        ("file", "is no directory"),
        ("other files", "holds other files"),
        ("link", "symbolic link"),
        ("below a file", "nothing can be written"),
    ],
)
def test_a_bad_target_is_refused_before_any_work(
    command: str, kind: str, words: str, run: Run, tmp_path: Path
) -> None:
    """The data do not exist either, which would be found when they are read."""
    target = tmp_path / "target"
    if kind == "link":
        target.symlink_to(tmp_path / "elsewhere")
    elif kind in ("file", "below a file"):
        target.write_text("mine", encoding="utf-8")
        target = target / "model" if kind == "below a file" else target
    else:
        target.mkdir()
        name = "manifest.json" if kind == "bundle" else "notes.txt"
        (target / name).write_text("mine", encoding="utf-8")
    result = run(command, tmp_path / "nothing.jsonl", "-o", target)
    assert result.exit_code == 1
    assert words in result.stderr
    if kind == "bundle":
        result = run(command, tmp_path / "nothing.jsonl", "-o", target, "--overwrite")
        assert "nothing.jsonl" in result.stderr, "now the data are looked at"
        assert (target / "manifest.json").read_text(encoding="utf-8") == "mine"


def test_overwriting_a_model(labelled: Path, settings: Path, run: Run, tmp_path: Path) -> None:
    arguments = ["train", labelled, "-o", tmp_path / "model", "--config", settings]
    assert run(*arguments).exit_code == 0
    before = (tmp_path / "model" / "manifest.json").read_bytes()
    assert run(*arguments).exit_code == 1
    assert run(*arguments, "--overwrite", "--seed", 7).exit_code == 0
    assert (tmp_path / "model" / "manifest.json").read_bytes() != before
    assert len(list((tmp_path / "model").iterdir())) == 4
