"""Exact and near duplicates between groups of a data set.

The same text on two sites would let a model see its test data; groups that share text are therefore
reported, and joined before any split.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from classifier.analysis import Int
from classifier.schema import Dataset, Segment

#: Sentences of fewer words are alike by chance ("So far, so good!", "How is it given?"): exact repeats
#: are counted, but they are no near duplicates and join no groups. Of the 1,141 groups of
#: ``data/corpus``, which were invented one by one, those of four words and more would make 48 groups 20,
#: of five 19 groups 9, of six 2 groups one, of seven none. A record is judged by itself: whatever its
#: length, one that says the same as another tells its label.
LEAST_WORDS = 8
#: A unit in more groups than this is boilerplate (a legal notice, a phrase of a shop system), which
#: joins nothing: text that is copied from site to site is seldom on more than three. Of 391 real sites,
#: a limit of three makes at most 4 one group, a limit of ten or none 12.
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
    """Two units of different pages that say (nearly) the same; page numbers and offsets.

    ``by_chance`` where they are so short that their being alike means nothing.
    """

    page: int
    segment: Segment
    other_page: int
    other_segment: Segment
    similarity: float
    by_chance: bool


def unit_key(text: str) -> str:
    """What makes two units the same: their words in lower case."""
    return " ".join(_WORD.findall(text.lower()))


def alike_by_chance(key: str, unit: str) -> bool:
    """Whether units with this key are so short that their being alike means nothing.

    Parameters
    ----------
    key
        From ``unit_key``.
    unit
        See ``Dataset``.
    """
    return not key or (unit == "sentence" and key.count(" ") + 1 < LEAST_WORDS)


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """The word 5-grams of a unit, lower-cased; empty for short units."""
    words = _WORD.findall(text.lower())
    if len(words) < LEAST_WORDS:
        return frozenset()
    return frozenset(tuple(words[i : i + SHINGLE]) for i in range(len(words) - SHINGLE + 1))


def duplicates(data: Dataset) -> Iterator[Duplicate]:
    """Each unit of the data set that repeats a unit of an earlier page, with its closest such unit.

    Exact repeats count whatever their length, near ones from ``LEAST_WORDS`` words on.
    """
    units: list[tuple[int, Segment, frozenset[tuple[str, ...]]]] = []
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    first: dict[str, int] = {}
    for number, page in enumerate(data.pages):
        keys = [unit_key(page.text[s.start : s.end]) for s in page.segments]
        mine = [(number, s, shingles(key)) for s, key in zip(page.segments, keys, strict=True)]
        for (_, segment, grams), key in zip(mine, keys, strict=True):
            if key in first:
                found = 1.0, -first[key]
            else:
                shared = Counter(
                    unit for gram in grams if len(holders[gram]) < _STOCK for unit in holders[gram]
                )
                found = max(
                    (
                        (count / len(grams | units[unit][2]), -unit)
                        for unit, count in shared.items()
                    ),
                    default=(0.0, 0),
                )
            if found[0] >= SIMILARITY:
                other_page, other, _ = units[-found[1]]
                by_chance = alike_by_chance(key, data.unit)
                yield Duplicate(number, segment, other_page, other, found[0], by_chance)
        for unit, key in zip(mine, keys, strict=True):
            if key:
                first.setdefault(key, len(units))
            for gram in unit[2]:
                holders[gram].append(len(units))
            units.append(unit)


@dataclass(frozen=True, slots=True)
class Join:
    """Groups that became one, and the repeated units because of which, each with two of its pages.

    The unit that most groups share comes first.
    """

    groups: tuple[str, ...]
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        """Name the first of both, in one line."""
        return (
            f"{len(self.groups):,} groups became one ({_some(self.groups)}), because of: "
            + _some(self.reasons, 1)
        )


@dataclass(frozen=True, slots=True)
class JoinedGroups:
    """Groups after those that share text became one.

    Attributes
    ----------
    groups
        (P,): group number of each page.
    joins
        Which groups became one, the most first.
    boilerplate
        Units that stand in too many groups to join any, with the number, the most first.
    repeated_pages
        Pages of data without groups that say the same as an earlier one and are one group with it.
    duplicates
        All of them.
    """

    groups: Int
    joins: tuple[Join, ...]
    boilerplate: tuple[str, ...]
    repeated_pages: int
    duplicates: tuple[Duplicate, ...]

    def summary(self, most: int = 5) -> Iterator[str]:
        """Yield a line for each of the ``most`` largest joins, and for what else was found."""
        if self.repeated_pages:
            yield (
                f"{self.repeated_pages:,} pages say the same as another and are one group with it"
            )
        yield from map(str, self.joins[:most])
        if len(self.joins) > most:
            groups = sum(len(join.groups) for join in self.joins[most:])
            yield (
                f"and {len(self.joins) - most:,} more joins, of {groups:,} groups; "
                "'classifier data check' lists all"
            )
        if self.boilerplate:
            yield (
                f"{len(self.boilerplate):,} repeated units stand in more than {MOST_GROUPS} groups "
                f"each and join none: {_some(self.boilerplate)}"
            )

    def report(self) -> Iterator[str]:
        """Yield lines that list all joins with all their groups and reasons, and all boilerplate."""
        for join in self.joins:
            yield f"{len(join.groups):,} groups became one: {', '.join(join.groups)}"
            yield from (f"- because of {reason}" for reason in join.reasons)
        yield from (f"boilerplate, which joins no groups: {unit}" for unit in self.boilerplate)


def join_groups(data: Dataset) -> JoinedGroups:
    """Make one of the groups that share a unit, exactly or nearly, unless it is short or boilerplate.

    Where the data name no groups, pages of the same words are one group, however many and short, and
    no record is boilerplate: nothing else is joined by that.
    """
    named = [page.group for page in data.pages]
    if not data.grouped:
        first: dict[str, str] = {}
        named = [first.setdefault(unit_key(page.text) or page.id, page.id) for page in data.pages]
    names, group = np.unique(named, return_inverse=True)
    most = MOST_GROUPS if data.grouped or data.unit == "sentence" else len(names)
    found = tuple(duplicates(data))
    reasons: list[_Repeated] = []
    boilerplate: list[_Repeated] = []
    for units in _repeated_units(found):
        held = sorted({int(group[page]) for page, _ in units})
        if len(held) > 1:
            of = boilerplate if len(held) > most else reasons
            of.append(_Repeated(held, units))
    edges = [(unit.groups[0], other) for unit in reasons for other in unit.groups[1:]]
    component = _components(len(names), edges)
    because: dict[int, list[str]] = defaultdict(list)
    for unit in sorted(reasons, key=lambda unit: -len(unit.groups)):
        because[int(component[unit.groups[0]])].append(unit.shown(data, group))
    members: dict[int, list[str]] = defaultdict(list)
    for name, number in zip(names.tolist(), component.tolist(), strict=True):
        members[number].append(name)
    joins = [Join(tuple(members[number]), tuple(units)) for number, units in because.items()]
    boilerplate.sort(key=lambda unit: -len(unit.groups))
    return JoinedGroups(
        groups=np.asarray(component[group], dtype=np.int64),
        joins=tuple(sorted(joins, key=lambda join: -len(join.groups))),
        boilerplate=tuple(f"{unit.text(data)} ({len(unit.groups)} groups)" for unit in boilerplate),
        repeated_pages=0 if data.grouped else len(named) - len(names),
        duplicates=found,
    )


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

    def shown(self, data: Dataset, group: Int) -> str:
        """Return the text and two pages of different groups that have it."""
        first = self.units[0][0]
        other = next(page for page, _ in self.units if group[page] != group[first])
        places = [
            f"page {page.id} ({page.where})" for page in map(data.pages.__getitem__, (first, other))
        ]
        return f"{self.text(data)} on {' and '.join(places)}"


def _some(items: Sequence[str], most: int = 3) -> str:
    """Return the first few, and how many more there are."""
    more = [f"{len(items) - most:,} more"] if len(items) > most else []
    return ", ".join([*items[:most], *more])


def _repeated_units(found: Iterable[Duplicate]) -> Iterator[list[tuple[int, Segment]]]:
    """Yield the sets of units that say (nearly) the same, but for those that do by chance."""
    number: dict[tuple[int, Segment], int] = {}
    edges = []
    for pair in found:
        if not pair.by_chance:
            other = number.setdefault((pair.other_page, pair.other_segment), len(number))
            edges.append((other, number.setdefault((pair.page, pair.segment), len(number))))
    together: dict[int, list[tuple[int, Segment]]] = defaultdict(list)
    components = _components(len(number), edges).tolist()
    for unit, component in sorted(
        zip(number, components, strict=True), key=lambda item: (item[0][0], item[0][1].start)
    ):
        together[component].append(unit)
    yield from together.values()


def _components(n: int, edges: list[tuple[int, int]]) -> Int:
    """Return the number of the connected component of each of ``n`` nodes, (n,)."""
    rows, columns = np.array(edges, dtype=np.int64).reshape(-1, 2).T
    graph = coo_matrix((np.ones(len(edges)), (rows, columns)), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)
