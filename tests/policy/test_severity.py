"""The rules of severity: every rule, every example, and how they are weighed."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from classifier.policy import severity
from classifier.policy.judge import SeverityJudge
from classifier.policy.severity import SeverityRule, described, load_severity_rules
from classifier.schema import Severity
from classifier.text import Analyser
from classifier.text.lexicons import load_lexicons
from classifier.text.patterns import alternatives, words_of

TABLE = load_severity_rules()
RULES = [rule for rule in TABLE.rules if rule.patterns]
DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def whole() -> Analyser:
    """Takes each text as one sentence."""
    return Analyser(split=False)


@pytest.fixture(scope="module")
def judge() -> SeverityJudge:
    return SeverityJudge()


def found(text: str, whole: Analyser, judge: SeverityJudge) -> Severity:
    (severity,) = judge.judge(whole.analyse([text]), np.arange(1))
    return severity


def test_levels_stand_in_order_and_end_with_all_other_claims() -> None:
    levels = [rule.level for rule in TABLE.rules]
    assert levels == sorted(levels, reverse=True)
    assert set(levels) == {1, 2, 3, 4, 5}
    assert (
        [rule.id for rule in TABLE.rules if not rule.patterns] == [TABLE.rules[-1].id] == ["other"]
    )


def test_ids_and_names() -> None:
    assert max(Counter(rule.id for rule in TABLE.rules).values()) == 1
    assert len({(rule.level, rule.id.split(".")[0]) for rule in TABLE.rules}) == 5
    readme = (Path(severity.__file__).parent / "README.md").read_text(encoding="utf-8")
    for rule in TABLE.rules:
        assert re.fullmatch(r"[a-z_]+(\.[a-z_]+)?", rule.id)
        assert f"| {rule.level} | `{rule.id.split('.')[0]}` |" in readme


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
class TestRule:
    def test_is_complete(self, rule: SeverityRule) -> None:
        assert rule.reason[0].isupper()
        assert rule.source
        assert rule.match
        assert rule.no_match
        assert len(set(rule.patterns)) == len(rule.patterns)

    def test_match(self, rule: SeverityRule, whole: Analyser, judge: SeverityJudge) -> None:
        for text in rule.match:
            assert found(text, whole, judge) == (rule.level, rule.id), text

    def test_no_match(self, rule: SeverityRule, whole: Analyser, judge: SeverityJudge) -> None:
        for text in rule.no_match:
            assert found(text, whole, judge).level < rule.level, text


def classes() -> dict[str, str]:
    return load_lexicons().classes | TABLE.classes


@pytest.fixture(scope="module")
def tokens(whole: Analyser) -> set[str]:
    """Words that the tokenizer leaves whole, of all that stand in patterns and classes."""
    words = {word for _, pattern in patterns() for word in literals(pattern)} | TABLE.classes.keys()
    texts = sorted(
        {spelling for word in words for spelling in (word, word.upper(), f"do{word}", f"I{word}")}
    )
    return {token.text.lower() for text in texts for token in whole.nlp.make_doc(text)}


def patterns() -> list[tuple[str, str]]:
    of_rules = [(rule.id, pattern) for rule in RULES for pattern in rule.patterns]
    return of_rules + [(f"unless {level}", p) for level, ps in TABLE.unless.items() for p in ps]


def literals(pattern: str) -> set[str]:
    items = {item for items in alternatives(pattern) for item in items}
    return {word for item in items if not re.fullmatch(r"<\w+>", item) for word in words_of(item)}


@pytest.mark.parametrize("where", dict.fromkeys(name for name, _ in patterns()))
def test_every_item_can_match(where: str, tokens: set[str]) -> None:
    known = set(classes().values()) | {"<ANY>", "<NUM>", "<START>", "<END>"}
    for name, pattern in patterns():
        if name == where:
            assert pattern == " ".join(pattern.split()), pattern
            assert pattern.count("(") - pattern.count("( ") == pattern.count(")"), pattern
            assert set(re.findall(r"<[A-Z]+>", pattern)) <= known, pattern
            cut = [word for word in literals(pattern) if word not in tokens]
            assert not cut, pattern


def test_class_words_can_match(tokens: set[str]) -> None:
    assert not [word for word in TABLE.classes if word not in tokens]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("It eases a sore back.", "other"),
        ("", None),
        ("Safe for children, no side effects.", "cure_or_guarantee.no_risk"),
        ("It cures diabetes in children.", "serious_disease.named"),
        ("It cures diabetes without insulin.", "replaces_treatment.stop_medicine"),
        ("It is no cure, but it eases the itch.", "other"),
        ("It is no cure for eczema, but my itch is gone.", "cure_or_guarantee.cure"),
        ("Sleep like a baby.", "other"),
        ("Sleep like a baby, and your baby will too.", "children_or_pregnancy.children"),
        ("Keeps your blood sugar healthy.", "other"),
        (
            "Keeps blood sugar healthy and brings cholesterol down.",
            "serious_disease.heart_and_vessels",
        ),
        ("Traditional Chinese medicine without a needle", "other"),
    ],
)
def test_the_worst_rule_names_the_level(
    text: str, rule: str | None, whole: Analyser, judge: SeverityJudge
) -> None:
    X = whole.analyse([text])
    severities = judge.judge(X, np.arange(len(X)))
    assert [severity.rule for severity in severities] == ([rule] if rule else [])


def test_a_sentence_is_judged_by_itself(whole: Analyser, judge: SeverityJudge) -> None:
    texts = [example for rule in RULES for example in (*rule.match, *rule.no_match)]
    together = judge.judge(whole.analyse(texts), np.arange(len(texts)))
    assert together == [found(text, whole, judge) for text in texts]
    chosen = np.arange(len(texts))[1::3]
    assert judge.judge(whole.analyse(texts), chosen) == together[1::3]


def test_described() -> None:
    (line,) = described(Severity(3, "cure_or_guarantee.cure"))
    assert line.startswith("severity 3, cure_or_guarantee.cure: Says that a complaint is cured")
    assert described(Severity(1, "other")) == described(None) == []


def test_labelled_sentences_are_claims_of_the_corpus() -> None:
    claims = set()
    for path in (DATA / "corpus").glob("*.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines():
            page = json.loads(line)
            claims |= {(page["id"], s["start"], s["end"]) for s in page["segments"]}
    rows = [json.loads(line) for line in (DATA / "severity.jsonl").read_text().splitlines()]
    places = [(row["page"], row["start"], row["end"]) for row in rows]
    assert len(set(places)) == len(places) == 600
    assert set(places) <= claims
    assert {row["level"] for row in rows} == {1, 2, 3, 4, 5}
