"""What was said of each labelled unit, with what is known of the unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from classifier.analysis import Bool, Float, Int
from classifier.corpus.alignment import Alignment
from classifier.errors import DataError
from classifier.model.trained import DECIMALS
from classifier.schema import FLAG, PASS, Dataset, LabelledPage, Segment


@dataclass(frozen=True)
class Predictions:
    """Gold labels, scores and decisions of the units of a data set, in the order of its pages.

    Attributes
    ----------
    data
        Where the units are from.
    groups
        (P,): groups joined for text that they share, which intervals are drawn over.
    truth, scores, flags
        (N, L): gold labels, scores and decisions.
    folds
        (P,): number of the fold that held the page out; ``None`` where the model saw none of the pages.
    """

    data: Dataset
    groups: Int
    truth: Bool
    scores: Float
    flags: Bool
    folds: Int | None = None

    @cached_property
    def units(self) -> list[tuple[LabelledPage, Segment]]:
        """The page and the segment of each unit."""
        return [(page, segment) for page in self.data.pages for segment in page.segments]

    @cached_property
    def page(self) -> Int:
        """(N,): number of the page of each unit."""
        return np.repeat(
            np.arange(len(self.data.pages)), [len(p.segments) for p in self.data.pages]
        )

    @property
    def group(self) -> Int:
        """(N,): joined group of each unit."""
        return self.groups[self.page]

    def name(self, unit: int) -> str:
        """The id of a unit: that of its page, and its offsets where the page has others."""
        page, segment = self.units[unit]
        if self.data.unit == "record":
            return page.id
        return f"{page.id}:{segment.start}-{segment.end}"

    def text(self, unit: int) -> str:
        """What a unit says."""
        page, segment = self.units[unit]
        return page.text[segment.start : segment.end]

    def table(self) -> dict[str, Sequence[Any]]:
        """The columns of a file of predictions, with a row for each label of each unit."""
        n, labels = len(self.units), self.data.labels
        folds = [None] * n if self.folds is None else self.folds[self.page].tolist()
        of_units = {
            "unit": [self.name(unit) for unit in range(n)],
            "page": [page.id for page, _ in self.units],
            "group": [page.group for page, _ in self.units],
            "fold": folds,
            "start": [segment.start for _, segment in self.units],
            "end": [segment.end for _, segment in self.units],
        }
        return {
            **{k: [v for v in column for _ in labels] for k, column in of_units.items()},
            "label": list(labels) * n,
            "gold": self.truth.reshape(-1).tolist(),
            "score": np.round(self.scores, DECIMALS).reshape(-1).tolist(),
            "decision": [FLAG if flag else PASS for flag in self.flags.reshape(-1).tolist()],
        }


#: Takes the predictions behind the metrics that are reported.
Keep = Callable[[Predictions], None]


def keep_none(_: Predictions) -> None:
    """Let predictions go."""


def predictions(
    data: Dataset,
    alignment: Alignment,
    sentence_scores: Float,
    thresholds: Mapping[str, float] | Sequence[Float],
    groups: Int,
    folds: Int | None = None,
) -> Predictions:
    """Put together what ``evaluate`` measures; parameters are its own and those of ``Predictions``."""
    scores = alignment.scores(sentence_scores)
    flags = flagged(data, scores, thresholds)
    return Predictions(data, groups, alignment.truth, scores, flags, folds)


def flagged(
    data: Dataset, scores: Float, thresholds: Mapping[str, float] | Sequence[Float]
) -> Bool:
    """Return which scores (N, L) are flagged; see ``classifier.training.evaluation.evaluate``."""
    if data.exclusive:
        return np.asarray(scores.argmax(axis=1)[:, None] == np.arange(scores.shape[1]))
    if isinstance(thresholds, Mapping):
        return np.asarray(scores >= np.array([thresholds[label] for label in data.labels]))
    return np.asarray(scores >= np.column_stack(list(thresholds)))


def column_values(data: Dataset, column: str) -> list[str]:
    """Return the value of a column for each page, the group included; empty where it has none.

    Raises
    ------
    DataError
        No page has such a column.
    """
    if column == "group":
        return [page.group for page in data.pages]
    known = dict.fromkeys(name for page in data.pages for name in page.columns)
    if column not in known:
        listed = ", ".join(map(repr, ["group", *known]))
        raise DataError(f"no page has a column {column!r}; there are {listed}")
    found = [page.columns.get(column) for page in data.pages]
    return ["" if value is None else str(value) for value in found]
