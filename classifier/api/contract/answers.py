"""What a fitted estimator answers."""

from __future__ import annotations

import numpy as np

from classifier.api.contract.trial import Trial


def classes_are_sorted(trial: Trial) -> None:
    """``classes_`` are those of ``y``, each once, in order."""
    assert trial.fitted.classes_.tolist() == sorted(set(trial.y))


def classes_keep_their_type(trial: Trial) -> None:
    """Numbers stay numbers, truth values truth values."""
    assert trial.binary.classes_.tolist() == [0, 1]
    assert set(trial.binary.predict(trial.X).tolist()) <= {0, 1}
    truth = trial.fit(y=np.array(trial.two, dtype=bool)).predict(trial.X)
    assert truth.dtype == bool


def predicts_known_classes(trial: Trial) -> None:
    """One for each text, an array of one dimension."""
    found = trial.fitted.predict(trial.X)
    assert isinstance(found, np.ndarray)
    assert found.shape == (len(trial.X),)
    assert set(found.tolist()) <= set(trial.y)


def learns(trial: Trial) -> None:
    """Classes that differ in every word are told apart on what was fitted."""
    assert trial.fitted.score(trial.X, trial.y) > 0.9


def score_is_accuracy(trial: Trial) -> None:
    """The share of right predictions."""
    wrong = trial.y[1:] + trial.y[:1]
    right = float(np.mean(trial.fitted.predict(trial.X) == np.array(wrong)))
    assert abs(trial.fitted.score(trial.X, wrong) - right) < 1e-12


def probabilities_are_such(trial: Trial) -> None:
    """(n, classes), within [0, 1], each row summing to 1; of two classes, too."""
    for fitted, n in ((trial.fitted, 3), (trial.binary, 2)):
        found = fitted.predict_proba(trial.X)
        assert found.shape == (len(trial.X), n)
        assert ((found >= 0) & (found <= 1)).all()
        assert np.allclose(found.sum(axis=1), 1, atol=1e-9)


def predicts_the_most_probable(trial: Trial) -> None:
    """``predict`` and ``predict_proba`` agree."""
    best = trial.fitted.predict_proba(trial.X).argmax(axis=1)
    assert np.array_equal(trial.fitted.classes_[best], trial.fitted.predict(trial.X))


def decides_between_two_by_sign(trial: Trial) -> None:
    """Of two classes one number for each text, above 0 for the second."""
    found = trial.binary.decision_function(trial.X)
    assert found.shape == (len(trial.X),)
    assert np.array_equal(found > 0, trial.binary.predict(trial.X) == 1)


def decides_among_three_by_the_highest(trial: Trial) -> None:
    """Of more classes a number for each, of which the highest is predicted."""
    found = trial.fitted.decision_function(trial.X)
    assert found.shape == (len(trial.X), 3)
    best = trial.fitted.classes_[found.argmax(axis=1)]
    assert np.array_equal(best, trial.fitted.predict(trial.X))
