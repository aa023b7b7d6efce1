"""Reasons as a person reads them, and as JSON."""

from __future__ import annotations

import re

import pytest

from classifier.model.explanation import Addend, Explanation, Logit
from classifier.report.reasons import explanation_row, explanation_text
from classifier.run.explaining import Explained
from classifier.schema import Verdict

Labels = tuple[str, ...]


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def explained(verdict: Verdict) -> Explained:
    score = Logit(
        -1.0, (Addend("promotional.own", "sentence alone", 3.0), Addend("x", "page", 0.5))
    )
    own = Logit(
        0.25,
        (
            Addend("order our", "word", 0.5),
            Addend("order our", "kind", 0.25),
            Addend("now", "word", -1.0),
            Addend("call_to_action.buy", "cue", 2.0),
        ),
    )
    reason = Explanation("promotional", score, own)
    return Explained(verdict, {"promotional": 0.4, "unsupported_claim": 0.5}, {1: (reason,)})


def test_text(explained: Explained) -> None:
    assert explanation_text(explained, top=1).splitlines()[2:-1] == [
        "  .. 0.10 0.02  Velour tea",
        "  P. 0.95 0.04  Order our tea now!",
        "                promotional 0.95, flagged (threshold 0.40): logit +2.50",
        "                  = sentence alone +3.00, page +0.50, bias -1.00",
        "                  sentence alone: logit +2.00 = cue +2.00, word -0.50, kind +0.25, bias +0.25",
        "                    for: “order our” +0.75",
        "                    against: “now” -1.00",
        "                    cues: call_to_action.buy “Order” +2.00",
    ]


def test_text_of_a_claim(explained: Explained) -> None:
    (reason,) = explained.reasons[1]
    claim = Explanation("unsupported_claim", reason.score, reason.own)
    found = explanation_text(Explained(explained.verdict, explained.thresholds, {2: (claim,)}))
    assert "  severity 3, cure_or_guarantee.cure: Says that a complaint is cured" in found


def test_colour_changes_nothing_but_colour(explained: Explained) -> None:
    painted = explanation_text(explained, colour=True)
    assert "\x1b[33mpromotional 0.95, flagged" in painted
    assert re.sub(r"\x1b\[\d+m", "", painted) == explanation_text(explained)


def test_labels_that_exclude_each_other_have_no_threshold(explained: Explained) -> None:
    free = Explained(explained.verdict, {}, explained.reasons)
    assert "promotional 0.95, flagged (the highest label is)" in explanation_text(free)
    assert explanation_row(free)["sentences"][0]["reasons"][0]["threshold"] is None


def test_row(explained: Explained, labels: Labels) -> None:
    row = explanation_row(explained)
    (sentence,) = row["sentences"]
    assert sentence["text"] == "Order our tea\nnow!"
    assert sentence["cues"] == [
        {
            "cue": "call_to_action",
            "rule": "call_to_action.buy",
            "start": 12,
            "end": 17,
            "text": "Order",
        }
    ]
    (reason,) = sentence["reasons"]
    assert (reason["label"], reason["threshold"], reason["logit"]) == ("promotional", 0.4, 2.5)
    assert reason["groups"] == {"sentence alone": 3.0, "page": 0.5}
    assert reason["contributions"][1] == {"name": "x", "group": "page", "value": 0.5}
    assert reason["own"]["logit"] == 2.0


def test_failed_page(failure: Verdict) -> None:
    explained = Explained(failure, {}, {})
    assert explanation_text(explained) == f"page-2\n  error: {failure.error}\n"
    assert explanation_row(explained)["error"] == failure.error
