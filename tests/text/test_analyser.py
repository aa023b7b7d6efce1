"""What holds of the analysis of any text, and of any batch of texts."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.strings import hash_string

from classifier.analysis import LAYOUT, Analysis, same
from classifier.text import Analyser
from classifier.text import analyser as analyser_module
from classifier.text.lexicons import Lexicons, Rule

#: Pieces that the splitter has opinions about, so that random texts reach its corners.
PIECES = (
    "the", "The", "Dr", "J", "e.g", "no", "life", "cure", "insomnia", "Order", "now", "7", "12", "2.5",
    ".", "...", "…", "?", "!", ":", ",", ")", "(", "”", "“", '"', "'s", "|", "•", "-", "✓", "😀", "👩‍⚕️",
    "www.okapi.example", "\n", "\n\n", "\r\n", " ", "  ", "\t", "\u00a0", "\u2028", "\x1c", "\u200b",
    "é", "ß", "İ", "中文", "x" * 70,
    "c.u.r.e", "c u r e", "cur3s", "n\u200bow", "ｔｅａ", "ﬁt", "\u0441ure",
)  # fmt: skip
texts = st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=25).map("".join)
spaced_texts = st.lists(st.sampled_from(PIECES), max_size=20).map(" ".join)
many = settings(deadline=None, max_examples=200)


def page(X: Analysis, number: int) -> Analysis:
    return X.take(np.array([number]))


@many
@given(texts | spaced_texts)
def test_sentences_cover_the_text_once_and_in_order(analyser: Analyser, text: str) -> None:
    X = analyser.analyse([text])
    spans = list(zip(X.start.tolist(), X.end.tolist(), strict=True))
    edges = [edge for span in spans for edge in span]
    assert edges == sorted(edges)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(text[start:end] == text[start:end].strip() for start, end in spans)
    between = zip([0, *X.end.tolist()], [*X.start.tolist(), len(text)], strict=True)
    assert not "".join(text[a:b] for a, b in between).strip()


@many
@given(texts | spaced_texts)
def test_arrays_fit_together(analyser: Analyser, text: str) -> None:
    X = analyser.analyse([text])
    n_words, n_cues = len(X.word), len(X.cue_rule)
    assert X.page_bounds.tolist() == [0, X.n_sentences]
    assert X.sentence_bounds[0] == 0
    assert X.sentence_bounds[-1] == n_words
    assert (np.diff(X.sentence_bounds) > 0).all()
    assert len(X.stem) == len(X.kind) == n_words
    assert X.layout.shape == (X.n_sentences, len(LAYOUT))
    assert np.isfinite(X.layout).all()
    counts = [name.endswith("_log") for name in LAYOUT]
    assert (X.layout >= 0).all()
    assert (X.layout[:, ~np.array(counts)] <= 1).all()
    for above in (X.heading, X.lead):
        assert ((above >= -1) & (above < np.arange(X.n_sentences))).all()
    assert len(X.cue_sentence) == len(X.cue_start) == len(X.cue_end) == n_cues
    assert (X.cue_start >= X.start[X.cue_sentence]).all()
    assert (X.cue_end <= X.end[X.cue_sentence]).all()
    assert (X.cue_start < X.cue_end).all()


@many
@given(texts | spaced_texts)
def test_spelled_is_what_was_hashed(analyser: Analyser, text: str) -> None:
    X = analyser.analyse([text])
    for unit, names in analyser.surface_forms(text).items():
        assert [hash_string(name) for name in names] == getattr(X, unit).tolist()


@many
@given(st.lists(texts | spaced_texts, min_size=1, max_size=5))
def test_a_page_does_not_depend_on_its_batch(analyser: Analyser, batch: list[str]) -> None:
    X = analyser.analyse(batch)
    assert X.n_pages == len(batch)
    for number, text in enumerate(batch):
        assert same(page(X, number), page(analyser.analyse([text]), 0))


@many
@given(texts)
def test_cutting_a_text_off_its_surrounding_space_moves_offsets_only(
    analyser: Analyser, text: str
) -> None:
    text = text.strip()
    bare, padded = analyser.analyse([text]), analyser.analyse([f"\n {text}\n"])
    assert (padded.start - 2).tolist() == bare.start.tolist()
    assert padded.word.tolist() == bare.word.tolist()


#: Text, and the words that ``<START> order`` and ``now <END>`` mark in it.
EDGES = [
    ("Order now", ["Order", "now"]),
    ("Please order now, today", []),
    ("• Order now", ["Order", "now"]),
    ("• (“Order now!”)", ["Order", "now"]),
    ("1. Order now…", ["Order", "now"]),
    ("Yes. Order now! Order now?", ["Order", "now", "Order", "now"]),
    ("Yes, order\nnow", ["now"]),
]


@pytest.mark.parametrize(("text", "expected"), EDGES)
def test_edges_of_sentences(
    text: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bullets, quotes and closing signs do not hide the first and the last word."""
    patterns = ("<START> order", "now <END>")
    rules = tuple(Rule(f"x.{p}", "question", "", "", "", (p,), (), ()) for p in patterns)
    monkeypatch.setattr(analyser_module, "load_lexicons", lambda: Lexicons(rules, {}, "0" * 64))
    X = Analyser().analyse([text])
    assert [text[a:b] for a, b in sorted(zip(X.cue_start, X.cue_end, strict=True))] == expected


@pytest.mark.parametrize("batch", [[], [""], ["", ""], [" \n\t"], ["", "One. Two.", ""]])
def test_pages_without_words(batch: list[str], analyser: Analyser) -> None:
    X = analyser.analyse(batch)
    expected = [2 * bool(text.strip()) for text in batch]
    assert np.diff(X.page_bounds).tolist() == expected


def test_an_analyser_gives_the_same_twice(analyser: Analyser) -> None:
    text = "Velour tea cures gout.\n• Order 2 tins, now! It’s mild."
    assert same(analyser.analyse([text]), Analyser().analyse([text]))


def test_fingerprint(analyser: Analyser) -> None:
    assert re.fullmatch(r"spacy-\d+\.\d+/text-\d+/[0-9a-f]{16}", analyser.fingerprint)
    assert analyser.fingerprint == Analyser(split=False).fingerprint
