"""Our own model: as a contender, and as an estimator whose parts can be measured."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import expit
from sklearn.base import clone

from classifier.analysis import Analysis, Bool, Float, Int
from classifier.corpus.alignment import Alignment, align
from classifier.corpus.duplicates import join_groups
from classifier.model.bundle import DECIMALS
from classifier.model.estimator import PageClassifier
from classifier.model.features import SentenceFeatures
from classifier.schema import Dataset
from classifier.text import Analyser
from classifier.training.config import TrainConfig
from classifier.training.training import train
from contender import Contender


class Ours(Contender):
    """The shipped configuration; it cuts the pages into sentences itself."""

    def fit(self, data: Dataset) -> None:
        """Train, with thresholds from cross-validation."""
        self.model = train(data, TrainConfig(bootstrap_draws=2), n_jobs=-1)
        self.thresholds = self.model.thresholds
        self.analyser = Analyser()

    def scores(self, data: Dataset) -> Float:
        """A gold segment takes the highest score of our sentences in it."""
        X, (sentences, _) = self._predict(data)
        return align(X, data).scores(np.round(sentences, DECIMALS))

    def page_scores(self, data: Dataset, scores: Float) -> Float:
        """Our own, from all sentences of a page."""
        return self._predict(data)[1][1]

    def _predict(self, data: Dataset) -> tuple[Analysis, tuple[Float, Float]]:
        X = self.analyser.analyse([page.text for page in data.pages])
        return X, self.model.predict(X)


@dataclass(frozen=True)
class Prepared:
    """Labelled pages, analysed and aligned; ``groups`` (P,) is what a split keeps together."""

    data: Dataset
    X: Analysis
    alignment: Alignment
    groups: Int

    def fit(self, estimator: PageClassifier, pages: Bool) -> PageClassifier:
        """A fresh copy of the estimator, fitted on the pages of a mask."""
        rows = pages[self.X.sentence_page()]
        chosen = np.flatnonzero(pages)
        y = self.alignment.y[rows]
        return clone(estimator).fit(self.X.take(chosen), y, self.groups[chosen])

    def scores(self, logits: Float) -> Float:
        """Scores of the gold segments from logits of our sentences."""
        return self.alignment.scores(expit(logits))


def prepare(analyser: Analyser, data: Dataset) -> Prepared:
    """Analyse once, for any number of fits; groups as ``classifier.training.training`` makes them."""
    X = analyser.analyse([page.text for page in data.pages])
    groups = join_groups(data).groups
    return Prepared(data, X, align(X, data), groups)


def estimator(
    analyser: Analyser, kind: type[SentenceFeatures] = SentenceFeatures, **changed: Any
) -> PageClassifier:
    """The estimator of the shipped configuration, with some of its settings changed."""
    settings = asdict(TrainConfig(**changed)) | {"n_rules": len(analyser.lexicons.rules)}

    def known(names: dict[str, Any]) -> dict[str, Any]:
        return {name: settings[name] for name in names if name in settings}

    features = kind(**known(SentenceFeatures().get_params()))
    return PageClassifier(features, **known(PageClassifier().get_params()))
