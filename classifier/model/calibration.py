"""From logits to probabilities, for sentences and for pages.

Sentences: Platt scaling (Platt 1999), two parameters per label, safe with a few hundred samples where
isotonic regression overfits. Pages: the score is the probability that at least one sentence bears the
label. Independent sentences would give ``1 - prod(1 - p)``, but errors on one page are not independent,
so a logistic regression with non-negative weights combines that estimate with the highest sentence
probability; and a page is at least as likely to bear a label as its most likely sentence.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, log1p, logit

from classifier.analysis import Float, Int
from classifier.model.context import page_sum

#: Probabilities are kept this far from 0 and 1 before a logit is taken.
_EDGE = 1e-9
#: Weak pull towards the prior parameters, so that separable data stay finite.
_RIDGE = 1e-2


def fit_sigmoid(z: Float, y: Float) -> Float:
    """Platt parameters ``(a, b)`` of ``expit(a * z + b)``, with ``a >= 0``.

    ``z`` and ``y`` are (n,): logits that the model gave to samples it had not seen, and 0 or 1.
    """
    return _bounded_logistic(z[:, None], y, prior=np.array([1.0, 0.0]))


def fit_page(p: Float, page_bounds: Int, y: Float) -> Float:
    """Page parameters ``(a, b, c)`` from calibrated sentence probabilities.

    ``p`` is (S,), ``y`` (P,) tells whether any sentence of the page bears the label. Pages without
    sentences are left out.
    """
    filled = np.diff(page_bounds) > 0
    return _bounded_logistic(
        page_features(p, page_bounds)[filled], y[filled], prior=np.array([0.5, 0.5, 0.0])
    )


def apply_sigmoid(z: Float, parameters: Float) -> Float:
    """Calibrated probabilities of logits ``z`` (S, L) under parameters (L, 2)."""
    return np.asarray(expit(z * parameters[:, 0] + parameters[:, 1]))


def apply_page(p: Float, page_bounds: Int, parameters: Float) -> Float:
    """Page probabilities (P, L) from sentence probabilities (S, L) under parameters (L, 3).

    Never below the highest sentence of the page. A page without sentences has probability 0: nothing
    on it can bear a label.
    """
    filled = np.diff(page_bounds) > 0
    columns = []
    for column, (a, b, c) in zip(p.T, parameters, strict=True):
        any_of, highest = page_features(column, page_bounds).T
        combined = np.maximum(expit(a * any_of + b * highest + c), _highest(column, page_bounds))
        columns.append(np.where(filled, combined, 0.0))
    return np.column_stack(columns)


def page_features(p: Float, page_bounds: Int) -> Float:
    """Logits of "any sentence, if independent" and of the highest sentence, (P, 2)."""
    none_of = page_sum(log1p(-np.minimum(p, 1 - _EDGE)), page_bounds)
    any_of, highest = -np.expm1(none_of), _highest(p, page_bounds)
    return np.column_stack([logit(np.clip(v, _EDGE, 1 - _EDGE)) for v in (any_of, highest)])


def _highest(p: Float, page_bounds: Int) -> Float:
    """The highest sentence probability of each page, 0 where there is none, (P,)."""
    highest = np.zeros(len(page_bounds) - 1)
    filled = np.diff(page_bounds) > 0
    if filled.any():
        highest[filled] = np.maximum.reduceat(p, page_bounds[:-1][filled])
    return highest


def _bounded_logistic(X: Float, y: Float, prior: Float) -> Float:
    """Logistic regression with non-negative weights and a weak pull to ``prior`` (weights, bias)."""
    from scipy.optimize import minimize  # takes a while, and scoring does without it

    def loss(parameters: Float) -> tuple[float, Float]:
        z = X @ parameters[:-1] + parameters[-1]
        error = expit(z) - y
        pull = parameters - prior
        value = np.logaddexp(0, z).sum() - y @ z + _RIDGE * (pull @ pull)
        gradient = np.append(X.T @ error, error.sum()) + 2 * _RIDGE * pull
        return float(value), gradient

    limits = [(0.0, None)] * X.shape[1] + [(None, None)]
    found = minimize(loss, prior, jac=True, bounds=limits, method="L-BFGS-B")
    return np.asarray(found.x)
