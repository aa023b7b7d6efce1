"""``classifier data``, and what ``train`` and ``evaluate`` say of text that repeats."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from classifier.training import metrics

Run = Callable[..., Result]
LONG = "The cold pressed oil rests for nine days in tanks of steel before it is bottled."
COLUMNS = ("--text-column", "review", "--label-column", "kind")


def table(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def grouped(labelled: Path, tmp_path: Path) -> Path:
    """The small corpus, in which two sites share one sentence and all share another."""
    rows = [json.loads(line) for line in labelled.read_text(encoding="utf-8").splitlines()]
    notice = "These statements have not been looked at by anyone who would have to know better."
    for row in rows:
        for line in [notice, *([LONG] if row["group"] in ("velour", "okapi") else [])]:
            row["text"] += "\n" + line
            end = len(row["text"])
            segment = {"start": end - len(line), "end": end, "promotional": False, "claim": "none"}
            row["segments"].append(segment)
    path = tmp_path / "grouped.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def test_joins_and_boilerplate_are_told(
    grouped: Path, settings: Path, run: Run, tmp_path: Path
) -> None:
    trained = run("train", grouped, "-o", tmp_path / "model", "--config", settings)
    assert trained.exit_code == 0, trained.output
    assert "2 groups became one (okapi, velour), because of: 'The cold pressed" in trained.stderr
    assert "1 repeated units stand in more than 3 groups each and join none" in trained.stderr
    assert "in 5 groups" in trained.stdout
    checked = run("data", "check", grouped)
    assert checked.exit_code == 1, "near duplicates are problems"
    assert "2 groups became one: okapi, velour\n- because of 'The cold pressed" in checked.stdout
    assert "boilerplate, which joins no groups: 'These statements" in checked.stdout
    assert "words repeat one of another page, which joins no groups" in checked.stderr


def test_four_words_that_repeat_are_a_duplicate(run: Run, tmp_path: Path) -> None:
    texts = ["Five stars for it", "five stars, for it!", "Never again, thank you", "Is it vegan"]
    rows = [{"text": t, "label": "ab"[n % 2]} for n, t in enumerate(texts)]
    checked = run("data", "check", table(tmp_path / "rows.csv", rows))
    assert checked.exit_code == 1
    assert "repeats" in checked.stdout
    assert "4 units: 2 problems" in checked.stderr, "a duplicate, labelled in two ways"


def test_names_cannot_steer_the_terminal(run: Run, tmp_path: Path) -> None:
    rows = [{"id": f"\x1b[2J{n}", "text": LONG, "label": "\u202ea"} for n in range(4)]
    path = table(tmp_path / "rows.csv", rows)
    for arguments in (["data", "check", path], ["train", path, "-o", tmp_path / "model"]):
        result = run(*arguments)
        assert "\\u202ea 4" in result.stderr
        assert not {"\x1b", "\u202e"} & set(result.stdout + result.stderr)


@pytest.mark.parametrize("command", ["check", "stats", "splits"])
def test_columns_and_labels_are_chosen(command: str, reviews: Path, run: Run) -> None:
    result = run("data", command, reviews, *COLUMNS, "--label", "praise", "--label", "question")
    assert result.exit_code == 0, result.output
    assert "classes (column 'kind'): praise 20, question 20" in result.stderr
    assert "20 rows left out, of classes that --label does not name: complaint 20" in result.stderr


def test_a_class_is_left_out_of_training_and_measuring(
    reviews: Path, settings: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = [*COLUMNS, "--label", "praise", "--label", "question"]
    trained = run("train", reviews, "-o", tmp_path / "model", "--config", settings, *chosen)
    assert trained.exit_code == 0, trained.output
    about = json.loads(run("info", "--model", tmp_path / "model", "--json").stdout)
    assert about["labels"] == ["praise", "question"]
    monkeypatch.setattr(metrics, "interval", lambda *_: None)  # slow
    result = run("evaluate", reviews, "--model", tmp_path / "model", *chosen)
    assert result.exit_code == 0, result.output
    assert "measured: 40 units" in result.stdout
    assert "without" not in result.stdout, "nothing would be left"
    assert "was trained on 40 of these 40 units" in result.stderr
    assert "on 40 of 40 pages" in result.stderr


def test_one_label_of_segments_is_chosen(labelled: Path, run: Run) -> None:
    result = run("data", "stats", labelled, "--label", "promotional", "--json")
    assert list(json.loads(result.stdout)["labels"]) == ["promotional"]


def test_evaluate_gives_the_figures_without_what_was_seen(
    reviews: Path, settings: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "interval", lambda *_: None)  # slow
    arguments = ["--config", settings, *COLUMNS]
    assert run("train", reviews, "-o", tmp_path / "model", *arguments).exit_code == 0
    with reviews.open(encoding="utf-8", newline="") as stream:
        seen = list(csv.DictReader(stream))[::10]
    new = [{"review": f"{row['review']} Truly.", "kind": row["kind"]} for row in seen]
    data = table(tmp_path / "mixed.csv", seen + new)
    result = run("evaluate", data, "--model", tmp_path / "model", *COLUMNS)
    assert result.exit_code == 0, result.output
    assert "was trained on 6 of these 12 units" in result.stderr
    assert "measured: 12 units" in result.stdout
    assert "measured without pages that it was trained on: 6 units" in result.stdout
    found = run("evaluate", data, "--model", tmp_path / "model", *COLUMNS, "--json").stdout
    overlap = json.loads(found)["overlap"]
    assert (overlap["units"], overlap["pages"], overlap["without"]["units"]) == (6, 6, 6)
    (tmp_path / "new.csv").unlink(missing_ok=True)
    result = run(
        "evaluate", table(tmp_path / "new.csv", new), "--model", tmp_path / "model", *COLUMNS
    )
    assert "was trained on" not in result.stderr
