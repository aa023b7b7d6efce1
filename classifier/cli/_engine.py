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
    target = given["output"]
    reads = _format(source) or "parquet"
    path = bundle_at(given["model"])
    job = Job.of(
        path,
        thresholds=thresholds,
        review=review,
        **{
            n: given[n]
            for n in ("sentences", "text_column", "id_column", "max_chars", "any_language")
        },
        reads=reads,
        writes=given["format_"] or _format(target) or reads,
    )
    counts = open_engine(engine).score_files(source, target, job)
    scored = counts.rows - counts.failed
    found = Counter(scored=scored, failed=counts.failed)
    click.echo(
        summary(found, (), open_scorer(path, thresholds, review).model.name, False), err=True
    )
    if counts.failed:
        sys.exit(3 if scored else 1)


def _refuse(context: click.Context) -> None:
    from classifier.run.job import FORMATS
    from classifier.write.formats import format_of

    engine, given = context.params["engine"], context.params
    for parameter in context.command.params:
        name = parameter.name or ""
        source = context.get_parameter_source(name)
        if name not in HEEDED and source is not click.core.ParameterSource.DEFAULT:
            raise click.UsageError(f"{parameter.opts[-1]} does not go with --engine {engine}.")
    if len(given["inputs"]) != 1 or given["inputs"] == ("-",) or given["output"] == "-":
        raise click.UsageError(f"--engine {engine} needs one INPUT and the folder to write, -o.")
    asked = {given["format_"] or "jsonl", format_of(given["output"]) or "jsonl"}
    if not asked <= set(FORMATS):
        raise click.UsageError(f"--engine {engine} writes jsonl or parquet.")


def _format(path: str) -> str | None:
    """The format that a path names by a suffix, also of ``x.jsonl.gz`` and of ``x/*.jsonl``."""
    parts = path.rstrip("/").rpartition("/")[2].lower().split(".")
    return next((known for known in ("jsonl", "parquet") if known in parts[1:]), None)
