"""A model on a user's own labelled sample: guarantees made anew, and what has drifted since training."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from classifier.analysis import Bool, Int
from classifier.errors import DataError
from classifier.model.bundle import Model
from classifier.model.guarantees import CONFIDENCE, guarantee, lower_bound
from classifier.schema import Dataset
from classifier.text.analyser import Analyser
from classifier.training.evaluation import evaluate, group_numbers, scored

#: What became of a promise: the sample shows that it is kept, that it is broken, or neither.
KEPT, BROKEN, OPEN = "kept", "broken", "open"


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise that the model made, on the sample.

    Attributes
    ----------
    label, metric, target
        At least this precision or recall of flagged sentences.
    threshold
        What the model flags from to keep it.
    observed
        The metric on the sample.
    low, high
        Its confidence bounds there, each with the confidence of the guarantee.
    outcome
        ``KEPT`` if ``low`` reaches the target, ``BROKEN`` if ``high`` does not, else ``OPEN``.
    """

    label: str
    metric: str
    target: float
    threshold: float
    observed: float
    low: float
    high: float
    outcome: str


@dataclass(frozen=True, slots=True)
class Certification:
    """What a labelled sample says about a model.

    Attributes
    ----------
    model
        The model with guarantees from the sample in place of its own; thresholds unchanged.
    then, now
        Metrics as of ``evaluate``: cross-validated at training, and on the sample.
    promises
        Those that the model could make, on the sample.
    """

    model: Model
    then: dict[str, Any]
    now: dict[str, Any]
    promises: tuple[Promise, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "model": self.model.name,
            "then": self.then,
            "now": self.now,
            "promises": [asdict(promise) for promise in self.promises],
            "guarantees": {k: asdict(known) for k, known in self.model.guarantees.items()},
        }


def certify(model: Model, analyser: Analyser, data: Dataset) -> Certification:
    """Make a model's guarantees anew on a labelled sample and try the old ones on it.

    Parameters
    ----------
    model, analyser
        The model and its text pipeline.
    data
        Labelled pages that the model was not trained on, drawn from what it will be used on.

    Raises
    ------
    DataError
        If the data are labelled otherwise than the model, or labels exclude each other.
    """
    if model.exclusive:
        raise DataError(
            f"the labels of {model.name} exclude each other: without thresholds there is nothing "
            "to certify; 'classifier evaluate' measures such models"
        )
    data, alignment, sentences, pages = scored(model, analyser, data)
    scores = alignment.scores(sentences)
    group = group_numbers(data)[alignment.segment_page]
    promises = []
    found = {}
    for k, label in enumerate(model.labels):
        truth, score = alignment.truth[:, k], scores[:, k]
        found[label] = guarantee(truth, score, group)
        made = model.guarantees[label].promises() if label in model.guarantees else {}
        for (metric, target), threshold in made.items():
            flag = score >= threshold
            of = flag if metric == "precision" else truth
            promises.append(_tried(label, metric, target, threshold, flag & truth, of, group))
    now = evaluate(
        data,
        alignment,
        sentences,
        pages,
        model.thresholds,
        page_thresholds=model.page_thresholds,
    )
    sample = {key: now[key] for key in ("pages", "units", "groups")}
    return Certification(
        model=replace(model, guarantees=found, about={**model.about, "certified_on": sample}),
        then=model.about["metrics"],
        now=now,
        promises=tuple(promises),
    )


def _tried(
    label: str, metric: str, target: float, threshold: float, hit: Bool, of: Bool, group: Int
) -> Promise:
    """A promise on the sample; ``hit`` are the successes among the units ``of``."""
    count = int(group.max(initial=-1)) + 1
    hits = np.bincount(group[hit], minlength=count)
    units = np.bincount(group[of], minlength=count)
    low = lower_bound(hits, units, 1 - CONFIDENCE)
    high = 1 - lower_bound(units - hits, units, 1 - CONFIDENCE)
    outcome = KEPT if low >= target else BROKEN if high < target else OPEN
    observed = float(hits.sum() / max(units.sum(), 1))
    return Promise(label, metric, target, threshold, observed, low, high, outcome)
