"""Options that all commands reading labelled data share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from classifier.values import printable

if TYPE_CHECKING:
    from classifier.model.bundle import Model
    from classifier.schema import Dataset

_OPTIONS = (
    click.option("--text-column", default="text", show_default=True, help="Column with the text."),
    click.option(
        "--label-column", default="label", show_default=True, help="Column with one class per row."
    ),
    click.option(
        "--label",
        "labels",
        multiple=True,
        callback=lambda _context, _option, labels: labels or None,  # none named: find them
        help="Column of a yes/no label, or class of the label column to keep. Repeatable. Default: all.",
    ),
    click.option(
        "--ignore-column",
        "ignore_columns",
        multiple=True,
        help="Column that holds no label, whatever is in it. Repeatable.",
    ),
    click.option(
        "--group-column",
        default="group",
        show_default=True,
        help="Column with what splits keep together: site, author, product.",
    ),
    click.option("--id-column", default="id", show_default=True, help="Column with the id."),
)


def labelled_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of ``classifier.corpus.labelled.read_labelled`` to a command."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def read(paths: Sequence[str], **columns: Any) -> Dataset:
    """Read labelled data and say on stderr which labels were found, and what is left out."""
    from classifier.corpus.labelled import read_labelled

    def say(line: str) -> None:
        click.echo(printable(line), err=True)

    return read_labelled(paths, **columns, progress=say)


def warn_of_overlap(model: Model, data: Dataset) -> None:
    """Say on stderr how much of the data the model was trained on, if any or if that is not known."""
    from classifier.training.evaluation import units_seen

    seen = units_seen(model, data)
    if seen is None:
        click.echo(
            f"note: {model.name} holds no hashes of what it was trained on, so that these data "
            "cannot be compared with it; a model trained anew does",
            err=True,
        )
    elif seen.any():
        units = sum(len(page.segments) for page in data.pages)
        click.echo(
            f"warning: {model.name} was trained on {seen.sum():,} of these {units:,} units (the same "
            f"words), which stand on {(seen > 0).sum():,} of {len(data.pages):,} pages: figures on "
            "them flatter it",
            err=True,
        )
