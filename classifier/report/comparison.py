"""Two models side by side, as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from classifier.report.record import decided, named, shown
from classifier.report.tables import markdown
from classifier.values import printable

_METRICS = {"average_precision": "AP", "f1": "F1"}
#: Groups that are named of those in which either model wins.
_NAMED = 3


def comparison_text(found: Mapping[str, Any]) -> str:
    """Lay out what ``classifier.training.comparison.compare`` found."""
    lines = [
        f"B against A: {found['units']:,} units in {found['groups']:,} groups, with 95 % intervals "
        "of the difference over groups",
        "",
        *_table("label", found["labels"]),
    ]
    for column, slices in found["slices"].items():
        rows = {
            f"{printable(value) or '(empty)'} / {label}": metrics
            for value, labels in slices.items()
            for label, metrics in labels.items()
        }
        lines += ["", f"By {column!r}:", "", *_table("value / label", rows)]
    lines += ["", *_wins(found["wins"]), "", *_flipped(found["flipped"])]
    return "\n".join(lines)


def _table(head: str, rows: Mapping[str, Any]) -> list[str]:
    header = [
        head,
        *(f"{name} {side}" for name in _METRICS.values() for side in ("A", "B", "B - A")),
    ]
    return markdown(
        header,
        [
            [label, *(c for name in _METRICS for c in _cells(of[name]))]
            for label, of in rows.items()
        ],
    )


def _cells(of: Mapping[str, Any]) -> list[str]:
    if of["difference"] is None:
        return ["-", "-", "-"]
    difference = f"{of['difference']:+.3f}"
    if of["interval"]:
        low, high = of["interval"]
        difference += f" [{low:+.3f}, {high:+.3f}]"
    return [f"{of['a']:.3f}", f"{of['b']:.3f}", difference]


def _wins(found: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"Groups in which more units are decided rightly: by A {found['a']:,}, by B {found['b']:,}, "
        f"by neither {found['ties']:,}"
    )
    gains = list(found["gains"].items())  # from the most lost to the most won
    for side, ends in (("A", gains[:_NAMED]), ("B", gains[: -_NAMED - 1 : -1])):
        most = [
            f"{printable(group)} (by {abs(gain):,})"
            for group, gain in ends
            if (gain < 0) == (side == "A")
        ]
        if most:
            yield f"  most by {side}: {', '.join(most)}"


def _flipped(found: Mapping[str, Any]) -> Iterator[str]:
    counts = "; ".join(
        f"{label}: right in A {of['right_in_a']:,}, right in B {of['right_in_b']:,}"
        for label, of in found["labels"].items()
    )
    yield f"Units decided differently: {found['units']:,} ({counts})"
    for unit in found["listed"]:
        yield f"  {shown(unit)}"
        yield f"    gold {named(unit['gold'])}; A {decided(unit['a'])}; B {decided(unit['b'])}"
