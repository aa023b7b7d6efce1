"""Exact and near duplicates between groups of a data set.

The same boilerplate on two sites would let a model see its test data; groups that share text are
therefore reported, and joined before any split.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from classifier.analysis import Int
from classifier.schema import Dataset, Segment

#: Units below this many words are too common to mean anything ("Read more", "Add to cart").
LEAST_WORDS = 8
#: Sentences of fewer words that are the same on two sites ("Add to cart", "About us") say nothing of
#: where the sites come from. Of 148 real sites, those of one to three words joined 106, those of four
#: and more at most four. Where each record is one unit, a repeated record counts whatever its length.
LEAST_WORDS_EXACT = 4
#: A unit in more groups than this is boilerplate (a legal notice, a phrase of a shop system), which
#: joins nothing: text that is copied from site to site is seldom on more than three. On 148 real sites
#: a limit of three joins at most four of them, a limit of ten sixteen.
MOST_GROUPS = 3
#: Characters of a unit that a message shows.
SHOWN = 60
#: Word shingles and the Jaccard similarity from which on two units are near duplicates; five-word
#: shingles are usual for web text (Broder 1997), 0.7 keeps re-worded boilerplate.
SHINGLE, SIMILARITY = 5, 0.7
#: A shingle in more units than this is a stock phrase and is not used to look up candidates.
_STOCK = 200
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Two units of different pages that say (nearly) the same; page numbers and offsets."""

    page: int
    segment: Segment
    other_page: int
    other_segment: Segment
    similarity: float


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """The word 5-grams of a unit, lower-cased; empty for short units."""
    words = _WORD.findall(text.lower())
    if len(words) < LEAST_WORDS:
        return frozenset()
    return frozenset(tuple(words[i : i + SHINGLE]) for i in range(len(words) - SHINGLE + 1))


def duplicates(data: Dataset) -> Iterator[Duplicate]:
    """Each unit of the data set that repeats a unit of an earlier page, with its closest such unit."""
    units: list[tuple[int, Segment, frozenset[tuple[str, ...]]]] = []
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, page in enumerate(data.pages):
        mine = [(number, s, shingles(page.text[s.start : s.end])) for s in page.segments]
        for _, segment, grams in mine:
            shared = Counter(
                unit for gram in grams if len(holders[gram]) < _STOCK for unit in holders[gram]
            )
            best = max(
                ((count / len(grams | units[unit][2]), -unit) for unit, count in shared.items()),
                default=(0.0, 0),
            )
            if best[0] >= SIMILARITY:
                other_page, other, _ = units[-best[1]]
                yield Duplicate(number, segment, other_page, other, best[0])
        for unit in mine:
            for gram in unit[2]:
                holders[gram].append(len(units))
            units.append(unit)


@dataclass(frozen=True, slots=True)
class JoinedGroups:
    """Groups after those that share text became one.

    Attributes
    ----------
    groups
        (P,): group number of each page.
    notes
        Lines that say which groups became one because of which units, and which units stand in too
        many groups to join any.
    """

    groups: Int
    notes: tuple[str, ...]


def join_groups(data: Dataset) -> JoinedGroups:
    """Make one of the groups that share a unit, exactly or nearly, unless it is boilerplate."""
    names, group = np.unique([page.group for page in data.pages], return_inverse=True)
    reasons: list[_Repeated] = []
    boilerplate: list[_Repeated] = []
    for units in _repeated_units(data):
        held = sorted({int(group[page]) for page, _ in units})
        if len(held) > 1:
            of = boilerplate if len(held) > MOST_GROUPS else reasons
            of.append(_Repeated(held, units))
    edges = [(unit.groups[0], other) for unit in reasons for other in unit.groups[1:]]
    joined = _components(len(names), edges)
    notes = [
        f"{np.count_nonzero(joined == number)} groups became one "
        f"({_some([str(name) for name in names[joined == number]])}), because of: "
        + _some([unit.shown(data) for unit in reasons if joined[unit.groups[0]] == number], "; ")
        for number in np.flatnonzero(np.bincount(joined, minlength=1) > 1)
    ]
    if boilerplate:
        boilerplate.sort(key=lambda unit: -len(unit.groups))
        shown = [f"{unit.text(data)} ({len(unit.groups)} groups)" for unit in boilerplate]
        notes.append(
            f"{len(boilerplate)} repeated units stand in more than {MOST_GROUPS} groups each and join "
            f"none: {_some(shown, '; ')}"
        )
    return JoinedGroups(np.asarray(joined[group], dtype=np.int64), tuple(notes))


@dataclass(frozen=True, slots=True)
class _Repeated:
    """Units that say (nearly) the same, each with its page number, and the numbers of their groups."""

    groups: list[int]
    units: list[tuple[int, Segment]]

    def text(self, data: Dataset) -> str:
        """Return the first unit's text, shortened."""
        page, segment = self.units[0]
        text = " ".join(data.pages[page].text[segment.start : segment.end].split())
        return repr(text if len(text) <= SHOWN else text[: SHOWN - 3] + "...")

    def shown(self, data: Dataset) -> str:
        """Return the text and two pages of different groups that have it."""
        first = data.pages[self.units[0][0]]
        other = next(data.pages[n] for n, _ in self.units if data.pages[n].group != first.group)
        places = f"page {first.id} ({first.where}) and page {other.id} ({other.where})"
        return f"{self.text(data)} on {places}"


def _some(items: list[str], separator: str = ", ") -> str:
    """Return the first three, and how many more there are."""
    more = [f"{len(items) - 3:,} more"] if len(items) > 3 else []
    return separator.join(items[:3] + more)


def _repeated_units(data: Dataset) -> Iterator[list[tuple[int, Segment]]]:
    """Yield the sets of more than one unit that say (nearly) the same."""
    units = [(number, s) for number, page in enumerate(data.pages) for s in page.segments]
    place = {(number, segment.start): unit for unit, (number, segment) in enumerate(units)}
    least = 1 if data.unit == "record" else LEAST_WORDS_EXACT
    first: dict[str, int] = {}
    edges = []
    for unit, (number, s) in enumerate(units):
        key = unit_key(data.pages[number].text[s.start : s.end])
        if key.count(" ") + 1 >= least and key:
            edges.append((first.setdefault(key, unit), unit))
    for near in duplicates(data):
        other = place[near.other_page, near.other_segment.start]
        edges.append((other, place[near.page, near.segment.start]))
    together: dict[int, list[int]] = defaultdict(list)
    for unit, component in enumerate(_components(len(units), edges).tolist()):
        together[component].append(unit)
    for members in together.values():
        if len(members) > 1:
            yield [units[unit] for unit in members]


def unit_key(text: str) -> str:
    """What makes two units the same: their words in lower case."""
    return " ".join(_WORD.findall(text.lower()))


def _components(n: int, edges: list[tuple[int, int]]) -> Int:
    """Return the number of the connected component of each of ``n`` nodes, (n,)."""
    rows, columns = np.array(edges, dtype=np.int64).reshape(-1, 2).T
    graph = coo_matrix((np.ones(len(edges)), (rows, columns)), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)
