"""Metrics against gold labels, with intervals that respect groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.metrics import (
    average_precision_score,
    f1_score,
    precision_recall_curve,
    roc_auc_score,
)

from classifier.analysis import Bool, Float, Int, ranges
from classifier.model.thresholds import best_f1

#: Draws of the bootstrap, and the share of them that an interval holds.
DRAWS, COVERAGE = 500, 0.95
#: Equal-width bins of the calibration error (Guo et al. 2017).
CALIBRATION_BINS = 15


def label_metrics(
    truth: Bool, score: Float, flag: Bool, column: int, group: Int, draws: int
) -> dict[str, Any]:
    """All metrics of one label.

    Parameters
    ----------
    truth, score, flag
        Gold labels, probabilities and flags, (N, L) each.
    column
        The label.
    group
        (N,): what intervals are drawn over.
    draws
        Bootstrap draws.
    """
    t, s, f = truth[:, column], score[:, column], flag[:, column]
    found: dict[str, Any] = {"n": len(t), "positives": int(t.sum())}
    found |= flag_metrics(t, f)
    found["calibration_error"] = calibration_error(t, s)
    if t.any() and not t.all():
        found["average_precision"] = float(average_precision_score(t, s))
        found["roc_auc"] = float(roc_auc_score(t, s))
        best = best_f1(t, s)
        found["best_f1"] = _f1(best.precision, best.recall)
        found["intervals"] = {
            "average_precision": interval(
                lambda rows: float(average_precision_score(t[rows], s[rows])), t, group, draws
            ),
            "f1": interval(lambda rows: flag_metrics(t[rows], f[rows])["f1"], t, group, draws),
        }
    return found


def flag_metrics(truth: Bool, flag: Bool) -> dict[str, float]:
    """Precision, recall and F1 of flags; 0 where undefined."""
    hits = float((truth & flag).sum())
    precision = hits / max(float(flag.sum()), 1.0)
    recall = hits / max(float(truth.sum()), 1.0)
    return {"precision": precision, "recall": recall, "f1": _f1(precision, recall)}


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / max(precision + recall, 1e-12)


def precision_recall(truth: Bool, score: Float) -> tuple[Float, Float]:
    """Recall and precision at every threshold, from high recall to none; (T,) each."""
    precision, recall, _ = precision_recall_curve(truth, score)
    return recall, precision


class Bin(NamedTuple):
    """Samples whose scores lie in one of ``CALIBRATION_BINS`` equal parts of [0, 1].

    ``low`` and ``high`` are its edges, ``n`` the samples, ``score`` their mean score and ``share`` how
    many of them bear the label, in [0, 1].
    """

    low: float
    high: float
    n: int
    score: float
    share: float


def reliability(truth: Bool, score: Float) -> list[Bin]:
    """The bins of a reliability diagram that hold any sample, from low to high scores."""
    number = np.minimum((score * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
    found = []
    for k in np.unique(number).tolist():
        held = number == k
        edges = k / CALIBRATION_BINS, (k + 1) / CALIBRATION_BINS
        found.append(
            Bin(*edges, int(held.sum()), float(score[held].mean()), float(truth[held].mean()))
        )
    return found


def calibration_error(truth: Bool, score: Float) -> float:
    """Expected calibration error in [0, 1]: mean gap between score and frequency over bins."""
    gaps = [bin.n * abs(bin.score - bin.share) for bin in reliability(truth, score)]
    return float(sum(gaps)) / max(len(score), 1)


def exclusive_metrics(truth: Bool, flags: Bool, group: Int, draws: int) -> dict[str, Any]:
    """Macro F1 with its interval, and accuracy, of labels that exclude each other; (N, L) each."""
    gold, predicted = truth.argmax(axis=1), flags.argmax(axis=1)
    classes = np.arange(truth.shape[1])

    def macro(rows: Int | slice) -> float:
        return float(
            f1_score(gold[rows], predicted[rows], labels=classes, average="macro", zero_division=0)
        )

    return {
        "macro_f1": macro(slice(None)),
        "macro_f1_interval": interval(macro, None, group, draws),
        "accuracy": float((gold == predicted).mean()),
    }


def interval(
    metric: Callable[[Int], float], truth: Bool | None, group: Int, draws: int
) -> tuple[float, float] | None:
    """Percentile bootstrap over groups: whole groups are drawn, because their samples are alike.

    Draws in which ``truth`` has only one class are left out; ``None`` when fewer than two are left.
    """
    order = np.argsort(group, kind="stable")
    group_bounds = np.append(np.flatnonzero(np.diff(group[order], prepend=-1)), len(order))
    n = len(group_bounds) - 1
    rng = np.random.default_rng(0)
    values = []
    for _ in range(draws):
        drawn = rng.integers(0, n, n)
        rows = order[ranges(group_bounds[drawn], group_bounds[drawn + 1])]
        if truth is None or (truth[rows].any() and not truth[rows].all()):
            values.append(metric(rows))
    if len(values) < 2:
        return None
    tail = (1 - COVERAGE) / 2 * 100
    low, high = np.percentile(values, [tail, 100 - tail])
    return round(float(low), 6), round(float(high), 6)


#: The metrics whose spread over repeated cross-validations is reported.
SPREAD = ("precision", "recall", "f1", "average_precision")


def spread(rounds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Least, mean and greatest value of each metric over cross-validations with different folds.

    Parameters
    ----------
    rounds
        Reports of ``evaluate`` on the same data.

    Returns
    -------
    dict
        Label, then unit, then metric to ``[least, mean, greatest]``.
    """
    found: dict[str, Any] = {}
    for label, units in rounds[0]["labels"].items():
        found[label] = {}
        for unit, first in units.items():
            values = {
                name: [one["labels"][label][unit][name] for one in rounds]
                for name in SPREAD
                if name in first
            }
            found[label][unit] = {
                name: [min(row), float(np.mean(row)), max(row)] for name, row in values.items()
            }
    return found
