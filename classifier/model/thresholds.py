"""Choosing the probability from which on a sentence is flagged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from classifier.analysis import Bool, Float
from classifier.model.bundle import DECIMALS


@dataclass(frozen=True, slots=True)
class Threshold:
    """A chosen threshold and what it achieved on the out-of-fold scores that it was chosen on.

    Attributes
    ----------
    value
        Flag from this probability on, in [0, 1], rounded up to six decimals as scores are written.
    precision, recall
        On the scores it was chosen on; both in [0, 1].
    n, positives
        Samples, and how many of them bear the label.
    """

    value: float
    precision: float
    recall: float
    n: int
    positives: int


def best_f1(truth: Bool, score: Float) -> Threshold:
    """The threshold with the highest F1; the higher one of equals."""
    score = np.round(score, DECIMALS)  # flags are decided on these
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(truth[order])
    flagged = np.arange(1, len(order) + 1)
    positives = int(truth.sum())
    f1 = 2 * hits / (flagged + max(positives, 1))
    last_of_ties = np.append(score[order][1:] < score[order][:-1], True)
    best = int(np.argmax(np.where(last_of_ties, f1, -1.0)))
    above = score[order][best]
    below = score[order][best + 1] if best + 1 < len(order) else 0.0
    return Threshold(
        value=float(np.ceil((above + below) / 2 * 1e6) / 1e6),
        precision=float(hits[best] / flagged[best]),
        recall=float(hits[best] / max(positives, 1)),
        n=len(score),
        positives=positives,
    )
