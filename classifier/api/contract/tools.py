"""What scikit-learn's tools, and joblib, do with an estimator."""

from __future__ import annotations

import io

import joblib
import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score, cross_validate
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from classifier.api.contract.trial import Trial


def survives_joblib(trial: Trial) -> None:
    """A file predicts what was saved."""
    file = io.BytesIO()
    joblib.dump(trial.fitted, file)
    file.seek(0)
    expected = trial.fitted.predict_proba(trial.X)
    assert np.array_equal(joblib.load(file).predict_proba(trial.X), expected)


def cross_validates(trial: Trial) -> None:
    """With its own score and with named metrics."""
    own = cross_val_score(trial.estimator, trial.X, trial.y, cv=2, error_score="raise")
    named = cross_validate(
        trial.estimator,
        trial.X,
        trial.y,
        cv=2,
        scoring=("accuracy", "f1_macro"),
        error_score="raise",
    )
    assert np.array_equal(own, named["test_accuracy"])
    assert ((named["test_f1_macro"] >= 0) & (named["test_f1_macro"] <= 1)).all()


def predicts_out_of_fold(trial: Trial) -> None:
    """``cross_val_predict`` takes it with each method."""
    shapes = {"predict": (30,), "predict_proba": (30, 3), "decision_function": (30, 3)}
    for method, shape in shapes.items():
        found = cross_val_predict(trial.estimator, trial.X, trial.y, cv=2, method=method)
        assert found.shape == shape, method


def is_searched(trial: Trial) -> None:
    """``GridSearchCV`` fits it and predicts with the best."""
    name, value = next(iter(trial.estimator.get_params(deep=False).items()), (None, None))
    grid = {} if name is None else {name: [value]}
    search = GridSearchCV(trial.estimator, grid, cv=2, error_score="raise").fit(trial.X, trial.y)
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
