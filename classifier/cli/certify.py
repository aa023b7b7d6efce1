"""``classifier certify``: which promises of a model hold on one's own pages."""

from __future__ import annotations

from typing import Any

import click

from classifier.cli._labelled import labelled_options, read, warn_of_overlap
from classifier.cli._options import model_option


@click.command("certify", short_help="Check and renew a model's guarantees on your own pages.")
@click.argument("data", nargs=-1, required=True)
@model_option
@click.option(
    "-o", "--output", type=click.Path(), help="Write the model with the new guarantees here."
)
@click.option("--overwrite", is_flag=True, help="Replace the model that is at --output.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@labelled_options
def command(
    data: tuple[str, ...],
    model: str | None,
    output: str | None,
    overwrite: bool,
    as_json: bool,
    **columns: Any,
) -> None:
    """Check a model on DATA, labelled pages of your own that it was not trained on.

    Shows what has drifted since training, which of the model's promises ('score --min-precision',
    '--min-recall') the sample keeps or breaks, and what the sample itself can promise. With -o, 'score
    --model' uses the new guarantees; scores and thresholds stay as they are.
    """
    import json

    from classifier.model.saving import check_target, save
    from classifier.model.shipped import bundle_at
    from classifier.report import certificate, model_card
    from classifier.run.scorer import Scorer
    from classifier.training.certification import certify

    if output is not None:
        check_target(output, overwrite)
    dataset = read(data, **columns)
    scorer = Scorer(bundle_at(model))
    warn_of_overlap(scorer.model, dataset)
    found = certify(scorer.model, scorer.analyser, dataset)
    click.echo(json.dumps(found.as_dict()) if as_json else certificate(found))
    if output is not None:
        saved = save(found.model, output, model_card(found.model))
        click.echo(f"{saved.name} written to {output}", err=True)
