"""A labelled record before its labels are understood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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
class RawRecord:
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
class FoundLabels:
    """The labels of some raw records.

    Attributes
    ----------
    labels
        Their names, in their final order.
    segments
        For each record; ``None`` for one that is left out, because its class was not asked for.
    used
        Fields of the records that hold labels and are therefore no columns.
    exclusive
        See ``Dataset``.
    notes
        Lines that say which labels were found where, with counts, and what was left out.
    """

    labels: tuple[str, ...]
    segments: Sequence[tuple[Segment, ...] | None]
    used: frozenset[str]
    exclusive: bool = False
    notes: tuple[str, ...] = ()


def raw_from_record(
    record: Record, file: str, names: Names, problems: Problems
) -> RawRecord | None:
    """Return the record as a raw, or add to ``problems`` why it cannot be one."""
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
    return RawRecord(file, where, key, group or None, text, rest)


def raw_from_page(page: LabelledPage, file: str) -> RawRecord:
    """Return a page of marked text as a raw record with ``segments``."""
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
    return RawRecord(file, page.where, page.id, page.group, page.text, fields)


def count_notes(
    labels: Iterable[str], segments: Iterable[tuple[Segment, ...]], fields: Mapping[str, str]
) -> tuple[str, ...]:
    """Say of each label which field holds it and how often it is yes and no.

    Parameters
    ----------
    labels
        Their names.
    segments
        The labelled units of each record.
    fields
        What holds each label, in words: ``column 'x'``.
    """
    units = [segment for of_record in segments for segment in of_record]
    positives = Counter(label for unit in units for label in unit.labels)
    return tuple(
        f"label '{label}' ({fields[label]}): {positives[label]:,} yes, "
        f"{len(units) - positives[label]:,} no"
        for label in labels
    )


def ordered(labels: Sequence[str]) -> tuple[str, ...]:
    """Return ``labels`` in their order, but with the guide's two labels first."""
    first = [label for label in (PROMOTIONAL, UNSUPPORTED_CLAIM) if label in labels]
    return tuple(dict.fromkeys([*first, *labels]))


def wanted_labels(
    found: Mapping[str, Sequence[str]], labels: Sequence[str] | None, problems: Problems
) -> list[str]:
    """Return the labels to be read, in the order of their first appearance.

    Parameters
    ----------
    found
        The labels of each file.
    labels
        What the user asked for; ``None`` for all, which every file must then have.
    problems
        Gets each file that lacks a label.
    """
    union = list(dict.fromkeys(label for of_file in found.values() for label in of_file))
    wanted = [label for label in union if labels is None or label in labels]
    wanted += [label for label in dict.fromkeys(labels or ()) if label not in wanted]
    spellings: dict[str, str] = {}
    for name in wanted:
        first = spellings.setdefault(same_name(name), name)
        if first != name:
            file = next((file for file, of_file in found.items() if name in of_file), "--label")
            problems.add(
                file,
                f"the labels {first!r} and {name!r} differ in case or spaces only; give both columns "
                "one spelling, or name the one to be read with --label",
            )
    for file, of_file in found.items():
        lacking = [label for label in wanted if label not in of_file]
        if lacking:
            problems.add(file, _lacking(lacking, of_file, labels))
    return wanted


def same_name(name: str) -> str:
    """Return what two spellings of one name have in common: all but case and spaces."""
    return " ".join(name.split()).casefold()


def _lacking(lacking: Iterable[str], of_file: Iterable[str], labels: Sequence[str] | None) -> str:
    why = "other files have" if labels is None else "was asked for"
    have = ", ".join(of_file) or "none"
    hint = "; name the labels to be read" if labels is None else ""
    return f"no label {', '.join(lacking)}, which {why} (labels here: {have}){hint}"
