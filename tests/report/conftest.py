"""Verdicts made by hand, one of them as hostile as text can be."""

from __future__ import annotations

import pytest

from classifier.schema import Cue, Sentence, Severity, Verdict

LABELS = ("promotional", "unsupported_claim")
HOSTILE = "<script>alert(1)</script> & \"quoted\" 'text' </mark></article><img src=x onerror=a()>"


@pytest.fixture(scope="session")
def labels() -> tuple[str, ...]:
    return LABELS


@pytest.fixture(scope="session")
def verdict() -> Verdict:
    text = "Velour tea\n\nOrder our tea\nnow! It cures gout. It is green."
    return Verdict(
        id="page-1",
        text=text,
        flags=LABELS,
        scores={"promotional": 0.984, "unsupported_claim": 0.5},
        sentences=(
            Sentence(0, 10, (), {"promotional": 0.1, "unsupported_claim": 0.02}),
            Sentence(
                12, 30, ("promotional",), {"promotional": 0.95, "unsupported_claim": 0.04},
                (Cue("call_to_action", "call_to_action.buy", 12, 17),),
            ),
            Sentence(
                31, 45, ("promotional", "unsupported_claim"),
                {"promotional": 0.61, "unsupported_claim": 0.88},
                (
                    Cue("disease_claim", "disease_claim.cure", 34, 44),
                    Cue("disease_claim", "disease_claim.name", 40, 44),
                ),
                severity=Severity(3, "cure_or_guarantee.cure"),
            ),
        ),
        model="tiny@123456",
    )  # fmt: skip


@pytest.fixture(scope="session")
def reviewed() -> Verdict:
    """One label flagged and one up for review, of the page and of sentences of their own."""
    text = "Order now! It may cure gout."
    page = {"promotional": "flag", "unsupported_claim": "review"}
    first = {"promotional": "flag", "unsupported_claim": "pass"}
    second = {"promotional": "pass", "unsupported_claim": "review"}
    low, high = {"promotional": 0.1, "unsupported_claim": 0.4}, dict.fromkeys(LABELS, 0.9)
    sentences = (
        Sentence(0, 10, ("promotional",), high, decisions=first),
        Sentence(11, 28, (), low, decisions=second),
    )
    return Verdict("page-3", text, ("promotional",), high, sentences, decisions=page)


@pytest.fixture(scope="session")
def hostile() -> Verdict:
    scores = dict.fromkeys(LABELS, 0.9)
    start, end = len(HOSTILE) + 1, 2 * len(HOSTILE) + 1
    cue = Cue("offer", "offer.free", start, end)
    sentence = Sentence(start, end, ("promotional",), scores, (cue,))
    text = "\n".join([HOSTILE] * 3)
    return Verdict(HOSTILE, text, ("promotional",), scores, (sentence,), model=HOSTILE)


@pytest.fixture(scope="session")
def failure() -> Verdict:
    return Verdict("page-2", "", error=f"x.csv:7: bad <field> {HOSTILE}")
