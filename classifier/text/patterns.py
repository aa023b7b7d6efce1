"""Matching thousands of token patterns at once, on arrays.

The patterns become one tree whose edges are *items*: a set of words, a class, or any word. A word may
fit several items, so a walk stands on a set of nodes at once. Such a set is a *state*; words that fit
the same items are one *symbol*; and where a symbol leads from a state is found out once and remembered:
a deterministic automaton, built as far as the texts need it (Thompson 1968). Matching walks from all
words of a batch at the same time. Most words begin no pattern and drop out at the first step.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.analysis import Bool, Int, ranges
from classifier.text.growing import extended

_GAP = re.compile(r"<GAP(\d)>")
_ANY = "<ANY>"
_START = "<START>"
_END = "<END>"
#: The class of a word with a digit.
NUMBER = "<NUM>"
#: What a word fits that no pattern names.
_UNKNOWN = frozenset({0})
#: More words than this are never told apart by patterns.
_SYMBOL_BITS = 24
#: States and steps after which the automaton is begun anew, so that memory stays bounded. 14 MB of
#: English make 18,500 states and 230,000 steps.
_MOST_STATES, _MOST_STEPS = 50_000, 500_000
#: Walks at a time, so that one step of all of them cannot take much memory.
_MOST_WALKS = 1 << 18
#: A state: the owners of the patterns that end there, from ``first`` up to ``anywhere``, and up to
#: ``at_end`` where ``<END>`` holds; items that lead on, each as a bit of ``low`` and one of ``high``,
#: which it shares with others; the state that any other word leads to. Most words fit no item.
_BITS = np.dtype([("low", np.uint64), ("high", np.uint64)])
_FACTS = np.dtype(
    [
        ("first", np.int64),
        ("anywhere", np.int64),
        ("at_end", np.int64),
        ("low", np.uint64),
        ("high", np.uint64),
        ("any_word", np.int64),
    ]
)


def alternatives(pattern: str) -> list[tuple[str, ...]]:
    """Spell out the optional items and gaps of a pattern: every sequence of plain items it stands for.

    >>> alternatives("order your? <GAP2> now")[:2]
    [('order', 'your', 'now'), ('order', 'your', '<ANY>', 'now')]
    """
    choices: list[list[tuple[str, ...]]] = []
    for item in pattern.split():
        gap = _GAP.fullmatch(item)
        if gap:
            choices.append([(_ANY,) * width for width in range(int(gap[1]) + 1)])
        elif len(item) > 1 and item.endswith("?"):
            choices.append([(item[:-1],), ()])
        else:
            choices.append([(item,)])
    return [tuple(item for part in parts for item in part) for parts in product(*choices)]


def words_of(item: str) -> list[str]:
    """The words of a literal item: ``(a|b)`` stands for two, ``a`` for one."""
    if item.startswith("(") and item.endswith(")") and len(item) > 2:
        return item[1:-1].split("|")
    return [item]


@dataclass(frozen=True, slots=True)
class Matches:
    """Where patterns matched: owner of the pattern, first word, one past the last word; each (M,)."""

    owner: Int
    first: Int
    last: Int


class _Steps(dict[int, int]):
    """Where a symbol leads from a state, found out when it is first asked for."""

    def __init__(self, target: Callable[[int], int]) -> None:
        super().__init__()
        self._target = target

    def __missing__(self, key: int) -> int:
        target = self[key] = self._target(key)
        return target


class PatternTree:
    """All patterns of all owners, compiled.

    Parameters
    ----------
    patterns
        Pairs of owner number and pattern.
    classes
        Lower-case word to class item, as in ``Lexicons.classes``. A word with a digit is ``<NUM>``.
    """

    def __init__(self, patterns: Iterable[tuple[int, str]], classes: Mapping[str, str]) -> None:
        items: dict[str, int] = {_ANY: 0, NUMBER: 1}
        self._children: list[dict[int, int]] = [{}, {}]  # 0 begins anywhere, 1 begins a sentence
        self._accepts: list[set[int]] = [set(), set()]
        self._accepts_at_end: list[set[int]] = [set(), set()]
        for owner, pattern in patterns:
            for sequence in alternatives(pattern):
                node = int(sequence[0] == _START)
                ends = sequence[-1] == _END
                for item in sequence[node : len(sequence) - ends]:
                    node = self._child(node, items.setdefault(item, len(items)))
                (self._accepts_at_end if ends else self._accepts)[node].add(owner)
        fits: dict[str, set[int]] = defaultdict(set)
        for item, number in items.items():
            for word in words_of(item):
                fits[word].add(number)
        for word, item in classes.items():
            if item in items:
                fits[word].add(items[item])
        self._fits = {word: frozenset({0} | numbers) for word, numbers in fits.items()}
        self._symbols: dict[frozenset[int], int] = {}
        self._fits_of: list[frozenset[int]] = []  # of each symbol
        self._symbol_bits = np.zeros(0, dtype=_BITS)
        self._forget()

    def _forget(self) -> None:
        """Begin the automaton anew."""
        self._states: dict[frozenset[int], int] = {}
        self._branches: list[tuple[dict[int, set[int]], set[int], int]] = []
        self._facts: npt.NDArray[Any] = np.zeros(0, dtype=_FACTS)
        self._owners: Int = np.zeros(0, dtype=np.int64)
        self._found: list[tuple[int, tuple[int, int], int, set[int], set[int]]] = []
        self._steps = _Steps(self._target)
        self._first: Int = np.zeros((2, 0), dtype=np.int64)  # target of each symbol from ``_begin``
        self._state(frozenset())
        self._begin = [self._state(frozenset(nodes)) for nodes in ((0,), (0, 1))]
        self._store()

    def _child(self, node: int, item: int) -> int:
        child = self._children[node].setdefault(item, len(self._children))
        if child == len(self._children):
            self._children.append({})
            self._accepts.append(set())
            self._accepts_at_end.append(set())
        return child

    def symbol(self, word: str, kind: str) -> int:
        """The number by which ``match`` knows a lower-case word of a class."""
        items = self._fits.get(word, _UNKNOWN)
        if kind == NUMBER:
            items = items | {1}
        number = self._symbols.get(items)
        if number is None:
            number = self._symbols[items] = len(self._symbols)
            self._fits_of.append(items)
            bits = np.array([_bits(items)], dtype=_BITS)
            self._symbol_bits = extended(self._symbol_bits, number, bits)
        return number

    def match(self, symbol: Int, start: Bool, end: Bool, limit: Int) -> Matches:
        """Find all matches.

        Parameters
        ----------
        symbol
            Of each word, (T,).
        start
            Words at which ``<START>`` holds, (T,).
        end
            Positions before which ``<END>`` holds, (T + 1,).
        limit
            One past the last word of each word's sentence, (T,); matches never cross it.
        """
        found = [np.zeros((3, 0), dtype=np.int64)]
        for begin in range(0, len(symbol), _MOST_WALKS):
            if len(self._states) > _MOST_STATES or len(self._steps) > _MOST_STEPS:
                self._forget()
            first = position = np.arange(begin, min(begin + _MOST_WALKS, len(symbol)))
            state = self._first_step(symbol[first], start[first])
            while len(first):
                alive = np.flatnonzero(state)
                first, position, state = first[alive], position[alive] + 1, state[alive]
                found.append(self._accepted(state, first, position, end[position]))
                within = np.flatnonzero(position < limit[first])
                first, position = first[within], position[within]
                state = self._step(state[within], symbol[position])
        return longest(Matches(*np.concatenate(found, axis=1)))

    def _accepted(self, state: Int, first: Int, position: Int, at_end: Bool) -> Int:
        """Owner, first word and one past the last of the patterns that end here, (3, M)."""
        begin = self._facts["first"][state]
        last = np.where(at_end, self._facts["at_end"][state], self._facts["anywhere"][state])
        some = np.flatnonzero(last > begin)
        begin, last = begin[some], last[some]
        owner, walk = self._owners[ranges(begin, last)], np.repeat(some, last - begin)
        return np.stack([owner, first[walk], position[walk]])

    def _first_step(self, symbol: Int, start: Bool) -> Int:
        """The state after one word of each walk."""
        new = np.arange(self._first.shape[1], len(self._symbols))
        if len(new):
            steps = [self._step(np.full_like(new, begin), new) for begin in self._begin]
            self._first = np.concatenate([self._first, steps], axis=1)
        return np.asarray(self._first[start.astype(np.int64), symbol])

    def _step(self, state: Int, symbol: Int) -> Int:
        """Where each symbol leads from each state."""
        targets = self._facts["any_word"][state]
        near = np.flatnonzero(self._facts["low"][state] & self._symbol_bits["low"][symbol])
        high = self._facts["high"][state[near]] & self._symbol_bits["high"][symbol[near]]
        near = near[high != 0]
        keys = state[near] << _SYMBOL_BITS | symbol[near]
        targets[near] = np.fromiter(
            map(self._steps.__getitem__, keys.tolist()), np.int64, len(keys)
        )
        self._store()
        return np.asarray(targets)

    def _target(self, key: int) -> int:
        """Where a step leads that was never taken."""
        branches, useful, any_word = self._branches[key >> _SYMBOL_BITS]
        fits = self._fits_of[key & (1 << _SYMBOL_BITS) - 1]
        if useful.isdisjoint(fits):
            return any_word
        return self._state(frozenset().union(*(branches[i] for i in fits & branches.keys())))

    def _state(self, nodes: frozenset[int]) -> int:
        """The number of a set of nodes."""
        number = self._states.get(nodes)
        if number is not None:
            return number
        number = self._states[nodes] = len(self._states)
        branches: dict[int, set[int]] = defaultdict(set)
        for node in nodes:
            for item, child in self._children[node].items():
                branches[item].add(child)
        self._branches.append((branches, branches.keys() - _UNKNOWN, 0))
        anywhere = {owner for node in nodes for owner in self._accepts[node]}
        at_end = {owner for node in nodes for owner in self._accepts_at_end[node]} - anywhere
        any_word = self._state(frozenset(branches[0])) if 0 in branches else 0
        self._branches[number] = (branches, branches.keys() - _UNKNOWN, any_word)
        self._found.append((number, _bits(branches), any_word, anywhere, at_end))
        return number

    def _store(self) -> None:
        """Put what ``_state`` found out into the arrays that walks look into."""
        if not self._found:
            return
        used = len(self._states) - len(self._found)
        n_owners = int(self._facts["at_end"][used - 1]) if used else 0
        rows: list[tuple[int, ...]] = []
        owners: list[int] = []
        for _, bits, any_word, anywhere, at_end in sorted(self._found, key=itemgetter(0)):
            first = n_owners + len(owners)
            owners += [*anywhere, *at_end]
            rows.append((first, first + len(anywhere), n_owners + len(owners), *bits, any_word))
        self._facts = extended(self._facts, used, np.array(rows, dtype=_FACTS))
        self._owners = extended(self._owners, n_owners, np.array(owners, dtype=np.int64))
        self._found.clear()


def _bits(items: Iterable[int]) -> tuple[int, int]:
    """Items as ``_BITS``; any word is none of them."""
    low = high = 0
    for item in items:
        if item:
            low |= 1 << item % 64
            high |= 1 << item // 64 % 64
    return low, high


def longest(matches: Matches) -> Matches:
    """Of the matches of one owner that overlap, keep the one that begins first, the longest of those."""
    order = np.lexsort((-matches.last, matches.first, matches.owner))
    owner, first, last = matches.owner[order], matches.first[order], matches.last[order]
    kept: list[int] = []
    reached = (-1, 0)  # owner and end of the last match kept
    for i, (this, begins, ends) in enumerate(
        zip(owner.tolist(), first.tolist(), last.tolist(), strict=True)
    ):
        if this != reached[0] or begins >= reached[1]:
            kept.append(i)
            reached = (this, ends)
    return Matches(owner[kept], first[kept], last[kept])
