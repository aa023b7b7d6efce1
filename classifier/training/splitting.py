"""What training checks and fixes before it fits: order of the pages, numbers of groups, folds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from classifier.analysis import Bool, Int
from classifier.corpus.alignment import Alignment
from classifier.errors import DataError
from classifier.model.folds import group_folds
from classifier.schema import Dataset

#: Places that a message names.
_SHOWN = 3


def in_order(data: Dataset, chosen: Bool | None) -> tuple[Dataset, Bool | None]:
    """Return the pages, and the mask over them, ordered by text, however they were read."""
    order = sorted(range(len(data.pages)), key=lambda n: (data.pages[n].text, data.pages[n].id))
    data = replace(data, pages=tuple(data.pages[number] for number in order))
    return data, None if chosen is None else chosen[order]


def by_appearance(groups: Int) -> Int:
    """Return the groups, numbered in the order of their first page."""
    _, first, number = np.unique(groups, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first))[number], dtype=np.int64)


def folds_of_pages(alignment: Alignment, groups: Int, folds: int, seed: int) -> list[Bool]:
    """Return folds over pages that have alike numbers of units and of positives of each label."""
    columns = [np.ones(len(alignment.truth)), *alignment.truth.T.astype(float)]
    weights = [np.bincount(alignment.segment_page, column, len(groups)) for column in columns]
    return group_folds(groups, folds, seed, np.stack(weights, axis=1))


def check_labels(data: Dataset, alignment: Alignment, groups: Int) -> None:
    """Refuse data that cannot be split: every label needs both answers in two groups at least.

    Raises
    ------
    DataError
        Names the label, the pages that have it, and what to do.
    """
    if data.exclusive and len(data.labels) < 2:
        raise DataError(
            f"there is only one class, '{data.labels[0]}': a model needs at least two to tell apart"
        )
    page, group = alignment.segment_page, groups[alignment.segment_page]
    for column, label in enumerate(data.labels):
        for answer, name in ((True, "positive"), (False, "negative")):
            units = alignment.truth[:, column] == answer
            count = len(set(group[units].tolist()))
            if count < 2:
                where = _at(data, page[units])
                raise DataError(
                    f"label '{label}' has {name} units in {count} group(s) only{where}; "
                    "at least two groups are needed to measure anything on unseen groups: label such "
                    "units of other groups, or leave the label out by naming the others with --label"
                )


def _at(data: Dataset, pages: Int) -> str:
    """Say where the pages are."""
    places = list(dict.fromkeys(data.pages[number].where for number in pages.tolist()))
    if not places:
        return ""
    more = f" and {len(places) - _SHOWN:,} more" if len(places) > _SHOWN else ""
    return f" ({', '.join(places[:_SHOWN])}{more})"


def check_folds(groups: Int, masks: list[Bool]) -> None:
    """Refuse folds outside of which ``PageClassifier`` finds too few groups for its own.

    Raises
    ------
    DataError
        Says how many groups there are and what to do.
    """
    if any(len(set(groups[~mask].tolist())) < 2 for mask in masks):
        raise DataError(
            f"the data have {len(set(groups.tolist()))} groups, which are too few for {len(masks)} "
            "folds: outside of each fold there must be two; label more groups, or set more 'folds'"
        )
