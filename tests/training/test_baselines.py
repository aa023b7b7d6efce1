"""What a sceptic asks for beside a model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from classifier.report import baselines_table
from classifier.schema import Dataset, LabelledPage, Segment
from classifier.training.baselines import BASELINES, LENGTH, LOGISTIC, MAJORITY, SVM
from classifier.training.config import TrainConfig
from classifier.training.training import train

#: Texts by class: "long" is told by its length, "red" and "blue" by a word.
TEXTS = {
    "long": "the {} of this one goes on for many more words than any other does",
    "red": "red {}",
    "blue": "blue {}",
}


def records(classes: dict[str, int]) -> Dataset:
    """So many records of each class, each its own group."""
    pages = [
        LabelledPage(
            f"{label}{n}", f"{label}{n}", text, (Segment(0, len(text), frozenset({label})),)
        )
        for label, count in classes.items()
        for n in range(count)
        for text in [TEXTS[label].format("abcdefghijklmnopqrst"[n] * 3)]
    ]
    return Dataset(tuple(pages), tuple(sorted(classes)), exclusive=True, unit="record")


def test_each_knows_what_it_can(config: TrainConfig) -> None:
    data = records({"long": 10, "red": 12, "blue": 6})
    metrics = train(data, config, with_baselines=True).about["metrics"]
    found = metrics["baselines"]
    assert tuple(found) == BASELINES
    f1 = {name: {label: of["f1"] for label, of in found[name]["labels"].items()} for name in found}
    assert f1[MAJORITY] == pytest.approx({"blue": 0, "long": 0, "red": 2 * 12 / (12 + 28)})
    assert found[MAJORITY]["macro_f1"] == pytest.approx(f1[MAJORITY]["red"] / 3)
    assert found[MAJORITY]["labels"]["long"]["average_precision"] == pytest.approx(10 / 28)
    assert f1[LENGTH]["long"] == 1
    assert f1[LENGTH]["blue"] < 1, "red and blue texts are nearly alike in length"
    assert found[LOGISTIC]["macro_f1"] == found[SVM]["macro_f1"] == 1
    table = baselines_table(metrics).splitlines()
    assert [line.split("|")[1].strip() for line in table[4:]] == ["this model", *BASELINES]
    assert table[-1].split("|")[-2].strip() == "1.000"


def test_they_learn_from_what_is_not_measured(dataset: Dataset, config: TrainConfig) -> None:
    """Without the other pages there would be one group less to learn from, and other figures."""
    mine = np.array([page.group != "leaflet" for page in dataset.pages])
    part = replace(dataset, pages=tuple(p for p in dataset.pages if p.group != "leaflet"))
    whole = train(dataset, config, calibrate_on=mine, with_baselines=True).about["metrics"]
    alone = train(part, config, with_baselines=True).about["metrics"]
    assert whole["units"] == alone["units"]
    assert whole["baselines"][LOGISTIC] != alone["baselines"][LOGISTIC]


def test_they_are_left_out_unless_asked_for(dataset: Dataset, config: TrainConfig) -> None:
    assert "baselines" not in train(dataset, config).about["metrics"]


def test_texts_without_words(config: TrainConfig) -> None:
    data = records({"red": 6, "blue": 6})
    pages = tuple(
        replace(page, text=text, segments=(replace(page.segments[0], end=len(text)),))
        for n, page in enumerate(data.pages)
        for text in ["!" * (n + 1)]
    )
    found = train(replace(data, pages=pages), config, with_baselines=True).about["metrics"]
    assert found["baselines"][SVM]["macro_f1"] < 1
