"""Two models on the same units: differences with paired intervals, flipped units, wins per group."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from classifier.analysis import Bool, Float, Int
from classifier.training.metrics import COVERAGE, DRAWS
from classifier.training.predictions import Predictions, column_values
from classifier.training.record import unit_facts

#: What is compared of each label.
METRICS = ("average_precision", "f1")
#: Their mean over labels, where there are several.
MACRO = "mean of labels"


class Pair(NamedTuple):
    """Predictions of two models for the same units, ``b`` being compared with ``a``."""

    a: Predictions
    b: Predictions


def compare(
    pair: Pair, by: Sequence[str] = (), flips: int = 10, draws: int = DRAWS
) -> dict[str, Any]:
    """Say by how much the second model is better than the first.

    Groups are drawn with replacement, the same for both models, so that what makes a group hard for both
    does not widen the interval of their difference (paired cluster bootstrap, percentiles, seed 0).

    Parameters
    ----------
    pair
        The predictions.
    by
        Columns to slice by.
    flips
        How many flipped units to list.
    draws
        Bootstrap draws.

    Returns
    -------
    dict
        ``units``, ``groups``; ``labels``, label to metric to ``{"a", "b", "difference", "interval"}``,
        and the same for each value of each column in ``slices``; ``flipped``; ``wins``. The interval
        is ``None`` for a single group, and where fewer than two draws have both answers.

    Raises
    ------
    DataError
        No page has a column of ``by``.
    """
    everything = np.ones(len(pair.a.units), dtype=bool)
    slices: dict[str, Any] = {}
    for column in by:
        values = np.array(column_values(pair.a.data, column))
        slices[column] = {
            value: _differences(pair, (values == value)[pair.a.page], draws)
            for value in np.unique(values).tolist()
        }
    return {
        "units": len(everything),
        "groups": len(np.unique(pair.a.groups)),
        "labels": _differences(pair, everything, draws),
        "slices": slices,
        "flipped": _flipped(pair, flips),
        "wins": _wins(pair),
    }


def regressions(found: Mapping[str, Any], tolerance: float) -> list[tuple[str, str, float]]:
    """Where the second model falls short of the first by more than ``tolerance``.

    Returns
    -------
    list
        Label (with ``COLUMN = VALUE``, in a slice), metric and difference.
    """
    parts = {"": found["labels"]}
    for column, slices in found["slices"].items():
        parts |= {f", {column} = {value or '(empty)'}": part for value, part in slices.items()}
    return [
        (f"{label}{where}", metric, one["difference"])
        for where, labels in parts.items()
        for label, metrics in labels.items()
        for metric, one in metrics.items()
        if one["difference"] is not None and one["difference"] < -tolerance
    ]


def _differences(pair: Pair, rows: Bool, draws: int) -> dict[str, Any]:
    """Both metrics of each label on some of the units, and their means over labels."""
    group = np.unique(pair.a.group[rows], return_inverse=True)[1]
    groups = int(group.max(initial=-1)) + 1
    weights = _drawn(groups, draws if groups > 1 else 0)
    values: dict[str, dict[str, Float]] = {}
    for k, label in enumerate(pair.a.data.labels):
        truth = pair.a.truth[rows, k]
        known = _both_answers(truth, group, weights)
        of = {name: np.full((2, len(weights)), np.nan) for name in METRICS}
        for side, model in enumerate(pair):
            precision = _average_precision(truth, model.scores[rows, k], group)
            of["average_precision"][side, known] = [precision(w) for w in weights[known]]
            of["f1"][side, known] = _f1(truth, model.flags[rows, k], group, weights[known])
        values[label] = of
    if len(values) > 1:
        parts = list(values.values())
        values[MACRO] = {name: np.mean([part[name] for part in parts], axis=0) for name in METRICS}
    return {
        label: {name: _difference(*of[name]) for name in METRICS} for label, of in values.items()
    }


def _drawn(groups: int, draws: int) -> Int:
    """How often each group is drawn, (1 + draws, groups); the first row is the data as they are."""
    rng = np.random.default_rng(0)
    drawn = [np.bincount(rng.integers(0, groups, groups), minlength=groups) for _ in range(draws)]
    return np.array([np.ones(groups, dtype=np.int64), *drawn])


def _both_answers(truth: Bool, group: Int, weights: Int) -> Bool:
    """Draws with units that bear the label and units that do not."""
    positives, units = (weights @ np.bincount(group, t) for t in (truth, np.ones(len(truth))))
    return np.asarray((positives > 0) & (positives < units))


def _average_precision(truth: Bool, score: Float, group: Int) -> Callable[[Int], float]:
    """Average precision as a function of how often each group is drawn.

    As of scikit-learn's ``average_precision_score``: the sum of precision at each score, weighted by the
    recall that it adds. Scores are sorted once for all draws.
    """
    order = np.argsort(-score, kind="stable")
    truth, group = truth[order], group[order]
    last_of_ties = np.append(score[order][1:] < score[order][:-1], True)

    def of(weights: Int) -> float:
        drawn = weights[group]
        hits, above = (np.cumsum(w)[last_of_ties] for w in (drawn * truth, drawn))
        return float((np.diff(hits, prepend=0) * hits / np.maximum(above, 1)).sum() / hits[-1])

    return of


def _f1(truth: Bool, flag: Bool, group: Int, weights: Int) -> Float:
    """F1 in each draw."""
    groups = weights.shape[1]
    hits = weights @ np.bincount(group, truth & flag, groups)
    both = weights @ np.bincount(group, truth.astype(float) + flag, groups)
    return np.asarray(2 * hits / np.maximum(both, 1))


def _difference(a: Float, b: Float) -> dict[str, Any]:
    """The metric of both, by how much the second is higher, and between what the draws put that."""
    if np.isnan(a[0]):
        return {"a": None, "b": None, "difference": None, "interval": None}
    difference = b - a
    drawn = difference[1:][~np.isnan(difference[1:])]
    interval = None
    if len(drawn) > 1:
        tail = (1 - COVERAGE) / 2 * 100
        interval = np.round(np.percentile(drawn, [tail, 100 - tail]), 6).tolist()
    first = {"a": float(a[0]), "b": float(b[0]), "difference": round(float(difference[0]), 6)}
    return {**first, "interval": interval}


def _flipped(pair: Pair, most: int) -> dict[str, Any]:
    """Units that the models decide differently, those first whose scores lie furthest apart."""
    differs = pair.a.flags != pair.b.flags
    right_b = (pair.b.flags == pair.b.truth) & differs
    rows = np.flatnonzero(differs.any(axis=1))
    apart = np.abs(pair.a.scores - pair.b.scores).max(axis=1, where=differs, initial=0.0)[rows]
    listed = rows[np.argsort(-apart, kind="stable")][:most].tolist()
    return {
        "units": len(rows),
        "labels": {
            label: {
                "right_in_b": int(right_b[:, k].sum()),
                "right_in_a": int((differs & ~right_b)[:, k].sum()),
            }
            for k, label in enumerate(pair.a.data.labels)
        },
        "listed": [_side_by_side(pair, unit) for unit in listed],
    }


def _side_by_side(pair: Pair, unit: int) -> dict[str, Any]:
    a, b = (unit_facts(model, unit) for model in pair)
    own = ("decided", "scores")
    same = {name: value for name, value in a.items() if name not in own}
    return {**same, **{side: {k: of[k] for k in own} for side, of in (("a", a), ("b", b))}}


def _wins(pair: Pair) -> dict[str, Any]:
    """In how many groups either model decides more units rightly, all labels of a unit together."""
    right = [(model.flags == model.truth).all(axis=1) for model in pair]
    groups = np.unique(pair.a.group, return_inverse=True)[1]
    gain = np.bincount(groups, right[1].astype(float) - right[0])
    first = np.unique(groups, return_index=True)[1]
    order = np.argsort(gain, kind="stable")
    names = [pair.a.units[unit][0].group for unit in first.tolist()]
    return {
        "a": int((gain < 0).sum()),
        "b": int((gain > 0).sum()),
        "ties": int((gain == 0).sum()),
        "gains": {names[n]: int(gain[n]) for n in order.tolist() if gain[n]},
    }
