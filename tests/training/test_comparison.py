"""Differences of two models, with paired intervals; predictions read back from a file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score

from classifier.errors import DataError, InputError
from classifier.schema import Dataset, LabelledPage, Segment
from classifier.training.comparison import MACRO, Pair, compare, regressions
from classifier.training.predictions import Predictions
from classifier.training.stored import read_predictions
from classifier.write.table import write_table

GROUPS, UNITS = 8, 5


def said(seed: int, skill: float) -> Predictions:
    """Scores that know the truth the better, the greater ``skill`` is; with ties."""
    truth = np.random.default_rng(0).random((GROUPS * UNITS, 2)) < 0.4
    pages = [
        LabelledPage(
            f"p{n}",
            f"g{n}",
            "abcdefghi " * UNITS,
            tuple(
                Segment(
                    10 * k,
                    10 * k + 9,
                    frozenset(x for x, yes in zip("ab", truth[n * UNITS + k], strict=True) if yes),
                )
                for k in range(UNITS)
            ),
            columns={"kind": "odd" if n % 2 else "even"},
        )
        for n in range(GROUPS)
    ]
    noise = np.random.default_rng(seed).random(truth.shape)
    scores = np.round(skill * truth + (1 - skill) * noise, 1)
    return Predictions(
        Dataset(tuple(pages), ("a", "b")), np.arange(GROUPS), truth, scores, scores >= 0.5
    )


@pytest.fixture(scope="module")
def pair() -> Pair:
    return Pair(said(1, 0.5), said(2, 0.2))


def test_metrics_are_those_of_scikit_learn(pair: Pair) -> None:
    found = compare(pair, ["kind"], draws=5)
    odd = np.array([n // UNITS % 2 == 1 for n in range(GROUPS * UNITS)])
    for labels, rows in ((found["labels"], ...), (found["slices"]["kind"]["odd"], odd)):
        for k, label in enumerate("ab"):
            for side, model in zip("ab", pair, strict=True):
                truth, score, flag = (
                    of[rows][:, k] for of in (model.truth, model.scores, model.flags)
                )
                expected = average_precision_score(truth, score)
                assert labels[label]["average_precision"][side] == pytest.approx(expected)
                assert labels[label]["f1"][side] == pytest.approx(f1_score(truth, flag))
        mean = np.mean([labels[label]["f1"]["difference"] for label in "ab"])
        assert labels[MACRO]["f1"]["difference"] == pytest.approx(mean, abs=1e-6)


def test_intervals_are_those_of_drawing_whole_groups(pair: Pair) -> None:
    """Against a bootstrap written the long way."""
    draws, rng, expected = 40, np.random.default_rng(0), []
    for _ in range(draws):
        drawn = rng.integers(0, GROUPS, GROUPS)
        rows = np.concatenate([np.arange(g * UNITS, (g + 1) * UNITS) for g in drawn])
        ap = [average_precision_score(m.truth[rows, 0], m.scores[rows, 0]) for m in pair]
        expected.append(ap[1] - ap[0])
    found = compare(pair, draws=draws)["labels"]["a"]["average_precision"]
    assert found["interval"] == pytest.approx(np.percentile(expected, [2.5, 97.5]), abs=1e-6)


def test_a_model_against_itself_differs_in_nothing(pair: Pair) -> None:
    found = compare(Pair(pair.a, pair.a), draws=10)
    assert found["labels"]["a"]["f1"]["interval"] == [0, 0]
    assert found["flipped"]["units"] == 0
    assert found["wins"] == {"a": 0, "b": 0, "ties": GROUPS, "gains": {}}
    assert regressions(found, 0) == []


def test_regressions_are_beyond_the_tolerance(pair: Pair) -> None:
    found = compare(pair, ["kind"], draws=2)
    lost = -found["labels"]["a"]["f1"]["difference"]
    assert lost > 0
    assert ("a", "f1", -lost) in regressions(found, lost - 1e-6)
    assert ("a", "f1", -lost) not in regressions(found, lost)
    assert any("kind = odd" in label for label, *_ in regressions(found, 0))


def test_flips_and_wins(pair: Pair) -> None:
    flags = pair.a.flags.copy()
    flags[[0, 1, UNITS], 0] ^= True
    scores = np.where(flags != pair.a.flags, 1 - pair.a.scores, pair.a.scores)
    gold = replace(pair.a, flags=pair.a.truth, scores=pair.a.scores)
    worse = replace(gold, flags=gold.truth ^ (flags != pair.a.flags), scores=scores)
    found = compare(Pair(gold, worse), flips=2, draws=2)
    assert found["flipped"]["units"] == 3
    assert found["flipped"]["labels"]["a"] == {"right_in_b": 0, "right_in_a": 3}
    assert len(found["flipped"]["listed"]) == 2
    assert found["wins"] == {"a": 2, "b": 0, "ties": GROUPS - 2, "gains": {"g0": -2, "g1": -1}}


def test_one_group_has_no_interval(pair: Pair) -> None:
    one = [replace(model, groups=np.zeros(GROUPS, dtype=np.int64)) for model in pair]
    assert compare(Pair(*one))["labels"]["a"]["f1"]["interval"] is None


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet"])
def test_predictions_come_back(suffix: str, pair: Pair, tmp_path: Path) -> None:
    path = str(tmp_path / f"p.{suffix}")
    write_table(path, pair.a.table())
    notes: list[str] = []
    found = read_predictions(path, pair.a.data, pair.a.groups, notes.append)
    for name in ("truth", "scores", "flags"):
        np.testing.assert_array_equal(getattr(found, name), getattr(pair.a, name))
    assert not notes


ROW = {"page": "p0", "start": 0, "end": 9, "label": "a", "score": 0.5, "decision": "flag"}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"decision": "yes"}, "p.jsonl:81: field 'decision' holds 'yes'"),
        ({"score": "high"}, "must be numbers"),
        ({"score": "nan"}, "field 'score' is nan"),
        ({"start": None}, "must be numbers"),
        ({"gold": "maybe"}, "field 'gold' holds 'maybe'"),
        ({}, "a second row for 'a' of this unit"),
    ],
)
def test_a_wrong_row_is_named(
    changed: dict[str, object], words: str, pair: Pair, tmp_path: Path
) -> None:
    path = tmp_path / "p.jsonl"
    write_table(str(path), pair.a.table())
    with path.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(ROW | changed) + "\n")
    with pytest.raises(DataError, match="The predictions have 1 problem") as caught:
        read_predictions(str(path), pair.a.data, pair.a.groups, print)
    assert words in str(caught.value)


def test_what_does_not_fit_the_data(pair: Pair, tmp_path: Path) -> None:
    path = str(tmp_path / "p.csv")
    write_table(path, pair.a.table())
    some = replace(pair.a.data, pages=pair.a.data.pages[1:])
    notes: list[str] = []
    read_predictions(path, some, pair.a.groups[1:], notes.append)
    assert "10 rows of no unit and label of the data are left out" in notes[0]
    write_table(path, {k: column[2:] for k, column in pair.a.table().items()})
    with pytest.raises(DataError, match="1 of 40 units of the data lack a row"):
        read_predictions(path, pair.a.data, pair.a.groups, print)
    gold = [not value for value in pair.a.table()["gold"]]
    write_table(path, {**pair.a.table(), "gold": gold})
    with pytest.raises(DataError, match="gold is True here, but False in the data"):
        read_predictions(path, pair.a.data, pair.a.groups, print)
    with pytest.raises(InputError):
        read_predictions(str(tmp_path / "none.csv"), pair.a.data, pair.a.groups, print)
