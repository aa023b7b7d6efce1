"""The two-stage page classifier, a scikit-learn estimator over ``Analysis``.

First stage: one logistic regression per label on the sentence's own words, cues and layout and on
those of its surroundings. Second stage: one logistic regression per label on the first stage's logits
around the sentence. The second stage is fitted on out-of-fold logits of the first.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted

from classifier.analysis import Analysis, Float, Int
from classifier.errors import DataError
from classifier.model.context import context_features
from classifier.model.features import Features, SentenceFeatures

#: A logit stands for a probability no closer to 0 or 1 than this; keeps separable labels finite.
_EXTREME = 20.0


class PageClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Classify the sentences of pages, each in the light of its page.

    Parameters
    ----------
    features
        Turns an ``Analysis`` into matrices.
    C, context_C
        Inverse strength of the L2 penalty of the first and the second stage.
    folds
        Folds of the out-of-fold logits that the second stage is fitted on; at most the number of
        groups is used.
    random_state
        Seed of the solver's shuffling.

    Attributes
    ----------
    classes_
        ``[0, 1]``: every label is a yes or no of its own.
    coef_, intercept_
        First stage: (features.width, L) and (L,).
    context_coef_, context_intercept_
        Second stage, on unscaled context features: (K, L) and (L,).
    """

    def __init__(
        self,
        features: SentenceFeatures | None = None,
        C: float = 10.0,
        context_C: float = 0.1,
        folds: int = 5,
        random_state: int = 0,
    ) -> None:
        self.features = features
        self.C = C
        self.context_C = context_C
        self.folds = folds
        self.random_state = random_state

    def fit(self, X: Analysis, y: Float, groups: Int | None = None) -> PageClassifier:
        """Fit both stages.

        Parameters
        ----------
        X
            ``S`` sentences on ``P`` pages.
        y
            (S, L): 1, 0, or NaN where a sentence has no label; such sentences serve as context only.
        groups
            (P,): pages of one group never stand on both sides of a fold. Each page on its own if
            ``None``.

        Raises
        ------
        DataError
            If all sentences are of one group.
        """
        extractor = clone(self.features) if self.features is not None else SentenceFeatures()
        matrices = extractor.fit_transform(X)
        labelled = np.flatnonzero(~np.isnan(y).any(axis=1))
        design = matrices.design(labelled)
        targets = y[labelled].astype(np.int64)
        page_groups = np.arange(X.n_pages) if groups is None else np.asarray(groups)
        sentence_groups = page_groups[X.sentence_page()]
        self.coef_, self.intercept_ = self._first_stage(design, targets)
        z = self._out_of_fold(matrices, design, targets, labelled, sentence_groups)
        surroundings = context_features(z, X)[labelled]
        scaler = StandardScaler().fit(surroundings)
        coef, intercept = _logistic(
            scaler.transform(surroundings), targets, self.context_C, "lbfgs", self.random_state
        )
        self.context_coef_ = coef / scaler.scale_[:, None]
        self.context_intercept_ = intercept - scaler.mean_ @ self.context_coef_
        self.features_ = extractor
        self.classes_ = np.array([0, 1])
        return self

    def decision_function(self, X: Analysis) -> Float:
        """Uncalibrated logits, (S, L)."""
        check_is_fitted(self)
        z = self.features_.transform(X).linear(self.coef_) + self.intercept_
        return second_stage(z, X, self.context_coef_, self.context_intercept_)

    def predict_proba(self, X: Analysis) -> Float:
        """Probability of each label, (S, L), before calibration."""
        return np.asarray(expit(self.decision_function(X)))

    def predict(self, X: Analysis) -> Int:
        """Whether each label holds at probability one half, 0 or 1, (S, L)."""
        return (self.decision_function(X) > 0).astype(np.int64)

    def _first_stage(self, design: csr_matrix, targets: Int) -> tuple[Float, Float]:
        return _logistic(design, targets, self.C, "liblinear", self.random_state)

    def _out_of_fold(
        self,
        matrices: Features,
        design: csr_matrix,
        targets: Int,
        labelled: Int,
        sentence_groups: Int,
    ) -> Float:
        """First-stage logits of every sentence, from models that did not see its group."""
        z = np.zeros((len(sentence_groups), targets.shape[1]))
        for held_out in group_folds(sentence_groups, self.folds):
            fit = ~held_out[labelled]
            coef, intercept = self._first_stage(design[fit], targets[fit])
            z[held_out] = (matrices.linear(coef) + intercept)[held_out]
        return z


def second_stage(z: Float, X: Analysis, coef: Float, intercept: Float) -> Float:
    """Final logits (S, L) from first-stage logits (S, L).

    Summed column by column: a BLAS product may round differently with the number of rows, and a
    score must not depend on the batch that its page was in.
    """
    logits = np.broadcast_to(intercept, z.shape).copy()
    for column, weights in zip(context_features(z, X).T, coef, strict=True):
        logits += np.outer(column, weights)
    return np.clip(logits, -_EXTREME, _EXTREME)


def group_folds(groups: Int, folds: int) -> list[np.typing.NDArray[np.bool_]]:
    """Held-out masks of a grouped k-fold split over samples, balanced in size and deterministic."""
    n = min(folds, len(np.unique(groups)))
    if n < 2:
        raise DataError(
            "cross-validation needs at least two groups of pages, but there is only one"
        )
    masks = []
    for _, held_out in GroupKFold(n).split(groups, groups=groups):
        mask = np.zeros(len(groups), dtype=bool)
        mask[held_out] = True
        masks.append(mask)
    return masks


def _logistic(
    X: csr_matrix | Float, targets: Int, C: float, solver: str, seed: int
) -> tuple[Float, Float]:
    """One logistic regression per label: coefficients (width, L), intercepts (L,)."""
    coefs, intercepts = [], []
    for column in targets.T:
        if len(np.unique(column)) < 2:  # a fold without a rare label: the base rate, smoothed
            rate = (column.sum() + 0.5) / (len(column) + 1)
            coefs.append(np.zeros(X.shape[1]))
            intercepts.append(float(np.log(rate / (1 - rate))))
            continue
        model = LogisticRegression(C=C, solver=solver, max_iter=1000, random_state=seed)
        model.fit(X, column)
        coefs.append(model.coef_[0])
        intercepts.append(float(model.intercept_[0]))
    return np.stack(coefs, axis=1), np.array(intercepts)
