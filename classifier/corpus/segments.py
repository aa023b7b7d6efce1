"""Labelled segments within pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from classifier.corpus.problems import Problems
from classifier.corpus.raw_records import (
    FoundLabels,
    RawRecord,
    count_notes,
    ordered,
    wanted_labels,
)
from classifier.read.record import type_name
from classifier.schema import CLAIMS, UNSUPPORTED_CLAIM, Segment

SEGMENTS = "segments"
CLAIM = "claim"
_BOUNDS = ("start", "end")


def segment_labels(
    records: Sequence[RawRecord], labels: Sequence[str] | None, problems: Problems
) -> FoundLabels:
    """Read the ``segments`` of each raw; what is wrong goes to ``problems``.

    A field is a label when it is boolean in some segment, and must then be so in all. ``claim``
    stands for ``unsupported_claim`` and is kept in ``Segment.claim``. Other fields are ignored.
    """
    lists = [(raw, _objects(raw, problems)) for raw in records]
    found: dict[str, dict[str, None]] = {}
    for raw, objects in lists:
        of_file = found.setdefault(raw.file, {})
        for _, item in objects:
            of_file |= dict.fromkeys(_label_names(item))
    wanted = wanted_labels({file: list(names) for file, names in found.items()}, labels, problems)
    if not wanted and not problems.count:
        problems.add(next(iter(found)), "no segment has a boolean field or a claim: no label")
    segments = [
        tuple(_segments(raw, objects, wanted, found[raw.file], problems)) for raw, objects in lists
    ]
    names = ordered(wanted)
    fields = {name: f"field {name!r} of segments" for name in names}
    if any(CLAIM in item for _, objects in lists for _, item in objects):
        fields[UNSUPPORTED_CLAIM] = f"field {CLAIM!r} of segments"
    notes = () if problems.count else count_notes(names, segments, fields)
    return FoundLabels(names, segments, frozenset([SEGMENTS]), notes=notes)


def _objects(raw: RawRecord, problems: Problems) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the segments that are objects, each with its place for messages."""
    items = raw.fields[SEGMENTS]
    if not isinstance(items, list):
        problems.add(raw.where, f"field {SEGMENTS!r} holds {type_name(items)}, not a list")
        return []
    if not items:
        problems.add(raw.where, f"field {SEGMENTS!r} is empty: no unit is labelled")
    objects: list[tuple[str, Mapping[str, Any]]] = []
    for index, item in enumerate(items):
        place = f"{SEGMENTS}[{index}]"
        if isinstance(item, dict):
            objects.append((place, item))
        else:
            problems.add(raw.where, f"{place} holds {type_name(item)}, not an object")
    return objects


def _label_names(item: Mapping[str, Any]) -> Iterator[str]:
    for name, value in item.items():
        if name == CLAIM:
            yield UNSUPPORTED_CLAIM
        elif isinstance(value, bool) and name not in _BOUNDS:
            yield name


def _segments(
    raw: RawRecord,
    objects: Sequence[tuple[str, Mapping[str, Any]]],
    wanted: Sequence[str],
    of_file: Mapping[str, None],
    problems: Problems,
) -> Iterator[Segment]:
    """Yield the valid segments, sorted by start."""
    last, last_place = 0, ""
    for place, item in sorted(objects, key=_start):
        start, end, wrong = _offsets(item, raw.text)
        if wrong is None and start < last:
            wrong = f"[{start}, {end}) overlaps {last_place}, which ends at {last}"
        if wrong is not None:
            problems.add(raw.where, f"{place}: {wrong}")
        else:
            last, last_place = end, place
        # a label that the whole file lacks was said once
        names = [name for name in wanted if name in of_file]
        held, wrongs = _held(item, names)
        for wrong_label in wrongs:
            problems.add(raw.where, f"{place}: {wrong_label}")
        if wrong is None and not wrongs:
            claim = item.get(CLAIM)
            yield Segment(start, end, held, claim if claim in CLAIMS else None)


def _start(entry: tuple[str, Mapping[str, Any]]) -> int:
    start = entry[1].get("start")
    return start if type(start) is int else 0


def _offsets(item: Mapping[str, Any], text: str) -> tuple[int, int, str | None]:
    for name in _BOUNDS:
        if type(item.get(name)) is not int:
            missing = "is missing" if name not in item else "is not a whole number"
            return 0, 0, f"field {name!r} {missing}"
    start, end = item["start"], item["end"]
    wrong = None
    if start >= end:
        wrong = f"start {start} is not before end {end}"
    elif start < 0 or end > len(text):
        wrong = f"[{start}, {end}) lies outside the text, which has {len(text)} characters"
    elif not text[start:end].strip():
        wrong = f"[{start}, {end}) is an empty unit, white space alone"
    return start, end, wrong


def _held(item: Mapping[str, Any], names: Sequence[str]) -> tuple[frozenset[str], list[str]]:
    """Return the labels that hold, and what is wrong with their fields."""
    held, wrongs = [], []
    for name in names:
        field = CLAIM if name == UNSUPPORTED_CLAIM and name not in item else name
        value = item.get(field)
        if field not in item:
            wrongs.append(f"field {field!r} is missing")
        elif field == CLAIM and value not in CLAIMS:
            wrongs.append(claim_problem(value))
        elif field != CLAIM and not isinstance(value, bool):
            wrongs.append(f"field {field!r} holds {value!r}, not true or false")
        elif value is True or value == "unsupported":
            held.append(name)
    if CLAIM in item and UNSUPPORTED_CLAIM in item:
        wrongs.append(f"has both {CLAIM!r} and {UNSUPPORTED_CLAIM!r}; keep one")
    return frozenset(held), wrongs


def claim_problem(value: Any) -> str:
    """Say that ``value`` is none of the guide's claims."""
    return f"field {CLAIM!r} holds {value!r}, not one of {', '.join(CLAIMS)}"
