"""Why a sentence got its score: the logits of both stages, addend by addend.

Each stage is linear in what it sees, so nothing is estimated here: value times weight of every feature,
and the bias, add up to the logit. The second stage's addends are scaled by the slope of the calibration
and add up to the logit of the score itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import fsum

import numpy as np
from scipy.sparse import csr_matrix
from scipy.special import log_expit, logsumexp

from classifier.analysis import Analysis, Float
from classifier.model.bundle import Model
from classifier.model.context import context_features, context_group, context_names
from classifier.model.decision import EXTREME
from classifier.model.features import SentenceFeatures

#: Addends beside the features: what cutting extreme logits off takes away, and, where labels exclude
#: each other, what the other labels' probabilities leave over.
LIMIT, OTHERS = "limit", "other labels"


@dataclass(frozen=True, slots=True)
class Addend:
    """One feature's contribution to a logit, and the group that it belongs to."""

    name: str
    group: str
    value: float


@dataclass(frozen=True, slots=True)
class Logit:
    """A logit as a bias and addends; features that contribute 0 are left out."""

    bias: float
    addends: tuple[Addend, ...]

    @property
    def value(self) -> float:
        """The sum."""
        return fsum([self.bias, *(addend.value for addend in self.addends)])

    @property
    def groups(self) -> dict[str, float]:
        """Sum of each group, the one that moves most first."""
        members: dict[str, list[float]] = {}
        for addend in self.addends:
            members.setdefault(addend.group, []).append(addend.value)
        sums = {group: fsum(values) for group, values in members.items()}
        return dict(sorted(sums.items(), key=lambda item: -abs(item[1])))


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a sentence got its score for one label.

    Attributes
    ----------
    label
        The label.
    score
        The logit of the calibrated score, in the groups of ``context_group``.
    own
        The first stage's logit, from the sentence's own words, cues and layout, in the groups of
        ``Hashing.meanings``. The second stage sees it as the feature ``LABEL.own``.
    """

    label: str
    score: Logit
    own: Logit


def explain(
    model: Model,
    X: Analysis,
    wanted: Mapping[int, Iterable[str]],
    spelled: Mapping[str, Sequence[str]],
    rules: Sequence[str],
) -> dict[int, tuple[Explanation, ...]]:
    """Explain sentences of an analysis.

    Parameters
    ----------
    model
        The model whose scores are explained.
    X
        Whole pages: context counts.
    wanted
        The labels to explain, for each sentence by its number in ``X``.
    spelled
        The texts behind the hashes ``word`` and ``kind`` of ``X``.
    rules
        Names of the lexicon rules, by number.

    Returns
    -------
    dict
        Explanations of each wanted sentence, in the order of its labels.
    """
    features = SentenceFeatures(**model.features)
    own, _, surroundings = stages(features, model.parameters, X)
    sentences = X.alone()
    found = {}
    for number, labels in wanted.items():
        first, last = X.sentence_bounds[number : number + 2].tolist()
        meanings = features.hashing.meanings(
            sentences.take(np.array([number])),
            {unit: texts[first:last] for unit, texts in spelled.items()},
            rules,
        )
        of_score = _second_stage(model, surroundings[number])
        of_own = _first_stage(model, own[[number]], meanings)
        columns = {label: model.labels.index(label) for label in labels}
        found[number] = tuple(
            Explanation(label, of_score[k], of_own[k]) for label, k in columns.items()
        )
    return found


def stages(
    features: SentenceFeatures, parameters: Mapping[str, Float], X: Analysis
) -> tuple[csr_matrix, Float, Float]:
    """What the first stage sees of sentences (S, W), its logits (S, L), what the second sees (S, K)."""
    matrices, p = features.transform(X), parameters
    z = matrices.own @ p["coef"] + p["intercept"]
    page_z = matrices.page @ p["page_coef"] + p["page_intercept"]
    return matrices.own, z, context_features(z, page_z, X)


def _second_stage(model: Model, values: Float) -> list[Logit]:
    """The logit of the calibrated score, for each label, from context features (K,)."""
    p = model.parameters
    slope, shift = p["calibration"].T
    table = values[:, None] * p["context_coef"]
    logits = table.sum(axis=0) + p["context_intercept"]
    kept = np.clip(logits, -EXTREME, EXTREME)
    others = _others(kept * slope + shift) if model.exclusive else np.zeros(len(slope))
    table = np.vstack([table * slope, (kept - logits) * slope, others])
    names = [
        (context_group(name), name) for name in context_names(model.labels, model.encoder_labels)
    ]
    names += [(LIMIT, LIMIT), (OTHERS, OTHERS)]
    return _logits(p["context_intercept"] * slope + shift, names, table)


def _others(logits: Float) -> Float:
    """What normalising to sum 1 adds to each logit: log((1 - p) / sum of the other p)."""
    log_p = log_expit(logits)
    rest = [logsumexp(np.delete(log_p, k)) for k in range(len(logits))]
    return np.asarray(log_expit(-logits) - rest)


def _first_stage(
    model: Model, row: csr_matrix, meanings: Mapping[int, Mapping[tuple[str, str], int]]
) -> list[Logit]:
    """The first stage's logit, for each label, from one row of ``Features.own``."""
    names, values = [], []
    for column, value in zip(row.indices.tolist(), row.data.tolist(), strict=True):
        counts = meanings[column]
        for name, count in counts.items():  # several n-grams in one column share it
            names.append(name)
            values.append(value * count / sum(counts.values()) * model.parameters["coef"][column])
    table = np.array(values).reshape(len(names), len(model.labels))
    return _logits(model.parameters["intercept"], names, table)


def _logits(bias: Float, names: Sequence[tuple[str, str]], table: Float) -> list[Logit]:
    """One ``Logit`` per column of ``table``, whose rows are named by group and name."""

    def addends(column: Float) -> Iterator[Addend]:
        for (group, name), value in zip(names, column.tolist(), strict=True):
            if value:
                yield Addend(name, group, value)

    return [Logit(b, tuple(addends(c))) for b, c in zip(bias.tolist(), table.T, strict=True)]
