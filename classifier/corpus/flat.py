"""Labelled rows, each of which is one unit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from classifier.corpus.draft import Answer, Draft, ordered
from classifier.corpus.label_sets import wanted_labels
from classifier.corpus.problems import Problems
from classifier.corpus.segments import CLAIM, claim_problem
from classifier.read.record import type_name
from classifier.schema import CLAIMS, UNSUPPORTED_CLAIM, Segment

_BOOLEANS: Mapping[str, bool] = {
    **dict.fromkeys(("true", "yes", "1"), True),
    **dict.fromkeys(("false", "no", "0"), False),
}


def flat_labels(
    drafts: Sequence[Draft], label_column: str, labels: Sequence[str] | None, problems: Problems
) -> Answer:
    """Read the labels of rows; what is wrong goes to ``problems``.

    A column ``label_column`` holds classes, of which each row has one, unless ``labels`` names
    other columns. Else the labels are the columns that ``labels`` names, by default those in which
    every value is boolean-like, and ``claim``.
    """
    columns = {name for draft in drafts for name in draft.fields}
    named = any(label in columns or _by_claim(label, columns) for label in labels or ())
    if label_column in columns and not named:
        return _classes(drafts, label_column, labels, problems)
    return _booleans(drafts, labels, problems)


def _by_claim(label: str, columns: Any) -> bool:
    return label == UNSUPPORTED_CLAIM and label not in columns and CLAIM in columns


def _classes(
    drafts: Sequence[Draft], column: str, allowed: Sequence[str] | None, problems: Problems
) -> Answer:
    classes: list[str] = []
    for draft in drafts:
        name = _class_name(draft.fields.get(column))
        if name is None:
            problems.add(draft.where, f"field {column!r} {_no_class(draft.fields, column)}")
        elif allowed is not None and name not in allowed:
            known = ", ".join(allowed)
            problems.add(draft.where, f"field {column!r} holds {name!r}, not one of {known}")
        classes.append(name or "")
    segments = [
        (Segment(0, len(draft.text), frozenset([name])),)
        for draft, name in zip(drafts, classes, strict=True)
    ]
    return Answer(tuple(sorted(set(classes))), segments, frozenset([column]), exclusive=True)


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
    if isinstance(value, float) and math.isnan(value):
        return None
    return str(value).strip() or None if isinstance(value, str | int | float) else None


def _booleans(drafts: Sequence[Draft], labels: Sequence[str] | None, problems: Problems) -> Answer:
    files: dict[str, list[Draft]] = {}
    for draft in drafts:
        files.setdefault(draft.file, []).append(draft)
    fields = {file: _label_fields(of_file, labels) for file, of_file in files.items()}
    wanted = wanted_labels({f: list(names) for f, names in fields.items()}, labels, problems)
    if not wanted and not problems.count:
        told = "no column holds labels: name one with classes, or some with true and false"
        problems.add(next(iter(files)), told)
    segments = [(_segment(draft, wanted, fields[draft.file], problems),) for draft in drafts]
    used = frozenset(of_file[name] for of_file in fields.values() for name in of_file)
    return Answer(ordered(wanted), segments, used)


def _label_fields(drafts: Sequence[Draft], labels: Sequence[str] | None) -> dict[str, str]:
    """Return the labels that the rows of one file have, each with the field that holds it."""
    columns = dict.fromkeys(name for draft in drafts for name in draft.fields)
    if labels is not None:
        names = [label for label in labels if label in columns]
        claim = [label for label in labels if _by_claim(label, columns)]
        return dict(zip(names, names, strict=True)) | dict.fromkeys(claim, CLAIM)
    found = {}
    for name in columns:
        if name == CLAIM and UNSUPPORTED_CLAIM not in columns:
            found[UNSUPPORTED_CLAIM] = CLAIM
        elif all(_boolean(draft.fields.get(name)) is not None for draft in drafts):
            found[name] = name
    return found


def _boolean(value: Any) -> bool | None:
    """Return what a boolean-like value says; ``None`` for any other."""
    if isinstance(value, str):
        return _BOOLEANS.get(value.strip().lower())
    return bool(value) if isinstance(value, int | float) and value in (0, 1) else None


def _segment(
    draft: Draft, wanted: Sequence[str], fields: Mapping[str, str], problems: Problems
) -> Segment:
    held = []
    claim = None
    for name in wanted:
        if name not in fields:  # told once for the whole file
            continue
        field = fields[name]
        value = draft.fields.get(field)
        if field == CLAIM and name == UNSUPPORTED_CLAIM:
            claim = value
            holds: bool | None = value == "unsupported"
            wrong = None if value in CLAIMS else claim_problem(value)
        else:
            holds = _boolean(value)
            wrong = None if holds is not None else f"field {field!r} holds {value!r}, not a boolean"
        if wrong is not None:
            missing = f"field {field!r} is missing"
            problems.add(draft.where, wrong if field in draft.fields else missing)
        if holds:
            held.append(name)
    return Segment(0, len(draft.text), frozenset(held), claim)
