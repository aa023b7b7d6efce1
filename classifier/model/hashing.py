"""The hashed n-grams, cues and layout of sentences, as numpy arrays and sums of coefficients.

This is all of the features that scoring needs; ``features.py`` makes matrices of the same for training.
Hashing keeps the vocabulary out of the model, so that a bundle holds numbers only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from classifier.analysis import LAYOUT, Analysis, Bool, Float, Int, UInt64

# Odd constants of splitmix64 (Steele, Lea & Flood 2014), used to mix n-grams.
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_A = np.uint64(0xBF58476D1CE4E5B9)
_MIX_B = np.uint64(0x94D049BB133111EB)
_BOUNDARY = np.uint64(0x5851F42D4C957F2D)  # stands for "no word": the edges of a sentence
#: What an n-gram's name calls the edges of a sentence.
START, END = "[start]", "[end]"


@dataclass(frozen=True, slots=True)
class Hashing:
    """Which n-grams, and how they share columns; attributes are those of ``SentenceFeatures``."""

    n_rules: int
    own_bits: int
    word_order: int
    kind_order: int
    cue_weight: float
    layout_weight: float

    @property
    def own_width(self) -> int:
        """Columns of a sentence: n-grams, cues, layout."""
        return int(2**self.own_bits) + self.n_rules + len(LAYOUT)

    @property
    def page_width(self) -> int:
        """Columns of a page: cues."""
        return self.n_rules

    def logits(self, X: Analysis, coef: Float, page_coef: Float) -> tuple[Float, Float]:
        """Sentences times ``coef`` (S, L) and pages times ``page_coef`` (P, L), without matrices.

        Every row is summed by itself, in the order of its columns: the same to the last bit in any
        batch.
        """
        of_grams, of_rules, of_layout = np.split(
            coef, (2**self.own_bits, 2**self.own_bits + self.n_rules)
        )
        grams = _Counts.of(
            [(owner, column_of(key, self.own_bits))
             for _, _, owner, key in self.n_grams(X, X.word_sentence())],
            self.own_bits,
        )  # fmt: skip
        bits = self.n_rules.bit_length()
        cues = _Counts.of([(X.cue_sentence, X.cue_rule)], bits)
        on_page = _Counts.of([(X.sentence_page()[X.cue_sentence], X.cue_rule)], bits)
        own = grams.unit_product(grams.number, X.n_sentences, of_grams)
        own += self.cue_weight * cues.product(np.ones(len(cues.row)), X.n_sentences, of_rules)
        own = weighted_sum(X.layout, of_layout * self.layout_weight, own)
        return own, on_page.unit_product(np.log1p(on_page.number), X.n_pages, page_coef)

    def n_grams(self, X: Analysis, sentence: Int) -> Iterator[tuple[str, int, Int, UInt64]]:
        """Sentence and hash of each n-gram, family by family, after the family's unit and n."""
        yield "stem", 1, sentence, _mix(X.stem + _GOLDEN)
        for seed, order, unit in ((3, self.word_order, "word"), (5, self.kind_order, "kind")):
            units = getattr(X, unit)
            if order >= 1 and unit == "word":
                yield unit, 1, sentence, _mix(units * np.uint64(seed))
            for n in range(2, order + 1):
                seed_n = np.uint64(seed * 16 + n)
                yield unit, n, *_chain(units, sentence, X.sentence_bounds, n, seed_n)

    def meanings(
        self, X: Analysis, spelled: Mapping[str, Sequence[str]], rules: Sequence[str]
    ) -> dict[int, Counter[tuple[str, str]]]:
        """What the columns stand for in the one sentence of ``X``.

        Parameters
        ----------
        X
            A single sentence.
        spelled
            The texts behind its hashes ``word`` and ``kind``.
        rules
            Names of the lexicon rules, by number.

        Returns
        -------
        dict
            For each column that the sentence may use, group (``word``, ``stem``, ``kind``, ``cue`` or
            ``layout``) and name, with how often it occurs; more than one where hashes collide. A stem
            goes by the word that it was cut from.
        """
        named = [("cue", rule) for rule in rules] + [("layout", name) for name in LAYOUT]
        found = {2**self.own_bits + i: Counter([name]) for i, name in enumerate(named)}
        for unit, n, _, keys in self.n_grams(X, X.word_sentence()):
            names = spelled["word" if unit == "stem" else unit]
            if n > 1:
                names = [START, *names, END]
            for i, column in enumerate(column_of(keys, self.own_bits).tolist()):
                found.setdefault(column, Counter())[unit, " ".join(names[i : i + n])] += 1
        return found


@dataclass(frozen=True, slots=True)
class _Counts:
    """How often each column occurs in each row, where it does, in the order of rows and columns."""

    row: Int
    column: Int
    number: Float

    @classmethod
    def of(cls, places: Sequence[tuple[Int, Int]], bits: int) -> _Counts:
        """Count rows and columns; columns have ``bits`` bits."""
        key = np.concatenate([row << bits | column for row, column in places])
        if len(key) and key.max() < 2**32:  # sorts in half the time
            key = key.astype(np.uint32)
        key.sort()
        first = np.flatnonzero(np.append(True, key[1:] != key[:-1])[: len(key)])
        number = np.diff(first, append=len(key)).astype(np.float64)
        distinct = key[first].astype(np.int64)
        return cls(distinct >> bits, distinct & (1 << bits) - 1, number)

    def product(self, values: Float, n_rows: int, coef: Float) -> Float:
        """The matrix of ``values`` at the places counted, times ``coef``."""
        first = np.flatnonzero(np.diff(self.row, prepend=-1))
        found = np.zeros((n_rows, coef.shape[1]))
        for k, weights in enumerate(coef.take(self.column, axis=0).T):
            found[self.row[first], k] = np.add.reduceat(values * weights, first)
        return found

    def unit_product(self, values: Float, n_rows: int, coef: Float) -> Float:
        """As ``product``, with the rows of the matrix scaled to unit Euclidean length."""
        lengths = np.sqrt(np.bincount(self.row, values * values, n_rows))
        return self.product(values, n_rows, coef) / np.maximum(lengths, 1e-12)[:, None]


def weighted_sum(columns: Float, weights: Float, start: Float) -> Float:
    """``start + columns @ weights`` for tables (n, K) and (K, L), summed column by column.

    A BLAS product may round differently with the number of rows, and a score must not depend on the
    batch that its page was in.
    """
    total = np.array(start.T)
    for column, weight in zip(columns.T, weights, strict=True):
        total += weight[:, None] * column
    return total.T


def _mix(key: UInt64) -> UInt64:
    """The finaliser of splitmix64: every input bit reaches every output bit."""
    key = (key ^ (key >> np.uint64(30))) * _MIX_A
    key = (key ^ (key >> np.uint64(27))) * _MIX_B
    return key ^ (key >> np.uint64(31))


def column_of(key: UInt64, bits: int) -> Int:
    """The column of a hash: its first bits."""
    return (key >> np.uint64(64 - bits)).astype(np.int64)


def _chain(
    units: UInt64, sentence: Int, sentence_bounds: Int, n: int, seed: np.uint64
) -> tuple[Int, UInt64]:
    """n-grams within sentences; one that begins or ends a sentence has the boundary as a member."""
    counts = np.diff(sentence_bounds)
    padded = np.full(len(units) + 2 * len(counts), _BOUNDARY)
    place = np.arange(len(units)) + 2 * sentence + 1
    padded[place] = units
    owner = np.repeat(np.arange(len(counts)), counts + 2)
    key = np.full(max(len(padded) - n + 1, 0), seed)
    for offset in range(n):
        key = _mix(key * _GOLDEN + padded[offset : len(key) + offset])
    within: Bool = owner[: len(key)] == owner[n - 1 :]
    return owner[: len(key)][within], key[within]
