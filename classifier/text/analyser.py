"""From texts to ``Analysis``: spaCy's tokens, then arrays.

The components in ``components.py`` put the same results on a ``Doc`` for people who work in spaCy.
"""

from __future__ import annotations

import hashlib
import threading
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from itertools import pairwise

import numpy as np

from classifier.analysis import CUES, Analysis, Bool, Encode, Int, bounds
from classifier.text.chunks import Chunks, Cut
from classifier.text.disguise import Disguise
from classifier.text.layout import layout
from classifier.text.lexicons import Lexicons, load_lexicons
from classifier.text.patterns import Matches, PatternTree
from classifier.text.segmentation import Segmentation
from classifier.text.sentences import Tokens, list_numbers, previous, sentence_starts
from classifier.text.tokenizer import blank_pipeline
from classifier.text.words import Trait, Words

#: Distinct chunks between white space that are remembered; 14 MB of English hold 130,000.
MOST_CHUNKS = 130_000

#: Part of the fingerprint: raise it when the code of ``text/`` changes what an analysis holds.
TEXT_VERSION = 3


class Analyser:
    """Splits texts into sentences and finds their words, cues and layout.

    Threads may share one: they take turns, since what is remembered of spellings grows as it is used.

    Parameters
    ----------
    split
        False to take each text as one single unit (data sets whose records are units).
    limit
        Distinct chunks between white space after which all that is remembered of spellings is
        forgotten, so that memory stays bounded.
    encode
        Gives ``Analysis.encoded`` of sentences and their analysis; see ``Model.encode``.
    """

    def __init__(
        self, *, split: bool = True, limit: int = MOST_CHUNKS, encode: Encode | None = None
    ) -> None:
        self.split = split
        self._encode = encode
        self._limit = limit
        self.lexicons: Lexicons = load_lexicons()
        self._segmentation = Segmentation.load()
        self._disguise = Disguise()
        lists = (
            self.lexicons.fingerprint + self._segmentation.fingerprint + self._disguise.fingerprint
        )
        self._lists = hashlib.sha256(lists.encode("ascii")).hexdigest()
        self._cue_of_rule = np.array(
            [CUES.index(rule.cue) for rule in self.lexicons.rules], dtype=np.int64
        )
        self._turn = threading.RLock()
        self._interrupted = True
        self.recover()

    def recover(self) -> None:
        """Begin anew if an analysis was interrupted, since what it was learning may be half there.

        ``analyse`` does so itself; a caller that sets a time limit may want to have it done before.
        """
        with self._turn:
            if self._interrupted:
                self._tree = PatternTree(
                    (
                        (number, pattern)
                        for number, rule in enumerate(self.lexicons.rules)
                        for pattern in rule.patterns
                    ),
                    self.lexicons.classes,
                )
                self._begin()
                self._interrupted = False

    def _begin(self) -> None:
        """Begin with nothing remembered: spaCy's vocabulary grows with every new spelling."""
        self.nlp = blank_pipeline()
        self._words = Words(
            self.nlp.vocab.strings, self._segmentation, self.lexicons.classes, self._tree.symbol
        )
        self._chunks = Chunks(self.nlp, self._words, self._disguise)

    @property
    def fingerprint(self) -> str:
        """What a model must agree with: release of the tokenizer, version of this code, word lists."""
        release = ".".join(version("spacy").split(".")[:2])
        return f"spacy-{release}/text-{TEXT_VERSION}/{self._lists[:16]}"

    def analyse(self, texts: Sequence[str]) -> Analysis:
        """Analyse a batch of texts; page ``i`` of the result is ``texts[i]``.

        A text without any word has no sentences. Sentences never hold leading or trailing space.
        """
        with self._turn:
            self.recover()
            self._interrupted = True  # until it is done, whatever comes between, Ctrl-C included
            found = self._analysed(texts)
            self._interrupted = False
        return self.encoded(texts, found)

    def encoded(self, texts: Sequence[str], X: Analysis) -> Analysis:
        """An analysis of the texts with what ``encode`` says of them, where there is such a one."""
        if self._encode is None:
            return X
        return replace(X, encoded=self._encode(self.sentences(texts, X), X))

    def _analysed(self, texts: Sequence[str]) -> Analysis:
        cut = self._cut(texts)
        tokens = self._tokens(cut)
        starts = sentence_starts(tokens) if self.split else tokens.first
        sentence_bounds = np.append(np.flatnonzero(starts), len(starts)).astype(np.int64)
        per_page = np.add.reduceat(np.append(starts, False).astype(np.int64), cut.bounds[:-1]) * (
            np.diff(cut.bounds) > 0
        )
        page_bounds = bounds(per_page)
        table, heading, lead = layout(tokens, sentence_bounds, page_bounds)
        matches = self._cues(cut, tokens, sentence_bounds)
        words = self._words.table
        first, last = sentence_bounds[:-1], sentence_bounds[1:] - 1
        cue_sentence = np.searchsorted(sentence_bounds, matches.first, side="right") - 1
        cues = np.zeros((len(first), len(CUES)))
        cues[cue_sentence, self._cue_of_rule[matches.owner]] = 1.0
        return Analysis(
            page_bounds=page_bounds,
            sentence_bounds=sentence_bounds,
            start=tokens.start[first],
            end=tokens.end[last],
            word=words["word"][cut.row],
            stem=words["stem"][cut.row],
            kind=words["kind"][cut.row],
            cue_rule=matches.owner,
            cue_sentence=cue_sentence,
            cue_start=tokens.start[matches.first],
            cue_end=tokens.end[matches.last - 1],
            layout=table,
            cues=cues,
            heading=heading,
            lead=lead,
            encoded=np.zeros((len(first), 0)),
            encoded_alone=np.zeros((len(first), 0)),
        )

    def surface_forms(self, text: str) -> dict[str, list[str]]:
        """What the hashes ``word`` and ``kind`` of ``analyse([text])`` stand for."""
        with self._turn:
            self.recover()
            cut = self._cut([text])
            forms = [self._words.forms(self._words.spelling(row)) for row in cut.row.tolist()]
        return {"word": [word for word, _, _ in forms], "kind": [kind for _, _, kind in forms]}

    def plain(self, text: str, spans: Sequence[tuple[int, int]]) -> list[str]:
        """Parts of a text, such as its sentences, with the words in disguise as they are read.

        Parameters
        ----------
        text
            Any text.
        spans
            Offsets into it, half open. A disguised word counts where it lies within a span altogether.

        Returns
        -------
        list of str
            One for each span; the very characters of the text where nothing is disguised.
        """
        with self._turn:
            self.recover()
            self._interrupted = True
            cut = self._cut([text])
            read = [self._words.spelling(row) for row in cut.row.tolist()]
            self._interrupted = False
        words = zip(cut.start.tolist(), cut.end.tolist(), read, strict=True)
        disguised = [word for word in words if text[word[0] : word[1]] != word[2]]
        starts = [start for start, _, _ in disguised]
        found = []
        for first, last in spans:
            parts = []
            for start, end, spelling in disguised[
                bisect_left(starts, first) : bisect_left(starts, last)
            ]:
                if end <= last:
                    parts += [text[first:start], spelling]
                    first = end
            found.append("".join([*parts, text[first:last]]))
        return found

    def sentences(self, texts: Sequence[str], X: Analysis) -> list[str]:
        """All sentences of an analysis of the texts, as they are read, (S,)."""
        spans = list(zip(X.start.tolist(), X.end.tolist(), strict=True))
        edges = X.page_bounds.tolist()
        pages = zip(texts, pairwise(edges), strict=True)
        return [read for text, (a, b) in pages for read in self.plain(text, spans[a:b])]

    def _cut(self, texts: Sequence[str]) -> Cut:
        if len(self._chunks) > self._limit:
            self._begin()
        return self._chunks.cut(texts)

    def _tokens(self, cut: Cut) -> Tokens:
        first = np.zeros(len(cut.start), dtype=bool)
        first[cut.bounds[:-1][np.diff(cut.bounds) > 0]] = True
        return Tokens(
            traits=self._words.table["traits"][cut.row],
            start=cut.start,
            end=cut.end,
            first=first,
            line_break=(cut.breaks > 0) & ~first,
            blank_line=(cut.breaks > 1) & ~first,
            space=first | np.append(False, cut.start[1:] > cut.end[:-1])[: len(first)],
        )

    def _cues(self, cut: Cut, tokens: Tokens, sentence_bounds: Int) -> Matches:
        counts = np.diff(sentence_bounds)
        limit = np.repeat(sentence_bounds[1:], counts)
        starts = np.zeros(len(limit), dtype=bool)
        starts[sentence_bounds[:-1]] = True
        return self._tree.match(
            self._words.table["symbol"][cut.row],
            _opening(tokens, starts),
            _closing(tokens, limit),
            limit,
        )


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
