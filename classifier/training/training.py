"""The one training path: check, split by group, fit, calibrate, choose thresholds, evaluate.

Every number that is reported comes from models that never saw the group it is measured on: the two
stages are cross-validated together, and the calibration and threshold applied to a fold are fitted on
the other folds. The shipped parameters are then fitted on everything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import numpy as np
from joblib import Parallel, delayed

from classifier.analysis import Analysis, Bool, Float, Int
from classifier.corpus.alignment import Alignment, align
from classifier.corpus.duplicates import join_groups
from classifier.corpus.provenance import describe, files, unit_hashes, versions
from classifier.encoder.encoder import Encoder
from classifier.encoder.held_out import HeldOut, with_logits
from classifier.model.bundle import Model
from classifier.model.estimator import PageClassifier
from classifier.schema import Dataset
from classifier.text.analyser import Analyser
from classifier.training.baselines import baselines
from classifier.training.certification import guarantees_on
from classifier.training.config import TrainConfig
from classifier.training.decisions import Judged, cross_fit, fit_decisions
from classifier.training.evaluation import evaluate
from classifier.training.metrics import spread
from classifier.training.predictions import Keep, keep_none, predictions
from classifier.training.search import changes, choose, features_of
from classifier.training.splitting import (
    by_appearance,
    check_folds,
    check_groups,
    check_labels,
    folds_of_pages,
    in_order,
)

Progress = Callable[[str], None]


def train(
    data: Dataset,
    config: TrainConfig,
    *,
    encoder: Encoder | None = None,
    held_out: HeldOut | None = None,
    calibrate_on: Bool | None = None,
    n_jobs: int = 1,
    repeats: int = 1,
    progress: Progress = lambda _: None,
    keep: Keep = keep_none,
    with_baselines: bool = False,
    search: str = "none",
) -> Model:
    """Fit, calibrate and evaluate a model.

    Parameters
    ----------
    data
        From ``classifier.corpus.labelled.read_labelled``.
    config
        Settings.
    encoder
        Reads the pages too: its logits are features of the second stage, and it becomes part of the
        model. The model has none if ``None``.
    held_out
        Logits of the pages that the encoder was trained on, from others that were not.
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
    keep
        Gets the predictions behind the metrics, those of the first cross-validation.
    with_baselines
        Cross-validate ``BASELINES`` on the same folds, into ``model.about["metrics"]["baselines"]``.
    search
        One of ``SEARCHES``: chooses settings on the pages that a model is fitted on, and for the metrics
        within the pages outside of each fold.

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
    reading: dict[str, Any] = {}
    if encoder is not None:
        progress(f"reading {len(data.pages)} pages")
        X, reading = _read(analyser, X, alignment, data, encoder, held_out)
    joins = join_groups(data)
    groups = by_appearance(joins.groups)
    for line in joins.summary():
        progress(line)
    judged = Judged(data, X, alignment, groups, np.arange(X.n_pages))
    if calibrate_on is not None:
        judged = judged.part(np.flatnonzero(calibrate_on))
    check_groups(data, groups)
    check_labels(judged.data, judged.alignment, judged.groups, progress)

    n_rules = len(analyser.lexicons.rules)
    fit = partial(_fit, search, n_rules=n_rules, exclusive=data.exclusive)
    progress(f"cross-validating {alignment.truth.shape[0]} units in {len(set(groups))} groups")
    rounds = []
    for seed in range(config.seed, config.seed + repeats):
        masks = folds_of_pages(alignment, groups, config.folds, seed)
        check_folds(groups, masks)
        of_seed = partial(fit, replace(config, seed=seed))
        logits, chosen = _cross_validate(of_seed, X, alignment.y, groups, masks, n_jobs)
        if search != "none":
            progress(f"settings chosen in each fold: {[changes(config, one) for one in chosen]}")
        logits = logits[np.isin(X.sentence_page(), judged.pages)]
        parts = folds_of_pages(judged.alignment, judged.groups, config.folds, seed)
        measured = cross_fit(judged, logits, parts)
        draws = config.bootstrap_draws if seed == config.seed else 2
        sentences, pages, of_units, of_pages = measured
        scores = (judged.data, judged.alignment, sentences, pages)
        metrics = evaluate(*scores, of_units, draws, of_pages, judged.groups)
        if seed == config.seed:
            folds = np.argmax(masks, axis=0)[judged.pages]
            keep(predictions(*scores[:3], of_units, judged.groups, folds))
            if with_baselines:
                progress("cross-validating the baselines")
                metrics["baselines"] = baselines(data, alignment, masks, judged, parts, n_jobs)
        rounds.append((logits, scores, metrics))
    logits, scores, metrics = rounds[0]
    if repeats > 1:
        metrics["repeats"] = {"n": repeats, "labels": spread([found for *_, found in rounds])}

    progress("fitting on all data")
    estimator, settled = fit(config, X, alignment.y, groups)
    if search != "none":
        progress(f"settings chosen: {changes(config, settled) or 'those of the configuration'}")
    fitted = fit_decisions(judged, logits, np.ones(len(judged.pages), dtype=bool))
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
        encoder=encoder,
        units=np.unique(unit_hashes(data)[0]),
        about={
            **reading,
            "data": describe(data, joins.duplicates),
            "calibrated_on": files(judged.data),
            "config": asdict(settled),
            "search": search,
            "metrics": metrics,
            "versions": versions(),
        },
    )


def _read(
    analyser: Analyser,
    X: Analysis,
    alignment: Alignment,
    data: Dataset,
    encoder: Encoder,
    held_out: HeldOut | None,
) -> tuple[Analysis, dict[str, Any]]:
    """The analysis with the encoder's logits, and what the manifest says of them."""
    texts = [page.text for page in data.pages]
    labelled = np.asarray(~np.isnan(alignment.y).any(axis=1))
    sentences = analyser.sentences(texts, X)
    X, known = with_logits(X, texts, sentences, labelled, encoder, held_out)
    return X, {
        "encoder_input": {
            "sha256": encoder.sha256,
            "held_out_sha256": held_out.sha256 if held_out else None,
            "held_out_pages": known,
            "other_pages": len(texts) - known,
        }
    }


Fit = Callable[[Analysis, Float, Int], tuple[PageClassifier, TrainConfig]]


def _fit(
    search: str,
    config: TrainConfig,
    X: Analysis,
    y: Float,
    groups: Int,
    *,
    n_rules: int,
    exclusive: bool,
) -> tuple[PageClassifier, TrainConfig]:
    """Fit both stages with the settings that suit these pages, and return these."""
    config = choose(search, config, n_rules, X, y, groups, exclusive)
    estimator = PageClassifier(
        features_of(config, n_rules),
        config.C,
        config.page_C,
        config.context_C,
        folds=config.folds,
        random_state=config.seed,
    )
    return estimator.fit(X, y, groups), config


def _cross_validate(
    fit: Fit, X: Analysis, y: Float, groups: Int, masks: list[Bool], n_jobs: int
) -> tuple[Float, list[TrainConfig]]:
    """Logits of every sentence (S, L) from models that did not see its group, and their settings."""
    page_of = X.sentence_page()
    fits = Parallel(n_jobs=n_jobs)(
        delayed(_fit_and_predict)(fit, X, y, groups, mask) for mask in masks
    )
    logits = np.zeros(y.shape)
    for mask, (found, _) in zip(masks, fits, strict=True):
        logits[mask[page_of]] = found
    return logits, [config for _, config in fits]


def _fit_and_predict(
    fit: Fit, X: Analysis, y: Float, groups: Int, held_out: Bool
) -> tuple[Float, TrainConfig]:
    chosen = np.flatnonzero(~held_out)
    rows = ~held_out[X.sentence_page()]
    fitted, config = fit(X.take(chosen), y[rows], groups[chosen])
    return np.asarray(fitted.decision_function(X.take(np.flatnonzero(held_out)))), config
