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
from classifier.schema import Dataset, LabelledPage, Segment

#: Units below this many words are too common to mean anything ("Read more", "Add to cart").
LEAST_WORDS = 8
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


def joined_groups(pages: tuple[LabelledPage, ...], found: list[Duplicate]) -> Int:
    """Group number of each page, (P,), after joining groups that share duplicate units."""
    group = np.unique([page.group for page in pages], return_inverse=True)[1]
    edges = [(group[d.page], group[d.other_page]) for d in found]
    n = int(group.max()) + 1 if len(group) else 0
    rows, columns = np.array(edges, dtype=np.int64).reshape(-1, 2).T
    graph = coo_matrix((np.ones(len(edges)), (rows, columns)), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1][group], dtype=np.int64)
