"""Hashed n-grams, cues and layout as one linear design."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.base import clone

from classifier.analysis import Analysis
from classifier.model.features import Features, SentenceFeatures

MakeAnalysis = Callable[..., Analysis]
SMALL = {"n_rules": 7, "own_bits": 9, "page_bits": 8}
SETTINGS = [
    {},
    {"word_order": 1, "kind_order": 0},
    {"word_order": 5, "kind_order": 5},
    {"cue_weight": 0.0, "layout_weight": 0.0, "page_weight": 0.0},
    {"n_rules": 50},
]


def arrays(features: Features) -> list[np.ndarray]:
    return [features.own.toarray(), features.page.toarray(), features.sentence_page]


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("pages", [(3, 0, 5, 1, 12), (1,), (0, 0), ()])
def test_shapes(
    settings: dict[str, float], pages: tuple[int, ...], make_analysis: MakeAnalysis
) -> None:
    extractor = SentenceFeatures(**SMALL | settings)
    X = make_analysis(pages=pages)
    found = extractor.transform(X)
    S, P = X.n_sentences, X.n_pages
    assert found.own.shape == (S, extractor.own_width)
    assert found.page.shape == (P, extractor.page_width)
    assert found.design(np.arange(S)).shape == (S, extractor.width)


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("seed", range(3))
def test_linear_is_the_design_times_the_weights(
    seed: int, settings: dict[str, float], make_analysis: MakeAnalysis
) -> None:
    extractor = SentenceFeatures(**SMALL | settings)
    X = make_analysis(seed)
    weights = np.random.default_rng(seed).normal(size=(extractor.width, 3))
    found = extractor.transform(X)
    design = found.design(np.arange(X.n_sentences))
    np.testing.assert_allclose(found.linear(weights), design @ weights, atol=1e-12)


def test_design_takes_rows_in_any_order(make_analysis: MakeAnalysis) -> None:
    found = SentenceFeatures(**SMALL).transform(make_analysis())
    rows = np.array([7, 0, 7, 2])
    whole = found.design(np.arange(len(found.sentence_page))).toarray()
    np.testing.assert_array_equal(found.design(rows).toarray(), whole[rows])


def test_hashing_is_deterministic(make_analysis: MakeAnalysis) -> None:
    first = SentenceFeatures(**SMALL).transform(make_analysis())
    again = clone(SentenceFeatures(**SMALL)).fit_transform(make_analysis())
    for a, b in zip(arrays(first), arrays(again), strict=True):
        np.testing.assert_array_equal(a, b)


def test_n_gram_blocks_have_unit_length(make_analysis: MakeAnalysis) -> None:
    extractor = SentenceFeatures(**SMALL)
    X = make_analysis()
    found = extractor.transform(X)
    own = found.own.toarray()[:, : 2**extractor.own_bits]
    np.testing.assert_allclose(np.linalg.norm(own, axis=1), 1)
    page = found.page.toarray()[:, : 2**extractor.page_bits]
    np.testing.assert_allclose(np.linalg.norm(page, axis=1), np.diff(X.page_bounds) > 0)


@pytest.mark.parametrize("seed", range(3))
def test_features_of_a_page_do_not_depend_on_other_pages(
    seed: int, make_analysis: MakeAnalysis
) -> None:
    extractor = SentenceFeatures(**SMALL)
    X = make_analysis(seed)
    weights = np.random.default_rng(seed).normal(size=(extractor.width, 2))
    whole, logits = extractor.transform(X), extractor.transform(X).linear(weights)
    for page in range(X.n_pages):
        rows = np.flatnonzero(X.sentence_page() == page)
        alone = extractor.transform(X.take(np.array([page])))
        np.testing.assert_array_equal(
            alone.design(np.arange(len(rows))).toarray(), whole.design(rows).toarray()
        )
        np.testing.assert_array_equal(alone.linear(weights), logits[rows])
