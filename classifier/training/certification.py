"""A model on a user's own labelled sample: guarantees made anew, and what has drifted since training."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from classifier.analysis import Bool, Float, Int
from classifier.corpus.alignment import Alignment
from classifier.corpus.duplicates import join_groups
from classifier.errors import DataError
from classifier.model.bundle import Model
from classifier.model.guarantees import (
    CONFIDENCE,
    Guarantee,
    guarantee,
    lower_bound,
    possible_promises,
)
from classifier.schema import Dataset
from classifier.text.analyser import Analyser
from classifier.training.evaluation import evaluate, scored

#: What became of a promise: the sample shows that it is kept, that it is broken, or neither.
KEPT, BROKEN, OPEN = "kept", "broken", "open"


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise that the model made, on the sample.

    Attributes
    ----------
    label, unit, metric, target
        At least this precision or recall of what is flagged: ``sentence`` or ``record``, or ``page``.
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
    unit: str
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
    at_training, on_sample
        Metrics as of ``evaluate``: cross-validated at training, and on the sample.
    promises
        Those that the model could make, on the sample.
    """

    model: Model
    at_training: dict[str, Any]
    on_sample: dict[str, Any]
    promises: tuple[Promise, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "model": self.model.name,
            "at_training": self.at_training,
            "on_sample": self.on_sample,
            "promises": [asdict(promise) for promise in self.promises],
            "guarantees": {k: asdict(known) for k, known in self.model.guarantees.items()},
            "page_guarantees": {
                k: asdict(known) for k, known in self.model.page_guarantees.items()
            },
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
    groups = join_groups(data).groups
    promises = []
    for k, label in enumerate(model.labels):
        known = model.guarantees_of(label)
        made = possible_promises(known) if known else {}
        for unit, (truth, scores, group) in _flaggable(
            data, alignment, sentences, pages, groups
        ).items():
            for (metric, target), threshold in made.items() if unit in known else ():
                flag = scores[:, k] >= threshold
                of = flag if metric == "precision" else truth[:, k]
                promise = (label, unit, metric, target, threshold)
                promises.append(_tried(*promise, flag & truth[:, k], of, group))
    on_sample = evaluate(
        data,
        alignment,
        sentences,
        pages,
        model.thresholds,
        page_thresholds=model.page_thresholds,
        groups=groups,
    )
    sample = {key: on_sample[key] for key in ("pages", "units", "groups")}
    guarantees, page_guarantees = guarantees_on(data, alignment, sentences, pages, groups)
    return Certification(
        model=replace(
            model,
            guarantees=guarantees,
            page_guarantees=page_guarantees,
            about={**model.about, "certified_on": sample},
        ),
        at_training=model.about["metrics"],
        on_sample=on_sample,
        promises=tuple(promises),
    )


def guarantees_on(
    data: Dataset, alignment: Alignment, sentences: Float, pages: Float, groups: Int
) -> tuple[dict[str, Guarantee], dict[str, Guarantee]]:
    """What thresholds keep on labelled pages, per label: for units, and for pages.

    Parameters
    ----------
    data, alignment
        The gold labels.
    sentences, pages
        Scores (S, L) and (P, L) by models that did not see the group of what they score.
    groups
        (P,): the group of each page.

    Returns
    -------
    tuple
        Nothing where labels exclude each other, and nothing for pages where a page is its one unit.
    """
    if data.exclusive:
        return {}, {}
    found: dict[str, dict[str, Guarantee]] = {"page": {}}
    for unit, (truth, scores, group) in _flaggable(
        data, alignment, sentences, pages, groups
    ).items():
        found[unit] = {
            label: guarantee(truth[:, k], scores[:, k], group)
            for k, label in enumerate(data.labels)
        }
    return found[data.unit], found["page"]


def _flaggable(
    data: Dataset, alignment: Alignment, sentences: Float, pages: Float, groups: Int
) -> dict[str, tuple[Bool, Float, Int]]:
    """Truth (N, L), scores (N, L) and groups (N,) of all that is flagged apart, by its name."""
    segments = alignment.scores(sentences)
    found = {data.unit: (alignment.truth, segments, groups[alignment.segment_page])}
    if data.unit == "sentence":
        found["page"] = (alignment.page_truth(len(pages)), pages, groups)
    return found


def _tried(
    label: str,
    unit: str,
    metric: str,
    target: float,
    threshold: float,
    hit: Bool,
    of: Bool,
    group: Int,
) -> Promise:
    """A promise on the sample; ``hit`` are the successes among the units ``of``."""
    count = int(group.max(initial=-1)) + 1
    hits = np.bincount(group[hit], minlength=count)
    units = np.bincount(group[of], minlength=count)
    low = lower_bound(hits, units, 1 - CONFIDENCE)
    high = 1 - lower_bound(units - hits, units, 1 - CONFIDENCE)
    outcome = KEPT if low >= target else BROKEN if high < target else OPEN
    observed = float(hits.sum() / max(units.sum(), 1))
    return Promise(label, unit, metric, target, threshold, observed, low, high, outcome)
