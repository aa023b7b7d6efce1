"""Time grows with the text, whatever the text is made of."""

from __future__ import annotations

import time

import pytest

from classifier.text import Analyser

LARGE = 100_000
PROSE = "The clinic offers a gentle therapy for back pain, and most people feel better in weeks. "
#: What is repeated until the text is long enough.
KINDS = (
    *"()[]{}<>'\"`$#@&*%^~|\\/-–—_+=.,:;!?…•°§©®™“”‘’«»",
    *("\U0001f600", "👩‍⚕️", "🇩🇪", "❤️", "\u0301", "e\u0301"),
    *("\u200b", "\u200d", "\ufeff", "\u202e", "\u00ad"),
    *("http://", "http://a.b/", "www.", "a@b.c", "a@b.c,", "://", "mailto:"),
    *(":)", ":-(", "):", "8-D", "<3", "(((", "()()", "([{"),
    *("\"'\"'", "...", "!?!", "$1", "1.", "1)", "1,", "10%"),
    *("a", "A", "é", "ß", "İ", "中", "中文。", "ع", "ไ", "а", "1", "²", "½", "\x00"),
    *(" ", "\n", "\t", "\r\n", "\u2028", "\u3000", " \n"),
    *("\n\n", " .", ". ", "a ", "A. ", "a. we ", "1. \n"),
    *("- a\n", "* a\n", "# a\n", "| a | b |\n", "a:\n- b\n"),
    *("• a ", "\"a\" ", "(a) ", "a-b", "a'", "n't", "it's "),
    *("studies show ", "no side effects ", "buy now "),
    *("clinically proven to ", "may help with ", "the the "),
    *("Dr. ", "e.g. ", "p.m. ", "<b>a</b>", "&amp;"),
    *("c.u.r.e ", "c u r e ", "c u r e\n", "c🌿", "c@nc3r "),
    *("1l!|", "a1$@ ", "\u0441a", "ｃｕｒｅ ", "c\u200bure "),
    *("YWJjZA==", "0x1f", "a\\n", "lorem", "Order Now! "),
    PROSE,
)  # fmt: skip


def seconds(analyser: Analyser, kind: str, size: int) -> float:
    text = (kind * (size // len(kind) + 1))[:size]
    begin = time.perf_counter()
    analyser.analyse([text])
    return time.perf_counter() - begin


def test_there_are_enough_kinds() -> None:
    assert len(set(KINDS)) >= 80


@pytest.mark.parametrize("kind", KINDS, ids=ascii)
def test_no_text_takes_much_longer_than_prose(analyser: Analyser, kind: str) -> None:
    """Quadratic time would take a hundred times as long here, and did."""
    prose = seconds(analyser, PROSE, LARGE)
    assert seconds(analyser, kind, LARGE) < 4 * prose + 0.2


@pytest.mark.parametrize(
    "kind", ["(", "\U0001f600", ":)", "http://", "a. we ", "$1", PROSE], ids=ascii
)
def test_ten_times_the_text_takes_about_ten_times_as_long(analyser: Analyser, kind: str) -> None:
    assert seconds(analyser, kind, 10 * LARGE) < 11 * seconds(analyser, kind, LARGE) + 0.3
