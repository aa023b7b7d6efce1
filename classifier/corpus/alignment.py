"""Gold segments beside the sentences that the splitter found.

A gold segment takes the highest score, and any flag, of the sentences that overlap it by at least half
of the shorter of the two; one that no sentence overlaps scores 0. So a model is judged on the gold
units, however the splitter cut the text.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from classifier.analysis import Analysis, Bool, Float, Int, bounds
from classifier.schema import Dataset


@dataclass(frozen=True, slots=True)
class Alignment:
    """Gold segments beside the sentences that the splitter found.

    Attributes
    ----------
    y
        (S, L): labels projected onto our sentences, for training; NaN where no segment overlaps.
    truth
        (G, L): gold labels of the segments.
    segment_page
        (G,): page of each segment.
    match_bounds, match_sentence
        Segment ``g`` is matched by sentences ``match_sentence[match_bounds[g]:match_bounds[g + 1]]``.
    """

    y: Float
    truth: Bool
    segment_page: Int
    match_bounds: Int
    match_sentence: Int

    def scores(self, sentence_scores: Float) -> Float:
        """Scores of the segments (G, L) from those of the sentences (S, L)."""
        result = np.zeros(self.truth.shape)
        matched = np.diff(self.match_bounds) > 0
        if matched.any():
            result[matched] = np.maximum.reduceat(
                sentence_scores[self.match_sentence], self.match_bounds[:-1][matched], axis=0
            )
        return result

    def page_truth(self, n_pages: int) -> Bool:
        """Whether any segment of each page bears each label, (P, L)."""
        result = np.zeros((n_pages, self.truth.shape[1]), dtype=bool)
        np.logical_or.at(result, self.segment_page, self.truth)
        return result


def align(X: Analysis, data: Dataset) -> Alignment:
    """Match the segments of each page with the sentences of ``X``; pages correspond by position."""
    y = np.full((X.n_sentences, len(data.labels)), np.nan)
    truth: list[list[bool]] = []
    pages: list[int] = []
    matches: list[Int] = []
    for number, page in enumerate(data.pages):
        low, high = X.page_bounds[number : number + 2]
        start, end = X.start[low:high], X.end[low:high]
        for segment in page.segments:
            shared = np.minimum(end, segment.end) - np.maximum(start, segment.start)
            shorter = np.minimum(end - start, segment.end - segment.start)
            found = np.flatnonzero((shared > 0) & (shared * 2 >= shorter)) + low
            row = [label in segment.labels for label in data.labels]
            y[found] = np.fmax(y[found], np.array(row, dtype=float))
            truth.append(row)
            pages.append(number)
            matches.append(found)
    return Alignment(
        y=y,
        truth=np.array(truth, dtype=bool).reshape(-1, len(data.labels)),
        segment_page=np.array(pages, dtype=np.int64),
        match_bounds=bounds(np.array([len(found) for found in matches], dtype=np.int64)),
        match_sentence=np.concatenate([np.zeros(0, dtype=np.int64), *matches]),
    )
