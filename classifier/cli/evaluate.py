"""``classifier evaluate``: how well a model does on labelled data that it was not trained on."""

from __future__ import annotations

from typing import Any

import click

from classifier.cli._labelled import labelled_options, read
from classifier.cli._options import model_option


@click.command("evaluate", short_help="Measure a model on labelled data.")
@click.argument("data", nargs=-1, required=True)
@model_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@labelled_options
def command(data: tuple[str, ...], model: str | None, as_json: bool, **columns: Any) -> None:
    """Measure a model on DATA, per label, for sentences and pages, with 95 % intervals over groups."""
    import json

    from classifier.model.shipped import bundle_at
    from classifier.report import metrics_table
    from classifier.run.scorer import Scorer
    from classifier.training.evaluation import evaluate_model

    dataset = read(data, **columns)
    scorer = Scorer(bundle_at(model))
    metrics = evaluate_model(scorer.model, scorer.analyser, dataset)
    click.echo(json.dumps(metrics) if as_json else metrics_table(metrics, "measured"))
