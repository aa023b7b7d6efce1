"""Tables of metrics, in Markdown that reads as text."""

from __future__ import annotations

from classifier.model.bundle import Model
from classifier.report.tables import markdown, metrics_table

UNIT = {"n": 10, "positives": 4, "precision": 0.5, "recall": 1.0, "f1": 2 / 3}


def test_markdown() -> None:
    assert markdown(["label", "n"], [["promotional", "7"], ["x", "1234"]]) == [
        "| label       |    n |",
        "| ----------- | ---: |",
        "| promotional |    7 |",
        "| x           | 1234 |",
    ]


def test_missing_metrics_are_dashes() -> None:
    metrics = {"pages": 3, "units": 10, "groups": 2, "labels": {"a": {"sentence": UNIT}}}
    title, _, head, _, row = metrics_table(metrics, "measured").splitlines()
    assert title == "measured: 10 units on 3 pages in 2 groups"
    names = [cell.strip() for cell in head.split("|")]
    cells = dict(zip(names, (cell.strip() for cell in row.split("|")), strict=True))
    assert cells["label / unit"] == "a / sentence"
    assert (cells["n"], cells["positive"], cells["P"], cells["F1"]) == ("10", "4", "0.500", "0.667")
    assert cells["AP"] == cells["AUC"] == cells["ECE"] == "-"


def test_intervals() -> None:
    unit = UNIT | {"intervals": {"f1": (0.25, 0.75), "average_precision": None}}
    metrics = {"pages": 3, "units": 10, "groups": 2, "labels": {"a": {"sentence": unit}}}
    assert "0.667 [0.250, 0.750]" in metrics_table(metrics, "t")


def test_exclusive_labels_have_a_line_of_their_own() -> None:
    metrics = {
        "pages": 3, "units": 3, "groups": 3, "labels": {"a": {"record": UNIT}},
        "macro_f1": 0.5, "macro_f1_interval": (0.25, 0.75), "accuracy": 0.625,
    }  # fmt: skip
    last = metrics_table(metrics, "t").splitlines()[-1]
    assert last == "macro-F1 0.500 [0.250, 0.750], accuracy 0.625"
    none = metrics_table(metrics | {"macro_f1_interval": None}, "t").splitlines()[-1]
    assert none.startswith("macro-F1 0.500")


def test_metrics_of_a_model(model: Model) -> None:
    table = metrics_table(model.about["metrics"], "Cross-validated").splitlines()
    rows = table[4:]
    assert len(rows) == 2 * len(model.labels)
    assert len({len(line) for line in table[2:]}) == 1, "columns are aligned"
