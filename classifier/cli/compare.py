"""``classifier compare``: whether one model is better than another, and where."""

from __future__ import annotations

from typing import Any

import click

from classifier.cli._labelled import labelled_options, read, warn_of_overlap
from classifier.values import printable


@click.command("compare", short_help="Compare two models on labelled data.")
@click.argument("a")
@click.argument("b")
@click.argument("data", nargs=-1, required=True)
@click.option(
    "--by",
    multiple=True,
    metavar="COLUMN",
    help="Also compare on each value of a column of DATA ('group' is one). Repeatable.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    help="Exit with status 4 if average precision or F1 of B falls short of that of A by more than "
    "this, for any label, in all or in a slice of --by.",
)
@click.option(
    "--flips",
    type=click.IntRange(min=0),
    default=10,
    show_default=True,
    help="How many of the units that A and B decide differently to list.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@labelled_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    a: str,
    b: str,
    data: tuple[str, ...],
    by: tuple[str, ...],
    tolerance: float | None,
    flips: int,
    as_json: bool,
    **columns: Any,
) -> None:
    """Compare B with A on DATA: each a bundle, a shipped model's name, or a file of --predictions.

    Prints average precision and F1 per label, with 95 % intervals of the difference from a paired
    bootstrap over groups (those that share text count as one), the units that are decided differently
    side by side, and in how many groups either decides more units rightly.

    Example: classifier compare fast default held-out.jsonl --tolerance 0.01
    """
    import json
    import os

    from classifier.cli._record import check_columns
    from classifier.corpus.duplicates import join_groups
    from classifier.model.shipped import bundle_at
    from classifier.report import comparison_text
    from classifier.run.scorer import Scorer
    from classifier.training.comparison import Pair, compare, regressions
    from classifier.training.evaluation import predictions_of
    from classifier.training.predictions import Predictions
    from classifier.training.stored import read_predictions

    dataset = read(data, **columns)
    check_columns(dataset, by)
    groups = join_groups(dataset).groups

    def say(line: str) -> None:
        click.echo(printable(line), err=True)

    def side(name: str) -> Predictions:
        if os.path.isfile(name):
            return read_predictions(name, dataset, groups, say)
        scorer = Scorer(bundle_at(name))
        warn_of_overlap(scorer.model, dataset)
        return predictions_of(scorer.model, scorer.analyser, dataset, groups)

    found = compare(Pair(side(a), side(b)), by, flips)
    worse = [] if tolerance is None else regressions(found, tolerance)
    if as_json:
        click.echo(json.dumps({"a": a, "b": b, **found}))
    else:
        click.echo(comparison_text(found))
    for label, metric, difference in worse:
        say(f"regression: {metric} of {label} is {difference:+.4f}, beyond {tolerance}")
    if worse:
        ctx.exit(4)
