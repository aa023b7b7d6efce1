"""How harmful a claim is, by the rules of ``severity.toml``."""

from __future__ import annotations

import numpy as np

from classifier.analysis import Analysis, Bool, Int
from classifier.policy.severity import load_severity_rules
from classifier.schema import Severity
from classifier.text.finder import Finder
from classifier.text.lexicons import load_lexicons
from classifier.text.patterns import Matches


class SeverityJudge:
    """Gives claims their level. Threads may share one."""

    def __init__(self) -> None:
        table = load_severity_rules()
        self._severity = [Severity(rule.level, rule.id) for rule in table.rules]
        self._level = np.array([severity.level for severity in self._severity], dtype=np.int64)
        patterns = [(n, p) for n, rule in enumerate(table.rules) for p in rule.patterns]
        self._unless = {level: len(table.rules) + level for level in table.unless}
        patterns += [(self._unless[level], p) for level, ps in table.unless.items() for p in ps]
        self._finder = Finder(patterns, load_lexicons().classes | table.classes)

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
