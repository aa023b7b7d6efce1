"""From a text to its reasons: they add up for any text, and name its words and cues."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.special import expit

import classifier
from classifier.errors import InputError
from classifier.model.bundle import DECIMALS
from classifier.run.explaining import Explained, explain_page
from classifier.run.scorer import Scorer
from classifier.schema import Dataset, LabelledPage, Page, Segment
from classifier.training.config import TrainConfig
from classifier.training.training import train

PAGE = "About us\n\nOrder now!\nIt cures insomnia within a week.\n- Rain fell."
REVIEWS = {
    "praise": ("We love {}.", "{} is the best.", "Simply great, {}!"),
    "complaint": ("{} broke at once.", "Never buy {}.", "{} is a waste. I want my money back."),
    "question": ("What is {}?", "Where is {} made?", "Who sells {}?"),
}
THINGS = ("the lamp", "this tea", "our tent", "a kettle")
TEXTS = st.lists(
    st.sampled_from([*PAGE.split(), "\n", "\n\n", ". ", "|", "20%", "•"]) | st.text(max_size=5)
).map(" ".join)


@pytest.fixture(scope="module")
def reviews(config: TrainConfig) -> Scorer:
    """Three labels that exclude each other, on records that are never split."""
    pages = []
    for kind, templates in REVIEWS.items():
        for template, thing in product(templates, THINGS):
            text = template.format(thing)
            name = f"r{len(pages)}"
            pages.append(
                LabelledPage(name, name, text, (Segment(0, len(text), frozenset([kind])),))
            )
    data = Dataset(tuple(pages), tuple(sorted(REVIEWS)), exclusive=True, unit="record")
    return Scorer(train(data, config))


def adds_up(scorer: Scorer, explained: Explained) -> None:
    verdict = explained.verdict
    assert verdict.error is None
    logits = scorer.model.decision_function(scorer.analyser.analyse([verdict.text]))
    slope, shift = scorer.model.parameters["calibration"].T
    for number, reasons in explained.reasons.items():
        for reason in reasons:
            k = scorer.model.labels.index(reason.label)
            score = verdict.sentences[number].scores[reason.label]
            assert np.round(expit(reason.score.value), DECIMALS) == pytest.approx(score, abs=2e-6)
            linear = reason.score.value - reason.score.groups.get("other labels", 0.0)
            assert linear == pytest.approx(logits[number, k] * slope[k] + shift[k], abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(text=TEXTS)
@example(text=PAGE)
@example(text="")
def test_any_text_adds_up(text: str, scorer: Scorer, reviews: Scorer) -> None:
    for model in (scorer, reviews):
        explained = explain_page(model, Page("x", text), every=True)
        adds_up(model, explained)
        assert len(explained.reasons) == len(explained.verdict.sentences)
        assert all(len(r) == len(model.model.labels) for r in explained.reasons.values())


def test_names(scorer: Scorer) -> None:
    explained = explain_page(scorer, Page("x", PAGE), every=True)
    (number,) = (
        n for n, s in enumerate(explained.verdict.sentences) if "insomnia" in PAGE[s.start : s.end]
    )
    named = {(a.group, a.name) for r in explained.reasons[number] for a in r.own.addends}
    expected = {("word", "cures"), ("word", "."), ("stem", "insomnia")}
    expected |= {("kind", "week . [end]"), ("layout", "ends_period")}
    assert expected <= named
    assert any(group == "kind" and "<CONDITION>" in name for group, name in named)
    assert not {name for group, name in named if group == "word" and "order" in name}


def test_what_is_explained(scorer: Scorer) -> None:
    flagged = explain_page(scorer, Page("x", PAGE))
    sentences = flagged.verdict.sentences
    found = {n: tuple(r.label for r in reasons) for n, reasons in flagged.reasons.items()}
    assert found == {n: s.flags for n, s in enumerate(sentences) if s.flags}
    assert flagged.thresholds == scorer.thresholds
    one = explain_page(scorer, Page("x", PAGE), label="promotional", every=True)
    assert [r.label for reasons in one.reasons.values() for r in reasons] == ["promotional"] * len(
        sentences
    )


def test_exclusive_labels_explain_the_highest(reviews: Scorer) -> None:
    explained = explain_page(reviews, Page("x", "Never buy the tent. It is a waste."))
    assert explained.verdict.flags == tuple(r.label for r in explained.reasons[0])
    assert not explained.thresholds


def test_a_bad_record_keeps_its_error(scorer: Scorer) -> None:
    explained = explain_page(scorer, Page("x", "", error="x.csv:1: field 'text' is missing"))
    assert explained.verdict.error == "x.csv:1: field 'text' is missing"
    assert not explained.reasons


def test_a_text_that_cannot_be_scored(scorer: Scorer) -> None:
    explained = explain_page(scorer, Page("x", "Order now \ud800"), every=True)
    assert explained.verdict.error
    assert not explained.reasons


def test_unknown_label(scorer: Scorer) -> None:
    with pytest.raises(InputError, match=r"no label 'spam' in this model \(it has: promotional, "):
        explain_page(scorer, Page("x", PAGE), label="spam")


def test_python_face(scorer: Scorer) -> None:
    explained = classifier.explain(PAGE, scorer, label="promotional")
    assert explained.verdict == classifier.score(PAGE, scorer, sentences="all")
    assert {r.label for reasons in explained.reasons.values() for r in reasons} == {"promotional"}


def test_removals_are_scores_of_the_page_without_the_word(scorer: Scorer) -> None:
    text = (
        "The leaves are dried for nine days. Order velour tea today and save money! How it is made"
    )
    found = explain_page(scorer, Page("a", text), every=True, words=True)
    for number, by_label in found.removals.items():
        sentence = found.verdict.sentences[number]
        for label, removals in by_label.items():
            words = text[sentence.start : sentence.end].rstrip("!.").split()
            assert sorted(text[r.start : r.end] for r in removals) == sorted(words)
            changes = [abs(r.score - sentence.scores[label]) for r in removals]
            assert changes == sorted(changes, reverse=True)
            first = removals[0]
            again = scorer.score_batch([Page("a", text[: first.start] + text[first.end :])], "all")
            assert first.score in [s.scores[label] for s in again[0].sentences]
    assert max(len(by_label) for by_label in found.removals.values()) == 2
    assert explain_page(scorer, Page("a", text), every=True).removals == {}
