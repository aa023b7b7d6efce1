"""A scikit-learn estimator over raw texts: training, scoring and the bundle behind one object."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from typing import Any, Self

import numpy as np
from scipy.special import logit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from classifier.analysis import Float
from classifier.api.results import Verdicts
from classifier.api.targets import check_texts, is_segments, labelled, page_truth
from classifier.model.bundle import DECIMALS, Model, load
from classifier.model.saving import check_target, save
from classifier.model.shipped import bundle_at
from classifier.report.card import model_card
from classifier.run.scorer import Scorer, check_sentences
from classifier.run.scoring import batches
from classifier.schema import Page, Verdict
from classifier.training.config import TrainConfig
from classifier.training.training import train

_DEFAULT = TrainConfig()
#: Probabilities are kept this far from 0 and 1 before a logit is taken: half of the last decimal.
_EDGE = 0.5 * 10**-DECIMALS
#: Field of a manifest with the classes where they are no texts.
_CLASSES = "classes"


class TextClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Classify texts, or pages sentence by sentence.

    ``fit`` trains as ``classifier train`` does, on one class per text, several yes/no labels per text,
    or pages with labelled sentences. For whoever asks in the way of scikit-learn, a sample is a text
    or a page; ``pipe`` gives sentences as well.

    Parameters
    ----------
    C, page_C, context_C, folds, own_bits, word_order, kind_order, cue_weight, layout_weight
        See ``classifier.training.config.TrainConfig``.
    bootstrap_draws
        Draws behind the intervals of the metrics in ``model_.about["metrics"]``.
    random_state
        Seed of everything random, a whole number.
    n_jobs
        Processes for the cross-validation within ``fit``; -1 for all cores. The result does not
        depend on it.

    Attributes
    ----------
    classes_
        (L,): the classes in order; or the names of the yes/no labels, their numbers where they have
        no names.
    model_
        The ``classifier.model.bundle.Model``.
    notes_
        What training had to say, line by line, such as that there is little to learn from; empty
        after ``load``.
    """

    def __init__(
        self,
        *,
        C: float = _DEFAULT.C,
        page_C: float = _DEFAULT.page_C,
        context_C: float = _DEFAULT.context_C,
        folds: int = _DEFAULT.folds,
        own_bits: int = _DEFAULT.own_bits,
        word_order: int = _DEFAULT.word_order,
        kind_order: int = _DEFAULT.kind_order,
        cue_weight: float = _DEFAULT.cue_weight,
        layout_weight: float = _DEFAULT.layout_weight,
        bootstrap_draws: int = _DEFAULT.bootstrap_draws,
        random_state: int = _DEFAULT.seed,
        n_jobs: int = 1,
    ) -> None:
        self.C = C
        self.page_C = page_C
        self.context_C = context_C
        self.folds = folds
        self.own_bits = own_bits
        self.word_order = word_order
        self.kind_order = kind_order
        self.cue_weight = cue_weight
        self.layout_weight = layout_weight
        self.bootstrap_draws = bootstrap_draws
        self.random_state = random_state
        self.n_jobs = n_jobs

    @classmethod
    def load(cls, path: str | os.PathLike[str] | None = None) -> Self:
        """Open a bundle: a directory, or the name of a shipped model; by default ``"default"``.

        Its settings become the parameters, so that a clone is fitted with them; its encoder, where it
        has one, reads for it, but is no part of such a clone.

        Raises
        ------
        BundleError
            If the bundle is missing, damaged, or made for another text pipeline.
        """
        model = load(bundle_at(path))
        known = model.about.get("config", {})
        of_ours = {f.name: known[f.name] for f in fields(TrainConfig) if f.name in known}
        settings = {"random_state" if name == "seed" else name: of_ours[name] for name in of_ours}
        estimator = cls(**settings)
        classes = model.about.get(_CLASSES)
        estimator._become(
            model, np.array(model.labels, object) if classes is None else np.array(classes), []
        )
        estimator._scorer()  # refuses a model of another text pipeline
        return estimator

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write a bundle, with its model card, that ``load`` and ``classifier score --model`` open.

        Raises
        ------
        BundleError
            If something is there already; with ``overwrite``, if it is anything but a bundle.
        """
        check_is_fitted(self)
        check_target(path, overwrite)
        save(self.model_, path, model_card(self.model_))

    def fit(self, X: Any, y: Any, groups: Any = None) -> Self:
        """Train, calibrate and choose thresholds.

        Parameters
        ----------
        X
            (n,): texts.
        y
            Classes (n,), yes/no labels (n, L) or labelled segments of each text; see
            ``classifier.api.targets.labelled``.
        groups
            (n,): site, author or product of each text, which cross-validation keeps together.

        Raises
        ------
        DataError
            If texts, labels and groups do not fit together, or are too few to learn from.
        ConfigError
            If a parameter has an impossible value.
        """
        settings = {f.name: getattr(self, f.name) for f in fields(TrainConfig) if f.name != "seed"}
        config = TrainConfig(seed=self.random_state, **settings)
        data, classes = labelled(X, y, groups)
        notes: list[str] = []
        model = train(data, config, n_jobs=self.n_jobs, progress=notes.append)
        about = dict(model.about)
        if classes.dtype.kind in "biuf":
            about[_CLASSES] = classes.tolist()
        kept = {  # as a bundle keeps them, so that ``load`` predicts the same
            name: array.astype(np.float32).astype(np.float64)
            for name, array in model.parameters.items()
        }
        model = replace(model, parameters=kept, about=about)
        return self._become(model, classes, notes)

    def predict_proba(self, X: Any) -> Float:
        """Calibrated probability of each class or label, (n, L), for texts in any language.

        Of classes, they sum to 1; a text without words has each class as often as the training data.
        """
        scorer = self._scorer()
        pages = (Page(id="-", text=text) for text in check_texts(X))
        found = [
            scorer.model.predict(scorer.analyser.analyse([page.text for page in batch]))[1]
            for batch in batches(pages)
        ]
        scores = np.round(np.concatenate([np.zeros((0, len(self.classes_))), *found]), DECIMALS)
        if not self.model_.exclusive:
            return scores
        positives = self.model_.about["data"]["positives"]
        share = np.array([positives[label] for label in self.model_.labels], dtype=float)
        scores[~scores.any(axis=1)] = share
        return np.asarray(scores / scores.sum(axis=1, keepdims=True))

    def decision_function(self, X: Any) -> Float:
        """How far each text is on the side of a label: logits, from 0 on where it is predicted.

        (n, L), the logit of the probability less that of the page's threshold. Of classes, the logit of
        each, of which the highest is predicted; of two classes, (n,), that of the second.
        """
        logits = _logit(self.predict_proba(X))
        if not self.model_.exclusive:
            thresholds = self.model_.page_thresholds
            return logits - _logit(np.array([thresholds[label] for label in self.model_.labels]))
        return logits[:, 1] if len(self.classes_) == 2 else logits

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class of each text, (n,); or which labels it is flagged for, (n, L)."""
        check_is_fitted(self)
        if self.model_.exclusive:
            return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])
        return (self.decision_function(X) >= 0).astype(np.int64)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Accuracy: the share of texts with the right class, or with all labels right.

        ``y`` is as in ``fit``; a page is right when it is flagged for the labels of its segments.
        """
        check_is_fitted(self)
        if is_segments(y):
            y = page_truth(X, y, self.model_.labels)
        elif hasattr(y, "columns"):
            y = y[list(self.classes_)]
        return float(super().score(X, y, sample_weight))

    def __call__(self, text: str) -> Verdict:
        """Score one text: flags, scores, and the sentences that are flagged."""
        return next(self.pipe([text]))

    def pipe(self, texts: Iterable[str | Page], *, sentences: str = "flagged") -> Verdicts:
        """Score a stream of texts, or of pages with ids and columns; texts are numbered from 0.

        Parameters
        ----------
        texts
            Read as far as verdicts are taken, in batches of ``classifier.run.scoring``.
        sentences
            Which sentences are listed: ``"flagged"``, ``"all"`` or ``"none"``.

        Returns
        -------
        Verdicts
            One verdict for each, in order, and ``to_frame()``. One that cannot be scored has ``error``.
        """
        scorer = self._scorer()
        check_sentences(sentences)
        verdicts = (
            verdict
            for batch in batches(_pages(texts))
            for verdict in scorer.score_batch(batch, sentences)
        )
        return Verdicts(verdicts, self.model_.labels, sentences)

    def _become(self, model: Model, classes: np.ndarray, notes: list[str]) -> Self:
        self.model_, self.classes_, self.notes_ = model, classes, notes
        self._opened: Scorer | None = None
        return self

    def _scorer(self) -> Scorer:
        check_is_fitted(self)
        if self._opened is None:
            self._opened = Scorer(self.model_)
        return self._opened

    def __getstate__(self) -> dict[str, Any]:
        """All but the text pipeline, which is made anew where it is needed."""
        state: dict[str, Any] = super().__getstate__()
        return {**state, "_opened": None} if "_opened" in state else state

    def __sklearn_is_fitted__(self) -> bool:
        """Whether there is a model."""
        return hasattr(self, "model_")

    def __sklearn_tags__(self) -> Any:
        """Texts in, classes or labels out."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        tags.classifier_tags.multi_label = True
        tags.target_tags.multi_output = True
        return tags


def _pages(texts: Iterable[str | Page]) -> Iterator[Page]:
    if isinstance(texts, str):
        check_texts(texts)
    for number, text in enumerate(texts):
        yield text if isinstance(text, Page) else Page(id=str(number), text=text)


def _logit(p: Float) -> Float:
    return np.asarray(logit(np.clip(p, _EDGE, 1 - _EDGE)))
