"""Features of sentences and of pages: hashed n-grams, cues and layout.

A sentence has word, stem and class n-grams, cues and layout of its own. A page has its cues only: what
a page does (sell, explain, cite, warn) carries over to topics never seen, its words do not.
Hashing keeps the vocabulary out of the model, so that a bundle holds numbers only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.base import BaseEstimator, TransformerMixin

from classifier.analysis import LAYOUT, Analysis, Bool, Float, Int, UInt64

# Odd constants of splitmix64 (Steele, Lea & Flood 2014), used to mix n-grams.
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_A = np.uint64(0xBF58476D1CE4E5B9)
_MIX_B = np.uint64(0x94D049BB133111EB)
_BOUNDARY = np.uint64(0x5851F42D4C957F2D)  # stands for "no word": the edges of a sentence
#: What an n-gram's name calls the edges of a sentence.
START, END = "[start]", "[end]"


@dataclass(frozen=True, slots=True)
class Features:
    """Matrices of one batch.

    Attributes
    ----------
    own
        csr (S, ``SentenceFeatures.own_width``).
    page
        csr (P, ``SentenceFeatures.page_width``).
    """

    own: csr_matrix
    page: csr_matrix


class SentenceFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turn an ``Analysis`` into ``Features``. Stateless: there is nothing to fit.

    Parameters
    ----------
    n_rules
        Lexicon rules that cues may name.
    own_bits
        The hashed n-grams share ``2 ** own_bits`` columns.
    word_order, kind_order
        Longest n-gram of words, and of words replaced by their lexicon class.
    cue_weight, layout_weight
        Scale of these columns beside n-grams of unit length; under L2 regularisation a larger scale
        means a weaker penalty.
    """

    def __init__(
        self,
        n_rules: int = 0,
        own_bits: int = 18,
        word_order: int = 2,
        kind_order: int = 3,
        cue_weight: float = 1.0,
        layout_weight: float = 0.3,
    ) -> None:
        self.n_rules = n_rules
        self.own_bits = own_bits
        self.word_order = word_order
        self.kind_order = kind_order
        self.cue_weight = cue_weight
        self.layout_weight = layout_weight

    def fit(self, X: Analysis, y: object = None) -> SentenceFeatures:
        """Do nothing; present for scikit-learn pipelines."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        """Stateless estimators are always fitted."""
        return True

    @property
    def own_width(self) -> int:
        """Columns of ``Features.own``."""
        return int(2**self.own_bits) + self.n_rules + len(LAYOUT)

    @property
    def page_width(self) -> int:
        """Columns of ``Features.page``."""
        return self.n_rules

    def transform(self, X: Analysis) -> Features:
        """Compute the features of all sentences and pages of a batch."""
        sentence, page = X.word_sentence(), X.sentence_page()
        n = X.n_sentences
        own = [
            _rows(s, _column(h, self.own_bits), (n, 2**self.own_bits))
            for _, _, s, h in self._n_grams(X, sentence)
        ]
        cues = _rows(X.cue_sentence, X.cue_rule, (n, self.n_rules))
        own_block = [
            _unit(sum(own[1:], own[0])),
            cues.minimum(1) * self.cue_weight,
            csr_matrix(X.layout * self.layout_weight),
        ]
        cues_on_page = _rows(page[X.cue_sentence], X.cue_rule, (X.n_pages, self.n_rules))
        return Features(
            own=hstack(own_block, format="csr"),
            page=_unit(cues_on_page.log1p()),
        )

    def logits(self, X: Analysis, coef: Float, page_coef: Float) -> tuple[Float, Float]:
        """``own @ coef`` (S, L) and ``page @ page_coef`` (P, L) of ``transform``, without matrices.

        Every row is summed by itself, in the order of its columns: the same to the last bit in any
        batch.
        """
        of_grams, of_rules, of_layout = np.split(
            coef, (2**self.own_bits, 2**self.own_bits + self.n_rules)
        )
        grams = _Counts.of(
            [(owner, _column(key, self.own_bits))
             for _, _, owner, key in self._n_grams(X, X.word_sentence())],
            self.own_bits,
        )  # fmt: skip
        bits = self.n_rules.bit_length()
        cues = _Counts.of([(X.cue_sentence, X.cue_rule)], bits)
        on_page = _Counts.of([(X.sentence_page()[X.cue_sentence], X.cue_rule)], bits)
        own = grams.unit_product(grams.number, X.n_sentences, of_grams)
        own += self.cue_weight * cues.product(np.ones(len(cues.row)), X.n_sentences, of_rules)
        own = weighted_sum(X.layout, of_layout * self.layout_weight, own)
        return own, on_page.unit_product(np.log1p(on_page.number), X.n_pages, page_coef)

    def _n_grams(self, X: Analysis, sentence: Int) -> Iterator[tuple[str, int, Int, UInt64]]:
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
        """What the columns of ``Features.own`` stand for in the one sentence of ``X``.

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
        for unit, n, _, keys in self._n_grams(X, X.word_sentence()):
            names = spelled["word" if unit == "stem" else unit]
            if n > 1:
                names = [START, *names, END]
            for i, column in enumerate(_column(keys, self.own_bits).tolist()):
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


def _column(key: UInt64, bits: int) -> Int:
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


def _rows(row: Int, column: Int, shape: tuple[int, int]) -> csr_matrix:
    counted = csr_matrix((np.ones(len(row)), (row, column)), shape=shape)
    counted.sum_duplicates()
    return counted


def _unit(matrix: csr_matrix) -> csr_matrix:
    """Scale rows to unit Euclidean length; empty rows stay empty."""
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    scaled = matrix.copy()
    scaled.data /= np.repeat(np.maximum(lengths, 1e-12), np.diff(matrix.indptr))
    return scaled
