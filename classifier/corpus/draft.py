"""A labelled record before its labels are understood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from classifier.corpus.problems import Problems
from classifier.read.record import Options, Record, identity, text_problem
from classifier.schema import PROMOTIONAL, UNSUPPORTED_CLAIM, LabelledPage, Segment


@dataclass(frozen=True, slots=True)
class Names:
    """Names of the columns of labelled rows."""

    text: str
    label: str
    group: str
    id: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A record whose id, group and text are known; ``fields`` are all others.

    ``group`` is ``None`` when the record names none. ``file`` is where it came from, ``where`` that
    with the line.
    """

    file: str
    where: str
    id: str
    group: str | None
    text: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was understood of the labels of some drafts.

    Attributes
    ----------
    labels
        Their names, in their final order.
    segments
        For each draft.
    used
        Fields of the drafts that hold labels and are therefore no columns.
    exclusive
        See ``Dataset``.
    """

    labels: tuple[str, ...]
    segments: Sequence[tuple[Segment, ...]]
    used: frozenset[str]
    exclusive: bool = False


def draft_of_record(record: Record, file: str, names: Names, problems: Problems) -> Draft | None:
    """Return the record as a draft, or add to ``problems`` why it cannot be one."""
    where, fields = record.where, record.fields
    if record.problem is not None:
        problems.add(where, record.problem)
        return None
    before = problems.count
    key, wrong = identity(fields.get(names.id), where)
    if wrong is not None:
        problems.add(where, f"field {names.id!r} {wrong}")
    group, wrong = identity(fields.get(names.group), "")
    if wrong is not None:
        problems.add(where, f"field {names.group!r} {wrong}")
    text = fields.get(names.text)
    wrong = text_problem(text, Options().max_chars) if names.text in fields else "is missing"
    if wrong is not None:
        problems.add(where, f"field {names.text!r} {wrong}")
    if problems.count > before or not isinstance(text, str):
        return None
    own = (names.id, names.group, names.text)
    rest = {name: value for name, value in fields.items() if name not in own}
    return Draft(file, where, key, group or None, text, rest)


def draft_of_page(page: LabelledPage, file: str) -> Draft:
    """Return a page of marked text as a draft with ``segments``."""
    segments = [
        {
            "start": segment.start,
            "end": segment.end,
            PROMOTIONAL: PROMOTIONAL in segment.labels,
            "claim": segment.claim,
        }
        for segment in page.segments
    ]
    fields = {**page.columns, "segments": segments}
    return Draft(file, page.where, page.id, page.group, page.text, fields)


def ordered(labels: Sequence[str]) -> tuple[str, ...]:
    """Return ``labels`` in their order, but with the guide's two labels first."""
    first = [label for label in (PROMOTIONAL, UNSUPPORTED_CLAIM) if label in labels]
    return tuple(dict.fromkeys([*first, *labels]))
