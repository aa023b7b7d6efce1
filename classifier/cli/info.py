"""``classifier info``: what a model bundle is."""

from __future__ import annotations

import click

from classifier.cli._options import model_option


@click.command("info", short_help="Show what a model bundle holds.")
@model_option
@click.option("--json", "as_json", is_flag=True, help="Print the manifest.")
def command(model: str | None, as_json: bool) -> None:
    """Verify a model bundle and show its labels, thresholds, data and metrics."""
    import json

    from classifier.model.bundle import load
    from classifier.model.shipped import bundle_at
    from classifier.report import model_card

    opened = load(bundle_at(model))
    if as_json:
        about = {"name": opened.name, "labels": opened.labels, "unit": opened.unit,
                 "exclusive": opened.exclusive, "thresholds": opened.thresholds}  # fmt: skip
        click.echo(json.dumps(about | dict(opened.about), indent=2, ensure_ascii=False))
    else:
        click.echo(f"{opened.name}\n\n{model_card(opened)}")
