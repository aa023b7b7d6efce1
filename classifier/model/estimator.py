"""The two-stage page classifier, a scikit-learn estimator over ``Analysis``.

First stage, per label: one logistic regression on the sentence's own words, cues and layout, and one
on the cues of the page, whose target is the share of the page's sentences that bear the
label. Second stage, per label: one logistic regression on the first stage's logits around the sentence.
It is fitted on out-of-fold logits of the first, so it learns how far the page's opinion can be trusted
on sites never seen.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix, vstack
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from classifier.analysis import Analysis, Bool, Float, Int, joined
from classifier.model.context import context_features
from classifier.model.decision import PARAMETERS, decision
from classifier.model.features import Features, SentenceFeatures
from classifier.model.folds import group_folds

#: The second stage is also fitted on each sentence alone, so that posts and captions of one sentence are
#: judged by what they say and not by the page they lack; such a copy weighs this much.
ALONE_WEIGHT = 0.25
#: Weight of a text that is one sentence, whose label is by its own words while that of a copy is by the
#: page that it was on. Of 1, 10 and 20 with weights of copies from 0 to 0.25, by three-fold average
#: precision on the corpus's posts, captions and quoted claims against that on pages.
SINGLE_WEIGHT = 10.0


class PageClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Classify the sentences of pages, each in the light of its page.

    Parameters
    ----------
    features
        Turns an ``Analysis`` into matrices.
    C, page_C, context_C
        Inverse strength of the L2 penalty of the sentence and the page model of the first stage, and
        of the second stage.
    folds
        Folds of the out-of-fold logits that the second stage is fitted on; at most the number of
        groups is used.
    random_state
        Seed of the folds and of the solver's shuffling.

    Attributes
    ----------
    classes_
        ``[0, 1]``: every label is a yes or no of its own.
    coef_, intercept_
        First stage, sentences: (features.own_width, L) and (L,).
    page_coef_, page_intercept_
        First stage, pages: (features.page_width, L) and (L,).
    context_coef_, context_intercept_
        Second stage, on unscaled context features: (K, L) and (L,).
    """

    def __init__(
        self,
        features: SentenceFeatures | None = None,
        C: float = 3.0,
        page_C: float = 3.0,
        context_C: float = 0.01,
        folds: int = 5,
        random_state: int = 0,
    ) -> None:
        self.features = features
        self.C = C
        self.page_C = page_C
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
        with threadpool_limits(limits=1, user_api="blas"):  # the same sums on any number of cores
            return self._fit(X, y, groups)

    def _fit(self, X: Analysis, y: Float, groups: Int | None) -> PageClassifier:
        extractor = clone(self.features) if self.features is not None else SentenceFeatures()
        page_groups = np.arange(X.n_pages) if groups is None else np.asarray(groups)
        both = joined(X, X.alone())
        answers = np.concatenate([y, y])
        both_groups = np.concatenate([page_groups, page_groups[X.sentence_page()]])
        whole = np.arange(both.n_pages) < X.n_pages
        matrices = extractor.fit_transform(both)
        first = self._first_stage(matrices, both, answers, whole)
        self.coef_, self.intercept_, self.page_coef_, self.page_intercept_ = first
        z, page_z = self._out_of_fold(matrices, both, answers, both_groups, whole)
        labelled = np.flatnonzero(~np.isnan(answers).any(axis=1))
        targets = answers[labelled].astype(np.int64)
        single = (np.diff(X.page_bounds) == 1)[X.sentence_page()]
        of_all = np.concatenate(
            [
                np.where(single & ~single.all(), SINGLE_WEIGHT, 1.0),
                np.full(X.n_sentences, ALONE_WEIGHT),
            ]
        )
        weights = of_all[labelled]
        surroundings = context_features(z, page_z, both)[labelled]
        scaler = StandardScaler().fit(surroundings, sample_weight=weights)
        scaled = scaler.transform(surroundings)
        coef, intercept = _logistic(
            scaled, targets, self.context_C, "lbfgs", self.random_state, weights
        )
        self.context_coef_ = coef / scaler.scale_[:, None]
        self.context_intercept_ = intercept - scaler.mean_ @ self.context_coef_
        self.features_ = extractor
        self.classes_ = np.array([0, 1])
        return self

    def decision_function(self, X: Analysis) -> Float:
        """Uncalibrated logits, (S, L)."""
        check_is_fitted(self)
        return decision(self.features_.hashing, self.parameters_, X)

    @property
    def parameters_(self) -> dict[str, Float]:
        """The fitted numbers by the names that ``decision`` knows."""
        return {name: getattr(self, f"{name}_") for name in PARAMETERS}

    def predict_proba(self, X: Analysis) -> Float:
        """Probability of each label, (S, L), before calibration."""
        return np.asarray(expit(self.decision_function(X)))

    def predict(self, X: Analysis) -> Int:
        """Whether each label holds at probability one half, 0 or 1, (S, L)."""
        return (self.decision_function(X) > 0).astype(np.int64)

    def _first_stage(
        self, matrices: Features, X: Analysis, y: Float, pages: Bool
    ) -> tuple[Float, Float, Float, Float]:
        """Coefficients and intercepts of sentences, then of pages, fitted on the given pages."""
        page = X.sentence_page()
        rows = np.flatnonzero(~np.isnan(y).any(axis=1) & pages[page])
        targets = y[rows].astype(np.int64)
        sentences = _logistic(matrices.own[rows], targets, self.C, "liblinear", self.random_state)
        labelled = np.bincount(page[rows], minlength=X.n_pages)
        chosen = np.flatnonzero(labelled)
        counts = [np.bincount(page[rows], column, X.n_pages)[chosen] for column in targets.T]
        shares = np.asarray(np.column_stack(counts) / labelled[chosen, None], dtype=np.float64)
        of_pages = _shares(matrices.page[chosen], shares, self.page_C, self.random_state)
        return *sentences, *of_pages

    def _out_of_fold(
        self, matrices: Features, X: Analysis, y: Float, groups: Int, whole: Bool
    ) -> tuple[Float, Float]:
        """First-stage logits of sentences and pages, from models that did not see their group."""
        z, page_z = np.zeros(y.shape), np.zeros((X.n_pages, y.shape[1]))
        for held_out in group_folds(groups, self.folds, self.random_state):
            coef, intercept, page_coef, page_intercept = self._first_stage(
                matrices, X, y, whole & ~held_out
            )
            rows = held_out[X.sentence_page()]
            z[rows] = matrices.own[rows] @ coef + intercept
            page_z[held_out] = matrices.page[held_out] @ page_coef + page_intercept
        return z, page_z


def _logistic(
    X: csr_matrix | Float,
    targets: Int,
    C: float,
    solver: str,
    seed: int,
    weights: Float | None = None,
) -> tuple[Float, Float]:
    """One logistic regression per label: coefficients (width, L), intercepts (L,)."""
    coefs, intercepts = [], []
    for column in targets.T:
        if len(np.unique(column)) < 2:  # a fold without a rare label: the base rate, smoothed
            rate = (column.sum() + 0.5) / (len(column) + 1)
            coefs.append(np.zeros(X.shape[1]))
            intercepts.append(float(np.log(rate / (1 - rate))))
            continue
        coef, intercept = _one_label(X, column, C, solver, seed, weights)
        coefs.append(coef)
        intercepts.append(intercept)
    return np.stack(coefs, axis=1), np.array(intercepts)


def _one_label(
    X: csr_matrix | Float, y: Int, C: float, solver: str, seed: int, weights: Float | None
) -> tuple[Float, float]:
    model = LogisticRegression(C=C, solver=solver, max_iter=1000, random_state=seed)
    model.fit(X, y, sample_weight=weights)
    return model.coef_[0], float(model.intercept_[0])


def _shares(X: csr_matrix, shares: Float, C: float, seed: int) -> tuple[Float, Float]:
    """Logistic regression on shares: each page counts as positive and negative, by its share."""
    doubled = vstack([X, X], format="csr")
    answers = np.repeat([1, 0], X.shape[0])
    coefs, intercepts = [], []
    for share in shares.T:
        weights = np.concatenate([share, 1 - share])
        used = weights > 0
        if len(np.unique(answers[used])) < 2:
            coefs.append(np.zeros(X.shape[1]))
            intercepts.append(0.0)
            continue
        coef, intercept = _one_label(
            doubled[used], answers[used], C, "liblinear", seed, weights[used]
        )
        coefs.append(coef)
        intercepts.append(intercept)
    return np.stack(coefs, axis=1), np.array(intercepts)
