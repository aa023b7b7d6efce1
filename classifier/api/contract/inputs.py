"""What may be asked, and what must be refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from sklearn.base import clone

from classifier.api.contract.trial import Trial, refuses

_ODD = ["", " \n\t", "!?", "😀 🌿", "naïve Čaj 茶", "fennel\u200b tea", "tea " * 2000]


def takes_any_sequence(trial: Trial) -> None:
    """Lists, tuples and arrays of texts are the same, to learn from and to predict."""
    expected = trial.fitted.predict_proba(trial.X)
    for X in (tuple(trial.X), np.array(trial.X), np.array(trial.X, dtype=object)):
        assert np.array_equal(trial.fitted.predict_proba(X), expected), type(X)
    fitted = trial.fit(np.array(trial.X, dtype=object), np.array(trial.y))
    assert np.array_equal(fitted.predict_proba(trial.X), expected)


def takes_columns_of_data_frames(trial: Trial) -> None:
    """A pandas ``Series`` is a sequence of texts, whatever its index; passed without pandas."""
    try:
        import pandas
    except ImportError:
        return
    places = range(len(trial.X), 0, -1)
    X, y = pandas.Series(trial.X, index=places), pandas.Series(trial.y, index=places)
    expected = trial.fitted.predict_proba(trial.X)
    assert np.array_equal(trial.fit(X, y).predict_proba(X), expected)


def predicts_each_text_by_itself(trial: Trial) -> None:
    """Neither neighbours nor order matter."""
    whole = trial.fitted.predict_proba(trial.X)
    alone = np.concatenate([trial.fitted.predict_proba([text]) for text in trial.X])
    assert np.allclose(alone, whole, atol=1e-9)
    assert np.allclose(trial.fitted.predict_proba(trial.X[::-1])[::-1], whole, atol=1e-9)


def predicts_odd_texts(trial: Trial) -> None:
    """No text is too short, too long or too foreign."""
    assert np.isfinite(trial.fitted.predict_proba(_ODD)).all()
    assert np.isfinite(trial.fitted.decision_function(_ODD)).all()
    assert set(trial.fitted.predict(_ODD)) <= set(trial.y)


def threads_may_share_it(trial: Trial) -> None:
    """Web servers do so."""
    expected = trial.fitted.predict_proba(trial.X)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(trial.fitted.predict_proba, [trial.X] * 8):
            assert np.array_equal(found, expected)


def refuses_a_single_text(trial: Trial) -> None:
    """A string is no sequence of texts, though Python would take it for one."""
    refuses(lambda: trial.fitted.predict(trial.X[0]))
    refuses(lambda: trial.fit(trial.X[0], [trial.y[0]]))


def refuses_what_is_no_text(trial: Trial) -> None:
    """Missing values, numbers and bytes among the texts."""
    for value in (None, float("nan"), 1, b"tea"):
        refuses(partial(trial.fitted.predict, [*trial.X, value]))


def refuses_tables(trial: Trial) -> None:
    """Texts stand in one column."""
    refuses(lambda: trial.fitted.predict(np.array(trial.X, dtype=object).reshape(-1, 2)))


def refuses_lengths_that_differ(trial: Trial) -> None:
    """As many classes as texts."""
    refuses(lambda: trial.fit(trial.X, trial.y[:-1]))


def refuses_missing_classes(trial: Trial) -> None:
    """``None`` and NaN are no classes, and neither is no ``y`` at all."""
    refuses(lambda: clone(trial.estimator).fit(trial.X, None))
    refuses(lambda: trial.fit(trial.X, [None, *trial.y[1:]]))
    refuses(lambda: trial.fit(trial.X, [float("nan"), *map(float, trial.two[1:])]))


def refuses_numbers_that_are_no_classes(trial: Trial) -> None:
    """A measure is for a regressor."""
    refuses(lambda: trial.fit(y=np.linspace(0, 1, len(trial.X))))


def refuses_a_single_class(trial: Trial) -> None:
    """There is nothing to tell apart."""
    refuses(lambda: trial.fit(y=["advert"] * len(trial.X)))
