"""The spaCy component ``health_marketing``: a model's verdict on a ``Doc``.

Registered as an entry point, so ``nlp.add_pipe("health_marketing")`` and ``spacy.load`` work in any
process where the package is installed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import srsly
from spacy.language import Language
from spacy.scorer import Scorer as SpacyScorer
from spacy.tokens import Doc, Span, SpanGroup
from spacy.training import Example

from classifier.model.shipped import bundle_at
from classifier.run.job import Job
from classifier.run.scorer import Scorer
from classifier.run.scoring import open_scorer
from classifier.schema import Page, Verdict
from classifier.text.components import doc_analyses


class HealthMarketing:
    """Sets ``doc.cats`` and, for each label, ``doc.spans[label]``.

    ``doc.cats`` holds the page's calibrated probability of each label; it stays as it is where the text
    is not judged, because it is not English. ``doc.spans[label]`` holds the sentences that are flagged,
    in the order of the text, and its ``attrs["scores"]`` their probabilities.

    Parameters
    ----------
    model
        A bundle's directory, or the name of a shipped model. It is opened when it is first needed,
        since a pipeline that is loaded from disk brings its own.
    thresholds
        Replace the model's own, by label.
    any_language
        Judge texts in other languages than English too.
    """

    def __init__(
        self,
        model: str = "default",
        thresholds: dict[str, float] | None = None,
        any_language: bool = False,
    ) -> None:
        self._model = model
        self._thresholds = thresholds or {}
        self._any_language = any_language
        self._job: Job | None = None
        self._scorer: Scorer | None = None

    def _open(self, path: str | Path) -> Job:
        self._job = Job.of(path, thresholds=self._thresholds, any_language=self._any_language)
        opened = (bundle_at(path), self._thresholds, None, self._any_language)
        self._scorer = open_scorer(*opened)  # the one that the job was tried with
        return self._job

    @property
    def job(self) -> Job:
        """The bundle's files and the settings.

        Raises
        ------
        BundleError
            If the bundle cannot be used, or a threshold names an unknown label.
        """
        return self._job or self._open(self._model)

    @property
    def scorer(self) -> Scorer:
        """The model with its text pipeline."""
        job = self.job
        if self._scorer is None:  # in a process that was sent the job
            self._scorer = job.scorer()
        return self._scorer

    @property
    def labels(self) -> tuple[str, ...]:
        """Keys of ``doc.cats`` and ``doc.spans``; none before the model was opened, for spaCy asks."""
        return () if self._job is None else self._job.labels

    def __call__(self, doc: Doc) -> Doc:
        """Annotate one doc."""
        self.set_annotations(doc, self.predict(doc))
        return doc

    def predict(self, doc: Doc) -> Verdict:
        """The verdict on a doc's text; what other components analysed is not analysed again."""
        page = Page(id="-", text=doc.text)
        if self.scorer.analyser.split:
            return self.scorer.score_analysed(page, doc_analyses().of(doc))
        return self.scorer.score_analysed(page, self.scorer.analyser.analyse([doc.text]))

    def set_annotations(self, doc: Doc, verdict: Verdict) -> None:
        """Write a verdict to the doc."""
        doc.cats |= verdict.scores
        for label in self.job.labels:
            flagged = [sentence for sentence in verdict.sentences if label in sentence.flags]
            spans = [
                doc.char_span(s.start, s.end, label=label, alignment_mode="expand") for s in flagged
            ]
            scores = np.array([sentence.scores[label] for sentence in flagged])
            doc.spans[label] = SpanGroup(
                doc, name=label, spans=list(filter(None, spans)), attrs={"scores": scores}
            )

    def score(self, examples: Iterable[Example], **settings: Any) -> dict[str, Any]:
        """Metrics for ``nlp.evaluate``: ``cats_...`` of documents, ``spans_LABEL_...`` of sentences.

        Where labels do not exclude each other, a document counts as flagged from the threshold of its
        label on. A sentence is right where the gold ``doc.spans[label]`` has it, token by token;
        documents without such a key are left out.
        """
        of_ours = list(examples)
        exclusive = self.scorer.model.exclusive
        measured: dict[str, Any] = SpacyScorer.score_cats(
            of_ours,
            "cats",
            getter=getattr if exclusive else self._at_one_half,
            labels=self.job.labels,
            multi_label=not exclusive,
        )
        for label in self.job.labels:
            measured |= SpacyScorer.score_spans(
                of_ours,
                f"spans_{label}",
                getter=partial(_spans, label),
                has_annotation=partial(_has_spans, label),
                allow_overlap=True,
            )
        return measured

    def _at_one_half(self, doc: Doc, attribute: str) -> dict[str, float]:
        """Scores moved so that each threshold lies at 0.5, where ``score_cats`` looks; 0 and 1 stay."""
        edges = self.scorer.page_thresholds
        return {
            label: float(np.interp(score, [0.0, edges[label], 1.0], [0.0, 0.5, 1.0]))
            for label, score in getattr(doc, attribute).items()
            if label in edges
        }

    def to_disk(self, path: str | Path, exclude: Iterable[str] = ()) -> None:
        """Write the bundle into a directory, where ``classifier.load`` finds it too."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.job.files:
            (folder / name).write_bytes(content)

    def from_disk(self, path: str | Path, exclude: Iterable[str] = ()) -> HealthMarketing:
        """Take the bundle of a directory in place of the configured one."""
        self._open(path)
        return self

    def to_bytes(self, exclude: Iterable[str] = ()) -> bytes:
        """The bundle."""
        return bytes(srsly.msgpack_dumps(dict(self.job.files)))

    def from_bytes(self, data: bytes, exclude: Iterable[str] = ()) -> HealthMarketing:
        """Take the bundle that ``to_bytes`` packed in place of the configured one."""
        files = srsly.msgpack_loads(data)
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "health_marketing"
            folder.mkdir()
            for name, content in files.items():
                (folder / Path(name).name).write_bytes(content)
            return self.from_disk(folder)

    def __getstate__(self) -> dict[str, Any]:
        """What other processes need: the bundle as bytes, from which they open it."""
        return {**self.__dict__, "_job": self.job, "_scorer": None}


def _spans(label: str, doc: Doc, _attribute: str) -> Iterable[Span]:
    return list(doc.spans.get(label, ()))


def _has_spans(label: str, doc: Doc) -> bool:
    return label in doc.spans


@Language.factory(
    "health_marketing",
    assigns=["doc.cats", "doc.spans"],
    default_config={"model": "default", "thresholds": {}, "any_language": False},
    default_score_weights={"cats_macro_f": 1.0},
)
def make_health_marketing(
    nlp: Language, name: str, model: str, thresholds: dict[str, float], any_language: bool
) -> HealthMarketing:
    """Factory of ``HealthMarketing``."""
    return HealthMarketing(model, thresholds, any_language)
