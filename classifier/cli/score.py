"""``classifier score``: texts in, verdicts out."""

from __future__ import annotations

import gc
import os
import sys
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from classifier import __version__
from classifier.cli._options import (
    model_option,
    named_thresholds,
    number_of_jobs,
    promised_thresholds,
)
from classifier.cli._output import output_format, output_options

if TYPE_CHECKING:
    from classifier.read.meter import Meter
    from classifier.schema import Page, RawPage, Verdict
    from classifier.write.writer import Writer

#: A row, what it adds to the counts, and the error of its record.
_Prepared = tuple[Any, Counter[str], str | None]
#: Options that another run of the same work may have otherwise.
_FREE = ("inputs", "model", "output", "jobs", "resume", "overwrite", "engine")


@click.command("score", short_help="Score texts and write one verdict per record.")
@click.argument("inputs", nargs=-1, required=True)
@model_option
@output_options
@click.option(
    "--text-column",
    metavar="NAME",
    default="text",
    show_default=True,
    help="Column with the text, of inputs that have columns.",
)
@click.option(
    "--id-column",
    metavar="NAME",
    default="id",
    show_default=True,
    help="Column with the id; where it is missing, the id is the file and line.",
)
@click.option(
    "--stdin-format",
    type=click.Choice(["txt", "md", "html", "jsonl", "csv", "tsv"]),
    default="txt",
    show_default=True,
    help="What stdin holds, where '-' is among the INPUTS.",
)
@click.option(
    "--threshold",
    "thresholds",
    multiple=True,
    metavar="LABEL=P",
    help="Flag sentences and pages with LABEL from probability P on, instead of from the model's "
    "thresholds. Once for each label.",
)
@click.option(
    "--min-precision",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    metavar="P",
    help="Flag from the lowest probability that keeps this precision of flagged sentences and of "
    "flagged pages, as the model guarantees it; not with --threshold.",
)
@click.option(
    "--min-recall",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    metavar="P",
    help="Flag from the highest probability that keeps this recall; not with --threshold. With "
    "--min-precision: what lies between the two is up for review, and each row says 'flag', 'review' "
    "or 'pass'.",
)
@click.option(
    "--max-chars",
    type=click.IntRange(min=1),
    metavar="N",
    default=1_000_000,
    show_default=True,
    help="Texts of more characters become error rows.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="Texts that take longer become error rows. Default: no limit.",
)
@click.option("--any-language", is_flag=True, help="Judge texts that are not English too.")
@click.option(
    "-j",
    "--jobs",
    metavar="N|auto",
    callback=number_of_jobs,
    default="1",
    show_default=True,
    help="Worker processes; 'auto' (or -1) takes all cores.",
)
@click.option(
    "--engine",
    type=click.Choice(["local", "spark", "ray"]),
    default="local",
    show_default=True,
    help="Score on a cluster: one INPUT, Parquet at any path or URI that the engine reads, to the "
    "new folder -o, Parquet too.",
)
@click.pass_context
def command(
    ctx: click.Context,
    inputs: tuple[str, ...],
    model: str | None,
    output: str,
    format_: str | None,
    excel: bool,
    rows: str,
    sentences: str,
    keep_text: bool,
    text_column: str,
    id_column: str,
    stdin_format: str,
    thresholds: tuple[str, ...],
    min_precision: float | None,
    min_recall: float | None,
    max_chars: int,
    timeout: float | None,
    any_language: bool,
    jobs: int,
    resume: bool,
    overwrite: bool,
    engine: str,
) -> None:
    """Score INPUTS: files, folders, quoted globs, or '-' for stdin.

    Reads .txt, .md, .html, .jsonl, .csv, .tsv, all also with .gz or .zst after them; .parquet,
    .docx, .xlsx; and .pdf with the extra [documents].
    Writes one row per record, in input order; a record that cannot be scored becomes a row with its
    error. Data go to the output, everything else to stderr.

    Exit status: 0 all scored; 1 nothing could be scored; 2 wrong usage; 3 some records failed;
    130 interrupted; 143 terminated.
    """
    from classifier.model.shipped import bundle_at
    from classifier.read.meter import Meter
    from classifier.read.pages import arrow_schemas, find_inputs, fingerprint, read_records
    from classifier.report import open_report, passed_over, summary
    from classifier.run.scoring import model_fingerprint, open_scorer, score_pages
    from classifier.write.destination import refusal
    from classifier.write.parquet_columns import unified
    from classifier.write.resumable import cannot_resume, open_resumable
    from classifier.write.writer import EXCEL

    if thresholds and (min_precision or min_recall):
        raise click.UsageError("--threshold does not go with --min-precision or --min-recall.")
    format_ = output_format(ctx.params)
    obstacle = cannot_resume(output, format_, inputs)
    if resume and obstacle:
        raise click.BadParameter(obstacle, param_hint="--resume")
    path = bundle_at(model)
    promises, review = promised_thresholds(path, min_precision, min_recall)
    chosen = promises | named_thresholds(thresholds)
    if engine != "local":
        from classifier.cli._engine import score_with

        return score_with(engine, chosen, review)
    found = find_inputs(inputs, stdin_format)
    forbidden = refusal(output, (source.path for source in found.sources), overwrite or resume)
    if forbidden:
        raise click.BadParameter(forbidden, param_hint="--output")
    scorer = open_scorer(path, chosen, review)
    labels = scorer.model.labels
    meter = Meter()
    pages = read_records(
        found,
        text_column=text_column,
        id_column=id_column,
        stdin_format=stdin_format,
        max_chars=max_chars,
        keep_arrow=format_ == "parquet",
        meter=meter,
    )
    score = partial(
        score_pages,
        model=path,
        thresholds=chosen,
        review=review,
        sentences=sentences,
        n_jobs=jobs,
        timeout=timeout,
        max_chars=max_chars,
        any_language=any_language,
    )
    counts: Counter[str] = Counter()
    keep = output if os.path.isfile(output) else None
    banded = review is not None
    written = EXCEL if excel else format_
    table: dict[str, Any] = dict(labels=labels, rows=rows, sentences=sentences, review=banded)
    if format_ == "parquet":
        schemas = arrow_schemas(found, text_column, id_column)
        table["in_arrow"] = unified(schemas, banded)
    if obstacle:
        report = open_report(output, written, **table)
        _write(report, pages, score, counts, meter, keep, keep_text)
    else:
        options = {
            f"--{k.strip('_').replace('_', '-')}": v
            for k, v in ctx.params.items()
            if k not in _FREE
        }
        resumable = open_resumable(
            output,
            written,
            **table,
            settings={
                "the release": __version__,
                "the text pipeline": scorer.analyser.fingerprint,
                "the model": f"{scorer.model.name} ({model_fingerprint(path)[:16]})",
                "the input": fingerprint(found),
                **options,
                "--format": format_,
            },
            tally=counts,
            resume=resume,
        )
        try:
            _write(resumable, pages, score, counts, meter, keep, keep_text)
        except BaseException as error:
            if resumable.kept or isinstance(error, KeyboardInterrupt):
                click.echo(_interrupted(resumable.kept, resumable.part), err=True)
            raise
    click.echo(
        summary(counts, labels, scorer.model.name, sentences != "none", review=banded), err=True
    )
    click.echo(passed_over(found.unknown, found.outputs), err=True, nl=False)
    if counts["failed"]:
        sys.exit(3 if counts["scored"] or counts["not judged"] else 1)


def _write(
    writer: Writer,
    pages: Iterator[Page | RawPage],
    score: Callable[..., Generator[_Prepared, None, None]],
    counts: Counter[str],
    meter: Meter,
    keep: str | None,
    keep_text: bool,
) -> None:
    """Score what the writer has not yet, and write it.

    ``keep`` names an output that exists and stays when nothing could be scored.
    """
    from classifier.errors import InputError
    from classifier.report import Progress
    from classifier.run.scoring import set_aside
    from classifier.values import printable
    from classifier.write.parquet import with_columns

    with writer:
        done = writer.records
        if done:
            click.echo(f"resuming after {done:,} records", err=True)
        aside: deque[Any] = deque()
        left = set_aside(islice(pages, done, None), aside)
        found = score(left, to_row=partial(_prepared, writer.prepare, keep_text))
        gc.freeze()  # the model's objects hold no garbage; walking them again and again costs 15 %
        with Progress(meter, done) as progress, closing(found):
            for row, of_row, error in found:
                counts.update(of_row)
                writer.put(with_columns(row, aside.popleft()))
                progress.advance()
                if error:
                    progress.say(printable(error))
        if keep and not (counts["scored"] or counts["not judged"]):
            raise InputError(f"nothing could be scored; {keep} is left as it was")


def _prepared(prepare: Callable[[Verdict], Any], keep_text: bool, verdict: Verdict) -> _Prepared:
    """What workers send back."""
    from classifier.report import tally

    if keep_text and verdict.error is None:
        verdict = replace(verdict, carry_text=True)
    return prepare(verdict), tally(verdict), verdict.error


def _interrupted(kept: int, part: str) -> str:
    """What an interrupted run says last."""
    if not kept:
        return "interrupted; nothing was kept yet"
    return f"interrupted; {kept:,} records are kept in {part}: --resume goes on from there"
