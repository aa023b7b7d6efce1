"""Options of ``classifier score`` that are more than a value."""

from __future__ import annotations

from pathlib import Path

import click

model_option = click.option(
    "--model",
    type=click.Path(),
    metavar="NAME_OR_PATH",
    help="A shipped model, 'default' or 'fast' (without the encoder: many times faster, less "
    "accurate), or the directory of a bundle. Default: default.",
)


def number_of_jobs(ctx: click.Context, param: click.Parameter, value: str) -> int:
    """A number of processes, -1 for ``auto``."""
    try:
        jobs = -1 if value == "auto" else int(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is neither a number nor 'auto'") from None
    if jobs == 0:
        raise click.BadParameter("must not be 0")
    return jobs


def promised_thresholds(
    path: str | Path, min_precision: float | None, min_recall: float | None
) -> tuple[dict[str, float], dict[str, float] | None]:
    """Thresholds that keep what was asked for, and where the review band begins if there is one.

    Says so where the model promises nothing of pages.
    """
    from classifier.model.bundle import load

    if min_precision is None and min_recall is None:
        return {}, None
    model = load(path)
    precise = {} if min_precision is None else model.promised("precision", min_precision)
    complete = {} if min_recall is None else model.promised("recall", min_recall)
    if model.unit == "sentence" and not model.page_guarantees:
        click.echo("the promise is of sentences: this model has none of pages", err=True)
    return (precise, complete) if precise and complete else (precise or complete, None)


def named_thresholds(options: tuple[str, ...]) -> dict[str, float]:
    """Thresholds that were named one by one, as LABEL=P."""
    chosen: dict[str, float] = {}
    for option in options:
        label, _, value = option.partition("=")
        if label in chosen:
            raise click.BadParameter(f"names '{label}' twice", param_hint="--threshold")
        try:
            chosen[label] = float(value)
        except ValueError:
            raise click.BadParameter(
                f"'{option}' is not LABEL=P", param_hint="--threshold"
            ) from None
        if not 0 <= chosen[label] <= 1:
            raise click.BadParameter(f"{value} is not in [0, 1]", param_hint="--threshold")
    return chosen
