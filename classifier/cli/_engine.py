"""``classifier score --engine``: one input to one folder of verdicts, on a cluster."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping

import click

#: Parameters of ``classifier score`` that engines heed; the others are for one machine.
HEEDED = (
    *("engine", "inputs", "model", "output", "format_", "sentences", "text_column", "id_column"),
    *("thresholds", "min_precision", "min_recall", "max_chars", "any_language"),
)


def score_with(
    engine: str,
    thresholds: Mapping[str, float],
    review: Mapping[str, float] | None,
) -> None:
    """Run ``classifier score`` with the current command's options on ``spark`` or ``ray``.

    Raises
    ------
    InputError
        The extra is missing, the input cannot be read, or the output exists.
    click.UsageError
        An option does not go with engines.
    """
    from classifier.model.shipped import bundle_at
    from classifier.report import summary
    from classifier.run.engines import Job, open_engine
    from classifier.run.scoring import open_scorer

    context = click.get_current_context()
    given = context.params
    _refuse(context)
    (source,) = given["inputs"]
    path = bundle_at(given["model"])
    job = Job.of(
        path,
        thresholds=thresholds,
        review=review,
        **{
            n: given[n]
            for n in ("sentences", "text_column", "id_column", "max_chars", "any_language")
        },
    )
    counts = open_engine(engine).score_files(source, given["output"], job)
    scored = counts.rows - counts.failed
    found = Counter(scored=scored, failed=counts.failed)
    click.echo(
        summary(found, (), open_scorer(path, thresholds, review).model.name, False), err=True
    )
    if counts.failed:
        sys.exit(3 if scored else 1)


def _refuse(context: click.Context) -> None:
    engine, given = context.params["engine"], context.params
    for parameter in context.command.params:
        name = parameter.name or ""
        source = context.get_parameter_source(name)
        if name not in HEEDED and source is not click.core.ParameterSource.DEFAULT:
            raise click.UsageError(f"{parameter.opts[-1]} does not go with --engine {engine}.")
    if len(given["inputs"]) != 1 or given["inputs"] == ("-",) or given["output"] == "-":
        raise click.UsageError(f"--engine {engine} needs one INPUT and the folder to write, -o.")
    if given["format_"] not in (None, "parquet"):
        raise click.UsageError(f"--engine {engine} writes Parquet only, not {given['format_']}.")
    for path in (*given["inputs"], given["output"]):
        _refuse_other_than_parquet(path, engine)


def _refuse_other_than_parquet(path: str, engine: str) -> None:
    """Refuse a path with the suffix of another format; any other path may be of Parquet."""
    from classifier.read.pages import FORMATS

    suffix = next(
        (s for s, f in FORMATS.items() if path.lower().endswith(s) and f != "parquet"), None
    )
    if suffix is not None:
        raise click.UsageError(
            f"{path}: --engine {engine} reads and writes Parquet only, not {suffix}. "
            "docs/cluster.md says how to bring tables there and back, for example with "
            "spark.read.json(...).write.parquet(...); without --engine, every format will do."
        )
