"""Matching thousands of token patterns at once, on arrays.

The patterns become one tree whose edges are *items*: a set of words, a class, or any word. Matching
walks the tree from all words of a batch at the same time: the frontier is an array of (first word,
next word, node), and one step moves all of it. Most words begin no pattern and drop out at the first
step, so the cost is a little more than one table look-up a word. A word may fit several items; every
fitting branch is followed, so all matches are found.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from spacy.strings import hash_string  # type: ignore[attr-defined]

from classifier.analysis import Bool, Int, UInt64, bounds, ranges

_GAP = re.compile(r"<GAP(\d)>")
_ANY = "<ANY>"
_START = "<START>"
_END = "<END>"


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
        self._items: dict[str, int] = {_ANY: 0}
        edges: dict[tuple[int, int], int] = {}
        accepts: dict[int, set[int]] = defaultdict(set)
        accepts_at_end: dict[int, set[int]] = defaultdict(set)
        nodes = 2  # 0 begins anywhere, 1 begins at the start of a sentence
        for owner, pattern in patterns:
            for sequence in alternatives(pattern):
                node = int(sequence[0] == _START)
                ends = sequence[-1] == _END
                for item in sequence[node : len(sequence) - ends]:
                    key = (node, self._items.setdefault(item, len(self._items)))
                    if key not in edges:
                        edges[key] = nodes
                        nodes += 1
                    node = edges[key]
                (accepts_at_end if ends else accepts)[node].add(owner)
        self._edge_keys, self._edge_targets = self._sorted_edges(edges)
        self._accepts = _ragged(accepts, nodes)
        self._accepts_at_end = _ragged(accepts_at_end, nodes)
        self._vocabulary, self._word_items = self._invert(classes)

    def _sorted_edges(self, edges: Mapping[tuple[int, int], int]) -> tuple[Int, Int]:
        width = len(self._items)
        keys = np.array([node * width + item for node, item in edges], dtype=np.int64)
        targets = np.array(list(edges.values()), dtype=np.int64)
        order = np.argsort(keys)
        return keys[order], targets[order]

    def _invert(self, classes: Mapping[str, str]) -> tuple[UInt64, tuple[Int, Int]]:
        """From word hash to its items: sorted hashes, and items per hash (last row: no hash known)."""
        items: dict[int, set[int]] = defaultdict(set)
        for item, number in self._items.items():
            if item == _ANY:
                continue
            for word in words_of(item):
                items[hash_string(word)].add(number)
        for word, item in classes.items():
            if item in self._items:
                items[hash_string(word)].add(self._items[item])
        hashes = np.array(sorted(items), dtype=np.uint64)
        rows = {row: items[key] | {0} for row, key in enumerate(hashes.tolist())}
        rows[len(hashes)] = {0}
        return hashes, _ragged(rows, len(hashes) + 1)

    def match(self, word: UInt64, kind: UInt64, start: Bool, end: Bool, limit: Int) -> Matches:
        """Find all matches.

        Parameters
        ----------
        word, kind
            Word hash and class hash of each word, (T,).
        start
            Words at which ``<START>`` holds, (T,).
        end
            Positions before which ``<END>`` holds, (T + 1,).
        limit
            One past the last word of each word's sentence, (T,); matches never cross it.
        """
        if not len(word) or not len(self._edge_keys):
            none = np.zeros(0, dtype=np.int64)
            return Matches(none, none, none)
        row = self._rows(word)
        number_hash = np.uint64(hash_string("<NUM>"))
        number_item = self._items.get("<NUM>", -1)
        is_number = kind == number_hash
        everywhere = np.arange(len(word))
        at_start = np.flatnonzero(start)
        first = np.concatenate([everywhere, at_start])
        node = np.concatenate([np.zeros_like(everywhere), np.ones_like(at_start)])
        position = first
        found: list[tuple[Int, Int, Int]] = []
        while len(first):
            here = row[position]
            indptr, items = self._word_items
            counts = indptr[here + 1] - indptr[here]
            item = items[ranges(indptr[here], indptr[here + 1])]
            origin = np.repeat(np.arange(len(first)), counts)
            numbers = np.flatnonzero(is_number[position])
            origin = np.concatenate([origin, numbers])
            item = np.concatenate([item, np.full(len(numbers), number_item)])
            keys = node[origin] * len(self._items) + item
            place = np.minimum(np.searchsorted(self._edge_keys, keys), len(self._edge_keys) - 1)
            moves = np.flatnonzero((self._edge_keys[place] == keys) & (item >= 0))
            first = first[origin[moves]]
            position = position[origin[moves]] + 1
            node = self._edge_targets[place[moves]]
            found.append(_accepted(self._accepts, node, first, position))
            at_end = end[position]
            found.append(
                _accepted(self._accepts_at_end, node[at_end], first[at_end], position[at_end])
            )
            alive = position < limit[np.minimum(first, len(limit) - 1)]
            first, position, node = first[alive], position[alive], node[alive]
        owner, begins, ends = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return longest(Matches(owner, begins, ends))

    def _rows(self, word: UInt64) -> Int:
        if not len(self._vocabulary):
            return np.zeros(len(word), dtype=np.int64)
        place = np.minimum(np.searchsorted(self._vocabulary, word), len(self._vocabulary) - 1)
        known = self._vocabulary[place] == word
        return np.where(known, place, len(self._vocabulary))


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


def _accepted(table: tuple[Int, Int], node: Int, first: Int, last: Int) -> tuple[Int, Int, Int]:
    indptr, owners = table
    counts = indptr[node + 1] - indptr[node]
    return (
        owners[ranges(indptr[node], indptr[node + 1])],
        np.repeat(first, counts),
        np.repeat(last, counts),
    )


def _ragged(rows: Mapping[int, Iterable[int]], n_rows: int) -> tuple[Int, Int]:
    """Sets of numbers per row as (indptr, values)."""
    lists: Sequence[list[int]] = [sorted(rows.get(row, ())) for row in range(n_rows)]
    indptr = bounds(np.array([len(values) for values in lists], dtype=np.int64))
    return indptr, np.array([v for values in lists for v in values], dtype=np.int64)
