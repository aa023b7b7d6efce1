"""Every lexicon file, every rule, every example."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from importlib.resources import files
from typing import Any

import pytest

from classifier import analysis
from classifier.text import Analyser
from classifier.text.lexicons import CLASSES, Rule, load_lexicons
from classifier.text.patterns import alternatives, words_of

FOLDER = files("classifier.text") / "lexicons"
FILES = {
    entry.name: tomllib.loads(entry.read_text(encoding="utf-8"))
    for entry in sorted(FOLDER.iterdir(), key=lambda entry: entry.name)
    if entry.name.endswith(".toml")
}
CUES = {name: table for name, table in FILES.items() if name != CLASSES}
WORD_CLASSES = FILES[CLASSES]
RULES = load_lexicons().rules

FILE_KEYS = {"cue": str, "definition": str, "source": str, "rule": list}
RULE_KEYS = {"id": str, "description": str, "patterns": list, "match": list, "no_match": list}
OPTIONAL_RULE_KEYS = {"criterion": str, "source": str}
SPECIAL = {"<ANY>", "<START>", "<END>", "<NUM>"}


def check_keys(table: dict[str, Any], needed: dict[str, type], optional: dict[str, type]) -> None:
    assert set(needed) <= set(table) <= set(needed) | set(optional)
    for key, value in table.items():
        assert isinstance(value, (needed | optional)[key]), key
        assert value, f"{key} is empty"


@pytest.mark.parametrize("name", CUES)
def test_schema_of_cue_file(name: str) -> None:
    table = CUES[name]
    check_keys(table, FILE_KEYS, {})
    assert f"{table['cue']}.toml" == name
    for rule in table["rule"]:
        check_keys(rule, RULE_KEYS, OPTIONAL_RULE_KEYS)
        assert re.fullmatch(rf"{table['cue']}(\.[a-z0-9_]+)+", rule["id"])
        for key in ("patterns", "match", "no_match"):
            assert all(isinstance(item, str) and item for item in rule[key])
            assert len(set(rule[key])) == len(rule[key]), f"{rule['id']}: {key} has repeats"


@pytest.mark.parametrize("name", WORD_CLASSES)
def test_schema_of_class(name: str) -> None:
    entry = WORD_CLASSES[name]
    check_keys(entry, {"definition": str, "source": str, "words": list}, {})
    assert re.fullmatch(r"[A-Z]+", name)
    assert f"<{name}>" not in SPECIAL
    assert not [word for word, count in Counter(entry["words"]).items() if count > 1]
    assert all(word == word.lower() and word for word in entry["words"])


def test_rule_ids_are_unique() -> None:
    assert not [rule for rule, count in Counter(rule.id for rule in RULES).items() if count > 1]


def test_rules_stand_in_a_fixed_order() -> None:
    cues = [rule.cue for rule in RULES]
    assert cues == sorted(cues)
    assert [rule.id for rule in RULES] == [r["id"] for t in CUES.values() for r in t["rule"]]


@pytest.mark.parametrize("rule", [r for r in RULES if r.cue == "disease_claim"], ids=lambda r: r.id)
def test_disease_claims_name_their_criterion(rule: Rule) -> None:
    assert re.match(r"21 CFR 101\.93\(g\)(\(2\)\([ivx]+\))?", rule.criterion)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
class TestRule:
    def test_patterns_are_well_formed(self, rule: Rule) -> None:
        for pattern in rule.patterns:
            assert pattern == " ".join(pattern.split()), pattern
            for sequence in alternatives(pattern):
                assert set(sequence) - {"<START>", "<END>", "<ANY>"}, f"matches anything: {pattern}"
                assert "<START>" not in sequence[1:], pattern
                assert "<END>" not in sequence[:-1], pattern

    def test_every_item_can_match(self, rule: Rule, analyser: Analyser) -> None:
        """Classes are known; no literal has capitals, or is cut by the tokenizer."""
        for item in sorted(items_of(rule)):
            if re.fullmatch(r"<\w+>", item):
                assert item in SPECIAL or item[1:-1] in WORD_CLASSES
                continue
            for word in words_of(item):
                assert word == word.lower().replace("’", "'"), word
                assert is_one_token(word, analyser), f"{word!r} is several tokens"

    def test_match(self, rule: Rule, analyser: Analyser) -> None:
        missed = [text for text in rule.match if rule.id not in rules_in(text, analyser)]
        assert not missed

    def test_no_match(self, rule: Rule, analyser: Analyser) -> None:
        hit = [text for text in rule.no_match if rule.id in rules_in(text, analyser)]
        assert not hit


@pytest.mark.parametrize("name", WORD_CLASSES)
def test_class_words_can_match(name: str, analyser: Analyser) -> None:
    cut = [word for word in WORD_CLASSES[name]["words"] if not is_one_token(word, analyser)]
    assert not cut


def items_of(rule: Rule) -> set[str]:
    return {item for pattern in rule.patterns for items in alternatives(pattern) for item in items}


def is_one_token(word: str, analyser: Analyser) -> bool:
    """Alone, in some spelling ("Dr."), or at the end of a contraction ("n't")."""
    texts = (word, word.capitalize(), word.upper())
    texts += tuple(stump + word for stump in ("do", "I", "it", "can"))
    return any(
        word == token.text.lower() for text in texts for token in analyser.nlp.make_doc(text)
    )


def rules_in(text: str, analyser: Analyser) -> set[str]:
    return {RULES[number].id for number in analyser.analyse([text]).cue_rule}


def test_cues_are_those_that_the_model_knows() -> None:
    assert load_lexicons().cues == analysis.CUES
