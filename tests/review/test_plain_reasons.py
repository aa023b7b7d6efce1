"""The plain line: each clause by its example, and how clauses go together."""

from __future__ import annotations

import pytest
from review_rows import P, U

from classifier.analysis import CUES, LAYOUT
from classifier.review.pages import PageFacts
from classifier.review.reasons import NOTHING, Clause, Facts, holding, load_clauses, reason
from classifier.text import Analyser

CLAUSES = load_clauses()


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: clause.id)
def test_names_are_known(clause: Clause) -> None:
    assert {*clause.cues, *clause.on_page, *clause.not_near} <= set(CUES)
    assert set(clause.layout) <= set(LAYOUT)
    assert clause.label in ("", P, U)
    assert ("{words}" in clause.say) <= bool(clause.cues)


@pytest.mark.parametrize("clause", [c for c in CLAUSES if c.example], ids=lambda clause: clause.id)
def test_examples_get_their_clause(clause: Clause, analyser: Analyser) -> None:
    X = analyser.analyse([clause.example])
    facts = PageFacts(X, analyser.lexicons.rules, clause.example)
    about, _ = facts.of(int(X.start[0]), int(X.end[0]), (clause.label or P,), 0, "")
    assert clause in holding(about)


LINES = [
    (Facts((U,), {}), "no wording of a source in it or nearby"),
    (Facts((U,), {}, near={"cited_evidence"}), NOTHING),
    (
        Facts((U,), {"disease_claim": ["cures  gout"]}, page={"offer"}),
        "claims an effect on a disease or its symptoms (“cures gout”); no wording of a source in it "
        "or nearby; the page sells",
    ),
    (
        Facts((U,), {}, near={"cited_evidence"}, severity=4, severity_reason="Names a disease"),
        "names a disease",
    ),
    (Facts((P,), {"offer": ["a", "b", "a", "c", "d"]}), "makes an offer (“a”, “b”, “c”)"),
    (Facts((P,), {"negation": ["no"]}), f"{NOTHING}; but look: it may deny or report (“no”)"),
]


@pytest.mark.parametrize(("facts", "line"), LINES)
def test_lines(facts: Facts, line: str) -> None:
    assert reason(facts) == line
