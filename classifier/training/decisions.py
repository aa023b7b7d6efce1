"""Calibration and thresholds on out-of-fold logits, and both cross-fitted for the metrics."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from classifier.analysis import Analysis, Bool, Float, Int
from classifier.corpus.alignment import Alignment, align
from classifier.model.calibration import apply_page, apply_sigmoid, fit_page, fit_sigmoid
from classifier.model.thresholds import TOLERANCE, best_f1
from classifier.schema import Dataset


@dataclass(frozen=True, slots=True)
class Judged:
    """The pages that calibration, thresholds, guarantees and metrics come from.

    ``pages`` are their places among all pages.
    """

    data: Dataset
    X: Analysis
    alignment: Alignment
    groups: Int
    pages: Int

    def part(self, chosen: Int) -> Judged:
        """Some of the pages."""
        pages = tuple(self.data.pages[number] for number in chosen.tolist())
        data, X = replace(self.data, pages=pages), self.X.take(chosen)
        return Judged(data, X, align(X, data), self.groups[chosen], self.pages[chosen])


@dataclass(frozen=True, slots=True)
class Fitted:
    """Calibration and thresholds, per label; ``page`` calibrates pages."""

    sigmoid: Float
    page: Float
    threshold: Float
    page_threshold: Float

    def named(self, data: Dataset) -> tuple[dict[str, float], dict[str, float]]:
        """Thresholds of sentences and of pages by label; none when labels exclude each other."""
        if data.exclusive:
            return {}, {}
        columns = (self.threshold.tolist(), self.page_threshold.tolist())
        by_label = (dict(zip(data.labels, column, strict=True)) for column in columns)
        return next(by_label), next(by_label)


def fit_decisions(judged: Judged, logits: Float, pages: Bool) -> Fitted:
    """Calibrate and choose thresholds on the out-of-fold logits of the given pages."""
    data, X, alignment = judged.data, judged.X, judged.alignment
    chosen = np.flatnonzero(pages)
    part = X.take(chosen)
    rows = pages[X.sentence_page()]
    z, y = logits[rows], alignment.y[rows]
    labelled = ~np.isnan(y).any(axis=1)
    sigmoid = np.stack([fit_sigmoid(z[labelled, k], y[labelled, k]) for k in range(z.shape[1])])
    p = _sentence_scores(data, z, sigmoid)
    page_truth = alignment.page_truth(X.n_pages)[chosen]
    if data.unit == "record":  # a page is its one unit
        page = np.tile([0.0, 1.0, 0.0], (z.shape[1], 1))
    else:
        page = np.stack(
            [
                fit_page(p[:, k], part.page_bounds, page_truth[:, k].astype(float))
                for k in range(z.shape[1])
            ]
        )
    segments = pages[alignment.segment_page]
    everywhere = np.zeros(logits.shape)
    everywhere[rows] = p
    scores = alignment.scores(everywhere)[segments]
    threshold = [
        best_f1(alignment.truth[segments, k], scores[:, k], TOLERANCE).value
        for k in range(z.shape[1])
    ]
    page_scores = apply_page(p, part.page_bounds, page)
    page_threshold = [
        min(best_f1(page_truth[:, k], page_scores[:, k], TOLERANCE).value, threshold[k])
        for k in range(z.shape[1])
    ]
    return Fitted(sigmoid, page, np.array(threshold), np.array(page_threshold))


def _sentence_scores(data: Dataset, z: Float, sigmoid: Float) -> Float:
    p = apply_sigmoid(z, sigmoid)
    return p / p.sum(axis=1, keepdims=True) if data.exclusive else p


def cross_fit(
    judged: Judged, logits: Float, masks: list[Bool]
) -> tuple[Float, Float, list[Float], list[Float]]:
    """Out-of-fold scores of sentences and pages, each fold calibrated on the others, and thresholds.

    Thresholds stand label by label, for segments and for pages.
    """
    data, X, alignment = judged.data, judged.X, judged.alignment
    page_of = X.sentence_page()
    sentence_scores = np.zeros(logits.shape)
    page_scores = np.zeros((X.n_pages, logits.shape[1]))
    thresholds = np.zeros(alignment.truth.shape)
    page_thresholds = np.zeros(page_scores.shape)
    for held_out in masks:
        fitted = fit_decisions(judged, logits, ~held_out)
        rows = held_out[page_of]
        sentence_scores[rows] = _sentence_scores(data, logits[rows], fitted.sigmoid)
        part = X.take(np.flatnonzero(held_out))
        page_scores[held_out] = apply_page(sentence_scores[rows], part.page_bounds, fitted.page)
        thresholds[held_out[alignment.segment_page]] = fitted.threshold
        page_thresholds[held_out] = fitted.page_threshold
    return sentence_scores, page_scores, list(thresholds.T), list(page_thresholds.T)
