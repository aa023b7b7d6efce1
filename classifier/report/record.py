"""What stands behind metrics, as text: confusion matrices, slices, the worst errors by group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from classifier.report.tables import COLUMNS, markdown, metric_cells
from classifier.values import printable

#: Characters of a unit's text that are shown.
SHOWN = 70


def record_text(found: Mapping[str, Any]) -> str:
    """Lay out what ``classifier.training.record.record`` found."""
    lines = [*_confusion(found["confusion"])]
    for column, slices in found["slices"].items():
        lines += ["", *_slices(column, slices)]
    if found["errors"]["worst"]:
        lines += ["", *_errors(found["errors"])]
    return "\n".join(lines)


def _confusion(found: Mapping[str, Any]) -> Iterator[str]:
    if "matrix" in found:
        yield "Decided (columns) against gold (rows):"
        yield ""
        rows = [
            [label, *map(str, row)]
            for label, row in zip(found["labels"], found["matrix"], strict=True)
        ]
        yield from markdown(["gold", *found["labels"]], rows)
        return
    yield "Units decided rightly and wrongly:"
    yield ""
    rows = [[label, *(str(n) for row in matrix for n in row)] for label, matrix in found.items()]
    header = ["label", "rightly passed", "wrongly flagged", "missed", "rightly flagged"]
    yield from markdown(header, rows)


def _slices(column: str, found: Mapping[str, Any]) -> Iterator[str]:
    rows = [
        [f"{printable(value) or '(empty)'} / {label}", str(part["groups"]), *metric_cells(metrics)]
        for value, part in found.items()
        for label, units in part["labels"].items()
        for metrics in units.values()
    ]
    yield f"By {column!r}:"
    yield ""
    yield from markdown(["value / label", "groups", *(name for _, name, _ in COLUMNS)], rows)


def _errors(found: Mapping[str, Any]) -> Iterator[str]:
    yield f"Units decided wrongly: {found['units']:,}, in {found['groups']:,} groups; the most in:"
    for group in found["worst"]:
        first, *more = group["groups"]
        joined = f" and {len(more):,} groups joined with it" if more else ""
        yield f"  {printable(first)}{joined}: {group['errors']:,} of {group['units']:,} units"
        for unit in group["worst"]:
            yield f"    gold {named(unit['gold'])}, decided {decided(unit)}: {shown(unit)}"


def decided(unit: Mapping[str, Any]) -> str:
    """The labels that were decided for a unit, and the scores behind them."""
    scores = ", ".join(f"{label} {score:.2f}" for label, score in unit["scores"].items())
    return f"{named(unit['decided'])} ({scores})"


def named(labels: list[str]) -> str:
    """Labels in a word."""
    return "+".join(labels) or "none"


def shown(unit: Mapping[str, Any]) -> str:
    """The id of a unit and its text, shortened."""
    text = printable(unit["text"])
    text = text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
    return f"{printable(unit['unit'])} “{text}”"
