"""``classifier data``: check, describe, split and convert labelled data."""

from __future__ import annotations

import sys
from typing import Any

import click

from classifier.cli._labelled import labelled_options, read
from classifier.values import printable


@click.group("data", short_help="Check, describe, split and convert labelled data.")
def command() -> None:
    """Work on labelled data: pages with segments, or tables with one labelled text per row."""


@command.command("check")
@click.argument("paths", nargs=-1, required=True)
@labelled_options
def check(paths: tuple[str, ...], **columns: Any) -> None:
    """Check schema, offsets, labels, coverage, contradictions and near duplicates.

    Prints one line per problem, with file, line and field; then which groups training makes one,
    because they share text, with all units because of which. Exit status 1 if there is any problem.
    """
    from classifier.corpus.checks import problems
    from classifier.corpus.duplicates import LEAST_WORDS, join_groups

    data = read(paths, **columns)
    joined = join_groups(data)
    found = 0
    for problem in problems(data, joined.duplicates):
        click.echo(printable(problem))
        found += 1
    for line in joined.report():
        click.echo(printable(line))
    units = sum(len(page.segments) for page in data.pages)
    short = sum(pair.by_chance for pair in joined.duplicates)
    if short:
        note = f"{short:,} units of fewer than {LEAST_WORDS} words repeat one of another page"
        click.echo(f"{note}, which joins no groups", err=True)
    click.echo(f"{len(data.pages)} pages, {units} units: {found or 'no'} problems", err=True)
    sys.exit(1 if found else 0)


@command.command("stats")
@click.argument("paths", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--plot", type=click.Path(dir_okay=False), help="Also draw a PNG (extra 'plots').")
@labelled_options
def stats(paths: tuple[str, ...], as_json: bool, plot: str | None, **columns: Any) -> None:
    """Count pages and units, label balance per genre and family, lengths, diversity."""
    import json

    from classifier.corpus.statistics import statistics
    from classifier.report import plot_statistics, statistics_table

    found = statistics(read(paths, **columns))
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else statistics_table(found))
    if plot:
        plot_statistics(found, plot)


@command.command("splits")
@click.argument("paths", nargs=-1, required=True)
@labelled_options
def splits(paths: tuple[str, ...], **columns: Any) -> None:
    """Print the fixed grouped split and the leave-one-family-out folds as JSON, by page id."""
    import json

    from classifier.corpus.splits import splits

    click.echo(json.dumps(splits(read(paths, **columns)), indent=1, ensure_ascii=False))


@command.command("convert")
@click.argument("source")
@click.argument("target")
def convert(source: str, target: str) -> None:
    """Convert labelled pages between .jsonl and the line-by-line authoring format .marked."""
    from classifier.corpus.labelled import read_labelled
    from classifier.corpus.labelled_writer import write_labelled

    data = read_labelled([source])
    write_labelled(data.pages, target, data.labels)
    click.echo(f"{len(data.pages)} pages written to {target}", err=True)
