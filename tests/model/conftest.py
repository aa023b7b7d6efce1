"""Hand-made analyses: the model knows nothing of spaCy, and neither do most of its tests."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from classifier.analysis import CUES, LAYOUT, Analysis, bounds

N_RULES = 7
MakeAnalysis = Callable[..., Analysis]


@pytest.fixture(scope="session")
def make_analysis() -> MakeAnalysis:
    """Random arrays that fit together: ``pages`` are the numbers of sentences of each page."""

    def make(
        seed: int = 0, pages: tuple[int, ...] = (3, 0, 5, 1, 12), encoder_labels: int = 0
    ) -> Analysis:
        rng = np.random.default_rng(seed)
        page_bounds = bounds(np.array(pages, dtype=np.int64))
        n = int(page_bounds[-1])
        words = rng.integers(1, 9, n)
        n_words = int(words.sum())
        vocabulary = rng.integers(0, 2**64, 40, dtype=np.uint64)
        cue_sentence = np.flatnonzero(rng.random(n) < 0.6)
        page_start = np.repeat(page_bounds[:-1], pages)
        number = np.arange(n)

        def some_before() -> np.ndarray:
            chosen = rng.integers(page_start, np.maximum(number, page_start + 1))
            return np.where((rng.random(n) < 0.5) & (number > page_start), chosen, -1)

        return Analysis(
            page_bounds=page_bounds,
            sentence_bounds=bounds(words),
            start=10 * (number - page_start),
            end=10 * (number - page_start) + 9,
            word=rng.choice(vocabulary, n_words),
            stem=rng.choice(vocabulary[:20], n_words),
            kind=rng.choice(vocabulary[:10], n_words),
            cue_rule=rng.integers(0, N_RULES, len(cue_sentence)),
            cue_sentence=cue_sentence,
            cue_start=10 * (cue_sentence - page_start[cue_sentence]),
            cue_end=10 * (cue_sentence - page_start[cue_sentence]) + 4,
            layout=(rng.random((n, len(LAYOUT))) < 0.3).astype(float),
            cues=(rng.random((n, len(CUES))) < 0.2).astype(float),
            heading=some_before(),
            lead=some_before(),
            encoded=rng.normal(scale=2.0, size=(n, encoder_labels)),
            encoded_alone=rng.normal(scale=2.0, size=(n, encoder_labels)),
        )

    return make
