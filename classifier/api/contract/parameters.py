"""What an estimator is before it has answered: its parameters, ``fit``, clones."""

from __future__ import annotations

import inspect
from functools import partial

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from classifier.api.contract.trial import METHODS, Trial, refuses


def stores_its_parameters_untouched(trial: Trial) -> None:
    """What ``__init__`` is given is what the attributes are."""
    params = trial.estimator.get_params(deep=False)
    made = type(trial.estimator)(**params)
    for name, value in params.items():
        assert getattr(made, name) is value, name


def has_only_named_parameters(trial: Trial) -> None:
    """``__init__`` takes no ``*args`` or ``**kwargs``, and each parameter has a default."""
    for parameter in inspect.signature(type(trial.estimator)).parameters.values():
        assert parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        assert parameter.default is not parameter.empty, parameter.name


def sets_its_parameters(trial: Trial) -> None:
    """``set_params`` returns the estimator, which then has them."""
    params = trial.estimator.get_params(deep=False)
    other = clone(trial.estimator)
    assert other.set_params(**params) is other
    assert other.get_params(deep=False) == params


def refuses_unknown_parameters(trial: Trial) -> None:
    """``set_params`` knows its names."""
    refuses(lambda: clone(trial.estimator).set_params(no_such_parameter=1))


def clones_without_what_it_learnt(trial: Trial) -> None:
    """A clone has the parameters and is not fitted."""
    copy = clone(trial.fitted)
    assert copy.get_params() == trial.fitted.get_params()
    refuses(lambda: copy.predict(trial.X), NotFittedError)


def refuses_to_predict_before_fit(trial: Trial) -> None:
    """``NotFittedError``, from each method."""
    for method in METHODS:
        refuses(partial(getattr(clone(trial.estimator), method), trial.X), NotFittedError)


def fit_returns_itself(trial: Trial) -> None:
    """For chains of calls."""
    estimator = clone(trial.estimator)
    assert estimator.fit(trial.X, trial.two) is estimator


def fit_leaves_its_parameters(trial: Trial) -> None:
    """``fit`` writes attributes with a trailing underscore, never a parameter."""
    assert trial.fitted.get_params() == trial.estimator.get_params()


def fit_leaves_its_input(trial: Trial) -> None:
    """Texts and classes are as they were."""
    X, y = list(trial.X), list(trial.y)
    trial.fit(X, y)
    assert (X, y) == (trial.X, trial.y)


def fits_the_same_again(trial: Trial) -> None:
    """The same data and seed give the same model."""
    assert np.array_equal(trial.fit().predict_proba(trial.X), trial.fitted.predict_proba(trial.X))


def forgets_what_it_was_fitted_on_before(trial: Trial) -> None:
    """A second ``fit`` begins anew."""
    again = trial.fit(y=trial.two).fit(trial.X, trial.y)
    assert np.array_equal(again.predict_proba(trial.X), trial.fitted.predict_proba(trial.X))
