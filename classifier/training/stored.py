"""Predictions that were written to a file, beside the data that they are about."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from classifier.analysis import Float, Int
from classifier.corpus.labelled import tabular_records
from classifier.corpus.problems import Problems
from classifier.errors import DataError, InputError
from classifier.read.record import identity
from classifier.read.sources import expand
from classifier.schema import FLAG, PASS, Dataset
from classifier.training.predictions import Predictions
from classifier.write.table import TABLE_FORMATS

#: File suffix to format.
PREDICTION_FORMATS: Mapping[str, str] = {f".{name}": name for name in TABLE_FORMATS}
#: Columns that a file must have; ``gold`` is compared with the data where it is there.
NEEDED = ("page", "start", "end", "label", "score", "decision")
_GOLD = {"true": True, "false": False}
#: Units that a message names.
_SHOWN = 3

#: Page, start and end of a unit.
Place = tuple[str, int, int]


def read_predictions(
    path: str, data: Dataset, groups: Int, progress: Callable[[str], None]
) -> Predictions:
    """Read a file of predictions, as ``train`` and ``evaluate`` write them, of all units of some data.

    Parameters
    ----------
    path
        ``.csv .tsv .jsonl .parquet`` with the columns ``NEEDED``.
    data, groups
        See ``Predictions``.
    progress
        Told of rows that are of no unit and label of the data, which are left out.

    Raises
    ------
    InputError
        The file cannot be read.
    DataError
        A row is wrong or contradicts the data, or a unit of the data has no row.
    """
    places: dict[Place, int] = {}
    for page in data.pages:
        for segment in page.segments:
            places[page.id, segment.start, segment.end] = len(places)
    columns = {label: k for k, label in enumerate(data.labels)}
    segments = [segment for page in data.pages for segment in page.segments]
    truth = np.array([[label in segment.labels for label in columns] for segment in segments])
    scores = np.full(truth.shape, np.nan)
    flags = np.zeros(truth.shape, dtype=bool)
    problems = Problems(what="The predictions")
    others = 0
    (source,) = expand([path], PREDICTION_FORMATS)
    try:
        for record in tabular_records(source, NEEDED):
            row = record.problem or _row(record.fields)
            if isinstance(row, str):
                problems.add(record.where, row)
                continue
            place, label, score, flag, gold = row
            unit, column = places.get(place), columns.get(label)
            if unit is None or column is None:
                others += 1
            elif not np.isnan(scores[unit, column]):
                problems.add(record.where, f"a second row for {label!r} of this unit")
            elif gold is not None and gold != truth[unit, column]:
                problems.add(record.where, f"gold is {gold} here, but {not gold} in the data")
            else:
                scores[unit, column], flags[unit, column] = score, flag
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    problems.raise_if_any()
    _require_all(path, data, scores)
    if others:
        progress(f"{path}: {others:,} rows of no unit and label of the data are left out")
    return Predictions(data, groups, truth, scores, flags)


def _row(fields: Mapping[str, Any]) -> tuple[Place, str, float, bool, bool | None] | str:
    """What a row says, or what is wrong with it."""
    page, wrong = identity(fields.get("page"), "")
    if wrong is not None:
        return f"field 'page' {wrong}"
    try:
        place = page, int(fields["start"]), int(fields["end"])
        score = float(fields["score"])
    except (KeyError, TypeError, ValueError):
        return "fields 'start', 'end' and 'score' must be numbers"
    if not math.isfinite(score):
        return f"field 'score' is {score}"
    decision, gold = fields.get("decision"), fields.get("gold")
    if decision not in (FLAG, PASS):
        return f"field 'decision' holds {decision!r}, not {FLAG!r} or {PASS!r}"
    if gold in (None, ""):
        return place, str(fields.get("label")), score, decision == FLAG, None
    known = _GOLD.get(str(gold).lower())
    if known is None:
        return f"field 'gold' holds {gold!r}, neither true nor false"
    return place, str(fields.get("label")), score, decision == FLAG, known


def _require_all(path: str, data: Dataset, scores: Float) -> None:
    lacking = np.flatnonzero(np.isnan(scores).any(axis=1)).tolist()
    if not lacking:
        return
    units = [(page.where, s) for page in data.pages for s in page.segments]
    named = ", ".join(f"{units[n][0]} at {units[n][1].start}" for n in lacking[:_SHOWN])
    raise DataError(
        f"{path}: {len(lacking):,} of {len(units):,} units of the data lack a row for some label, "
        f"such as {named}; compare on the data that were predicted"
    )
