"""What training checks and fixes before it fits: order of the pages, numbers of groups, folds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from classifier.analysis import Bool, Int
from classifier.corpus.alignment import Alignment
from classifier.errors import DataError
from classifier.model.folds import group_folds
from classifier.schema import Dataset

#: Places, groups and labels that a message names.
_SHOWN = 3
#: One to be held out, and two for the cross-validation within the others.
_LEAST_GROUPS = 3
#: With fewer groups, even one without any error in them may err on a tenth of all with more than 5 %
#: probability: 0.9 ** 29 < 0.05 (the exact binomial bound for no failures).
_FEW_GROUPS = 29


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


def check_groups(data: Dataset, groups: Int) -> None:
    """Refuse data of so few groups that no model could be measured on groups it did not see.

    Parameters
    ----------
    groups
        (P,): joined groups.

    Raises
    ------
    DataError
        Says how many there are and what to do.
    """
    named, count = sorted({page.group for page in data.pages}), len(set(groups.tolist()))
    if count >= _LEAST_GROUPS:
        return
    what, do = "text", "label more texts"
    if data.grouped:
        what = "group"
        do = "label texts of more groups, or name another column with --group-column"
    which = ", ".join(map(repr, named))
    if count < len(named):
        which = f"of {len(named):,} {what}s; those that share text count as one"
    raise DataError(
        f"the data have {_number(count, what)} ({which}): a model is measured on {what}s that it did "
        f"not see, for which there must be {_LEAST_GROUPS} at least; {do}"
    )


def check_labels(
    data: Dataset, alignment: Alignment, groups: Int, progress: Callable[[str], None]
) -> None:
    """Refuse data that cannot be split: every label needs both answers in two groups at least.

    What can be split but is too little to know much from is told by ``progress``.

    Raises
    ------
    DataError
        Names each label, how many units have it and where, and what to do.
    """
    if data.exclusive and len(data.labels) < 2:
        raise DataError(
            f"there is only one class, {data.labels[0]!r}, in {len(alignment.truth):,} units: a model "
            "needs at least two to tell apart; add units of another, or name more with --label"
        )
    found = list(_answers(data, alignment, groups))
    poor = [answer for answer in found if answer.groups < 2]
    if poor:
        kept = [label for label in data.labels if label not in {answer.label for answer in poor}]
        named = " ".join(f"--label {label}" for label in kept[:_SHOWN])
        more = " and so on" if len(kept) > _SHOWN else ""
        leave = f", or leave it out: {named}{more}" if len(kept) > data.exclusive else ""
        where = [_at(data, alignment.segment_page[answer.units]) for answer in poor]
        told = [f"{answer}{places}" for answer, places in zip(poor, where, strict=True)]
        raise DataError(
            f"{'class' if data.exclusive else 'label'} {'; '.join(told)}. A model is measured on "
            "groups that it did not see, so that two at least must have such units: label more of "
            f"them{leave}"
        )
    few = sorted((a for a in found if a.groups < _FEW_GROUPS), key=lambda a: a.groups)
    if few:
        rest = [f"{len(few) - _SHOWN:,} more"] if len(few) > _SHOWN else []
        progress(
            "warning: little can be known from so few data: "
            + ", ".join([*map(str, few[:_SHOWN]), *rest])
            + "; label more, and trust the intervals more than the figures"
        )


class _Answer(NamedTuple):
    """The units for which a label holds, or does not, and how many groups they are of."""

    label: str
    noun: str
    units: Int
    groups: int

    def __str__(self) -> str:
        """Say how much there is of it."""
        of_groups = f" of {_number(self.groups, 'group')}" if len(self.units) else ""
        return f"{self.label!r} has {_number(len(self.units), self.noun)}{of_groups}"


def _answers(data: Dataset, alignment: Alignment, groups: Int) -> Iterator[_Answer]:
    """Both answers for each label, but where labels exclude each other: there a no is another's yes."""
    group = groups[alignment.segment_page]
    nouns = {True: "unit"} if data.exclusive else {True: "positive unit", False: "negative unit"}
    for column, label in enumerate(data.labels):
        for answer, noun in nouns.items():
            units = np.flatnonzero(alignment.truth[:, column] == answer)
            yield _Answer(label, noun, units, len(set(group[units].tolist())))


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"


def _at(data: Dataset, pages: Int) -> str:
    """Say where the pages are."""
    found = {data.pages[number].where for number in pages.tolist()}
    places = sorted(found, key=lambda where: (where.rpartition(":")[0], len(where), where))
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
            f"{len(set(groups.tolist()))} groups in {len(masks)} folds leave fewer than two outside of "
            "one: set 'folds' to 3 at least, or label more groups"
        )
