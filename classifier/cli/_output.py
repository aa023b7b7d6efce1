"""Options of ``classifier score`` on what it writes and where, and which of them go together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from classifier.write.formats import FORMATS, format_of

_OPTIONS = (
    click.option(
        "-o",
        "--output",
        metavar="FILE",
        default="-",
        help="File to write; '-' is stdout (default).",
    ),
    click.option("--overwrite", is_flag=True, help="Replace an output that exists."),
    click.option(
        "--resume",
        is_flag=True,
        help="Go on where a run that was killed or interrupted has left its output, a file in jsonl, "
        "csv, tsv or parquet; the other options must be the same, but for --jobs.",
    ),
    click.option(
        "--format",
        "format_",
        type=click.Choice(FORMATS),
        help="Output format. Default: by the output's suffix, else jsonl.",
    ),
    click.option(
        "--excel",
        is_flag=True,
        help="For csv that a spreadsheet opens: a byte order mark, and an apostrophe before texts "
        "that it would take for formulas. Plain csv has them as they are, formulas included.",
    ),
    click.option(
        "--rows",
        type=click.Choice(["pages", "sentences"]),
        default="pages",
        show_default=True,
        help="For csv and tsv: one row a page, with the strongest sentence of each label, or one row "
        "a sentence. Both have the other columns of the record.",
    ),
    click.option(
        "--sentences",
        type=click.Choice(["flagged", "all", "none"]),
        default="flagged",
        show_default=True,
        help="Which sentences are written; those up for review go with the flagged ones.",
    ),
    click.option(
        "--keep-text",
        is_flag=True,
        help="For jsonl and parquet: rows carry the text, so that 'classifier review' can show it.",
    ),
)


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of this file, in their order."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def output_format(given: Mapping[str, Any]) -> str:
    """Return the format to write.

    Parameters
    ----------
    given
        The command's parameters, those of ``output_options`` among them.

    Raises
    ------
    click.UsageError
        No format is named, or options contradict each other.
    """
    if given["resume"] and given["overwrite"]:
        raise click.UsageError("--resume does not go with --overwrite.")
    output = given["output"]
    chosen: str | None = given["format_"] or format_of(output)
    if chosen is None:
        known = ", ".join(FORMATS)
        raise click.BadParameter(
            f"the suffix of {output} is no format; name one with --format ({known})",
            param_hint="--output",
        )
    if given["excel"] and chosen != "csv":
        raise click.UsageError(f"--excel is for csv, not for {chosen}; name it with --format csv.")
    if given["keep_text"] and chosen not in ("jsonl", "parquet"):
        raise click.UsageError(f"--keep-text is for jsonl and parquet, not for {chosen}.")
    if given["rows"] == "sentences":
        if chosen not in ("csv", "tsv"):
            raise click.UsageError(f"--rows sentences is for csv and tsv, not for {chosen}.")
        if given["sentences"] == "none":
            raise click.UsageError("--rows sentences does not go with --sentences none.")
    return chosen
