"""Cue lexicons and word classes, read from the TOML files in ``lexicons/``.

A *cue* is a kind of wording that the labelling guide speaks of; a *rule* is one shape of it, with a
stable id, examples that must match and examples that must not. The pattern language is described in
``lexicons/README.md``.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

CLASSES = "classes.toml"


@dataclass(frozen=True, slots=True)
class Rule:
    """One shape of a cue.

    Attributes
    ----------
    id
        Stable dotted name, ``cue.shape``.
    cue, description, source
        The cue it belongs to, what the rule marks, where the notion comes from.
    criterion
        For disease claims: the criterion of 21 CFR 101.93(g)(2) that the wording meets, else empty.
    patterns
        In the pattern language.
    match, no_match
        Examples that must and must not match.
    """

    id: str
    cue: str
    description: str
    source: str
    criterion: str
    patterns: tuple[str, ...]
    match: tuple[str, ...]
    no_match: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lexicons:
    """All rules, in a fixed order, and the class of each classed word.

    Attributes
    ----------
    rules
        Sorted by cue, then in file order; a rule's number is its place here.
    classes
        Lower-case word to class name, such as ``"insomnia"`` to ``"<CONDITION>"``.
    fingerprint
        SHA-256 over all lexicon files; a model is bound to it, because rule numbers are features.
    """

    rules: tuple[Rule, ...]
    classes: dict[str, str]
    fingerprint: str

    @property
    def cues(self) -> tuple[str, ...]:
        """Names of the cues, sorted."""
        return tuple(dict.fromkeys(rule.cue for rule in self.rules))


@cache
def load_lexicons() -> Lexicons:
    """Read the lexicons that ship with the package."""
    folder = files(__package__) / "lexicons"
    digest = hashlib.sha256()
    rules: list[Rule] = []
    classes: dict[str, str] = {}
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".toml"):
            continue
        content = file.read_bytes()
        digest.update(content.replace(b"\r\n", b"\n"))
        table = tomllib.loads(content.decode("utf-8"))
        if file.name == CLASSES:
            classes = _classes(table)
        else:
            rules.extend(_rules(table))
    return Lexicons(tuple(rules), classes, digest.hexdigest())


def _rules(table: dict[str, Any]) -> list[Rule]:
    return [
        Rule(
            id=rule["id"],
            cue=table["cue"],
            description=rule["description"],
            source=rule.get("source", table["source"]),
            criterion=rule.get("criterion", ""),
            patterns=tuple(rule["patterns"]),
            match=tuple(rule["match"]),
            no_match=tuple(rule["no_match"]),
        )
        for rule in table["rule"]
    ]


def _classes(table: dict[str, Any]) -> dict[str, str]:
    return {word: f"<{name}>" for name, entry in reversed(table.items()) for word in entry["words"]}
