"""A trained encoder: reads pages as sequences of sentences and gives each a logit per label."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from classifier.analysis import Analysis, Bool, Float
from classifier.encoder.network import Network
from classifier.encoder.sequences import Cutting

#: Decimals of a logit. Processors differ in the last bits of a product; rounded, nearly all logits are
#: the same everywhere.
DECIMALS = 4


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
    """

    labels: tuple[str, ...]
    tokenizer: Any
    cutting: Cutting
    network: Network
    files: Mapping[str, bytes]

    @property
    def sha256(self) -> str:
        """Hash of all files, in order; what a model that was trained with it names."""
        digest = hashlib.sha256()
        for content in self.files.values():
            digest.update(hashlib.sha256(content).digest())
        return digest.hexdigest()

    def logits(self, texts: Sequence[str], X: Analysis) -> Float:
        """Logits of all sentences, (S, labels of the encoder).

        Parameters
        ----------
        texts
            The pages' texts, (P,).
        X
            Their analysis, which says where sentences are.
        """
        found = np.zeros((X.n_sentences, self.network.shape.labels))
        with threadpool_limits(limits=1, user_api="blas"):  # the same sums on any number of cores
            for page, text in enumerate(texts):
                low, high = X.page_bounds[page : page + 2].tolist()
                spans = list(zip(X.start[low:high].tolist(), X.end[low:high].tolist(), strict=True))
                for sequence in self.cutting.cut(*self._units(text, spans)):
                    rows = slice(low + sequence.sentences.start, low + sequence.sentences.stop)
                    found[rows] = self.network.logits(sequence)
        return np.round(found, DECIMALS)

    def logits_alone(self, texts: Sequence[str], X: Analysis, wanted: Bool) -> Float:
        """Logits of each sentence as a text of its own, (S, labels); 0 where not ``wanted`` (S,)."""
        found = np.zeros((X.n_sentences, self.network.shape.labels))
        page = X.sentence_page()
        with threadpool_limits(limits=1, user_api="blas"):
            for s in np.flatnonzero(wanted).tolist():
                spans = [(int(X.start[s]), int(X.end[s]))]
                for sequence in self.cutting.cut(*self._units(texts[page[s]], spans)):
                    found[s] = self.network.logits(sequence)
        return np.round(found, DECIMALS)

    def _units(
        self, text: str, spans: Sequence[tuple[int, int]]
    ) -> tuple[list[list[int]], list[bool]]:
        """Return the tokens of each sentence, and whether it begins a line."""
        if not spans:
            return [], []
        encodings = self.tokenizer.encode_batch(
            [text[start:end] for start, end in spans], add_special_tokens=False
        )
        ends = [None, *(end for _, end in spans[:-1])]
        begins_line = [
            end is None or "\n" in text[end:start]
            for end, (start, _) in zip(ends, spans, strict=True)
        ]
        return [encoding.ids for encoding in encodings], begins_line
