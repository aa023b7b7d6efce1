"""The model card: every number in it is the manifest's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from classifier.model.bundle import Model, load
from classifier.report import model_card

HEADINGS = ("Details", "Intended use", "Training data", "Metrics", "Configuration")


@pytest.fixture(scope="module")
def card(model: Model) -> str:
    return model_card(model)


def test_headings(card: str) -> None:
    found = [line.lstrip("# ") for line in card.splitlines() if line.startswith("#")]
    assert found == ["Model card", *HEADINGS]


def test_numbers(card: str, model: Model) -> None:
    data = model.about["data"]
    assert data["sha256"] in card
    assert model.fingerprint in card
    assert f"{data['pages']} pages, {data['units']} labelled units in {data['groups']}" in card
    for label, value in model.thresholds.items():
        assert f"`{label}`" in card
        assert f"{value:.6f}" in card
    for key, value in model.about["config"].items():
        assert f"`{key} = {value}`" in card


def test_a_loaded_model_gives_the_same_card(card: str, bundle: Path) -> None:
    assert model_card(load(bundle)) == card


def test_what_differs_by_task(card: str, model: Model) -> None:
    data = model.about["data"] | {"grouped": False}
    other = replace(
        model,
        labels=("x", "y"),
        exclusive=True,
        unit="record",
        thresholds={},
        about=model.about | {"data": data},
    )
    assert "exactly one of the labels `x`, `y`" in model_card(other)
    assert "most probable label" in model_card(other)
    assert "name no groups" in model_card(other)
    assert "name no groups" not in card
    assert "Screening English web text about health" in card
    assert "Screening English web text about health" not in model_card(other)
