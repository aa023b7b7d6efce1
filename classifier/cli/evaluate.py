"""``classifier evaluate``: how well a model does on labelled data that it was not trained on."""

from __future__ import annotations

from typing import Any

import click

from classifier.cli._labelled import labelled_options, read, warn_of_overlap
from classifier.cli._options import model_option


@click.command("evaluate", short_help="Measure a model on labelled data.")
@click.argument("data", nargs=-1, required=True)
@model_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@labelled_options
def command(data: tuple[str, ...], model: str | None, as_json: bool, **columns: Any) -> None:
    """Measure a model on DATA, per label, for sentences and pages, with 95 % intervals over groups.

    Groups that share text count as one. Says how much of DATA the model was trained on, and gives the
    figures without those pages too.
    """
    import json

    from classifier.model.shipped import bundle_at
    from classifier.report import metrics_table
    from classifier.run.scorer import Scorer
    from classifier.training.evaluation import evaluate_model

    dataset = read(data, **columns)
    scorer = Scorer(bundle_at(model))
    warn_of_overlap(scorer.model, dataset)
    metrics = evaluate_model(scorer.model, scorer.analyser, dataset)
    if as_json:
        click.echo(json.dumps(metrics))
        return
    click.echo(metrics_table(metrics, "measured"))
    without = metrics.get("overlap", {}).get("without")
    if without is not None:
        click.echo("\n" + metrics_table(without, "measured without pages that it was trained on"))
