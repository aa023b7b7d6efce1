"""Text that repeats: between a model's training data and those it is measured on, and among these."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from classifier.corpus.provenance import unit_hashes
from classifier.model.bundle import Model
from classifier.run.scorer import Scorer
from classifier.schema import Dataset, LabelledPage, Segment
from classifier.training import metrics
from classifier.training.evaluation import evaluate_model, units_seen

LONG = "The cold pressed oil rests for {} days in tanks of steel before it is bottled."


def with_sentences(data: Dataset, sentences: list[str]) -> Dataset:
    """The first pages with a sentence more each, which bears no label."""
    pages = []
    for page, sentence in zip(data.pages, sentences, strict=False):
        text = f"{page.text}\n{sentence}"
        unit = Segment(len(text) - len(sentence), len(text), frozenset())
        pages.append(replace(page, text=text, segments=(*page.segments, unit)))
    return replace(data, pages=(*pages, *data.pages[len(pages) :]))


def knows(model: Model, *sentences: str) -> Model:
    """The model as if trained on the sentences alone."""
    pages = tuple(
        LabelledPage(s, s, s, (Segment(0, len(s), frozenset()),), where="a.csv:1")
        for s in sentences
    )
    return replace(model, units=unit_hashes(Dataset(pages, model.labels))[0])


@pytest.mark.parametrize(
    ("text", "unit", "same"),
    [
        (LONG, "sentence", True),
        (LONG.upper().replace(" ", ",  "), "sentence", True),
        (LONG + " Sold", "sentence", False),
        ("Add to your cart", "sentence", False),  # alike by chance
        ("Add to your cart", "record", True),
        ("!!!", "record", False),
    ],
)
def test_hashes_are_of_words(text: str, unit: str, same: bool) -> None:
    pages = [
        LabelledPage(str(n), str(n), t, (Segment(0, len(t), frozenset()),))
        for n, t in enumerate((LONG, "Add to your cart", "...", text))
    ]
    data = Dataset(tuple(pages), ("a",), unit=unit)
    hashes, page = unit_hashes(data)
    assert (3 in page and hashes[-1] in hashes[:-1]) == same
    assert len(hashes) == len(page)


def test_training_keeps_the_hashes(model: Model, dataset: Dataset) -> None:
    hashes, _ = unit_hashes(dataset)
    assert model.units is not None
    assert model.units.tolist() == sorted(set(hashes.tolist()))


def test_units_seen(model: Model, dataset: Dataset) -> None:
    sentences = [LONG.format(n) for n in ("two", "two", "three")]
    data = with_sentences(dataset, sentences)
    assert units_seen(replace(model, units=None), data) is None
    seen = units_seen(knows(model, sentences[0]), data)
    assert seen.tolist() == [1, 1] + [0] * (len(data.pages) - 2)


def test_figures_without_the_pages_that_were_seen(
    scorer: Scorer, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "interval", lambda *_: None)  # slow
    data = with_sentences(dataset, [LONG, LONG])
    report = evaluate_model(knows(scorer.model, LONG), scorer.analyser, data)
    overlap = report.pop("overlap")
    assert (overlap["units"], overlap["pages"]) == (2, 2)
    assert report == evaluate_model(knows(scorer.model, "nothing"), scorer.analyser, data)
    unseen = replace(data, pages=data.pages[2:])
    assert overlap["without"] == evaluate_model(
        knows(scorer.model, "nothing"), scorer.analyser, unseen
    )
    seen = replace(data, pages=data.pages[:2])
    report = evaluate_model(knows(scorer.model, LONG), scorer.analyser, seen)
    assert report["overlap"] == {"units": 2, "pages": 2, "without": None}


def test_intervals_are_drawn_over_joined_groups(
    scorer: Scorer, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two sites that share a sentence are drawn together."""
    drawn = []

    def spy(_: object, __: object, group: np.ndarray, ___: object) -> None:
        drawn.append(group)

    monkeypatch.setattr(metrics, "interval", spy)
    names = [page.group for page in dataset.pages]
    other = next(n for n, name in enumerate(names) if name != names[0])
    shared = [LONG if n in (0, other) else LONG.format(f"{n} " * 9) for n in range(other + 1)]
    report = evaluate_model(scorer.model, scorer.analyser, with_sentences(dataset, shared))
    assert report["groups"] == len(set(names)) - 1
    assert drawn
    for group in drawn:
        assert len(set(group.tolist())) == len(set(names)) - 1
    pages = next(group for group in drawn if len(group) == len(names))
    expected = [names[0] if name == names[other] else name for name in names]
    assert len(set(zip(pages.tolist(), expected, strict=True))) == len(set(expected))
