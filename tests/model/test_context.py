"""What the first stage thinks of a sentence's surroundings."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import expit

from classifier.analysis import CUES, LAYOUT, Analysis
from classifier.model.context import (
    GROUPS,
    PER_LABEL,
    REACH,
    WINDOW,
    context_features,
    context_group,
    context_names,
    page_sum,
)

MakeAnalysis = Callable[..., Analysis]
LABELS = ("promotional", "unsupported_claim")


def reference(z: np.ndarray, page_z: np.ndarray, X: Analysis, s: int) -> dict[str, float]:
    """The features of sentence ``s``, one by one, as the names describe them."""
    page = int(X.sentence_page()[s])
    first, last = X.page_bounds[page : page + 2].tolist()
    p = expit(z)
    others = [p[i] for i in range(first, last) if i != s]
    near = [p[i] for i in range(max(s - REACH, first), min(s + REACH + 1, last)) if i != s]
    below = [p[i] for i in range(s + 1, min(s + WINDOW + 1, last))]
    window = [p[i] for i in range(max(s - WINDOW, first), s)] + below
    lead = z[X.lead[s]] if X.lead[s] >= 0 else 0.0
    return {
        "own": z[s],
        "previous_1": z[s - 1] if s - 1 >= first else 0.0,
        "previous_2": z[s - 2] if s - 2 >= first else 0.0,
        "next_1": z[s + 1] if s + 1 < last else 0.0,
        "next_2": z[s + 2] if s + 2 < last else 0.0,
        "heading": z[X.heading[s]] if X.heading[s] >= 0 else 0.0,
        "lead": lead,
        "window": mean(window),
        "page_mean": mean(others),
        "highest": max(near, default=0.0),
        "page_own": z[s] * mean(others),
        "item_lead": lead * X.layout[s, LAYOUT.index("is_list_item")],
        "heading_next": mean(below) * X.layout[s, LAYOUT.index("is_heading")],
        "page": page_z[page],
        "own_and_page": max(z[s], -1.0) * max(page_z[page], -1.0),
        "own_alone": z[s] if last - first == 1 else 0.0,
    }


def mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def test_names() -> None:
    names = context_names(LABELS)
    assert names[: len(PER_LABEL)] == tuple(f"promotional.{name}" for name in PER_LABEL)
    assert len(names) == len(set(names)) == 2 * len(PER_LABEL) + 4 + len(LAYOUT) + 2 * len(CUES) + 1


def test_every_feature_of_a_label_has_one_group() -> None:
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(PER_LABEL)


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("promotional.own", "sentence alone"),
        ("a.b.next_1", "neighbours"),
        ("page.lead", "heading and lead-in"),
        ("page.own", "sentence alone"),
        ("a.page", "page"),
        ("a.own*b.page", "page"),
        ("alone", "page"),
        ("is_heading", "layout"),
        ("hedge", "cues here"),
        ("page.hedge", "cues on the page"),
    ],
)
def test_groups(name: str, group: str) -> None:
    assert context_group(name) == group


@pytest.mark.parametrize("seed", range(3))
def test_columns_are_what_their_names_say(seed: int, make_analysis: MakeAnalysis) -> None:
    X = make_analysis(seed)
    z = np.random.default_rng(seed).normal(size=(X.n_sentences, 2)) * 3
    z[1], z[5] = z[0], z[4]  # ties for the highest of a page
    page_z = np.random.default_rng(seed + 9).normal(size=(X.n_pages, 2)) * 3
    found = context_features(z, page_z, X)
    for label in range(2):
        block = found[:, label * len(PER_LABEL) : (label + 1) * len(PER_LABEL)]
        for s in range(X.n_sentences):
            expected = reference(z[:, label], page_z[:, label], X, s)
            np.testing.assert_allclose(block[s], [expected[name] for name in PER_LABEL], atol=1e-12)
    ends = np.cumsum([4, len(LAYOUT), len(CUES), len(CUES)])
    rest = np.split(found[:, 2 * len(PER_LABEL) :], ends, axis=1)
    np.testing.assert_array_equal(rest[1], X.layout)
    np.testing.assert_array_equal(rest[2], X.cues)
    sizes = np.diff(X.page_bounds)[X.sentence_page()]
    np.testing.assert_array_equal(rest[4][:, 0], sizes == 1)
    for s, page in enumerate(X.sentence_page()):
        outer = np.outer(z[s], page_z[page]).ravel()
        np.testing.assert_allclose(rest[0][s], outer)
        np.testing.assert_allclose(rest[3][s], X.cues[X.sentence_page() == page].mean(axis=0))


@pytest.mark.parametrize("seed", range(3))
def test_context_of_a_page_does_not_depend_on_other_pages(
    seed: int, make_analysis: MakeAnalysis
) -> None:
    X = make_analysis(seed, pages=(4, 300, 0, 1, 17))
    z = np.random.default_rng(seed).normal(size=(X.n_sentences, 2))
    page_z = np.random.default_rng(seed + 9).normal(size=(X.n_pages, 2))
    whole = context_features(z, page_z, X)
    for page in range(X.n_pages):
        rows = X.sentence_page() == page
        alone = context_features(z[rows], page_z[[page]], X.take(np.array([page])))
        np.testing.assert_array_equal(alone, whole[rows])


@pytest.mark.parametrize("pages", [(), (0,), (0, 0, 0)])
def test_pages_without_sentences(pages: tuple[int, ...], make_analysis: MakeAnalysis) -> None:
    X = make_analysis(pages=pages)
    assert context_features(np.zeros((0, 2)), np.zeros((len(pages), 2)), X).shape == (
        0,
        len(context_names(LABELS)),
    )
    assert page_sum(np.zeros(0), X.page_bounds).tolist() == [0.0] * len(pages)


def test_page_sum() -> None:
    values = np.array([1.0, 2.0, 4.0, 8.0])
    assert page_sum(values, np.array([0, 0, 3, 3, 4, 4])).tolist() == [0, 7, 0, 8, 0]
