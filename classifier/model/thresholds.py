"""Choosing the probability from which on a sentence is flagged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from classifier.analysis import Bool, Float
from classifier.model.bundle import DECIMALS

#: By this much may the F1 of a shipped threshold fall short of the best. The curve is flat at its top,
#: so this costs nothing that could be measured, and spares readers false flags.
TOLERANCE = 0.001


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


def best_f1(truth: Bool, score: Float, tolerance: float = 0.0) -> Threshold:
    """The highest threshold whose F1 falls short of the best by no more than ``tolerance``."""
    score = np.round(score, DECIMALS)  # flags are decided on these
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(truth[order])
    flagged = np.arange(1, len(order) + 1)
    positives = int(truth.sum())
    f1 = 2 * hits / (flagged + max(positives, 1))
    last_of_ties = np.append(score[order][1:] < score[order][:-1], True)
    possible = np.where(last_of_ties, f1, -1.0)
    best = int(np.argmax(possible >= possible.max() - tolerance))
    above = score[order][best]
    below = score[order][best + 1] if best + 1 < len(order) else 0.0
    return Threshold(
        value=float(np.ceil((above + below) / 2 * 1e6) / 1e6),
        precision=float(hits[best] / flagged[best]),
        recall=float(hits[best] / max(positives, 1)),
        n=len(score),
        positives=positives,
    )
