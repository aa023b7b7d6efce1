"""Features of sentences and of pages: hashed n-grams, cues and layout.

A sentence has word, stem and class n-grams, cues and layout of its own. A page has its cues only: what
a page does (sell, explain, cite, warn) carries over to topics never seen, its words do not.
Hashing keeps the vocabulary out of the model, so that a bundle holds numbers only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.base import BaseEstimator, TransformerMixin

from classifier.analysis import Analysis, Int
from classifier.model.hashing import Hashing, column_of


@dataclass(frozen=True, slots=True)
class Features:
    """Matrices of one batch.

    Attributes
    ----------
    own
        csr (S, ``Hashing.own_width``).
    page
        csr (P, ``Hashing.page_width``).
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
    def hashing(self) -> Hashing:
        """The same for scoring."""
        return Hashing(**self.get_params())

    def transform(self, X: Analysis) -> Features:
        """Compute the features of all sentences and pages of a batch."""
        sentence, page = X.word_sentence(), X.sentence_page()
        n = X.n_sentences
        own = [
            _rows(s, column_of(h, self.own_bits), (n, 2**self.own_bits))
            for _, _, s, h in self.hashing.n_grams(X, sentence)
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
