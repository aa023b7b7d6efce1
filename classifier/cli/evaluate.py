"""``classifier evaluate``: how well a model does on labelled data that it was not trained on."""

from __future__ import annotations

from typing import Any

import click

from classifier.cli._labelled import labelled_options, read, warn_of_overlap
from classifier.cli._options import model_option
from classifier.cli._record import check_columns, check_outputs, record_options, recorded


@click.command("evaluate", short_help="Measure a model on labelled data.")
@click.argument("data", nargs=-1, required=True)
@model_option
@record_options
@click.option(
    "--overwrite", is_flag=True, help="Replace files that --predictions and --plots name."
)
@labelled_options
def command(
    data: tuple[str, ...],
    model: str | None,
    predictions: str | None,
    by: tuple[str, ...],
    errors: int,
    plots: str | None,
    as_json: bool,
    overwrite: bool,
    **columns: Any,
) -> None:
    """Measure a model on DATA, per label, for sentences and pages, with 95 % intervals over groups.

    Groups that share text count as one. Says how much of DATA the model was trained on, and gives the
    figures without those pages too.
    """
    import json

    from classifier.model.shipped import bundle_at
    from classifier.report import metrics_table, record_text
    from classifier.run.scorer import Scorer
    from classifier.training.evaluation import evaluate_model
    from classifier.training.predictions import Predictions

    check_outputs(data, overwrite, predictions, plots)
    dataset = read(data, **columns)
    check_columns(dataset, by)
    scorer = Scorer(bundle_at(model))
    warn_of_overlap(scorer.model, dataset)
    kept: list[Predictions] = []
    metrics = evaluate_model(scorer.model, scorer.analyser, dataset, kept.append)
    record = recorded(kept[0], by, errors, predictions, plots)
    if as_json:
        click.echo(json.dumps({**metrics, **record}))
        return
    click.echo(metrics_table(metrics, "measured"))
    without = metrics.get("overlap", {}).get("without")
    if without is not None:
        click.echo("\n" + metrics_table(without, "measured without pages that it was trained on"))
    click.echo("\n" + record_text(record))
