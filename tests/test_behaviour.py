"""What the shipped model's flags must do, and must not do, on the contrast sets."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import classifier
from classifier.model.bundle import MANIFEST
from classifier.model.shipped import bundle_at
from contrast import EXPECTATIONS, SETS, Case, Found, Rule, judged, rules

RULES = rules()
BY_ID = {rule.id: rule for rule in RULES}
FLOORS = json.loads((Path(__file__).parent / "behaviour_floors.json").read_text(encoding="utf-8"))
#: With fewer sets the slack of two leaves nothing to test.
LEAST_SETS = 5


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return judged(classifier.load_model())


@pytest.mark.parametrize(
    ("name", "label"), [(name, label) for name in FLOORS for label in FLOORS[name]]
)
def test_shipped_model_holds_the_floor(name: str, label: str, cases: list[Case]) -> None:
    passed = BY_ID[name].outcomes(cases, label)
    assert len(passed) >= LEAST_SETS
    assert sum(passed) / len(passed) >= FLOORS[name][label]


def test_each_rule_has_its_floors() -> None:
    assert len(BY_ID) == len(RULES)
    assert {rule.id: set(rule.labels) for rule in RULES} == {
        name: set(labels) for name, labels in FLOORS.items()
    }, "run python benchmarks/behaviour.py --raise-floors"


def test_each_kind_has_a_rule(cases: list[Case]) -> None:
    assert {case.kind for case in cases} == {kind for rule in RULES for kind in rule.kinds}


def test_each_rule_rests_on_the_guide() -> None:
    guide = " ".join((SETS.parents[1] / "GUIDE.md").read_text(encoding="utf-8").split())
    guide = re.sub(r"\*\*?", "", guide)
    assert [rule.id for rule in RULES if rule.guide not in guide] == []


def test_shipped_model_has_not_seen_the_contrast_sets() -> None:
    """That none of their texts stands in the corpus either, ``test_data.py`` holds."""
    manifest = json.loads((bundle_at(None) / MANIFEST).read_text(encoding="utf-8"))
    assert SETS.name not in manifest["data"]["files"]


HIGH, MIDDLE, LOW = Found(0.9, True), Found(0.6, True), Found(0.1, False)
NEAR = Found(0.45, False)


@pytest.mark.parametrize(
    ("bearers", "others", "holds"),
    [
        ([HIGH, MIDDLE], [LOW], {"kept", "absolved", "convicted", "caught", "spared"}),
        ([HIGH, LOW], [LOW], {"spared"}),
        ([MIDDLE], [HIGH], {"caught"}),
        ([HIGH], [MIDDLE], {"convicted", "caught"}),
        ([NEAR, Found(0.36, False)], [LOW], {"absolved", "spared"}),
        ([], [LOW], {"spared"}),
        ([LOW], [], set()),
    ],
)
def test_expectations(bearers: list[Found], others: list[Found], holds: set[str]) -> None:
    case = Case("kind", "label", bearers, others)
    found = {
        name
        for name in EXPECTATIONS
        if Rule("id", ["kind"], name, ["label"], "").outcomes([case], "label") == [True]
    }
    assert found == holds
