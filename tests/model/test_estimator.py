"""The scikit-learn contract of the page classifier."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import expit
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from classifier.analysis import Analysis
from classifier.corpus.alignment import align
from classifier.errors import DataError
from classifier.model.estimator import PageClassifier
from classifier.model.features import SentenceFeatures
from classifier.model.folds import group_folds
from classifier.schema import Dataset
from classifier.text import Analyser

MakeAnalysis = Callable[..., Analysis]
SMALL = SentenceFeatures(n_rules=7, own_bits=9)
PAGES = (3, 4, 0, 5, 1, 6)


@pytest.fixture(scope="module")
def X(make_analysis: MakeAnalysis) -> Analysis:
    return make_analysis(pages=PAGES)


@pytest.fixture(scope="module")
def y(X: Analysis) -> np.ndarray:
    """Two labels: a sentence that bears an even cue, one that begins a line."""
    has_cue = np.isin(np.arange(len(X)), X.cue_sentence[X.cue_rule % 2 == 0])
    return np.column_stack([has_cue, X.layout[:, 1]]).astype(float)


@pytest.fixture(scope="module")
def fitted(X: Analysis, y: np.ndarray) -> PageClassifier:
    return PageClassifier(SMALL, folds=3).fit(X, y)


def test_parameters() -> None:
    estimator = PageClassifier(SMALL, C=2.0)
    parameters = estimator.get_params()
    assert parameters["C"] == 2.0
    assert parameters["features__own_bits"] == 9
    estimator.set_params(context_C=7.0, features__own_bits=10)
    assert (estimator.context_C, estimator.features.own_bits) == (7.0, 10)
    SMALL.set_params(own_bits=9)
    with pytest.raises(ValueError, match="Invalid parameter"):
        estimator.set_params(colour="red")


def test_clone(fitted: PageClassifier) -> None:
    copy = clone(fitted)
    assert copy.get_params()["features__own_bits"] == 9
    assert copy.features is not fitted.features
    assert not hasattr(copy, "coef_")


def test_fitting_leaves_the_parameters_alone(X: Analysis, y: np.ndarray) -> None:
    estimator = PageClassifier(SMALL, folds=3)
    before = estimator.get_params(deep=False)
    assert estimator.fit(X, y) is estimator
    assert estimator.get_params(deep=False) == before
    assert estimator.features_ is not SMALL


@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function"])
def test_not_fitted(method: str, X: Analysis) -> None:
    with pytest.raises(NotFittedError):
        getattr(PageClassifier(SMALL), method)(X)


def test_shapes(fitted: PageClassifier, X: Analysis) -> None:
    S = len(X)
    assert is_classifier(fitted)
    assert fitted.classes_.tolist() == [0, 1]
    assert fitted.coef_.shape == (SMALL.hashing.own_width, 2)
    assert fitted.page_coef_.shape == (SMALL.hashing.page_width, 2)
    assert fitted.intercept_.shape == fitted.context_intercept_.shape == (2,)
    logits = fitted.decision_function(X)
    assert logits.shape == (S, 2)
    np.testing.assert_array_equal(fitted.predict_proba(X), expit(logits))
    np.testing.assert_array_equal(fitted.predict(X), logits > 0)
    assert np.isfinite(logits).all()


def test_learns(fitted: PageClassifier, X: Analysis, y: np.ndarray) -> None:
    assert (fitted.predict(X) == y).mean() > 0.8


def test_fitting_is_deterministic(fitted: PageClassifier, X: Analysis, y: np.ndarray) -> None:
    again = clone(fitted).fit(X, y)
    for name in ("coef_", "intercept_", "context_coef_", "context_intercept_"):
        np.testing.assert_array_equal(getattr(again, name), getattr(fitted, name))


def test_logits_of_a_page_do_not_depend_on_other_pages(fitted: PageClassifier, X: Analysis) -> None:
    whole = fitted.decision_function(X)
    for page in range(X.n_pages):
        alone = fitted.decision_function(X.take(np.array([page])))
        np.testing.assert_array_equal(alone, whole[X.sentence_page() == page])


def test_unlabelled_sentences_are_context_only(X: Analysis, y: np.ndarray) -> None:
    y = y.copy()
    y[4] = np.nan
    fitted = PageClassifier(SMALL, folds=3).fit(X, y)
    assert np.isfinite(fitted.decision_function(X)).all()


def test_a_label_that_never_holds_gets_its_base_rate(X: Analysis, y: np.ndarray) -> None:
    y = np.column_stack([y[:, 0], np.zeros(len(y))])
    found = PageClassifier(SMALL, folds=3).fit(X, y).predict_proba(X)[:, 1]
    assert (found < 0.2).all()


def test_one_group_is_too_few(X: Analysis, y: np.ndarray) -> None:
    with pytest.raises(DataError, match="at least two groups"):
        PageClassifier(SMALL).fit(X, y, groups=np.zeros(X.n_pages))


@pytest.mark.parametrize(("folds", "expected"), [(2, 2), (3, 3), (10, 4)])
def test_group_folds(folds: int, expected: int) -> None:
    groups = np.array([3, 3, 1, 1, 1, 0, 2, 2])
    masks = group_folds(groups, folds)
    assert len(masks) == expected
    assert np.sum(masks, axis=0).tolist() == [1] * len(groups), "each sample is held out once"
    for mask in masks:
        assert not set(groups[mask]) & set(groups[~mask])


def test_last_step_of_a_pipeline(analyser: Analyser, dataset: Dataset) -> None:
    texts = [page.text for page in dataset.pages]
    y = align(analyser.analyse(texts), dataset).y
    features = SentenceFeatures(len(analyser.lexicons.rules), own_bits=9)
    pipeline = make_pipeline(
        FunctionTransformer(analyser.analyse), PageClassifier(features, folds=3)
    )
    pipeline.set_params(pageclassifier__C=1.0)
    pipeline.fit(texts, y)
    assert pipeline.predict(texts).shape == y.shape
    assert pipeline.predict_proba(["Order now!"]).shape == (1, 2)
