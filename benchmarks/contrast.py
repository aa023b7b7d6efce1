"""How a model behaves on the contrast sets, by the rules of ``behaviour.toml``.

A rule is a test of CheckList (Ribeiro et al., "Beyond Accuracy: Behavioral Testing of NLP Models with
CheckList", ACL 2020): of invariance, of a direction, or of minimum functionality.
"""

import json
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from classifier.run.scorer import Scorer
from classifier.schema import PROMOTIONAL, UNSUPPORTED_CLAIM, Page, Verdict

LABELS = (PROMOTIONAL, UNSUPPORTED_CLAIM)
SETS = Path(__file__).parents[1] / "data" / "contrast" / "contrast.jsonl"
RULES = Path(__file__).with_name("behaviour.toml")


class Found(NamedTuple):
    """What the model says of one text, for one label."""

    score: float
    flagged: bool


class Case(NamedTuple):
    """One set for one label: the texts that bear it and those that do not, in the set's order."""

    kind: str
    label: str
    bearers: list[Found]
    others: list[Found]

    def right(self) -> list[bool]:
        """Of each text, whether its flag is as its labels say."""
        return [b.flagged for b in self.bearers] + [not o.flagged for o in self.others]


def ordered(case: Case) -> bool:
    """Direction: each text that bears the label scores above each that does not."""
    return min(b.score for b in case.bearers) > max(o.score for o in case.others)


def caught(case: Case) -> bool:
    """Minimum functionality: all texts that bear the label are flagged."""
    return all(b.flagged for b in case.bearers)


def spared(case: Case) -> bool:
    """Minimum functionality: no text without the label is flagged."""
    return not any(o.flagged for o in case.others)


class Expectation(NamedTuple):
    """What must hold of a set, if it has so many texts with and without the label."""

    bearers: int
    others: int
    holds: Callable[[Case], bool]


EXPECTATIONS = {
    "kept": Expectation(2, 0, caught),
    "absolved": Expectation(1, 1, lambda case: ordered(case) and spared(case)),
    "convicted": Expectation(1, 1, lambda case: ordered(case) and caught(case)),
    "caught": Expectation(1, 0, caught),
    "spared": Expectation(0, 1, spared),
}


@dataclass(frozen=True)
class Rule:
    """An entry of ``behaviour.toml``, which says what the fields mean."""

    id: str
    kinds: Sequence[str]
    expects: str
    labels: Sequence[str]
    guide: str

    def outcomes(self, cases: Iterable[Case], label: str) -> list[bool]:
        """Whether the rule holds, for each case of the label that it applies to."""
        bearers, others, holds = EXPECTATIONS[self.expects]
        return [
            holds(case)
            for case in cases
            if case.kind in self.kinds
            and case.label == label
            and len(case.bearers) >= bearers
            and len(case.others) >= others
        ]


def rules() -> list[Rule]:
    """All rules, in the order of the file."""
    return [Rule(**entry) for entry in tomllib.loads(RULES.read_text(encoding="utf-8"))["rule"]]


def judged(scorer: Scorer) -> list[Case]:
    """Score every text of every set within its context."""
    sets = [json.loads(line) for line in SETS.read_text(encoding="utf-8").splitlines()]
    pages = [Page("-", text(item, variant)) for item in sets for variant in item["variants"]]
    verdicts = iter(scorer.score_batch(pages, "all"))
    cases = []
    for item in sets:
        scored = [(variant, next(verdicts)) for variant in item["variants"]]
        for label in LABELS:
            bearers, others = (
                [found(verdict, v, label) for v, verdict in scored if bears(v, label) == side]
                for side in (True, False)
            )
            cases.append(Case(item["kind"], label, bearers, others))
    return cases


def text(item: dict[str, Any], variant: dict[str, Any]) -> str:
    """A page that ends with the variant, on a line of its own."""
    context = variant.get("context", item["context"])
    return f"{context}\n{variant['text']}" if context else variant["text"]


def bears(variant: dict[str, Any], label: str) -> bool:
    """The gold label."""
    return variant["promotional"] if label == PROMOTIONAL else variant["claim"] == "unsupported"


def found(verdict: Verdict, variant: dict[str, Any], label: str) -> Found:
    """Highest score, and any flag, of the sentences of the variant."""
    start = len(verdict.text) - len(variant["text"])
    own = [sentence for sentence in verdict.sentences if sentence.end > start]
    return Found(max(s.scores[label] for s in own), any(label in s.flags for s in own))
