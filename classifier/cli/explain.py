"""``classifier explain``: a text with its flags and the reasons for them."""

from __future__ import annotations

import sys

import click

from classifier.cli._options import model_option


@click.command("explain", short_help="Show texts with their flags and the reasons for them.")
@click.argument("inputs", nargs=-1, required=True)
@model_option
@click.option("--label", help="Explain this label only.")
@click.option(
    "--top",
    type=click.IntRange(min=0),
    default=5,
    show_default=True,
    help="N-grams that text names for a label, and as many against it.",
)
@click.option("--all", "every", is_flag=True, help="Explain all sentences, flagged or not.")
@click.option(
    "--words",
    is_flag=True,
    help="Also score each page again without each word of its explained sentences, and name the words "
    "whose removal changes a score most. Slow: as many pages as there are words.",
)
@click.option("--any-language", is_flag=True, help="Explain texts that are not English too.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json: one line per record, with every contribution.",
)
def command(
    inputs: tuple[str, ...],
    model: str | None,
    label: str | None,
    top: int,
    every: bool,
    words: bool,
    any_language: bool,
    format_: str,
) -> None:
    """Explain INPUTS: what 'classifier score' reads, or '-' for plain text from stdin.

    What contributes to a score adds up to its logit, ln(p / (1 - p)): positive numbers speak for the
    label, negative ones against it.

    Exit status: 0 all explained; 1 nothing could be explained; 2 wrong usage; 3 some records failed.
    """
    import orjson

    from classifier.model.shipped import bundle_at
    from classifier.read.pages import read_pages
    from classifier.report import colours_welcome, explanation_row, explanation_text
    from classifier.run.explaining import explain_page
    from classifier.run.scoring import open_scorer
    from classifier.values import printable

    scorer = open_scorer(bundle_at(model), any_language=any_language)
    colour = colours_welcome()
    failures = []
    for page in read_pages(inputs):
        explained = explain_page(scorer, page, label=label, every=every, words=words)
        if format_ == "json":
            output = orjson.dumps(explanation_row(explained))
        else:
            output = explanation_text(explained, top=top, colour=colour).encode("utf-8", "replace")
        click.echo(output)
        failures.append(explained.verdict.error is not None)
        if explained.verdict.error:
            click.echo(printable(explained.verdict.error), err=True)
    if any(failures):
        sys.exit(1 if all(failures) else 3)
