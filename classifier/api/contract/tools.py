"""What scikit-learn's tools, and joblib, do with an estimator."""

from __future__ import annotations

import io

import joblib
import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from classifier.api.contract.trial import METHODS, Trial


def survives_joblib(trial: Trial) -> None:
    """A file predicts what was saved."""
    file = io.BytesIO()
    joblib.dump(trial.fitted, file)
    file.seek(0)
    expected = trial.fitted.predict_proba(trial.X)
    assert np.array_equal(joblib.load(file).predict_proba(trial.X), expected)


def cross_validates(trial: Trial) -> None:
    """``cross_val_score`` takes it, with its own score."""
    found = cross_val_score(trial.estimator, trial.X, trial.y, cv=2, error_score="raise")
    assert found.shape == (2,)
    assert ((found >= 0) & (found <= 1)).all()


def predicts_out_of_fold(trial: Trial) -> None:
    """``cross_val_predict`` takes it, with the methods for which it encodes the classes."""
    for method in METHODS[1:]:
        found = cross_val_predict(trial.estimator, trial.X, trial.y, cv=2, method=method)
        assert found.shape == (len(trial.X), 3), method


def is_searched(trial: Trial) -> None:
    """``GridSearchCV`` fits it, by a named metric, and predicts with the best."""
    grid = {name: [value] for name, value in trial.estimator.get_params(deep=False).items()}
    search = GridSearchCV(trial.estimator, grid, cv=2, scoring="f1_macro", error_score="raise").fit(
        trial.X, trial.y
    )
    assert 0 <= search.best_score_ <= 1
    assert search.predict(trial.X).shape == (len(trial.X),)


def ends_a_pipeline(trial: Trial) -> None:
    """After a step that hands texts on."""
    steps = [("texts", FunctionTransformer()), ("classify", clone(trial.estimator))]
    fitted = Pipeline(steps).fit(trial.X, trial.y)
    assert np.array_equal(fitted.predict_proba(trial.X), trial.fitted.predict_proba(trial.X))


def is_told_to_be_a_classifier(trial: Trial) -> None:
    """By its tags, which also say that it takes texts."""
    assert is_classifier(trial.estimator)
    tags = trial.estimator.__sklearn_tags__()
    assert tags.input_tags.string
    assert not tags.input_tags.two_d_array


def shows_itself(trial: Trial) -> None:
    """As code, and as HTML in a notebook, fitted or not."""
    name = type(trial.estimator).__name__
    for estimator in (trial.estimator, trial.fitted):
        assert repr(estimator).startswith(f"{name}(")
        assert name in estimator._repr_html_()
