"""Options that all commands reading labelled data share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
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

    return read_labelled(paths, **columns, progress=lambda line: click.echo(line, err=True))
