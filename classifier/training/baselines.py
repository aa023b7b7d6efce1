"""What a sceptic asks for beside a model: the majority, length alone, and words counted in two lines.

Each is fitted and measured on the folds of the model that it stands beside. Their settings are those
that one would write down without trying any: these rows say what the rest of this package is worth.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from scipy.special import expit
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from classifier.analysis import Bool, Float
from classifier.corpus.alignment import Alignment
from classifier.model.thresholds import TOLERANCE, best_f1
from classifier.schema import Dataset
from classifier.training.decisions import Judged
from classifier.training.metrics import flag_metrics

MAJORITY = "majority"
LENGTH = "length only"
LOGISTIC = "TF-IDF, logistic regression"
SVM = "TF-IDF, linear SVM"
BASELINES = (MAJORITY, LENGTH, LOGISTIC, SVM)


def baselines(
    data: Dataset,
    alignment: Alignment,
    masks: Sequence[Bool],
    judged: Judged,
    parts: Sequence[Bool],
    n_jobs: int = 1,
) -> dict[str, Any]:
    """Cross-validate all ``BASELINES`` on units by themselves, whatever page they stand on.

    Parameters
    ----------
    data, alignment
        All pages, which are learnt from.
    masks
        (P,) each: the pages of each fold.
    judged
        The pages that are measured.
    parts
        The same folds over these: a threshold has the best F1 on the others, as that of a model.
    n_jobs
        Processes; the result does not depend on it.

    Returns
    -------
    dict
        Name to ``labels``, label to ``average_precision`` (``None`` without both answers) and ``f1``;
        and ``macro_f1`` where labels exclude each other.
    """
    texts = np.array(
        [p.text[s.start : s.end] for p in data.pages for s in p.segments], dtype=object
    )
    folds = [mask[alignment.segment_page] for mask in masks]
    found = Parallel(n_jobs=n_jobs)(
        delayed(baseline_scores)(texts[~held], alignment.truth[~held], texts[held], data.exclusive)
        for held in folds
    )
    rows = np.isin(alignment.segment_page, judged.pages)
    report = {}
    for number, name in enumerate(BASELINES):
        scores = np.zeros(alignment.truth.shape)
        for held, of_fold in zip(folds, found, strict=True):
            scores[held] = of_fold[number]
        report[name] = _measured(name, scores[rows], judged, parts)
    return report


def baseline_scores(texts: Any, truth: Bool, unseen: Any, exclusive: bool) -> Float:
    """Scores in [0, 1] of texts that were not learnt from, (``BASELINES``, N, L)."""
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    try:
        counted = words.fit_transform(texts), words.transform(unseen)
    except ValueError:  # there is not one word
        counted = np.zeros((len(texts), 1)), np.zeros((len(unseen), 1))
    scaler = StandardScaler()
    lengths = scaler.fit_transform(_lengths(texts)), scaler.transform(_lengths(unseen))
    models = (
        (lengths, LogisticRegression(solver="liblinear")),
        (counted, LogisticRegression(C=10, solver="liblinear")),
        (counted, LinearSVC(random_state=0)),
    )
    share = truth.mean(axis=0)
    usual = np.eye(len(share))[share.argmax()] if exclusive else (share > 0.5).astype(float)
    scores = np.empty((len(BASELINES), len(unseen), len(share)))
    scores[0] = usual
    for number, ((X, X_unseen), model) in enumerate(models, start=1):
        for k, y in enumerate(truth.T):
            if y.any() and not y.all():
                scores[number, :, k] = expit(model.fit(X, y).decision_function(X_unseen))
            else:
                scores[number, :, k] = y[0]
    return scores


def _lengths(texts: Any) -> Float:
    """Signs and words of each text, as logarithms, (N, 2)."""
    return np.log1p([(len(text), len(text.split())) for text in texts])


def _measured(name: str, scores: Float, judged: Judged, parts: Sequence[Bool]) -> dict[str, Any]:
    truth, page = judged.alignment.truth, judged.alignment.segment_page
    if judged.data.exclusive:
        flags = scores.argmax(axis=1)[:, None] == np.arange(scores.shape[1])
    elif name == MAJORITY:
        flags = scores > 0.5
    else:
        flags = np.zeros(truth.shape, dtype=bool)
        for part in parts:
            held = part[page]
            for k in range(truth.shape[1]):
                threshold = best_f1(truth[~held, k], scores[~held, k], TOLERANCE).value
                flags[held, k] = scores[held, k] >= threshold
    labels = {}
    for k, label in enumerate(judged.data.labels):
        t, s = truth[:, k], scores[:, k]
        both = t.any() and not t.all()
        labels[label] = {
            "average_precision": float(average_precision_score(t, s)) if both else None,
            "f1": flag_metrics(t, flags[:, k])["f1"],
        }
    report: dict[str, Any] = {"labels": labels}
    if judged.data.exclusive:
        gold, decided = truth.argmax(axis=1), flags.argmax(axis=1)
        classes = np.arange(truth.shape[1])
        report["macro_f1"] = float(
            f1_score(gold, decided, labels=classes, average="macro", zero_division=0)
        )
    return report
