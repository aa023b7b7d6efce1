"""A trained model in memory: its labels, its numbers, and what it predicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from classifier.analysis import Analysis, Encode, Float, UInt64
from classifier.encoder.encoder import Encoder
from classifier.errors import BundleError, DataError
from classifier.model.calibration import apply_page, apply_sigmoid
from classifier.model.decision import decision
from classifier.model.guarantees import Guarantee, threshold_for
from classifier.model.hashing import Hashing

#: Decimals of a score. Flags are decided on the rounded score, so that anyone can check them.
DECIMALS = 6


@dataclass(frozen=True)
class Model:
    """A trained model, ready to predict.

    Attributes
    ----------
    labels
        Names of the labels, the columns of all scores.
    exclusive
        Each unit bears exactly one label: scores are normalised to sum to 1 and the highest wins.
    unit
        ``"sentence"`` or ``"record"``; see ``classifier.schema.Dataset``.
    thresholds
        Probability per label from which on a sentence is flagged; empty when ``exclusive``.
    page_thresholds
        Probability per label from which on a page is flagged; never above that of sentences.
    features
        Parameters of ``SentenceFeatures``.
    fingerprint
        The text pipeline that the model was trained with.
    parameters
        The arrays of ``classifier.model.archive.SHAPES``.
    guarantees
        What thresholds are known to keep for sentences, per label; empty when ``exclusive``.
    page_guarantees
        The same for pages; empty where a page is its one unit, or when ``exclusive``.
    encoder
        Reads the pages too; its logits are features of the second stage. ``None`` where the model
        has none.
    units
        Hashes of the units that it was trained on (``classifier.corpus.provenance.unit_hashes``);
        ``None`` where that is not known.
    about
        Everything else of the manifest: configuration, metrics, data, versions.
    name
        ``directory@hash``, written to every output row.
    """

    labels: tuple[str, ...]
    exclusive: bool
    unit: str
    thresholds: Mapping[str, float]
    page_thresholds: Mapping[str, float]
    features: Mapping[str, Any]
    fingerprint: str
    parameters: Mapping[str, Float]
    guarantees: Mapping[str, Guarantee] = field(default_factory=dict)
    page_guarantees: Mapping[str, Guarantee] = field(default_factory=dict)
    encoder: Encoder | None = None
    units: UInt64 | None = None
    about: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""

    @property
    def encoder_labels(self) -> tuple[str, ...]:
        """Labels of the encoder; none where there is none."""
        return () if self.encoder is None else self.encoder.labels

    @property
    def encode(self) -> Encode | None:
        """What the analyser of this model's pages must be made with."""
        return None if self.encoder is None else self.encoder.logits

    def require(self, fingerprint: str, n_rules: int | None = None) -> None:
        """Raise ``BundleError`` unless the model was trained with the given text pipeline.

        Parameters
        ----------
        fingerprint
            Of the text pipeline that is to be used.
        n_rules
            Its number of lexicon rules, which must be the number that the model has columns for.
        """
        if self.fingerprint != fingerprint:
            raise BundleError(
                f"model {self.name} was trained with text pipeline {self.fingerprint}, but this "
                f"installation has {fingerprint}; retrain it with 'classifier train', or install "
                "the releases of this package and of spaCy that it was trained with"
            )
        if n_rules is not None and self.features["n_rules"] != n_rules:
            raise BundleError(
                f"model {self.name} has columns for {self.features['n_rules']} lexicon rules, but "
                f"this installation has {n_rules}; the bundle was altered: train the model again"
            )

    def promised(self, metric: str, target: float) -> dict[str, float]:
        """The threshold of each label that keeps ``target``, with the confidence of its guarantee.

        Parameters
        ----------
        metric
            ``"precision"`` or ``"recall"``, of flagged sentences and of flagged pages.
        target
            In (0, 1).

        Raises
        ------
        BundleError
            If the model has no guarantees.
        DataError
            If the data of a label cannot carry the promise.
        """
        if not self.guarantees:
            why = "its labels exclude each other" if self.exclusive else "train it anew"
            raise BundleError(f"the model {self.name} has no guarantees: {why}")
        found = {}
        for label in self.guarantees:
            try:
                found[label] = threshold_for(self.guarantees_of(label), metric, target)
            except DataError as error:
                raise DataError(f"{label}: {error}") from None
        return found

    def guarantees_of(self, label: str) -> dict[str, Guarantee]:
        """The guarantees of a label by what is flagged: the unit and, where there is one, the page."""
        by_unit = {self.unit: self.guarantees, "page": self.page_guarantees}
        return {unit: known[label] for unit, known in by_unit.items() if label in known}

    def predict(self, X: Analysis) -> tuple[Float, Float]:
        """Calibrated probabilities of sentences (S, L) and pages (P, L)."""
        logits = self.decision_function(X)
        p = self.parameters
        sentences = apply_sigmoid(logits, p["calibration"])
        if self.exclusive:
            sentences /= sentences.sum(axis=1, keepdims=True)
        pages = apply_page(sentences, X.page_bounds, p["page_calibration"])
        if self.exclusive and self.unit == "record":
            pages /= np.maximum(pages.sum(axis=1, keepdims=True), 1e-12)
        return sentences, pages

    def decision_function(self, X: Analysis) -> Float:
        """Uncalibrated logits of sentences, (S, L)."""
        return decision(Hashing(**self.features), self.parameters, X)
