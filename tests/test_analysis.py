"""The arrays between text and model."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from classifier.analysis import LAYOUT, Analysis, bounds, joined, ranges, same
from classifier.text import Analyser

TEXTS = [
    "We treat\n- migraine\n- gout\nOrder now!",
    "",
    "Studies show it heals. It is mild.",
    "How it is made\n\nThe seeds are pressed cold.",
]


@pytest.fixture(scope="module")
def X(analyser: Analyser) -> Analysis:
    return analyser.analyse(TEXTS)


@pytest.mark.parametrize(
    ("counts", "expected"), [([], [0]), ([2], [0, 2]), ([1, 0, 3], [0, 1, 1, 4])]
)
def test_bounds(counts: list[int], expected: list[int]) -> None:
    found = bounds(np.array(counts, dtype=np.int64))
    assert found.dtype == np.int64
    assert found.tolist() == expected


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ([], [], []),
        ([3], [3], []),
        ([0, 5], [2, 8], [0, 1, 5, 6, 7]),
        ([5, 0, 1], [6, 0, 3], [5, 1, 2]),
    ],
)
def test_ranges(first: list[int], last: list[int], expected: list[int]) -> None:
    found = ranges(np.array(first, dtype=np.int64), np.array(last, dtype=np.int64))
    assert found.tolist() == expected


@pytest.mark.parametrize(
    "pages", [[], [0], [1], [3], [0, 1, 2, 3], [3, 2, 1, 0], [2, 0], [1, 3, 0]]
)
def test_take_equals_an_analysis_of_those_pages(
    pages: list[int], X: Analysis, analyser: Analyser
) -> None:
    direct = analyser.analyse([TEXTS[page] for page in pages])
    everything = np.arange(len(pages))
    # ``take`` also orders cues by sentence, so it is applied to both
    assert same(X.take(np.array(pages)), direct.take(everything))


def test_take_keeps_references_within_the_page(X: Analysis) -> None:
    part = X.take(np.array([3, 0]))
    assert part.heading.tolist() == [-1, 0, -1, 2, 2, 2]
    assert part.lead.tolist() == [-1, -1, -1, 2, 2, -1]


def test_owners(X: Analysis) -> None:
    assert X.sentence_page().tolist() == [0, 0, 0, 0, 2, 2, 3, 3]
    assert len(X) == X.n_sentences == 8
    assert np.bincount(X.word_sentence()).tolist() == np.diff(X.sentence_bounds).tolist()


def test_pickles(X: Analysis) -> None:
    assert same(pickle.loads(pickle.dumps(X)), X)


@pytest.mark.parametrize("cut", range(len(TEXTS) + 1))
def test_joined_equals_an_analysis_of_both(cut: int, X: Analysis) -> None:
    pages = np.arange(len(TEXTS))
    parts = joined(X.take(pages[:cut]), X.take(pages[cut:]))
    assert same(parts, X.take(pages))  # which puts the cues in the order of the sentences


def test_alone(X: Analysis) -> None:
    found = X.alone()
    assert found.page_bounds.tolist() == list(range(X.n_sentences + 1))
    assert (found.heading == -1).all()
    assert (found.lead == -1).all()
    assert (found.layout[:, LAYOUT.index("position")] == 0).all()
    np.testing.assert_array_equal(found.cues, X.cues)
    np.testing.assert_array_equal(found.word, X.word)
