"""How much harm a flagged claim may do: a level, by the rules of ``severity.toml``.

``README.md`` defines the levels. The pattern language is that of ``classifier/text/lexicons``.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from classifier.analysis import Analysis, Bool, Int
from classifier.schema import Severity
from classifier.text.finder import Finder
from classifier.text.lexicons import load_lexicons
from classifier.text.patterns import Matches


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
        Class of each word that has one: those of the lexicons, replaced by those of the rules.
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
        classes=load_lexicons().classes | own,
    )


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


class SeverityJudge:
    """Gives claims their level. Threads may share one."""

    def __init__(self) -> None:
        table = load_severity_rules()
        self._severity = [Severity(rule.level, rule.id) for rule in table.rules]
        self._level = np.array([severity.level for severity in self._severity], dtype=np.int64)
        patterns = [(n, p) for n, rule in enumerate(table.rules) for p in rule.patterns]
        self._unless = {level: len(table.rules) + level for level in table.unless}
        patterns += [(self._unless[level], p) for level, ps in table.unless.items() for p in ps]
        self._finder = Finder(patterns, table.classes)

    def judge(self, X: Analysis, sentences: Int) -> list[Severity]:
        """The severity of the sentences with these numbers, all taken to make a claim.

        Of several rules that match, the first gives the level; where none does, the last.
        """
        first_rule = np.full(len(sentences), len(self._severity) - 1)
        if len(sentences):
            matches, place = self._finder.find(X, sentences)
            holds = (matches.owner < len(self._severity)) & ~self._cancelled(matches)
            np.minimum.at(first_rule, place[holds], matches.owner[holds])
        return [self._severity[rule] for rule in first_rule.tolist()]

    def _cancelled(self, matches: Matches) -> Bool:
        """Matches that overlap one of the exceptions of their level, bool (M,)."""
        level = np.append(self._level, np.zeros(len(self._unless) + 1, dtype=np.int64))
        cancelled = np.zeros(len(matches.owner), dtype=bool)
        for number, owner in self._unless.items():
            exceptions = np.flatnonzero(matches.owner == owner)  # in order, none overlaps another
            mine = np.flatnonzero(level[matches.owner] == number)
            if not len(exceptions):
                continue
            before = np.searchsorted(matches.first[exceptions], matches.last[mine]) - 1
            near = exceptions[np.maximum(before, 0)]
            cancelled[mine] = (before >= 0) & (matches.last[near] > matches.first[mine])
        return cancelled
