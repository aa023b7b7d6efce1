"""The contract of a classifier over texts: ours keeps it, and each check finds who does not."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils.validation import check_is_fitted

from classifier.api.contract import CHECKS, Trial
from classifier.api.estimator import TextClassifier
from classifier.api.targets import check_texts

#: How an estimator that is broken, or a check of it, may end.
BREAKS = (AssertionError, AttributeError, LookupError, TypeError, ValueError)
NAMED = {check.__name__: check for check in CHECKS}


@pytest.fixture(scope="module")
def ours() -> Trial:
    return Trial(TextClassifier(own_bits=10, folds=3, bootstrap_draws=2))


def test_there_are_enough_checks() -> None:
    assert len(NAMED) == len(CHECKS) >= 25


@pytest.mark.parametrize("name", NAMED)
def test_ours_keeps_the_contract(name: str, ours: Trial) -> None:
    NAMED[name](ours)


class Words(ClassifierMixin, BaseEstimator):
    """A few lines of scikit-learn that keep the contract, to be broken below."""

    def __init__(self, C: float = 10.0) -> None:
        self.C = C

    def fit(self, X: Any, y: Any) -> Words:
        if y is None or any(value is None or value != value for value in y):
            raise ValueError("a class is missing")
        self.model_ = make_pipeline(TfidfVectorizer(), LogisticRegression(C=self.C))
        self.model_.fit(check_texts(X), np.asarray(y))
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, X: Any) -> Any:
        check_is_fitted(self)
        return self.model_.predict_proba(check_texts(X))

    def decision_function(self, X: Any) -> Any:
        check_is_fitted(self)
        return self.model_.decision_function(check_texts(X))

    def predict(self, X: Any) -> Any:
        check_is_fitted(self)
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        return tags


@pytest.mark.parametrize("name", NAMED)
def test_the_contract_is_not_about_ours(name: str) -> None:
    NAMED[name](Trial(Words()))


class ChangesParameters(Words):
    def __init__(self, C: float = 10.0) -> None:
        self.C = float(np.float64(C) + 1)


class NeedsParameter(Words):
    def __init__(self, C: float) -> None:
        self.C = C


class WritesParameters(Words):
    def fit(self, X: Any, y: Any) -> Words:
        self.C = 1.0
        return super().fit(X, y)


class ReturnsNothing(Words):
    def fit(self, X: Any, y: Any) -> Any:
        super().fit(X, y)


class SortsItsInput(Words):
    def fit(self, X: Any, y: Any) -> Words:
        super().fit(X, y)
        if isinstance(X, list):
            X.sort()
        return self


class Remembers(Words):
    def fit(self, X: Any, y: Any) -> Words:
        if hasattr(self, "first_"):
            return self
        self.first_ = True
        return super().fit(X, y)


class RollsDice(Words):
    def fit(self, X: Any, y: Any) -> Words:
        super().fit(X, y)
        self.model_[-1].intercept_ += np.random.default_rng().normal(size=1)
        return self


class AnswersUnfitted(Words):
    def predict(self, X: Any) -> Any:
        return super().predict(X) if hasattr(self, "model_") else np.zeros(len(X))


class UnsortedClasses(Words):
    def fit(self, X: Any, y: Any) -> Words:
        super().fit(X, y)
        self.classes_ = self.classes_[::-1]
        return self


class NamesOnly(Words):
    def fit(self, X: Any, y: Any) -> Words:
        return super().fit(X, np.asarray(y).astype(str) if y is not None else y)


class Lists(Words):
    def predict(self, X: Any) -> Any:
        return super().predict(X).tolist()


class Constant(Words):
    def predict(self, X: Any) -> Any:
        return np.repeat(self.classes_[:1], len(super().predict(X)))


class OddScore(Words):
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        return 2.0


class Unnormalised(Words):
    def predict_proba(self, X: Any) -> Any:
        return super().predict_proba(X) * 1.01


class TwoColumns(Words):
    def decision_function(self, X: Any) -> Any:
        found = super().decision_function(X)
        return np.column_stack([-found, found]) if found.ndim == 1 else found


class WrongHighest(Words):
    def decision_function(self, X: Any) -> Any:
        return -super().decision_function(X)


class ListsOnly(Words):
    def predict_proba(self, X: Any) -> Any:
        return super().predict_proba(X if isinstance(X, list) else sorted(X))


class ByIndex(Words):
    def fit(self, X: Any, y: Any) -> Words:
        return super().fit([X[place] for place in range(len(X))], y)


class ComparesTexts(Words):
    def predict_proba(self, X: Any) -> Any:
        found = super().predict_proba(X)
        return found if len(found) == 1 else (found + found.mean(axis=0)) / 2


class NoEmptyTexts(Words):
    def predict_proba(self, X: Any) -> Any:
        return np.where(np.array([[bool(text)] for text in check_texts(X)]),
                        super().predict_proba(X), np.nan)  # fmt: skip


class OneAtATime(Words):
    def predict_proba(self, X: Any) -> Any:
        self.texts_ = list(X)
        time.sleep(0.01)  # another thread's turn; else it is left to chance whether it is noticed
        found = [super(OneAtATime, self).predict_proba([self.texts_.pop()]) for _ in check_texts(X)]
        return np.concatenate(found[::-1])


class TakesAText(Words):
    def predict(self, X: Any) -> Any:
        return super().predict(list(X))


class SkipsWhatIsNoText(Words):
    def predict(self, X: Any) -> Any:
        return super().predict([text for text in X if isinstance(text, str)])


class Flattens(Words):
    def predict(self, X: Any) -> Any:
        return super().predict(np.ravel(np.array(X, dtype=object)) if len(X) != 1 else X)


class CutsToLength(Words):
    def fit(self, X: Any, y: Any) -> Words:
        return super().fit(list(X)[: len(y)], y) if y is not None else super().fit(X, y)


class GuessesClasses(Words):
    def fit(self, X: Any, y: Any) -> Words:
        return super().fit(X, [str(value) for value in y])


class TakesMeasures(Words):
    def fit(self, X: Any, y: Any) -> Words:
        values = None if y is None else np.asarray(y)
        measured = values is not None and values.dtype.kind == "f" and len(set(values)) > 3
        return super().fit(X, values > values.mean() if measured else y)


class TakesOneClass(Words):
    def fit(self, X: Any, y: Any) -> Words:
        single = y is not None and len(set(map(str, y))) == 1
        return super().fit(X, ["other", *list(y)[1:]] if single else y)


class NotPickled(Words):
    def __getstate__(self) -> Any:
        return {"C": self.C, "_sklearn_version": "0"}


class IsNoClassifier(Words):
    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = False
        return tags


class ShowsNothing(Words):
    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        return "model"


class TakesAnyParameter(Words):
    def set_params(self, **params: Any) -> Any:
        return super().set_params(**{k: v for k, v in params.items() if k == "C"})


class SetsNothing(Words):
    def set_params(self, **params: Any) -> Any:
        if set(params) - {"C"}:
            raise ValueError("unknown")


class WithoutDecisions(Words):
    @property
    def decision_function(self) -> Any:
        raise AttributeError("none")


@pytest.mark.parametrize(
    ("broken", "name"),
    [
        (ChangesParameters(), "stores_its_parameters_untouched"),
        (NeedsParameter(10.0), "has_only_named_parameters"),
        (SetsNothing(), "sets_its_parameters"),
        (TakesAnyParameter(), "refuses_unknown_parameters"),
        (AnswersUnfitted(), "clones_without_what_it_learnt"),
        (AnswersUnfitted(), "refuses_to_predict_before_fit"),
        (ReturnsNothing(), "fit_returns_itself"),
        (WritesParameters(), "fit_leaves_its_parameters"),
        (SortsItsInput(), "fit_leaves_its_input"),
        (RollsDice(), "fits_the_same_again"),
        (Remembers(), "forgets_what_it_was_fitted_on_before"),
        (UnsortedClasses(), "classes_are_sorted"),
        (NamesOnly(), "classes_keep_their_type"),
        (Lists(), "predicts_known_classes"),
        (Constant(), "learns"),
        (OddScore(), "score_is_accuracy"),
        (Unnormalised(), "probabilities_are_such"),
        (Constant(), "predicts_the_most_probable"),
        (TwoColumns(), "decides_between_two_by_sign"),
        (WrongHighest(), "decides_among_three_by_the_highest"),
        (ListsOnly(), "takes_any_sequence"),
        (ByIndex(), "takes_columns_of_data_frames"),
        (ComparesTexts(), "predicts_each_text_by_itself"),
        (NoEmptyTexts(), "predicts_odd_texts"),
        (OneAtATime(), "threads_may_share_it"),
        (TakesAText(), "refuses_a_single_text"),
        (SkipsWhatIsNoText(), "refuses_what_is_no_text"),
        (Flattens(), "refuses_tables"),
        (CutsToLength(), "refuses_lengths_that_differ"),
        (GuessesClasses(), "refuses_missing_classes"),
        (TakesMeasures(), "refuses_numbers_that_are_no_classes"),
        (TakesOneClass(), "refuses_a_single_class"),
        (NotPickled(), "survives_joblib"),
        (ReturnsNothing(), "ends_a_pipeline"),
        (WithoutDecisions(), "predicts_out_of_fold"),
        (OddScore(), "cross_validates"),
        (SetsNothing(), "is_searched"),
        (IsNoClassifier(), "is_told_to_be_a_classifier"),
        (ShowsNothing(), "shows_itself"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_broken_one_is_found(broken: Any, name: str) -> None:
    with pytest.raises(BREAKS):
        NAMED[name](Trial(broken))
