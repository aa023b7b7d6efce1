"""Verdicts as a person reads them in a terminal."""

from __future__ import annotations

import io
import re
from collections import Counter

import pytest

from classifier.report.terminal import TextRows, page_text, summary, tally
from classifier.schema import Sentence, Verdict

Labels = tuple[str, ...]


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")


def test_page(verdict: Verdict, labels: Labels) -> None:
    assert page_text(verdict, labels).splitlines() == [
        "page-1: promotional, unsupported_claim",
        "  page scores: promotional 0.98  unsupported_claim 0.50  severity 3",
        "  .. 0.10 0.02  Velour tea",
        "  P. 0.95 0.04  Order our tea now!",
        "                call_to_action: “Order”",
        "  PU 0.61 0.88  It cures gout.",
        f"{' ' * 16}severity 3, cure_or_guarantee.cure: Says that a complaint is cured, ended or gone,",
        "                or never comes back",
        "                disease_claim: “cures gout”",
    ]


def test_page_without_flags(labels: Labels) -> None:
    verdict = Verdict("x", "", scores=dict.fromkeys(labels, 0.0))
    assert page_text(verdict, labels).startswith("x: no flag\n")


def test_page_with_a_review_band(reviewed: Verdict, labels: Labels) -> None:
    assert page_text(reviewed, labels).splitlines() == [
        "page-3: promotional; to review: unsupported_claim",
        "  page scores: promotional 0.90  unsupported_claim 0.90",
        "  P. 0.90 0.90  Order now!",
        "  .u 0.10 0.40  It may cure gout.",
    ]


def test_failed_page(failure: Verdict, labels: Labels) -> None:
    assert page_text(failure, labels) == f"page-2\n  error: {failure.error}\n"


def test_colour_changes_nothing_but_colour(verdict: Verdict, labels: Labels) -> None:
    painted = page_text(verdict, labels, colour=True)
    assert "\x1b[" in painted
    assert re.sub(r"\x1b\[\d+m", "", painted) == page_text(verdict, labels)


def test_no_colour_where_nobody_looks(verdict: Verdict, labels: Labels) -> None:
    stream = io.BytesIO()
    rows = TextRows(stream, labels, colour=True)
    rows.write(verdict)
    rows.close()
    assert stream.getvalue().decode() == page_text(verdict, labels) + "\n"


@pytest.mark.parametrize(("columns", "n_labels"), [("100", 2), ("30", 2), ("5", 2), ("100", 40)])
def test_any_width_and_any_number_of_labels(
    columns: str, n_labels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    names = tuple(f"label{i}" for i in range(n_labels))
    scores = dict.fromkeys(names, 0.5)
    text = "Order our tea now, the best tea of the whole wide world!"
    sentence = Sentence(0, len(text), names[:1], scores)
    found = page_text(Verdict("x", text, names[:1], scores, (sentence,)), names)
    assert all(word in found for word in text.split())


def test_text_that_cannot_be_encoded(labels: Labels) -> None:
    stream = io.BytesIO()
    TextRows(stream, labels).write(Verdict("\udc80", "", error="bad \ud800 id"))
    assert stream.getvalue().decode().startswith("\\x80\n")


@pytest.mark.parametrize(
    ("failed", "with_sentences", "expected"),
    [
        (0, True, ["3 records scored with m@1", "  a   2 pages  5 sentences flagged"]),
        (2, False, ["3 records scored with m@1, 2 failed", "  a   2 pages flagged"]),
    ],
)
def test_summary(failed: int, with_sentences: bool, expected: list[str]) -> None:
    counts = Counter({"scored": 3, "failed": failed, "page/a": 2, "sentence/a": 5})
    found = summary(counts, ("a", "bcd"), "m@1", with_sentences).splitlines()
    assert [" ".join(line.split()) for line in found[:2]] == [" ".join(e.split()) for e in expected]
    assert found[2].split()[:3] == ["bcd", "0", "pages"]


def test_summary_of_a_review_band(reviewed: Verdict, failure: Verdict, labels: Labels) -> None:
    counts = tally(reviewed) + tally(reviewed) + tally(failure)
    for with_sentences in (True, False):
        found = summary(counts, labels, "m@1", with_sentences, review=True).splitlines()
        several = " 2 sentences" if with_sentences else ""
        none = " 0 sentences" if with_sentences else ""
        assert [" ".join(line.split()) for line in found] == [
            "2 records scored with m@1, 1 failed",
            f"promotional 2 pages{several} flagged 0 pages{none} to review",
            f"unsupported_claim 0 pages{none} flagged 2 pages{several} to review",
        ]


def test_a_hostile_text_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in page_text(Verdict("\x1b[2Jx", "", error="\x1b]0;y\x07"), ())
