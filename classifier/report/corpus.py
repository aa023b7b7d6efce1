"""Statistics of a corpus, as tables and as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import Any

from classifier.errors import ConfigError
from classifier.report.tables import markdown

_BREAKDOWNS = ("side", "genre", "family", "english")
#: Rows of a panel of the picture: of a longer breakdown, the values with the most units.
_PANEL_ROWS = 30
#: Characters of a name beside a row.
_NAME = 32


def statistics_table(found: Mapping[str, Any]) -> str:
    """Lay out what ``classifier.corpus.statistics.statistics`` returned, in Markdown."""
    shares = ", ".join(f"{name} {share:.1%}" for name, share in found["labels"].items())
    lines = [
        f"{found['pages']} pages in {found['groups']} groups, {found['units']} units, "
        f"{found['words']} words",
        f"labels: {shares}",
        f"units per page, deciles: {_numbers(found['units_per_page_deciles'])}",
        f"words per unit, deciles: {_numbers(found['words_per_unit_deciles'])}",
        f"distinct trigrams per 10,000 tokens: {found['distinct_trigrams_per_10000_tokens']:.0f}",
    ]
    labels = list(found["labels"])
    for column in _BREAKDOWNS:
        rows = [
            [name, str(part["pages"]), str(part["units"])]
            + [f"{part.get(label, 0):.1%}" for label in labels]
            for name, part in found[column].items()
        ]
        if rows:
            lines += ["", *markdown([column, "pages", "units", *labels], rows)]
    return "\n".join(lines)


def _numbers(values: list[float]) -> str:
    return " ".join(f"{value:g}" for value in values)


def plot_statistics(found: Mapping[str, Any], path: str) -> None:
    """Draw label balance per side, English, genre and family as a PNG, one mark for each share."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ConfigError("plots need matplotlib: pip install '.[plots]'") from None
    labels = list(found["labels"])
    figure = Figure(figsize=(12, 9), layout="constrained")
    shares = ", ".join(f"{label} {share:.1%}" for label, share in found["labels"].items())
    title = f"{found['pages']} pages, {found['units']} units (in brackets): {shares}"
    figure.suptitle(title, fontsize=11)
    axes = figure.subplot_mosaic(
        [["side", "genre", "family"], ["english", "genre", "family"]],
        height_ratios=[1, 3],
        sharex=True,
    )
    for column, axis in axes.items():
        parts = found[column]
        names = sorted(parts, key=lambda name: parts[name]["units"])[-_PANEL_ROWS:]
        names.sort(key=lambda name: [parts[name].get(label, 0) for label in labels])
        for label, marker in zip(labels, cycle("os^Dv"), strict=False):
            places = [100 * parts[name].get(label, 0) for name in names]
            axis.plot(places, range(len(names)), marker, markersize=5, label=label)
        ticks = [n if len(n) <= _NAME else n[: _NAME - 1] + "…" for n in names]
        ticks = [f"{tick} ({parts[n]['units']})" for tick, n in zip(ticks, names, strict=True)]
        axis.set_yticks(range(len(names)), ticks)
        axis.set_ylim(-0.6, max(len(names), 1) - 0.4)
        axis.tick_params(labelsize=8, labelbottom=True)
        axis.grid(color="0.9")
        axis.set_axisbelow(True)
        axis.set_xlabel("% of units", fontsize=8)
        which = f", {len(names)} largest of {len(parts)}" if len(names) < len(parts) else ""
        if not parts:
            axis.set_axis_off()
            which = ": no such column"
        axis.set_title(f"by {column}{which}", fontsize=9, loc="left")
    handles = axes["side"].get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=max(len(labels), 1), fontsize=9)
    figure.savefig(path, dpi=130)
