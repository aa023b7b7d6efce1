"""What stands behind the metrics: confusion matrices, slices, and the groups with the most errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from classifier.analysis import Bool, Int
from classifier.training.metrics import DRAWS, label_metrics
from classifier.training.predictions import Predictions, column_values

#: Units that are listed of each group with errors.
UNITS_LISTED = 3


def record(
    found: Predictions, by: Sequence[str] = (), errors: int = 0, draws: int = DRAWS
) -> dict[str, Any]:
    """All that this module knows of some predictions, ready for JSON.

    Parameters
    ----------
    found
        The predictions.
    by
        Columns to slice by.
    errors
        How many groups to list, with the worst errors of each.
    draws
        Bootstrap draws of each slice.

    Raises
    ------
    DataError
        No page has a column of ``by``.
    """
    return {
        "confusion": confusion(found),
        "slices": {column: slices(found, column, draws) for column in by},
        "errors": worst_errors(found, errors),
    }


def confusion(found: Predictions) -> dict[str, Any]:
    """Counts with a row for each gold and a column for each decided answer.

    Returns
    -------
    dict
        For labels that exclude each other one matrix, ``{"labels", "matrix"}``; else for each label
        ``[[true negative, false positive], [false negative, true positive]]``.
    """
    labels = found.data.labels
    if found.data.exclusive:
        gold, decided = found.truth.argmax(axis=1), found.flags.argmax(axis=1)
        return {"labels": list(labels), "matrix": _counts(gold, decided, len(labels))}
    columns = zip(labels, found.truth.T.astype(int), found.flags.T.astype(int), strict=True)
    return {label: _counts(gold, decided, 2) for label, gold, decided in columns}


def _counts(gold: Int, decided: Int, n: int) -> list[list[int]]:
    counts: list[list[int]] = (
        np.bincount(gold * n + decided, minlength=n * n).reshape(n, n).tolist()
    )
    return counts


def slices(found: Predictions, column: str, draws: int = DRAWS) -> dict[str, Any]:
    """The metrics of the units for each value of a column, with intervals over the groups in it.

    Returns
    -------
    dict
        Value to ``pages``, ``units``, ``groups`` and ``labels``, as of ``evaluate``; there are no
        intervals where all is of one group.
    """
    values = np.array(column_values(found.data, column))
    report = {}
    for value in np.unique(values).tolist():
        pages = values == value
        rows = pages[found.page]
        groups = len(np.unique(found.groups[pages]))
        parts = (found.truth[rows], found.scores[rows], found.flags[rows])
        report[value] = {
            "pages": int(pages.sum()),
            "units": int(rows.sum()),
            "groups": groups,
            "labels": {
                label: {
                    found.data.unit: label_metrics(
                        *parts, k, found.group[rows], draws if groups > 1 else 0
                    )
                }
                for k, label in enumerate(found.data.labels)
            },
        }
    return report


def worst_errors(found: Predictions, most: int) -> dict[str, Any]:
    """The groups with the most units that were decided wrongly, and the worst units of each.

    An error is the worse, the further the score of a label decided wrongly lies from the truth.

    Returns
    -------
    dict
        ``units`` and ``groups`` with any error, and in ``worst`` the first ``most`` groups: their names,
        units, units with errors, and the facts of ``UNITS_LISTED`` of these.
    """
    wrong = found.flags != found.truth
    rows = np.flatnonzero(wrong.any(axis=1))
    badness = np.where(wrong, np.abs(found.scores - found.truth), 0.0).max(axis=1, initial=0.0)
    count = np.bincount(found.group[rows], minlength=int(found.groups.max(initial=-1)) + 1)
    order = np.argsort(-count, kind="stable")[: min(most, int((count > 0).sum()))]
    worst = []
    for number in order.tolist():
        units = rows[found.group[rows] == number]
        units = units[np.argsort(-badness[units], kind="stable")][:UNITS_LISTED]
        members = np.flatnonzero(found.groups == number).tolist()
        worst.append(
            {
                "groups": sorted({found.data.pages[page].group for page in members}),
                "units": int((found.group == number).sum()),
                "errors": int(count[number]),
                "worst": [unit_facts(found, unit) for unit in units.tolist()],
            }
        )
    return {"units": len(rows), "groups": int((count > 0).sum()), "worst": worst}


def unit_facts(found: Predictions, unit: int) -> dict[str, Any]:
    """What a unit is, what it says, what holds of it, and what was decided."""
    return {
        "unit": found.name(unit),
        "text": found.text(unit),
        "gold": named(found, found.truth[unit]),
        "decided": named(found, found.flags[unit]),
        "scores": dict(
            zip(found.data.labels, np.round(found.scores[unit], 6).tolist(), strict=True)
        ),
    }


def named(found: Predictions, chosen: Bool) -> list[str]:
    """The labels that are chosen, (L,)."""
    return [label for label, yes in zip(found.data.labels, chosen, strict=True) if yes]
