"""The rules that say how harmful a claim is, read from ``severity.toml``.

``README.md`` defines the levels. The pattern language is that of ``classifier/text/lexicons``.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from classifier.schema import Severity


@dataclass(frozen=True, slots=True)
class SeverityRule:
    """One reason for a level.

    Attributes
    ----------
    id
        Stable dotted name, ``level name.shape``; the name alone for the level of all other claims.
    level
        5 for the most harmful claims, 1 for the least.
    reason
        What the sentence does, in plain English.
    source
        Which law, rule or guidance makes it a reason.
    patterns
        In the pattern language.
    match, no_match
        Examples that must and must not match.
    """

    id: str
    level: int
    reason: str
    source: str
    patterns: tuple[str, ...] = ()
    match: tuple[str, ...] = ()
    no_match: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SeverityRules:
    """All rules, the most harmful first, the one of all other claims last.

    Attributes
    ----------
    rules
        A rule's number is its place here.
    unless
        By level, patterns that cancel the matches of that level's rules which they overlap.
    classes
        Class of each word that has one, beside or in place of its class in the lexicons.
    """

    rules: tuple[SeverityRule, ...]
    unless: dict[int, tuple[str, ...]]
    classes: dict[str, str]


@cache
def load_severity_rules() -> SeverityRules:
    """Read the rules that ship with the package."""
    text = (files(__package__) / "severity.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    own = {word: f"<{name}>" for name, words in table["classes"].items() for word in words}
    return SeverityRules(
        rules=tuple(rule for level in table["level"] for rule in _rules(level)),
        unless={level["level"]: tuple(level.get("unless", ())) for level in table["level"]},
        classes=own,
    )


def described(severity: Severity | None) -> list[str]:
    """A line with level, rule and reason; none where no claim is flagged, or one of the lowest level."""
    *rules, _ = load_severity_rules().rules
    return [
        f"severity {rule.level}, {rule.id}: {rule.reason}"
        for rule in rules
        if severity and severity.rule == rule.id
    ]


def _rules(level: dict[str, Any]) -> list[SeverityRule]:
    return [
        SeverityRule(
            id=rule["id"],
            level=level["level"],
            reason=rule["reason"],
            source=rule.get("source", level["source"]),
            **{key: tuple(rule.get(key, ())) for key in ("patterns", "match", "no_match")},
        )
        for rule in level["rule"]
    ]
