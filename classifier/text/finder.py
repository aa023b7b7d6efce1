"""Patterns in sentences that were analysed before, without another look at the text."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from spacy.strings import hash_string  # type: ignore[attr-defined]

from classifier.analysis import Analysis, Int, UInt64, bounds, ranges
from classifier.text.patterns import NUMBER, Matches, PatternTree, words_of


class Finder:
    """Finds patterns by the hashes of words, all that an ``Analysis`` keeps of them.

    ``<START>`` and ``<END>`` hold at the very edges of a sentence, signs included. Threads may share a
    finder: they take turns.

    Parameters
    ----------
    patterns, classes
        As of ``PatternTree``.
    """

    def __init__(self, patterns: Iterable[tuple[int, str]], classes: Mapping[str, str]) -> None:
        self._patterns = tuple(patterns)
        self._classes = classes
        self._turn = threading.Lock()
        self._hashed: _HashedTree | None = None

    def find(self, X: Analysis, sentences: Int) -> tuple[Matches, Int]:
        """Find all matches in the sentences with these numbers.

        Returns
        -------
        matches
            Words are counted over those of ``sentences`` only.
        place
            int64 (M,): which of ``sentences`` each match stands in.
        """
        first, last = X.sentence_bounds[sentences], X.sentence_bounds[sentences + 1]
        edges, words = bounds(last - first), ranges(first, last)
        with self._turn:
            tree = self._hashed or _HashedTree(self._patterns, self._classes)
            self._hashed = None  # what it was learning is half there if this is interrupted
            matches = tree.match(X.word[words], X.kind[words], edges)
            self._hashed = tree
        return matches, np.searchsorted(edges, matches.first, side="right") - 1


class _HashedTree:
    """A pattern tree that knows words by their hashes."""

    def __init__(self, patterns: Sequence[tuple[int, str]], classes: Mapping[str, str]) -> None:
        self._tree = PatternTree(patterns, classes)
        items = {item for _, pattern in patterns for item in pattern.split()}
        literals = {word for item in items for word in words_of(item.removesuffix("?"))}
        known = sorted((hash_string(word), word) for word in literals | {"?"} | classes.keys())
        self._hashes = np.array([number for number, _ in known], dtype=np.uint64)
        kinds = [(word, NUMBER if any(map(str.isdigit, word)) else "") for _, word in known]
        # the last two stand for all other words, without and with a digit
        kinds += [("", ""), ("", NUMBER)]
        self._symbols = np.array([self._tree.symbol(word, kind) for word, kind in kinds])
        self._number = np.uint64(hash_string(NUMBER))

    def match(self, word: UInt64, kind: UInt64, edges: Int) -> Matches:
        """As ``PatternTree.match``; sentence ``s`` owns the words ``edges[s]:edges[s + 1]``."""
        place = np.searchsorted(self._hashes, word)
        known = np.append(self._hashes, np.uint64(0))[place] == word
        place = np.where(known, place, len(self._hashes) + (kind == self._number))
        start, end = (np.zeros(len(word) + 1, dtype=bool) for _ in range(2))
        start[edges[:-1]] = end[edges[1:]] = True
        return self._tree.match(
            self._symbols[place],
            start[:-1],
            end,
            np.repeat(edges[1:], np.diff(edges)),
        )
