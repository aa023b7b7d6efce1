"""Metrics as a table of plain text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Key, heading and format of the metrics of one label.
COLUMNS = (
    ("n", "n", "d"),
    ("positives", "positive", "d"),
    ("precision", "P", ".3f"),
    ("recall", "R", ".3f"),
    ("f1", "F1", ".3f"),
    ("average_precision", "AP", ".3f"),
    ("roc_auc", "AUC", ".3f"),
    ("calibration_error", "ECE", ".3f"),
)
#: Those that are shown beside baselines.
_COMPARED = (("average_precision", "AP"), ("f1", "F1"))
#: The metrics whose spread over repeated cross-validations is shown.
SPREAD = ("precision", "recall", "f1", "average_precision")


def metrics_table(metrics: Mapping[str, Any], title: str) -> str:
    """Lay out the metrics of ``classifier.training.evaluation``, in Markdown that reads as text."""
    rows = []
    for label, units in metrics["labels"].items():
        for unit, found in units.items():
            rows.append([f"{label} / {unit}", *metric_cells(found)])
    head = [
        f"{title}: {metrics['units']} units on {metrics['pages']} pages in "
        f"{metrics['groups']} groups",
        "",
    ]
    tail = []
    if "macro_f1" in metrics:
        low, high = metrics["macro_f1_interval"] or (float("nan"), float("nan"))
        tail = [
            "",
            f"macro-F1 {metrics['macro_f1']:.3f} [{low:.3f}, {high:.3f}], "
            f"accuracy {metrics['accuracy']:.3f}",
        ]
    if "repeats" in metrics:
        tail += ["", *_spread(metrics["repeats"])]
    return "\n".join(
        [*head, *markdown(["label / unit", *(name for _, name, _ in COLUMNS)], rows), *tail]
    )


def baselines_table(metrics: Mapping[str, Any]) -> str:
    """Lay out a model's metrics beside those of ``classifier.training.baselines``, unit by unit."""
    own = {label: next(iter(units.values())) for label, units in metrics["labels"].items()}
    parts = {"this model": {**metrics, "labels": own}, **metrics["baselines"]}
    rows = []
    for name, part in parts.items():
        values = [part["labels"][label].get(key) for label in own for key, _ in _COMPARED]
        values += [part["macro_f1"]] if "macro_f1" in metrics else []
        rows.append([name, *("-" if value is None else f"{value:.3f}" for value in values)])
    header = ["", *(f"{label} {short}" for label in own for _, short in _COMPARED)]
    header += ["macro-F1"] if "macro_f1" in metrics else []
    return "\n".join(["Beside it, on the same folds:", "", *markdown(header, rows)])


def metric_cells(found: Mapping[str, Any]) -> list[str]:
    """The cells of one label's metrics, those of ``COLUMNS``, with their intervals."""
    cells = []
    for key, _, form in COLUMNS:
        cells.append(format(found[key], form) if key in found else "-")
        interval = found.get("intervals", {}).get(key)
        if interval:
            cells[-1] += f" [{interval[0]:.3f}, {interval[1]:.3f}]"
    return cells


def _spread(repeats: Mapping[str, Any]) -> list[str]:
    """Lay out the spread over repeated cross-validations: least and greatest value of each metric."""
    names = [(name, short) for name, short, _ in COLUMNS if name in SPREAD]
    rows = [
        [f"{label} / {unit}"]
        + [
            f"{found[name][0]:.3f} to {found[name][2]:.3f}" if name in found else "-"
            for name, _ in names
        ]
        for label, units in repeats["labels"].items()
        for unit, found in units.items()
    ]
    head = f"Least and greatest of {repeats['n']} cross-validations with different seeds:"
    return [head, "", *markdown(["label / unit", *(short for _, short in names)], rows)]


def _least_to_greatest(values: list[float] | None) -> str:
    return "-" if values is None else f"{values[0]:.3f} to {values[2]:.3f}"


def markdown(header: list[str], rows: list[list[str]]) -> list[str]:
    """A Markdown table with aligned columns; all but the first are numbers."""
    table = [header, *rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(header))]

    def line(row: list[str]) -> str:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        return "| " + " | ".join(cells) + " |"

    rule = ["-" * widths[0]] + ["-" * (width - 1) + ":" for width in widths[1:]]
    return [line(header), line(rule), *(line(row) for row in rows)]
