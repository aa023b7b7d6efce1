"""Metrics against gold labels, with intervals that respect groups.

A gold segment takes the highest score, and any flag, of the sentences that overlap it by at least half
of the shorter of the two; one that no sentence overlaps scores 0. So a model is judged on the gold
units, however the splitter cut the text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from classifier.analysis import Analysis, Bool, Float, Int, bounds, ranges
from classifier.errors import DataError
from classifier.model.bundle import DECIMALS, Model
from classifier.model.thresholds import best_f1
from classifier.schema import Dataset
from classifier.text.analyser import Analyser

#: Draws of the bootstrap, and the share of them that an interval holds.
DRAWS, COVERAGE = 500, 0.95
#: Equal-width bins of the calibration error (Guo et al. 2017).
CALIBRATION_BINS = 15


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


def evaluate(
    data: Dataset,
    alignment: Alignment,
    sentence_scores: Float,
    page_scores: Float,
    thresholds: Mapping[str, float] | Sequence[Float],
    draws: int = DRAWS,
) -> dict[str, Any]:
    """All metrics of one set of scores.

    Parameters
    ----------
    data, alignment
        The gold labels.
    sentence_scores, page_scores
        Calibrated probabilities (S, L) and (P, L).
    thresholds
        One number per label; or, for cross-fitted thresholds, an array over segments per label.
        Ignored when ``data.exclusive``: there the most probable label is the flag.
    draws
        Bootstrap draws over groups, seed 0.

    Returns
    -------
    dict
        ``pages``, ``units``, ``groups``, ``labels`` (per label ``sentence`` or ``record`` and
        ``page`` metrics), and for exclusive labels ``macro_f1`` and ``accuracy``.
    """
    scores = alignment.scores(sentence_scores)
    group_of_page = group_numbers(data)
    group = group_of_page[alignment.segment_page]
    flags = _flags(data, scores, thresholds)
    page_flags = np.zeros((len(data.pages), len(data.labels)), dtype=bool)
    np.logical_or.at(page_flags, alignment.segment_page, flags)
    page_truth = alignment.page_truth(len(data.pages))
    labels: dict[str, Any] = {}
    for column, label in enumerate(data.labels):
        found = {data.unit: _metrics(alignment.truth, scores, flags, column, group, draws)}
        if data.unit == "sentence":
            found["page"] = _metrics(
                page_truth, page_scores, page_flags, column, group_of_page, draws
            )
        labels[label] = found
    report: dict[str, Any] = {
        "pages": len(data.pages),
        "units": len(scores),
        "groups": len(set(group_of_page.tolist())),
        "labels": labels,
    }
    if data.exclusive:
        report |= _exclusive_metrics(alignment.truth, flags, group, draws)
    return report


def group_numbers(data: Dataset) -> Int:
    """The group of each page, numbered in the order of the names, (P,)."""
    names = [page.group for page in data.pages]
    return np.asarray(np.unique(names, return_inverse=True)[1], dtype=np.int64)


def evaluate_model(model: Model, analyser: Analyser, data: Dataset) -> dict[str, Any]:
    """Metrics of a trained model on data that it was not trained on.

    Raises
    ------
    DataError
        If the data are labelled otherwise than the model: other labels, or other units.
    """
    return evaluate(*scored(model, analyser, data), model.thresholds)


def scored(
    model: Model, analyser: Analyser, data: Dataset
) -> tuple[Dataset, Alignment, Float, Float]:
    """The data with the model's labels, their gold labels, scores of sentences and of pages.

    Raises
    ------
    DataError
        As ``evaluate_model``.
    """
    if set(data.labels) != set(model.labels) or data.unit != model.unit:
        raise DataError(
            f"the data label {data.unit}s as {', '.join(data.labels)}; the model {model.name} labels "
            f"{model.unit}s as {', '.join(model.labels)}"
        )
    data = replace(data, labels=model.labels, exclusive=model.exclusive)
    X = analyser.analyse([page.text for page in data.pages])
    sentences, pages = (np.round(p, DECIMALS) for p in model.predict(X))
    return data, align(X, data), sentences, pages


def _flags(data: Dataset, scores: Float, thresholds: Mapping[str, float] | Sequence[Float]) -> Bool:
    if data.exclusive:
        flags = np.zeros(scores.shape, dtype=bool)
        flags[np.arange(len(scores)), scores.argmax(axis=1)] = True
        return flags
    if isinstance(thresholds, Mapping):
        return scores >= np.array([thresholds[label] for label in data.labels])
    return scores >= np.column_stack(list(thresholds))


def _metrics(
    truth: Bool, score: Float, flag: Bool, column: int, group: Int, draws: int
) -> dict[str, Any]:
    t, s, f = truth[:, column], score[:, column], flag[:, column]
    found: dict[str, Any] = {"n": len(t), "positives": int(t.sum())}
    found |= flag_metrics(t, f)
    found["calibration_error"] = calibration_error(t, s)
    if t.any() and not t.all():
        found["average_precision"] = float(average_precision_score(t, s))
        found["roc_auc"] = float(roc_auc_score(t, s))
        best = best_f1(t, s)
        found["best_f1"] = _f1(best.precision, best.recall)
        found["intervals"] = {
            "average_precision": interval(
                lambda rows: float(average_precision_score(t[rows], s[rows])), t, group, draws
            ),
            "f1": interval(lambda rows: flag_metrics(t[rows], f[rows])["f1"], t, group, draws),
        }
    return found


def flag_metrics(truth: Bool, flag: Bool) -> dict[str, float]:
    """Precision, recall and F1 of flags; 0 where undefined."""
    hits = float((truth & flag).sum())
    precision = hits / max(float(flag.sum()), 1.0)
    recall = hits / max(float(truth.sum()), 1.0)
    return {"precision": precision, "recall": recall, "f1": _f1(precision, recall)}


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / max(precision + recall, 1e-12)


class Bin(NamedTuple):
    """Samples whose scores lie in one of ``CALIBRATION_BINS`` equal parts of [0, 1].

    ``low`` and ``high`` are its edges, ``n`` the samples, ``score`` their mean score and ``share`` how
    many of them bear the label, in [0, 1].
    """

    low: float
    high: float
    n: int
    score: float
    share: float


def reliability(truth: Bool, score: Float) -> list[Bin]:
    """The bins of a reliability diagram that hold any sample, from low to high scores."""
    number = np.minimum((score * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
    found = []
    for k in np.unique(number).tolist():
        held = number == k
        edges = k / CALIBRATION_BINS, (k + 1) / CALIBRATION_BINS
        found.append(
            Bin(*edges, int(held.sum()), float(score[held].mean()), float(truth[held].mean()))
        )
    return found


def calibration_error(truth: Bool, score: Float) -> float:
    """Expected calibration error in [0, 1]: mean gap between score and frequency over bins."""
    gaps = [bin.n * abs(bin.score - bin.share) for bin in reliability(truth, score)]
    return float(sum(gaps)) / max(len(score), 1)


def _exclusive_metrics(truth: Bool, flags: Bool, group: Int, draws: int) -> dict[str, Any]:
    gold, predicted = truth.argmax(axis=1), flags.argmax(axis=1)
    classes = np.arange(truth.shape[1])

    def macro(rows: Int | slice) -> float:
        return float(
            f1_score(gold[rows], predicted[rows], labels=classes, average="macro", zero_division=0)
        )

    return {
        "macro_f1": macro(slice(None)),
        "macro_f1_interval": interval(macro, None, group, draws),
        "accuracy": float((gold == predicted).mean()),
    }


def interval(
    metric: Callable[[Int], float], truth: Bool | None, group: Int, draws: int
) -> tuple[float, float] | None:
    """Percentile bootstrap over groups: whole groups are drawn, because their samples are alike.

    Draws in which ``truth`` has only one class are left out; ``None`` when fewer than two are left.
    """
    order = np.argsort(group, kind="stable")
    group_bounds = np.append(np.flatnonzero(np.diff(group[order], prepend=-1)), len(order))
    n = len(group_bounds) - 1
    rng = np.random.default_rng(0)
    values = []
    for _ in range(draws):
        drawn = rng.integers(0, n, n)
        rows = order[ranges(group_bounds[drawn], group_bounds[drawn + 1])]
        if truth is None or (truth[rows].any() and not truth[rows].all()):
            values.append(metric(rows))
    if len(values) < 2:
        return None
    tail = (1 - COVERAGE) / 2 * 100
    low, high = np.percentile(values, [tail, 100 - tail])
    return round(float(low), 6), round(float(high), 6)
