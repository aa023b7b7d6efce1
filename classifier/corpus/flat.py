"""Labelled rows, each of which is one unit."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from classifier.corpus.problems import Problems
from classifier.corpus.raw_records import (
    FoundLabels,
    RawRecord,
    count_notes,
    ordered,
    same_name,
    wanted_labels,
)
from classifier.corpus.segments import CLAIM, claim_problem
from classifier.read.record import type_name
from classifier.schema import CLAIMS, PROMOTIONAL, UNSUPPORTED_CLAIM, Segment

_WORDS: Mapping[str, bool] = {"true": True, "yes": True, "false": False, "no": False}
_DIGITS: Mapping[str, bool] = {"1": True, "0": False}
#: From this share of yes/no cells on, a column with other cells is taken for a label with mistakes in
#: it, and refused; with fewer, it is a column of something else in which such words occur.
MOSTLY = 0.5


def flat_labels(
    records: Sequence[RawRecord],
    label_column: str,
    labels: Sequence[str] | None,
    ignored: Collection[str],
    problems: Problems,
) -> FoundLabels:
    """Read the labels of rows; what is wrong goes to ``problems``.

    A column ``label_column`` holds classes, of which each row has one, unless ``labels`` names
    other columns; rows of classes that ``labels`` leaves out are left out. Else the labels are the
    columns that ``labels`` names, by default those in which every value is yes, no, true or false,
    and ``claim``. Columns of 0 and 1 may be numbers: only those named in ``labels``, or as the
    guide's labels, are read, others are refused. So is a column with yes or no in most cells only.

    Parameters
    ----------
    records
        All rows.
    label_column, labels
        As in ``read_labelled``.
    ignored
        Columns that hold no label whatever is in them.
    problems
        Gets what is wrong.
    """
    columns = {name for raw in records for name in raw.fields} - set(ignored)
    named = any(label in columns or _by_claim(label, columns) for label in labels or ())
    if label_column in columns and not named:
        return _classes(records, label_column, labels, problems)
    return _booleans(records, labels, ignored, problems)


def _by_claim(label: str, columns: Any) -> bool:
    return label == UNSUPPORTED_CLAIM and label not in columns and CLAIM in columns


def _classes(
    records: Sequence[RawRecord],
    column: str,
    asked: Sequence[str] | None,
    problems: Problems,
) -> FoundLabels:
    classes: list[str] = []
    spellings: dict[str, tuple[str, str]] = {}
    refused: set[str] = set()
    for raw in records:
        spelling = _class_name(raw.fields.get(column))
        if spelling is None:
            problems.add(raw.where, f"field {column!r} {_no_class(raw.fields, column)}")
            continue
        first, where = spellings.setdefault(same_name(spelling), (spelling, raw.where))
        if spelling != first and spelling not in refused:
            refused.add(spelling)
            problems.add(
                raw.where,
                f"field {column!r} holds {spelling!r}, but {where} has {first!r}: the classes differ "
                "in case or spaces only; give both one spelling",
            )
        classes.append(spelling.strip())
    counts = Counter(classes)
    for name in asked or ():
        if name not in counts and not problems.count:
            have = ", ".join(sorted(counts))
            problems.add(
                records[0].file,
                f"no class {name!r} in column {column!r}, which was asked for (classes: {have})",
            )
    if problems.count:
        return FoundLabels((), [], frozenset())
    kept = sorted(counts if asked is None else set(asked))
    segments = [
        (Segment(0, len(raw.text), frozenset([name])),) if name in kept else None
        for raw, name in zip(records, classes, strict=True)
    ]
    notes = [f"classes (column {column!r}): " + _listed({name: counts[name] for name in kept})]
    left_out = {name: count for name, count in sorted(counts.items()) if name not in kept}
    if left_out:
        notes.append(
            f"{sum(left_out.values()):,} rows left out, of classes that --label does not name: "
            + _listed(left_out)
        )
    return FoundLabels(tuple(kept), segments, frozenset([column]), True, tuple(notes))


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def _no_class(fields: Mapping[str, Any], column: str) -> str:
    value = fields.get(column)
    if column not in fields:
        return "is missing"
    blank = value is None or isinstance(value, str | float)
    return "is empty" if blank else f"holds {type_name(value)}, where a class is needed"


def _class_name(value: Any) -> str | None:
    """Return a scalar as the name of a class; ``None`` for what is no scalar, or blank."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, float) and math.isnan(value):
        return None
    return str(value) if isinstance(value, int | float) else None


def _booleans(
    records: Sequence[RawRecord],
    labels: Sequence[str] | None,
    ignored: Collection[str],
    problems: Problems,
) -> FoundLabels:
    files: dict[str, list[RawRecord]] = {}
    for raw in records:
        files.setdefault(raw.file, []).append(raw)
    if labels is None:
        fields = {
            file: _label_fields(of_file, ignored, problems) for file, of_file in files.items()
        }
    else:
        fields = {file: _asked_fields(of_file, labels) for file, of_file in files.items()}
    wanted = wanted_labels({f: list(names) for f, names in fields.items()}, labels, problems)
    if not wanted and not problems.count:
        problems.add(
            next(iter(files)),
            "no column holds labels: name one of classes with --label-column, or some of yes and no "
            "with --label",
        )
    segments = [(_segment(raw, wanted, fields[raw.file], problems),) for raw in records]
    used = frozenset(of_file[name] for of_file in fields.values() for name in of_file)
    columns = {name: f"column {field!r}" for of in fields.values() for name, field in of.items()}
    found = ordered(wanted)
    notes = () if problems.count else count_notes(found, segments, columns)
    return FoundLabels(found, segments, used, notes=notes)


def _asked_fields(records: Sequence[RawRecord], labels: Sequence[str]) -> dict[str, str]:
    """Return those of ``labels`` that the rows of one file have, each with the field that holds it."""
    columns = {name for raw in records for name in raw.fields}
    names = {label: label for label in labels if label in columns}
    return names | {label: CLAIM for label in labels if _by_claim(label, columns)}


def _label_fields(
    records: Sequence[RawRecord], ignored: Collection[str], problems: Problems
) -> dict[str, str]:
    """Return the labels found in the rows of one file, each with the field that holds it."""
    columns = dict.fromkeys(name for raw in records for name in raw.fields if name not in ignored)
    found = {}
    for name in columns:
        if name == CLAIM and UNSUPPORTED_CLAIM not in columns:
            found[UNSUPPORTED_CLAIM] = CLAIM
        elif name in (PROMOTIONAL, UNSUPPORTED_CLAIM):
            found[name] = name  # a cell that says neither yes nor no is named when it is read
        else:
            problem = _doubt(name, records)
            if problem is not None:
                problems.add(*problem)
            elif all(_boolean(raw.fields.get(name)) is not None for raw in records):
                found[name] = name
    return found


def _doubt(name: str, records: Sequence[RawRecord]) -> tuple[str, str] | None:
    """Return where and why it is not clear whether a column is a label; ``None`` if it is clear."""
    values = [raw.fields.get(name) for raw in records]
    said = [_boolean(value) is not None for value in values]
    odd = [number for number, known in enumerate(said) if not known]
    filled = [number for number in odd if not _blank(values[number])]
    if not any(said) or sum(said) < MOSTLY * (len(filled) + sum(said)):
        return None
    choose = f"name it with --label {name}, or leave it out with --ignore-column {name}"
    if not any(_is_word(value) for value in values):
        if any(_is_number(values[number]) for number in filled):
            return None
        if not filled:
            return records[0].where, (
                f"column {name!r} holds only 0 and 1, which may be a label or a number: {choose}"
            )
    if not odd:
        return None
    raw = records[odd[0]]
    more = f", like {len(odd) - 1:,} more" if len(odd) > 1 else ""
    what = f"holds {raw.fields[name]!r}" if odd[0] in filled else "is empty"
    return raw.where, (
        f"field {name!r} {what}{more}, but {sum(said):,} of {len(said):,} rows say yes or no there: "
        f"correct the cell, or leave the column out with --ignore-column {name}"
    )


def _boolean(value: Any) -> bool | None:
    """Return what a boolean-like value says; ``None`` for any other."""
    if isinstance(value, str):
        word = value.strip().lower()
        return _WORDS.get(word, _DIGITS.get(word))
    return bool(value) if isinstance(value, int | float) and value in (0, 1) else None


def _is_word(value: Any) -> bool:
    """Whether a value can only be a yes or no, and not a number."""
    return isinstance(value, bool) or (isinstance(value, str) and value.strip().lower() in _WORDS)


def _blank(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, float) and math.isnan(value))


def _is_number(value: Any) -> bool:
    try:
        return not isinstance(value, bool) and math.isfinite(float(value))
    except (TypeError, ValueError, OverflowError):
        return False


def _segment(
    raw: RawRecord, wanted: Sequence[str], fields: Mapping[str, str], problems: Problems
) -> Segment:
    held = []
    claim = None
    for name in wanted:
        if name not in fields:  # said once for the whole file
            continue
        field = fields[name]
        value = raw.fields.get(field)
        if field == CLAIM and name == UNSUPPORTED_CLAIM:
            claim = value
            holds: bool | None = value == "unsupported"
            wrong = None if value in CLAIMS else claim_problem(value)
        else:
            holds = _boolean(value)
            wrong = (
                None
                if holds is not None
                else f"field {field!r} holds {value!r}, not yes, no, true, false, 0 or 1"
            )
        if wrong is not None:
            missing = f"field {field!r} is missing"
            problems.add(raw.where, wrong if field in raw.fields else missing)
        if holds:
            held.append(name)
    return Segment(0, len(raw.text), frozenset(held), claim)
