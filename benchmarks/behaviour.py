"""Measure how a model behaves on the contrast sets: rule by rule, and kind by kind.

    python benchmarks/behaviour.py > benchmarks/behaviour.md
    python benchmarks/behaviour.py --model DIRECTORY
    python benchmarks/behaviour.py --raise-floors

``--raise-floors`` brings ``tests/behaviour_floors.json`` up to what was measured less a slack of two
sets or 0.05, whichever is more. It never lowers a floor.
"""

import argparse
import json
import math
from pathlib import Path

import classifier
from classifier.report.tables import markdown
from contrast import LABELS, Case, Rule, judged, ordered, rules

FLOORS = Path(__file__).parents[1] / "tests" / "behaviour_floors.json"
#: What a floor leaves to chance.
SLACK_SETS, SLACK_RATE = 2, 0.05

Floors = dict[str, dict[str, float]]
Results = list[tuple[Rule, str, list[bool]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", help="a bundle; the shipped model if not given")
    parser.add_argument("--raise-floors", action="store_true")
    options = parser.parse_args()
    scorer = classifier.load_model(options.model)
    cases = judged(scorer)
    results = [
        (rule, label, rule.outcomes(cases, label)) for rule in rules() for label in rule.labels
    ]
    floors = json.loads(FLOORS.read_text(encoding="utf-8"))
    if options.raise_floors:
        floors = raised(floors, results)
        FLOORS.write_text(json.dumps(floors, indent=2) + "\n", encoding="utf-8")
    print("# Behaviour on the contrast sets\n")
    print(f"`python benchmarks/behaviour.py`, model {scorer.model.name}.\n")
    print("## By rule\n")
    print(
        "Sets that pass each rule of [`behaviour.toml`](behaviour.toml); the floor of the rate in the"
    )
    print("tests. `kept` asks that the claim is flagged both before and after the change.\n")
    header = ["rule", "expects", "label", "sets", "passed", "rate", "floor"]
    print("\n".join(markdown(header, by_rule(results, floors))))
    print("\n## By kind\n")
    print(
        "Right: texts whose flag is as their labels say. Ordered: sets that differ in the label and"
    )
    print("whose texts that bear it score above those that do not, of how many.\n")
    header = ["kind"]
    header += [f"{label}: {column}" for label in LABELS for column in ("right", "ordered")]
    print("\n".join(markdown(header, by_kind(cases))))


def raised(floors: Floors, results: Results) -> Floors:
    """The floors that the results allow, none lower than it was."""
    new: Floors = {}
    for rule, label, passed in results:
        slack = max(SLACK_SETS, SLACK_RATE * len(passed))
        floor = math.floor(100 * (sum(passed) - slack) / len(passed)) / 100
        old = floors.get(rule.id, {}).get(label, 0.0)
        new.setdefault(rule.id, {})[label] = max(old, floor)
    return new


def by_rule(results: Results, floors: Floors) -> list[list[str]]:
    rows = []
    for rule, label, passed in results:
        rate = sum(passed) / len(passed)
        floor = floors.get(rule.id, {}).get(label, 0.0)
        row = [rule.id, rule.expects, label, str(len(passed)), str(sum(passed))]
        rows.append([*row, f"{rate:.2f}", f"{floor:.2f}"])
    return rows


def by_kind(cases: list[Case]) -> list[list[str]]:
    rows = []
    for kind in sorted({case.kind for case in cases}):
        row = [kind]
        for label in LABELS:
            own = [case for case in cases if (case.kind, case.label) == (kind, label)]
            right = [flag for case in own for flag in case.right()]
            order = [ordered(case) for case in own if case.bearers and case.others]
            row.append(f"{sum(right) / len(right):.2f}")
            row.append(f"{sum(order)} of {len(order)}" if order else "-")
        rows.append(row)
    return rows


if __name__ == "__main__":
    main()
