"""Options of ``train`` and ``evaluate`` on what stands behind their metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from classifier.values import STDSTREAM

if TYPE_CHECKING:
    from classifier.schema import Dataset
    from classifier.training.predictions import Predictions

_OPTIONS = (
    click.option(
        "--predictions",
        metavar="FILE",
        help="Write a row for each label of each unit, with gold label, score and decision: .csv .tsv "
        ".jsonl .parquet.",
    ),
    click.option(
        "--by",
        multiple=True,
        metavar="COLUMN",
        help="Also measure each value of a column of DATA by itself ('group' is one). Repeatable.",
    ),
    click.option(
        "--errors",
        type=click.IntRange(min=0),
        default=5,
        show_default=True,
        help="How many groups to list, those with the most errors, with the worst of each.",
    ),
    click.option(
        "--plots",
        metavar="DIR",
        help="Draw precision and recall, reliability, and scores, as PNG and SVG (extra 'plots').",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
)


def record_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of this file, in their order."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def check_outputs(
    inputs: Sequence[str], overwrite: bool, predictions: str | None, plots: str | None
) -> None:
    """Refuse what cannot or must not be written, before any work.

    Parameters
    ----------
    inputs
        What labelled data are read from, as given.
    overwrite
        Whether files may be replaced.
    predictions, plots
        The values of the options.
    """
    from classifier.corpus.labelled import LABELLED_FORMATS
    from classifier.read.sources import expand
    from classifier.report.plots import plot_paths, require_matplotlib
    from classifier.write.destination import refusal
    from classifier.write.table import table_format

    outputs = []
    if predictions is not None:
        if predictions == STDSTREAM:
            raise click.BadParameter("name a file", param_hint="--predictions")
        table_format(predictions)
        outputs.append(("--predictions", predictions))
    if plots is not None:
        require_matplotlib()
        outputs += [("--plots", path) for path in plot_paths(plots)]
    if not outputs:
        return
    read = [source.path for source in expand(inputs, LABELLED_FORMATS)]
    for option, path in outputs:
        forbidden = refusal(path, read, overwrite)
        if forbidden:
            raise click.BadParameter(forbidden, param_hint=option)


def check_columns(data: Dataset, by: Sequence[str]) -> None:
    """Refuse columns that no page has, before any work."""
    from classifier.training.predictions import column_values

    for column in by:
        column_values(data, column)


def recorded(
    found: Predictions,
    by: Sequence[str],
    errors: int,
    predictions: str | None,
    plots: str | None,
) -> Mapping[str, Any]:
    """Write the files that were asked for, and return the rest of the record."""
    from classifier.report.plots import plot_predictions
    from classifier.training.record import record
    from classifier.write.table import write_table

    if predictions is not None:
        write_table(predictions, found.table())
        click.echo(f"{len(found.units):,} units written to {predictions}", err=True)
    if plots is not None:
        plot_predictions(found, plots)
        click.echo(f"pictures written to {plots}", err=True)
    return record(found, by, errors)
