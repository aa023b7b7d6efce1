"""Hashed n-grams, cues and layout of sentences; cues of pages."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.base import clone

from classifier.analysis import Analysis
from classifier.model.features import Features, SentenceFeatures

MakeAnalysis = Callable[..., Analysis]
SMALL = {"n_rules": 7, "own_bits": 9}
SETTINGS = [
    {},
    {"word_order": 1, "kind_order": 0},
    {"word_order": 5, "kind_order": 5},
    {"cue_weight": 0.0, "layout_weight": 0.0},
    {"n_rules": 50},
]


def arrays(features: Features) -> list[np.ndarray]:
    return [features.own.toarray(), features.page.toarray()]


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("pages", [(3, 0, 5, 1, 12), (1,), (0, 0), ()])
def test_shapes(
    settings: dict[str, float], pages: tuple[int, ...], make_analysis: MakeAnalysis
) -> None:
    extractor = SentenceFeatures(**SMALL | settings)
    X = make_analysis(pages=pages)
    found = extractor.transform(X)
    S, P = X.n_sentences, X.n_pages
    assert found.own.shape == (S, extractor.hashing.own_width)
    assert found.page.shape == (P, extractor.hashing.page_width)


def test_hashing_is_deterministic(make_analysis: MakeAnalysis) -> None:
    first = SentenceFeatures(**SMALL).transform(make_analysis())
    again = clone(SentenceFeatures(**SMALL)).fit_transform(make_analysis())
    for a, b in zip(arrays(first), arrays(again), strict=True):
        np.testing.assert_array_equal(a, b)


def test_blocks_have_unit_length(make_analysis: MakeAnalysis) -> None:
    extractor = SentenceFeatures(**SMALL)
    X = make_analysis()
    found = extractor.transform(X)
    own = found.own.toarray()[:, : 2**extractor.own_bits]
    np.testing.assert_allclose(np.linalg.norm(own, axis=1), 1)
    has_cue = np.isin(np.arange(X.n_pages), X.sentence_page()[X.cue_sentence])
    np.testing.assert_allclose(np.linalg.norm(found.page.toarray(), axis=1), has_cue)


@pytest.mark.parametrize("seed", range(3))
def test_features_of_a_page_do_not_depend_on_other_pages(
    seed: int, make_analysis: MakeAnalysis
) -> None:
    extractor = SentenceFeatures(**SMALL)
    X = make_analysis(seed)
    whole = extractor.transform(X)
    for page in range(X.n_pages):
        rows = np.flatnonzero(X.sentence_page() == page)
        alone = extractor.transform(X.take(np.array([page])))
        np.testing.assert_array_equal(alone.own.toarray(), whole.own[rows].toarray())
        np.testing.assert_array_equal(alone.page.toarray(), whole.page[[page]].toarray())
