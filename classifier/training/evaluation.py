"""A model, or any scores, against gold labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from classifier.analysis import Analysis, Float, Int
from classifier.corpus.alignment import Alignment, align
from classifier.corpus.duplicates import join_groups
from classifier.corpus.provenance import unit_hashes
from classifier.errors import DataError
from classifier.model.bundle import DECIMALS, Model
from classifier.schema import Dataset
from classifier.text.analyser import Analyser
from classifier.training.metrics import DRAWS, exclusive_metrics, label_metrics
from classifier.training.predictions import Keep, Predictions, flagged, keep_none, predictions


def evaluate(
    data: Dataset,
    alignment: Alignment,
    sentence_scores: Float,
    page_scores: Float,
    thresholds: Mapping[str, float] | Sequence[Float],
    draws: int = DRAWS,
    page_thresholds: Mapping[str, float] | Sequence[Float] | None = None,
    groups: Int | None = None,
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
    page_thresholds
        The same for pages; ``None`` to flag a page when one of its units is.
    groups
        (P,): what intervals are drawn over, such as groups joined for text that they share; by
        default the groups that the data name.

    Returns
    -------
    dict
        ``pages``, ``units``, ``groups``, ``labels`` (per label ``sentence`` or ``record`` and
        ``page`` metrics), and for exclusive labels ``macro_f1`` and ``accuracy``.
    """
    scores = alignment.scores(sentence_scores)
    group_of_page = group_numbers(data) if groups is None else groups
    group = group_of_page[alignment.segment_page]
    flags = flagged(data, scores, thresholds)
    page_flags = np.zeros((len(data.pages), len(data.labels)), dtype=bool)
    if page_thresholds is None or data.exclusive:
        np.logical_or.at(page_flags, alignment.segment_page, flags)
    else:
        page_flags = flagged(data, page_scores, page_thresholds)
    page_truth = alignment.page_truth(len(data.pages))
    labels: dict[str, Any] = {}
    for column, label in enumerate(data.labels):
        found = {data.unit: label_metrics(alignment.truth, scores, flags, column, group, draws)}
        if data.unit == "sentence":
            found["page"] = label_metrics(
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
        report |= exclusive_metrics(alignment.truth, flags, group, draws)
    return report


def group_numbers(data: Dataset) -> Int:
    """The group of each page, numbered in the order of the names, (P,)."""
    names = [page.group for page in data.pages]
    return np.asarray(np.unique(names, return_inverse=True)[1], dtype=np.int64)


def evaluate_model(
    model: Model, analyser: Analyser, data: Dataset, keep: Keep = keep_none
) -> dict[str, Any]:
    """Metrics of a trained model on data that it was not trained on, with intervals over joined groups.

    Where the model was trained on some of the units all the same, ``overlap`` has the number of
    ``units``, of ``pages`` with any, and the metrics ``without`` these pages, ``None`` if none are left.
    ``keep`` gets the predictions of all units.

    Raises
    ------
    DataError
        If the data are labelled otherwise than the model: other labels, or other units.
    """
    data, X, sentences, pages = _predicted(model, analyser, data)
    report, found = _measured(model, data, X, sentences, pages)
    keep(found)
    seen = units_seen(model, data)
    if seen is not None and seen.any():
        kept = np.flatnonzero(seen == 0)
        without = None
        if len(kept):
            rest = replace(data, pages=tuple(data.pages[number] for number in kept.tolist()))
            rows = np.isin(X.sentence_page(), kept)
            without, _ = _measured(model, rest, X.take(kept), sentences[rows], pages[kept])
        left_out = len(data.pages) - len(kept)
        report["overlap"] = {"units": int(seen.sum()), "pages": left_out, "without": without}
    return report


def _measured(
    model: Model, data: Dataset, X: Analysis, sentences: Float, pages: Float
) -> tuple[dict[str, Any], Predictions]:
    """Metrics from scores of sentences and pages, and the predictions of the units."""
    alignment, groups = align(X, data), join_groups(data).groups
    report = evaluate(
        data,
        alignment,
        sentences,
        pages,
        model.thresholds,
        page_thresholds=model.page_thresholds,
        groups=groups,
    )
    return report, predictions(data, alignment, sentences, model.thresholds, groups)


def predictions_of(model: Model, analyser: Analyser, data: Dataset, groups: Int) -> Predictions:
    """What a model says of the units of some data, with labels in the order of the data.

    Raises
    ------
    DataError
        As ``evaluate_model``.
    """
    labelled, alignment, sentences, _ = scored(model, analyser, data)
    found = predictions(labelled, alignment, sentences, model.thresholds, groups)
    order = [model.labels.index(label) for label in data.labels]
    columns = (found.truth[:, order], found.scores[:, order], found.flags[:, order])
    return Predictions(data, groups, *columns)


def units_seen(model: Model, data: Dataset) -> Int | None:
    """How many units of each page the model was trained on, (P,); ``None`` where it does not say."""
    if model.units is None:
        return None
    hashes, page = unit_hashes(data)
    return np.bincount(page[np.isin(hashes, model.units)], minlength=len(data.pages))


def scored(
    model: Model, analyser: Analyser, data: Dataset
) -> tuple[Dataset, Alignment, Float, Float]:
    """The data with the model's labels, their gold labels, scores of sentences and of pages.

    Raises
    ------
    DataError
        As ``evaluate_model``.
    """
    data, X, sentences, pages = _predicted(model, analyser, data)
    return data, align(X, data), sentences, pages


def _predicted(
    model: Model, analyser: Analyser, data: Dataset
) -> tuple[Dataset, Analysis, Float, Float]:
    """The data with the model's labels, their analysis, scores of sentences and of pages."""
    if set(data.labels) != set(model.labels) or data.unit != model.unit:
        raise DataError(
            f"the data label {data.unit}s as {', '.join(data.labels)}; the model {model.name} labels "
            f"{model.unit}s as {', '.join(model.labels)}"
        )
    data = replace(data, labels=model.labels, exclusive=model.exclusive)
    X = analyser.analyse([page.text for page in data.pages])
    sentences, pages = (np.round(p, DECIMALS) for p in model.predict(X))
    return data, X, sentences, pages
