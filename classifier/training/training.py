"""The one training path: check, split by group, fit, calibrate, choose thresholds, evaluate.

Every number that is reported comes from models that never saw the group it is measured on: the two
stages are cross-validated together, and the calibration and threshold applied to a fold are fitted on
the other folds. The shipped parameters are then fitted on everything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import numpy as np
from joblib import Parallel, delayed

from classifier.analysis import Analysis, Bool, Float, Int
from classifier.corpus.alignment import Alignment, align
from classifier.corpus.duplicates import join_groups
from classifier.corpus.provenance import describe, files, unit_hashes, versions
from classifier.model.bundle import Model
from classifier.model.calibration import apply_page, apply_sigmoid, fit_page, fit_sigmoid
from classifier.model.estimator import PageClassifier
from classifier.model.features import SentenceFeatures
from classifier.model.thresholds import TOLERANCE, best_f1
from classifier.schema import Dataset
from classifier.text.analyser import Analyser
from classifier.training.certification import guarantees_on
from classifier.training.config import TrainConfig
from classifier.training.evaluation import evaluate
from classifier.training.metrics import spread
from classifier.training.splitting import (
    by_appearance,
    check_folds,
    check_groups,
    check_labels,
    folds_of_pages,
    in_order,
)

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Judged:
    """The pages that calibration, thresholds, guarantees and metrics come from.

    ``pages`` are their places among all pages.
    """

    data: Dataset
    X: Analysis
    alignment: Alignment
    groups: Int
    pages: Int

    def part(self, chosen: Int) -> _Judged:
        """Some of the pages."""
        pages = tuple(self.data.pages[number] for number in chosen.tolist())
        data, X = replace(self.data, pages=pages), self.X.take(chosen)
        return _Judged(data, X, align(X, data), self.groups[chosen], self.pages[chosen])


@dataclass(frozen=True, slots=True)
class _Fitted:
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


def train(
    data: Dataset,
    config: TrainConfig,
    *,
    calibrate_on: Bool | None = None,
    n_jobs: int = 1,
    repeats: int = 1,
    progress: Progress = lambda _: None,
) -> Model:
    """Fit, calibrate and evaluate a model.

    Parameters
    ----------
    data
        From ``classifier.corpus.labelled.read_labelled``.
    config
        Settings.
    calibrate_on
        (P,): the pages that are like those to be scored. Calibration, thresholds, guarantees and
        metrics come from their out-of-fold scores; all pages are learnt from. All if ``None``.
    n_jobs
        Processes for cross-validation; the result does not depend on it.
    repeats
        How often to cross-validate, with the seeds ``seed``, ``seed + 1`` and so on; the spread of
        the metrics is then in ``model.about["metrics"]["repeats"]``. The model is that of the first.
    progress
        Called with a line of text now and then.

    Returns
    -------
    Model
        With its metrics in ``model.about["metrics"]``; write it with ``classifier.model.saving.save``.

    Raises
    ------
    DataError
        If a label has fewer than two groups with positives or with negatives, or the groups are too
        few for the folds.
    """
    data, calibrate_on = in_order(data, calibrate_on)
    progress(f"analysing {len(data.pages)} pages")
    analyser = Analyser(split=data.unit == "sentence")
    X = analyser.analyse([page.text for page in data.pages])
    alignment = align(X, data)
    joins = join_groups(data)
    groups = by_appearance(joins.groups)
    for line in joins.summary():
        progress(line)
    judged = _Judged(data, X, alignment, groups, np.arange(X.n_pages))
    if calibrate_on is not None:
        judged = judged.part(np.flatnonzero(calibrate_on))
    check_groups(data, groups)
    check_labels(judged.data, judged.alignment, judged.groups, progress)

    n_rules = len(analyser.lexicons.rules)
    progress(f"cross-validating {alignment.truth.shape[0]} units in {len(set(groups))} groups")
    rounds = []
    for seed in range(config.seed, config.seed + repeats):
        estimator = _estimator(replace(config, seed=seed), n_rules)
        masks = folds_of_pages(alignment, groups, config.folds, seed)
        check_folds(groups, masks)
        logits = _cross_validate(estimator, X, alignment.y, groups, masks, n_jobs)
        logits = logits[np.isin(X.sentence_page(), judged.pages)]
        held_out = folds_of_pages(judged.alignment, judged.groups, config.folds, seed)
        measured = _cross_fit(judged, logits, held_out)
        draws = config.bootstrap_draws if seed == config.seed else 2
        sentences, pages, of_units, of_pages = measured
        scores = (judged.data, judged.alignment, sentences, pages)
        metrics = evaluate(*scores, of_units, draws, of_pages, judged.groups)
        rounds.append((logits, scores, metrics))
    logits, scores, metrics = rounds[0]
    if repeats > 1:
        metrics["repeats"] = {"n": repeats, "labels": spread([found for *_, found in rounds])}

    progress("fitting on all data")
    estimator = _estimator(config, n_rules)
    estimator.fit(X, alignment.y, groups)
    fitted = _fit_decisions(judged, logits, np.ones(len(judged.pages), dtype=bool))
    thresholds, page_thresholds = fitted.named(data)
    guarantees, page_guarantees = guarantees_on(*scores, judged.groups)
    return Model(
        labels=data.labels,
        exclusive=data.exclusive,
        unit=data.unit,
        thresholds=thresholds,
        page_thresholds=page_thresholds,
        features=estimator.features_.get_params(),
        fingerprint=analyser.fingerprint,
        parameters={
            **estimator.parameters_,
            "calibration": fitted.sigmoid,
            "page_calibration": fitted.page,
        },
        guarantees=guarantees,
        page_guarantees=page_guarantees,
        units=np.unique(unit_hashes(data)[0]),
        about={
            "data": describe(data, joins.duplicates),
            "calibrated_on": files(judged.data),
            "config": asdict(config),
            "metrics": metrics,
            "versions": versions(),
        },
    )


def _estimator(config: TrainConfig, n_rules: int) -> PageClassifier:
    features = SentenceFeatures(
        n_rules=n_rules,
        own_bits=config.own_bits,
        word_order=config.word_order,
        kind_order=config.kind_order,
        cue_weight=config.cue_weight,
        layout_weight=config.layout_weight,
    )
    return PageClassifier(
        features,
        config.C,
        config.page_C,
        config.context_C,
        folds=config.folds,
        random_state=config.seed,
    )


def _cross_validate(
    estimator: PageClassifier,
    X: Analysis,
    y: Float,
    groups: Int,
    masks: list[Bool],
    n_jobs: int,
) -> Float:
    """Logits of every sentence from two-stage models that did not see its group, (S, L)."""
    pages = [np.flatnonzero(mask) for mask in masks]
    page_of = X.sentence_page()
    fits = Parallel(n_jobs=n_jobs)(
        delayed(_fit_and_predict)(estimator, X, y, groups, mask) for mask in masks
    )
    logits = np.zeros(y.shape)
    for held_out, found in zip(pages, fits, strict=True):
        logits[np.isin(page_of, held_out)] = found
    return logits


def _fit_and_predict(
    estimator: PageClassifier, X: Analysis, y: Float, groups: Int, held_out: Bool
) -> Float:
    from sklearn.base import clone

    fit, test = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    rows = ~held_out[X.sentence_page()]
    fitted = clone(estimator).fit(X.take(fit), y[rows], groups[fit])
    return np.asarray(fitted.decision_function(X.take(test)))


def _fit_decisions(judged: _Judged, logits: Float, pages: Bool) -> _Fitted:
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
    return _Fitted(sigmoid, page, np.array(threshold), np.array(page_threshold))


def _sentence_scores(data: Dataset, z: Float, sigmoid: Float) -> Float:
    p = apply_sigmoid(z, sigmoid)
    return p / p.sum(axis=1, keepdims=True) if data.exclusive else p


def _cross_fit(
    judged: _Judged, logits: Float, masks: list[Bool]
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
        fitted = _fit_decisions(judged, logits, ~held_out)
        rows = held_out[page_of]
        sentence_scores[rows] = _sentence_scores(data, logits[rows], fitted.sigmoid)
        part = X.take(np.flatnonzero(held_out))
        page_scores[held_out] = apply_page(sentence_scores[rows], part.page_bounds, fitted.page)
        thresholds[held_out[alignment.segment_page]] = fitted.threshold
        page_thresholds[held_out] = fitted.page_threshold
    return sentence_scores, page_scores, list(thresholds.T), list(page_thresholds.T)
