"""``classifier train``: labelled data in, a model bundle out."""

from __future__ import annotations

from typing import Any

import click

from classifier.cli._labelled import labelled_options, read
from classifier.cli._record import check_columns, check_outputs, record_options, recorded
from classifier.values import printable


@click.command("train", short_help="Train a model on labelled data.")
@click.argument("data", nargs=-1, required=True)
@click.option("-o", "--output", required=True, type=click.Path(), help="Directory of the bundle.")
@click.option("--overwrite", is_flag=True, help="Replace the model that is at --output, and files.")
@click.option("--config", type=click.Path(dir_okay=False), help="TOML file with settings.")
@click.option(
    "--calibrate-on",
    multiple=True,
    metavar="PATH",
    help="File or folder among DATA with pages like those to be scored: calibration, thresholds, "
    "guarantees and metrics come from these alone. Repeatable. Default: all DATA.",
)
@click.option(
    "--encoder",
    type=click.Path(exists=True, file_okay=False),
    metavar="BUNDLE",
    help="Directory with an encoder (a bundle that has one): it reads the pages too, and becomes part "
    "of the model. It must not have been trained on DATA, but for the pages of --held-out.",
)
@click.option(
    "--held-out",
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="Logits for the pages that the encoder was trained on, from encoders that were not.",
)
@click.option("--seed", type=int, help="Seed of folds and solver; overrides the configuration.")
@click.option(
    "--repeats",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Cross-validate with so many seeds and report the spread of the metrics.",
)
@click.option(
    "--search",
    type=click.Choice(["none", "quick", "full"]),
    default="none",
    show_default=True,
    help="Choose whether cues count and the longest n-gram of words (quick), and that of word classes "
    "and C as well (full), by cross-validation within the data that a model is fitted on.",
)
@click.option(
    "--baselines/--no-baselines",
    default=True,
    show_default=True,
    help="Also cross-validate the majority, length alone, and TF-IDF with a logistic regression and "
    "with a linear SVM, on the same folds.",
)
@click.option(
    "-j", "--jobs", default=1, show_default=True, help="Processes for cross-validation; -1: all."
)
@record_options
@labelled_options
def command(
    data: tuple[str, ...],
    output: str,
    overwrite: bool,
    config: str | None,
    calibrate_on: tuple[str, ...],
    encoder: str | None,
    held_out: str | None,
    seed: int | None,
    repeats: int,
    search: str,
    baselines: bool,
    jobs: int,
    predictions: str | None,
    by: tuple[str, ...],
    errors: int,
    plots: str | None,
    as_json: bool,
    **columns: Any,
) -> None:
    """Train a model on DATA and write it to a directory that 'score --model' accepts.

    DATA are labelled pages (JSON lines with segments) or tables (csv, tsv, jsonl, parquet) with one
    labelled text per row. Prints cross-validated metrics; pages of one group are never split.
    """
    import json
    from dataclasses import replace
    from pathlib import Path

    from classifier.corpus.provenance import read_from
    from classifier.encoder.files import read_encoder_from
    from classifier.encoder.held_out import read_held_out
    from classifier.model.saving import check_target, save
    from classifier.report import baselines_table, metrics_table, model_card, record_text
    from classifier.training.config import TrainConfig
    from classifier.training.predictions import Predictions
    from classifier.training.training import train

    if jobs == 0:
        raise click.BadParameter("must not be 0", param_hint="--jobs")
    if held_out and not encoder:
        raise click.UsageError("--held-out needs --encoder")
    check_target(output, overwrite)
    check_outputs(data, overwrite, predictions, plots)
    settings = TrainConfig.from_toml(config) if config else TrainConfig()
    if seed is not None:
        settings = replace(settings, seed=seed)
    dataset = read(data, **columns)
    check_columns(dataset, by)
    kept: list[Predictions] = []
    model = train(
        dataset,
        settings,
        encoder=read_encoder_from(Path(encoder)) if encoder else None,
        held_out=read_held_out(Path(held_out)) if held_out else None,
        calibrate_on=read_from(dataset, calibrate_on) if calibrate_on else None,
        n_jobs=jobs,
        repeats=repeats,
        progress=lambda line: click.echo(printable(line), err=True),
        keep=kept.append,
        with_baselines=baselines,
        search=search,
    )
    model = save(model, output, model_card(model))
    metrics = model.about["metrics"]
    record = recorded(kept[0], by, errors, predictions, plots)
    if as_json:
        click.echo(json.dumps({"model": model.name, **metrics, **record}))
    else:
        click.echo(metrics_table(metrics, "cross-validated"))
        if baselines:
            click.echo("\n" + baselines_table(metrics))
        click.echo("\n" + record_text(record))
    click.echo(f"{model.name} written to {output}", err=True)
