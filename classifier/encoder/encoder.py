"""A trained encoder: reads pages as sequences of sentences and gives each a logit per label."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from classifier.analysis import LAYOUT, Analysis, Bool, Float, Int
from classifier.encoder.network import Network
from classifier.encoder.sequences import Cutting

#: Decimals of a logit. Processors differ in the last bits of a product; rounded, nearly all logits are
#: the same everywhere.
DECIMALS = 4
_STARTS_LINE = LAYOUT.index("starts_line")


#: Threads of this process that read at the moment, and the limit that is in force meanwhile.
_LOCK = threading.Lock()
_READING: list[threadpool_limits] = []


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """BLAS on one thread; what was set before comes back when the last thread has left.

    The setting is of the whole process. Threads that each restored what they had found would leave it
    at one for good where they overlap.
    """
    with _LOCK:
        limits = _READING[0] if _READING else threadpool_limits(limits=1, user_api="blas")
        _READING.append(limits)
    try:
        yield
    finally:
        with _LOCK:
            _READING.pop()
            if not _READING:
                limits.restore_original_limits()


@dataclass(frozen=True, slots=True)
class Encoder:
    """Vocabulary, cutting and weights.

    Attributes
    ----------
    labels
        What its logits are of.
    tokenizer
        A WordPiece tokenizer of the ``tokenizers`` library.
    cutting
        How pages become sequences.
    network
        The weights.
    files
        Name and content of the files that it was read from.
    origin
        Where its initial weights come from, under which licence, and how it was trained.
    """

    labels: tuple[str, ...]
    tokenizer: Any
    cutting: Cutting
    network: Network
    files: Mapping[str, bytes]
    origin: str = ""

    @property
    def sha256(self) -> str:
        """Hash of all files, in order; what a model that was trained with it names."""
        digest = hashlib.sha256()
        for content in self.files.values():
            digest.update(hashlib.sha256(content).digest())
        return digest.hexdigest()

    def logits(self, sentences: Sequence[str], X: Analysis) -> Float:
        """Logits of all sentences on their pages, (S, labels of the encoder).

        Parameters
        ----------
        sentences
            The sentences as they are read, (S,).
        X
            Their analysis, which says which pages they make and which of them begin a line.
        """
        begins_line = X.layout[:, _STARTS_LINE] > 0
        return self._judged(sentences, begins_line, X.page_bounds)

    def logits_alone(self, sentences: Sequence[str]) -> Float:
        """Logits of sentences as texts of their own, (S, labels)."""
        n = len(sentences)
        return self._judged(sentences, np.ones(n, dtype=bool), np.arange(n + 1))

    def _judged(self, sentences: Sequence[str], begins_line: Bool, page_bounds: Int) -> Float:
        found = np.zeros((len(sentences), len(self.labels)))
        tokens = [
            encoding.ids
            for encoding in self.tokenizer.encode_batch(list(sentences), add_special_tokens=False)
        ]
        with one_blas_thread():  # the same sums on any number of cores
            for low, high in pairwise(page_bounds.tolist()):
                for sequence in self.cutting.cut(tokens[low:high], begins_line[low:high].tolist()):
                    judged = sequence.sentences
                    rows = slice(low + judged.start, low + judged.stop)
                    found[rows] = self.network.logits(sequence)
        return np.round(found, DECIMALS)
