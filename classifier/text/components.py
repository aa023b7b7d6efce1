"""spaCy components: our sentence boundaries and cues on a ``Doc``.

Registered as entry points, so ``nlp.add_pipe("health_sentences")`` and ``nlp.add_pipe("health_cues")``
work in any process where the package is installed. However many components a pipeline has, a ``Doc``
is analysed once.
"""

from __future__ import annotations

from functools import cache
from weakref import WeakKeyDictionary

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc, Span

from classifier.analysis import Analysis
from classifier.text.analyser import Analyser

#: Key of ``doc.spans`` under which cues are kept; a span's label is the rule's id.
CUES_KEY = "health_cues"


class DocAnalyses:
    """The analyses of all ``Doc`` that live, each made when the first component asks for it."""

    def __init__(self) -> None:
        self.analyser = Analyser()
        self._known: WeakKeyDictionary[Doc, Analysis] = WeakKeyDictionary()

    def of(self, doc: Doc) -> Analysis:
        """The analysis of a doc's text, which never changes."""
        found = self._known.get(doc)
        if found is None:
            found = self._known[doc] = self.analyser.analyse([doc.text])
        return found


@cache
def doc_analyses() -> DocAnalyses:
    """What the components of this process share."""
    return DocAnalyses()


class WebSentences:
    """Sets ``token.is_sent_start`` by the rules of ``classifier.text.sentences``."""

    def __call__(self, doc: Doc) -> Doc:
        """Annotate one doc; white space belongs to the sentence before it, at the top to the first."""
        self.set_annotations(doc, set(self.predict(doc)))
        return doc

    def predict(self, doc: Doc) -> list[int]:
        """Indices of the tokens that begin a sentence."""
        start = doc_analyses().of(doc).start
        places = np.searchsorted([token.idx for token in doc], start, side="right") - 1
        return [0, *places[1:].tolist()] if len(places) else []

    def set_annotations(self, doc: Doc, starts: set[int]) -> None:
        """Write sentence starts to the doc."""
        for i in range(len(doc)):
            doc[i].is_sent_start = i in starts or i == 0


class Cues:
    """Sets ``doc.spans["health_cues"]`` by the lexicons."""

    def __call__(self, doc: Doc) -> Doc:
        """Annotate one doc."""
        doc.spans[CUES_KEY] = self.predict(doc)
        return doc

    def predict(self, doc: Doc) -> list[Span]:
        """One span per match, labelled with the rule's id, in the order of the text."""
        found = doc_analyses().of(doc)
        rules = doc_analyses().analyser.lexicons.rules
        spans = []
        for rule, start, end in sorted(
            zip(found.cue_rule, found.cue_start, found.cue_end, strict=True), key=lambda m: m[1:]
        ):
            label = rules[rule].id
            span = doc.char_span(int(start), int(end), label=label, alignment_mode="expand")
            assert span is not None, "a cue is a part of the text"
            spans.append(span)
        return spans


@Language.factory("health_sentences", assigns=["token.is_sent_start", "doc.sents"])
def make_web_sentences(nlp: Language, name: str) -> WebSentences:
    """Factory of ``WebSentences``."""
    return WebSentences()


@Language.factory("health_cues", assigns=["doc.spans"])
def make_cues(nlp: Language, name: str) -> Cues:
    """Factory of ``Cues``."""
    return Cues()
