"""Settings that suit the data, chosen among a short fixed list by inner grouped cross-validation.

What is compared is the first stage's reading of the sentence alone: it is what the settings change, and
costs less than a fit. The list was written down before any of it but the weight of cues was tried on
the sets of ``benchmarks/public_sets.md``. Class weights are not on it: calibration would take them back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from itertools import product
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score

from classifier.analysis import Analysis, Float, Int
from classifier.model.calibration import apply_sigmoid, fit_sigmoid
from classifier.model.features import SentenceFeatures
from classifier.model.folds import group_folds
from classifier.training.config import TrainConfig

#: Folds within the pages that a model is fitted on.
INNER_FOLDS = 3
#: Values of each setting; all combinations are tried. The first stands where nothing is better.
SEARCHES: Mapping[str, Mapping[str, Sequence[Any]]] = {
    "none": {},
    "quick": {"cue_weight": (1.0, 0.0), "word_order": (1, 2)},
    "full": {
        "cue_weight": (1.0, 0.0),
        "word_order": (1, 2),
        "kind_order": (3, 0),
        "C": (8.0, 2.0, 32.0),
    },
}


def features_of(config: TrainConfig, n_rules: int) -> SentenceFeatures:
    """The features that a configuration asks for."""
    return SentenceFeatures(
        n_rules=n_rules,
        own_bits=config.own_bits,
        word_order=config.word_order,
        kind_order=config.kind_order,
        cue_weight=config.cue_weight,
        layout_weight=config.layout_weight,
    )


def choose(
    search: str,
    config: TrainConfig,
    n_rules: int,
    X: Analysis,
    y: Float,
    groups: Int,
    exclusive: bool,
) -> TrainConfig:
    """Return the configuration with those settings of a search that do best.

    Parameters
    ----------
    search
        One of ``SEARCHES``.
    config
        All other settings, and the seed of the folds.
    n_rules
        Lexicon rules.
    X, y, groups
        What a model will be fitted on: pages, labels (S, L), NaN where there are none, and groups (P,).
    exclusive
        Whether labels exclude each other. The best has the highest macro-F1 then, else the highest mean
        of average precision over labels; the first of equals.
    """
    values = SEARCHES[search]
    if not values:
        return config
    rows = np.flatnonzero(~np.isnan(y).any(axis=1))
    truth = y[rows].astype(np.int64)
    group = groups[X.sentence_page()[rows]]
    folds = group_folds(
        group, INNER_FOLDS, config.seed, np.column_stack([np.ones(len(rows)), truth])
    )
    best, chosen = -np.inf, config
    matrices: dict[TrainConfig, csr_matrix] = {}
    for setting in product(*values.values()):
        candidate = replace(config, **dict(zip(values, setting, strict=True)))
        same = replace(candidate, C=config.C)  # whose features are these
        if same not in matrices:
            matrices = {same: features_of(candidate, n_rules).transform(X).own[rows]}
        own, scores = matrices[same], np.zeros(truth.shape)
        for held_out in folds:
            fit = own[~held_out], truth[~held_out]
            scores[held_out] = _scores(*fit, own[held_out], candidate)
        found = _quality(truth, scores, exclusive)
        if found > best:
            best, chosen = found, candidate
    return chosen


def _scores(X: csr_matrix, truth: Int, unseen: csr_matrix, config: TrainConfig) -> Float:
    scores = np.empty((unseen.shape[0], truth.shape[1]))
    for k, y in enumerate(truth.T):
        if y.min() == y.max():
            scores[:, k] = y[0]
            continue
        model = LogisticRegression(C=config.C, solver="liblinear", random_state=config.seed)
        scores[:, k] = model.fit(X, y).decision_function(unseen)
    return scores


def _quality(truth: Int, scores: Float, exclusive: bool) -> float:
    pairs = zip(scores.T, truth.T, strict=True)
    if exclusive:  # decided as by the model, which calibrates the labels one by one
        p = apply_sigmoid(scores, np.stack([fit_sigmoid(z, t) for z, t in pairs]))
        gold, decided = truth.argmax(axis=1), p.argmax(axis=1)
        return float(f1_score(gold, decided, average="macro", zero_division=0))
    return float(np.mean([average_precision_score(t, z) for z, t in pairs if t.any()]))


def changes(config: TrainConfig, chosen: TrainConfig) -> dict[str, float]:
    """The settings that a search chose otherwise."""
    before = asdict(config)
    return {name: value for name, value in asdict(chosen).items() if value != before[name]}
