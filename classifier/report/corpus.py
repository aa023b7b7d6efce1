"""Statistics of a corpus, as tables and as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from classifier.errors import ConfigError
from classifier.report.tables import markdown

_BREAKDOWNS = ("side", "genre", "family", "english")


def statistics_table(found: Mapping[str, Any]) -> str:
    """Lay out what ``classifier.corpus.statistics`` returned, in Markdown."""
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
    """Draw label balance per side, genre and family as a PNG."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ConfigError("plots need matplotlib: pip install '.[plots]'") from None
    columns = [column for column in ("side", "genre", "family") if found[column]]
    labels = list(found["labels"])
    sizes = [len(found[column]) for column in columns] or [1]
    figure = Figure(figsize=(9, 1.5 + 0.2 * sum(sizes)), layout="constrained")
    axes = figure.subplots(len(sizes), 1, squeeze=False, height_ratios=[n + 2 for n in sizes])[:, 0]
    for axis, column in zip(axes, columns, strict=False):
        names = list(found[column])
        left = [0.0] * len(names)
        height = 0.8 / max(len(labels), 1)
        for number, label in enumerate(labels):
            shares = [found[column][name].get(label, 0) * 100 for name in names]
            places = [i - 0.4 + height * (number + 0.5) for i in range(len(names))]
            axis.barh(places, shares, height=height, left=left, label=label)
        axis.set_yticks(range(len(names)), [f"{n} ({found[column][n]['units']})" for n in names])
        axis.tick_params(axis="y", labelsize=7)
        axis.invert_yaxis()
        axis.set_xlabel("% of units")
        axis.set_title(f"labels by {column} (units in brackets)", fontsize=9, loc="left")
    axes[0].legend(fontsize=7)
    figure.savefig(path, dpi=130)
