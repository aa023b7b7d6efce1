"""Contenders that look at one sentence at a time, by its cues or its words.

What they leave to choose (penalties, epochs) was chosen on held-out groups of training pages.
"""

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from classifier.analysis import CUES, Analysis, Bool, Float
from classifier.schema import PROMOTIONAL, UNSUPPORTED_CLAIM, Dataset
from classifier.text import Analyser
from contender import Contender
from gold import exact, texts

#: Cues whose definition alone speaks for a label.
SPEAKS_FOR = {
    PROMOTIONAL: ("call_to_action", "first_person_seller", "offer", "puffery", "testimonial"),
    UNSUPPORTED_CLAIM: (
        "cure_or_overclaim",
        "disease_claim",
        "safety_claim",
        "structure_function_claim",
    ),
}


class AnyCue(Contender):
    """Untrained: a sentence is flagged when it bears a cue that speaks for the label."""

    def __init__(self) -> None:
        self.analyser = Analyser(split=False)
        self.thresholds = dict.fromkeys(SPEAKS_FOR, 0.5)

    def fit(self, data: Dataset) -> None:
        """There is nothing to learn."""

    def scores(self, data: Dataset) -> Float:
        """``n / (n + 1)`` for ``n`` cues."""
        X = self.analyser.analyse(texts(data))
        counts = np.zeros((X.n_pages, len(data.labels)))
        for column, label in enumerate(data.labels):
            speaking = [CUES.index(cue) for cue in SPEAKS_FOR[label]]
            counts[X.sentence_page(), column] = X.cues[:, speaking].sum(axis=1)
        return counts / (counts + 1)


class CueCounts(Contender):
    """Logistic regression on how often each lexicon rule hits, without any words."""

    def __init__(self) -> None:
        self.analyser = Analyser(split=False)

    def fit(self, data: Dataset) -> None:
        """One model per label."""
        self.models = logistic(self._counts(data), exact(data).truth, C=1.0)

    def scores(self, data: Dataset) -> Float:
        """Of the rules' counts."""
        return probabilities(self.models, self._counts(data))

    def _counts(self, data: Dataset) -> csr_matrix:
        X: Analysis = self.analyser.analyse(texts(data))
        segment = X.sentence_page()[X.cue_sentence]
        shape = X.n_pages, len(self.analyser.lexicons.rules)
        return csr_matrix((np.ones(len(segment)), (segment, X.cue_rule)), shape=shape)


class TfIdf(Contender):
    """Logistic regression on TF-IDF of words and pairs of words."""

    def fit(self, data: Dataset) -> None:
        """One vocabulary, one model per label."""
        self.words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        self.models = logistic(self.words.fit_transform(texts(data)), exact(data).truth, C=10.0)

    def scores(self, data: Dataset) -> Float:
        """Of the words."""
        return probabilities(self.models, self.words.transform(texts(data)))


class FastText(Contender):
    """fastText, one binary model per label, with pairs of words."""

    def __init__(self) -> None:
        import fasttext

        self.train: Any = fasttext.train_supervised

    def fit(self, data: Dataset) -> None:
        """Train on a file, which is what fastText reads; one thread, so that it can be repeated."""
        self.models = []
        lines = [_line(text) for text in texts(data)]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "train.txt"
            for answers in exact(data).truth.T.tolist():
                rows = zip(answers, lines, strict=True)
                path.write_text("".join(f"__label__{a} {line}\n" for a, line in rows), "utf-8")
                options = {"wordNgrams": 2, "epoch": 10, "lr": 0.1, "thread": 1, "verbose": 0}
                self.models.append(self.train(str(path), **options))

    def scores(self, data: Dataset) -> Float:
        """Probability of the label ``True``."""
        lines = [_line(text) for text in texts(data)]
        columns = []
        for model in self.models:
            found = zip(*model.predict(lines, k=2), strict=True)
            columns.append([dict(zip(*pair, strict=True))["__label__True"] for pair in found])
        return np.clip(np.array(columns, dtype=float).T, 0.0, 1.0)


def _line(text: str) -> str:
    """Lower-case words and signs on one line, as fastText's guide prepares text."""
    return " ".join(re.findall(r"\w+|[^\w\s]", text.lower()))


def logistic(X: Any, truth: Bool, C: float, solver: str = "liblinear") -> list[LogisticRegression]:
    """One logistic regression per label."""
    return [LogisticRegression(C=C, solver=solver, max_iter=1000).fit(X, y) for y in truth.T]


def probabilities(models: Sequence[LogisticRegression], X: Any) -> Float:
    """What they say, (rows, labels)."""
    return np.column_stack([model.predict_proba(X)[:, 1] for model in models])
