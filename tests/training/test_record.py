"""Predictions one by one, and what is made of them: confusion, slices, the worst errors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from classifier.errors import DataError
from classifier.schema import Dataset, LabelledPage, Segment
from classifier.training.config import TrainConfig
from classifier.training.metrics import label_metrics
from classifier.training.predictions import Predictions, column_values
from classifier.training.record import confusion, record, slices, worst_errors
from classifier.training.training import train

#: Of each page: id, group, its kind, and for each unit whether "a" and "b" hold and their scores.
PAGES = (
    ("p", "g", "shop", [((1, 0), (0.9, 0.8)), ((0, 0), (0.2, 0.1))]),
    ("q", "g", None, [((0, 1), (0.7, 0.9))]),
    ("r", "h", "shop", [((1, 1), (0.4, 0.6)), ((1, 0), (0.1, 0.0)), ((0, 0), (0.0, 0.0))]),
)


@pytest.fixture
def found() -> Predictions:
    pages, truth, scores = [], [], []
    for name, group, kind, units in PAGES:
        labels = [
            frozenset(k for k, yes in zip("ab", held, strict=True) if yes) for held, _ in units
        ]
        segments = tuple(Segment(9 * n, 9 * n + 8, held) for n, held in enumerate(labels))
        columns = {} if kind is None else {"kind": kind}
        text = " ".join(f"{name}-unit-{n}" for n in range(len(units)))
        pages.append(LabelledPage(name, group, text, segments, columns=columns))
        truth += [held for held, _ in units]
        scores += [score for _, score in units]
    score = np.array(scores)
    return Predictions(
        Dataset(tuple(pages), ("a", "b")),
        np.array([0, 0, 1]),
        np.array(truth, dtype=bool),
        score,
        score >= 0.5,
    )


def test_table_has_a_row_for_each_label_of_each_unit(found: Predictions) -> None:
    table = replace(found, folds=np.array([2, 0, 1])).table()
    assert list(table) == [
        *("unit", "page", "group", "fold", "start", "end", "label", "gold", "score", "decision")
    ]
    rows = [tuple(row) for row in zip(*table.values(), strict=True)]
    assert len(rows) == 12
    assert rows[0] == ("p:0-8", "p", "g", 2, 0, 8, "a", True, 0.9, "flag")
    assert rows[9] == ("r:9-17", "r", "h", 1, 9, 17, "b", False, 0.0, "pass")
    assert set(found.table()["fold"]) == {None}


def test_confusion_of_yes_and_no(found: Predictions) -> None:
    assert confusion(found) == {"a": [[2, 1], [2, 1]], "b": [[3, 1], [0, 2]]}


def test_confusion_of_classes(found: Predictions) -> None:
    truth, flags = (
        np.eye(2, dtype=bool)[rows] for rows in ([0, 0, 0, 1, 1, 1], [0, 1, 1, 1, 1, 0])
    )
    data = replace(found.data, exclusive=True)
    matrix = confusion(replace(found, data=data, truth=truth, flags=flags))
    assert matrix == {"labels": ["a", "b"], "matrix": [[1, 2], [1, 2]]}


def test_slices_are_the_metrics_of_their_units(found: Predictions) -> None:
    shop = slices(found, "kind", draws=9)["shop"]
    rows = np.array([0, 1, 3, 4, 5])
    expected = label_metrics(
        found.truth[rows], found.scores[rows], found.flags[rows], 0, found.group[rows], 9
    )
    assert (shop["pages"], shop["units"], shop["groups"]) == (2, 5, 2)
    assert shop["labels"]["a"]["sentence"] == expected
    assert set(slices(found, "kind")) == {"", "shop"}, "pages without the column have a slice"


def test_a_slice_of_one_group_has_no_interval(found: Predictions) -> None:
    parts = slices(found, "group")
    assert set(parts) == {"g", "h"}
    assert parts["h"]["labels"]["b"]["sentence"]["intervals"] == {
        "average_precision": None,
        "f1": None,
    }


def test_an_unknown_column_is_refused(found: Predictions) -> None:
    with pytest.raises(DataError, match=r"'sort'; there are 'group', 'kind'"):
        column_values(found.data, "sort")


def test_the_worst_errors_come_first(found: Predictions) -> None:
    errors = worst_errors(found, most=1)
    assert (errors["units"], errors["groups"]) == (4, 2)
    (group,) = errors["worst"]
    assert (group["groups"], group["units"], group["errors"]) == (["g"], 3, 2)
    first, second = group["worst"]
    assert (first["unit"], first["text"]) == ("p:0-8", "p-unit-0")
    assert (first["gold"], first["decided"]) == (["a"], ["a", "b"])
    assert second["unit"] == "q:0-8"
    assert [g["worst"][0]["unit"] for g in worst_errors(found, 9)["worst"]] == ["p:0-8", "r:9-17"]
    assert worst_errors(found, 0)["worst"] == []


def test_training_keeps_out_of_fold_predictions(dataset: Dataset, config: TrainConfig) -> None:
    kept: list[Predictions] = []
    model = train(dataset, config, repeats=2, keep=kept.append)
    (found,) = kept
    assert len({(found.folds[n], found.groups[n]) for n in range(12)}) == 6, "groups stay whole"
    assert set(found.folds.tolist()) == {0, 1, 2}
    matrix = np.array(record(found)["confusion"]["promotional"])
    metrics = model.about["metrics"]["labels"]["promotional"]["sentence"]
    assert metrics["recall"] == pytest.approx(matrix[1, 1] / matrix[1].sum())
