"""From texts to ``Analysis``: the spaCy tokenizer, then arrays.

The components in ``components.py`` put the same results on a ``Doc`` for people who work in spaCy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import spacy
from spacy.attrs import IDX, LENGTH, ORTH
from spacy.language import Language
from spacy.tokens import Doc

from classifier.analysis import CUES, Analysis, Bool, Int, UInt64, bounds
from classifier.text.layout import layout
from classifier.text.lexicons import Lexicons, load_lexicons
from classifier.text.patterns import Matches, PatternTree
from classifier.text.segmentation import Segmentation
from classifier.text.sentences import Tokens, list_numbers, previous, sentence_starts
from classifier.text.words import Trait, Words

#: Chunks between spaces that the tokenizer remembers; spaCy's default of 10,000 is outgrown by a few
#: megabytes of text. Not kept by ``to_disk``, so it is set at every build.
TOKENIZER_CACHE = 500_000

#: Part of the fingerprint: raise it when the code of ``text/`` changes what an analysis holds.
TEXT_VERSION = 1


@dataclass(frozen=True, slots=True)
class _Batch:
    """Token arrays of a batch of docs, white space left out; ``place`` is the index in the doc."""

    tokens: Tokens
    word: UInt64
    stem: UInt64
    kind: UInt64
    place: Int
    doc_bounds: Int


class Analyser:
    """Splits texts into sentences and finds their words, cues and layout.

    Parameters
    ----------
    nlp
        A pipeline whose tokenizer is used; a blank English one by default.
    split
        False to take each text as one single unit (data sets whose records are units).
    """

    def __init__(self, nlp: Language | None = None, *, split: bool = True) -> None:
        self.nlp = nlp or spacy.blank("en")
        if hasattr(self.nlp.tokenizer, "max_cache_size"):
            self.nlp.tokenizer.max_cache_size = TOKENIZER_CACHE
        self.split = split
        self.lexicons: Lexicons = load_lexicons()
        segmentation = Segmentation.load()
        self._words = Words(self.nlp.vocab.strings, segmentation, self.lexicons.classes)
        lists = self.lexicons.fingerprint + segmentation.fingerprint
        self._lists = hashlib.sha256(lists.encode("ascii")).hexdigest()
        self._cue_of_rule = np.array(
            [CUES.index(rule.cue) for rule in self.lexicons.rules], dtype=np.int64
        )
        self._tree = PatternTree(
            (
                (number, pattern)
                for number, rule in enumerate(self.lexicons.rules)
                for pattern in rule.patterns
            ),
            self.lexicons.classes,
        )

    @property
    def fingerprint(self) -> str:
        """What a model must agree with: release of the tokenizer, version of this code, word lists."""
        release = ".".join(version("spacy").split(".")[:2])
        return f"spacy-{release}/text-{TEXT_VERSION}/{self._lists[:16]}"

    def analyse(self, texts: Sequence[str]) -> Analysis:
        """Analyse a batch of texts; page ``i`` of the result is ``texts[i]``.

        A text without any word has no sentences. Sentences never hold leading or trailing space.
        """
        return self.analyse_docs([self.nlp.make_doc(text) for text in texts])

    def analyse_docs(self, docs: Sequence[Doc]) -> Analysis:
        """Analyse docs that were tokenized by ``nlp``; their annotations play no part."""
        batch = self._batch(docs)
        tokens = batch.tokens
        starts = sentence_starts(tokens) if self.split else tokens.first
        sentence_bounds = np.append(np.flatnonzero(starts), len(starts)).astype(np.int64)
        per_page = np.add.reduceat(
            np.append(starts, False).astype(np.int64), batch.doc_bounds[:-1]
        ) * (np.diff(batch.doc_bounds) > 0)
        page_bounds = bounds(per_page)
        table, heading, lead = layout(tokens, sentence_bounds, page_bounds)
        matches = self._cues(batch, sentence_bounds)
        first, last = sentence_bounds[:-1], sentence_bounds[1:] - 1
        cue_sentence = np.searchsorted(sentence_bounds, matches.first, side="right") - 1
        cues = np.zeros((len(first), len(CUES)))
        cues[cue_sentence, self._cue_of_rule[matches.owner]] = 1.0
        return Analysis(
            page_bounds=page_bounds,
            sentence_bounds=sentence_bounds,
            start=tokens.start[first],
            end=tokens.end[last],
            word=batch.word,
            stem=batch.stem,
            kind=batch.kind,
            cue_rule=matches.owner,
            cue_sentence=cue_sentence,
            cue_start=tokens.start[matches.first],
            cue_end=tokens.end[matches.last - 1],
            layout=table,
            cues=cues,
            heading=heading,
            lead=lead,
        )

    def spelled(self, text: str) -> dict[str, list[str]]:
        """What the hashes ``word`` and ``kind`` of ``analyse([text])`` stand for."""
        tokens = [token.text for token in self.nlp.make_doc(text)]
        forms = [self._words.forms(token) for token in tokens if not token.isspace()]
        return {"word": [word for word, _, _ in forms], "kind": [kind for _, _, kind in forms]}

    def sentence_places(self, doc: Doc) -> Int:
        """Indices of the doc's tokens that begin a sentence."""
        batch = self._batch([doc])
        return batch.place[sentence_starts(batch.tokens)]

    def _batch(self, docs: Sequence[Doc]) -> _Batch:
        columns = [doc.to_array([ORTH, IDX, LENGTH]) for doc in docs]
        lengths = np.array([len(doc) for doc in docs], dtype=np.int64)
        table: Any = np.concatenate(columns) if columns else np.zeros((0, 3), dtype=np.uint64)
        traits, word, stem, kind = self._words.look_up(table[:, 0])
        start = table[:, 1].astype(np.int64)
        end = start + table[:, 2].astype(np.int64)
        is_space = (traits & int(Trait.SPACE)) != 0
        keep = np.flatnonzero(~is_space)
        doc_of = np.repeat(np.arange(len(docs)), lengths)[keep]
        doc_bounds = np.searchsorted(doc_of, np.arange(len(docs) + 1)).astype(np.int64)
        first = np.zeros(len(keep), dtype=bool)
        first[doc_bounds[:-1][np.diff(doc_bounds) > 0]] = True
        kept_start, kept_end = start[keep], end[keep]
        gap = np.zeros(len(keep), dtype=bool)
        gap[1:] = kept_start[1:] > kept_end[:-1]
        tokens = Tokens(
            traits=traits[keep],
            start=kept_start,
            end=kept_end,
            first=first,
            line_break=_in_gap(traits, keep, Trait.NEWLINE) & ~first,
            blank_line=_in_gap(traits, keep, Trait.BLANK_LINE) & ~first,
            space=gap | first,
        )
        return _Batch(
            tokens=tokens,
            word=word[keep],
            stem=stem[keep],
            kind=kind[keep],
            place=(np.arange(len(traits)) - np.repeat(bounds(lengths)[:-1], lengths))[keep],
            doc_bounds=doc_bounds,
        )

    def _cues(self, batch: _Batch, sentence_bounds: Int) -> Matches:
        tokens = batch.tokens
        counts = np.diff(sentence_bounds)
        limit = np.repeat(sentence_bounds[1:], counts)
        starts = np.zeros(len(batch.word), dtype=bool)
        starts[sentence_bounds[:-1]] = True
        return self._tree.match(
            batch.word, batch.kind, _opening(tokens, starts), _closing(tokens, limit), limit
        )


def _in_gap(traits: Int, keep: Int, trait: Trait) -> Bool:
    """Whether white space with the trait stands between each kept token and the kept one before."""
    seen = np.cumsum((traits & int(trait)) != 0)
    at = seen[keep]
    return np.diff(at, prepend=0) > 0


def _opening(tokens: Tokens, starts: Bool) -> Bool:
    """Where a sentence opens for a pattern: at its start, and after bullets, quotes and brackets."""
    decoration = ~tokens.has(Trait.WORD) | tokens.has(Trait.MARKER) | list_numbers(tokens)
    opening = starts.copy()
    for _ in range(3):  # at most three decorations: a bullet, a quote, a bracket
        opening |= previous(opening & decoration) & ~starts
    return opening


def _closing(tokens: Tokens, limit: Int) -> Bool:
    """Positions from which on the sentence holds no more words, bool (T + 1,)."""
    n = len(limit)
    closing = np.zeros(n + 1, dtype=bool)
    if not n:
        return closing
    words = np.append(0, np.cumsum(tokens.has(Trait.WORD)))  # words before each position
    closing[1:] = words[limit] == words[1:]
    return closing


__all__ = ["TEXT_VERSION", "Analyser"]
