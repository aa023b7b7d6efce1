"""What crosses from ``text/`` to ``model/``: a batch of pages as plain arrays.

No spaCy object travels with it, so it pickles small and the model can be tested on hand-made values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

UInt64 = npt.NDArray[np.uint64]
Int = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
Float = npt.NDArray[np.float64]

#: Columns of ``Analysis.layout``. All lie in [0, 1] unless a unit is given.
LAYOUT = (
    "words_log",  # ln(1 + words), words as the tokenizer counts them
    "starts_line",
    "ends_line",
    "blank_before",  # an empty line above, or the top of the page
    "blank_after",
    "is_heading",  # alone on a short line, no closing punctuation
    "is_list_item",  # begins with a bullet, a dash or a number
    "ends_colon",
    "ends_question",
    "ends_exclamation",
    "ends_period",
    "upper_share",  # words written in capitals
    "title_share",  # words with a capital first letter
    "digit_share",  # words that begin with a digit
    "has_currency",
    "has_percent",
    "has_trademark",
    "has_link",  # URL, e-mail address or social handle
    "has_quote",
    "is_table_row",
    "position",  # 0 for the first sentence of the page, 1 for the last
)

#: Cues of the lexicons, columns of ``Analysis.cues``.
CUES = (
    "anecdote_or_popularity",
    "attribution_or_debunk",
    "buying_advice",
    "call_to_action",
    "cited_evidence",
    "cure_or_overclaim",
    "disclaimer",
    "disease_claim",
    "first_person_seller",
    "hedge",
    "negation",
    "offer",
    "price",
    "public_health_advice",
    "puffery",
    "question",
    "safety_claim",
    "structure_function_claim",
    "testimonial",
    "vague_evidence",
)


@dataclass(frozen=True, slots=True)
class Analysis:
    """A batch of ``P`` pages with ``S`` sentences, ``T`` words and ``C`` cues.

    Attributes
    ----------
    page_bounds
        int64 of shape (P + 1,): page ``p`` owns sentences ``page_bounds[p]:page_bounds[p + 1]``.
    sentence_bounds
        int64 (S + 1,): sentence ``s`` owns words ``sentence_bounds[s]:sentence_bounds[s + 1]``.
    start, end
        int64 (S,): offsets of each sentence into its page's text, in code points, half open.
    word, stem, kind
        uint64 (T,): hash of the lower-cased word, of its stem, and of its lexicon class (the word
        itself where it has none). White space is not a word.
    cue_rule, cue_sentence, cue_start, cue_end
        int64 (C,): number of the lexicon rule, the sentence that bears it, offsets into the page.
    layout
        float64 (S, len(LAYOUT)).
    cues
        float64 (S, len(CUES)): 1 where the sentence bears the cue, else 0.
    heading, lead
        int64 (S,): the sentence that heads this one's section, and the lead-in of the list that it
        stands in; -1 where there is none.
    encoded, encoded_alone
        float64 (S, R): logits of an encoder's R labels for each sentence on its page, and as a text
        of its own. The latter serve training only; R is 0 where no encoder was asked.
    """

    page_bounds: Int
    sentence_bounds: Int
    start: Int
    end: Int
    word: UInt64
    stem: UInt64
    kind: UInt64
    cue_rule: Int
    cue_sentence: Int
    cue_start: Int
    cue_end: Int
    layout: Float
    cues: Float
    heading: Int
    lead: Int
    encoded: Float
    encoded_alone: Float

    @property
    def n_pages(self) -> int:
        """Number of pages."""
        return len(self.page_bounds) - 1

    @property
    def n_sentences(self) -> int:
        """Number of sentences of all pages."""
        return len(self.start)

    def __len__(self) -> int:
        """Samples in the sense of scikit-learn: sentences."""
        return self.n_sentences

    def sentence_page(self) -> Int:
        """The page of each sentence, int64 (S,)."""
        return np.repeat(np.arange(self.n_pages), np.diff(self.page_bounds))

    def word_sentence(self) -> Int:
        """The sentence of each word, int64 (T,)."""
        return np.repeat(np.arange(self.n_sentences), np.diff(self.sentence_bounds))

    def alone(self) -> Analysis:
        """Each sentence as a page of its own, in the same order."""
        layout = self.layout.copy()
        layout[:, LAYOUT.index("position")] = 0.0
        for edge in ("starts_line", "ends_line", "blank_before", "blank_after"):
            layout[:, LAYOUT.index(edge)] = 1.0
        none = np.full(self.n_sentences, -1)
        pages = np.arange(self.n_sentences + 1)
        return replace(
            self,
            page_bounds=pages,
            layout=layout,
            heading=none,
            lead=none,
            encoded=self.encoded_alone,
        )

    def take(self, pages: Int) -> Analysis:
        """The given pages, in the given order, as a batch of their own."""
        pages = np.asarray(pages, dtype=np.int64)
        sentences = ranges(self.page_bounds[pages], self.page_bounds[pages + 1])
        words = ranges(self.sentence_bounds[sentences], self.sentence_bounds[sentences + 1])
        new_number = np.full(self.n_sentences + 1, -1)  # the last entry answers for "none" (-1)
        new_number[sentences] = np.arange(len(sentences))
        order = np.argsort(self.cue_sentence, kind="stable")
        first = np.searchsorted(self.cue_sentence[order], sentences)
        last = np.searchsorted(self.cue_sentence[order], sentences, side="right")
        cues = order[ranges(first, last)]
        return Analysis(
            page_bounds=bounds(np.diff(self.page_bounds)[pages]),
            sentence_bounds=bounds(np.diff(self.sentence_bounds)[sentences]),
            start=self.start[sentences],
            end=self.end[sentences],
            word=self.word[words],
            stem=self.stem[words],
            kind=self.kind[words],
            cue_rule=self.cue_rule[cues],
            cue_sentence=new_number[self.cue_sentence[cues]],
            cue_start=self.cue_start[cues],
            cue_end=self.cue_end[cues],
            layout=self.layout[sentences],
            cues=self.cues[sentences],
            heading=new_number[self.heading[sentences]],
            lead=new_number[self.lead[sentences]],
            encoded=self.encoded[sentences],
            encoded_alone=self.encoded_alone[sentences],
        )


#: Gives ``Analysis.encoded``, from the sentences as they are read and the rest of their analysis.
Encode = Callable[[Sequence[str], Analysis], Float]


def joined(a: Analysis, b: Analysis) -> Analysis:
    """The pages of ``a``, then those of ``b``, as one batch."""
    shift, words = a.n_sentences, len(a.word)

    def later(index: Int) -> Int:
        return np.where(index < 0, -1, index + shift)

    moved: dict[str, Any] = {
        "page_bounds": np.append(a.page_bounds, b.page_bounds[1:] + shift),
        "sentence_bounds": np.append(a.sentence_bounds, b.sentence_bounds[1:] + words),
        "cue_sentence": np.append(a.cue_sentence, later(b.cue_sentence)),
        "heading": np.append(a.heading, later(b.heading)),
        "lead": np.append(a.lead, later(b.lead)),
    }
    kept: dict[str, Any] = {
        field.name: np.concatenate([getattr(a, field.name), getattr(b, field.name)])
        for field in fields(Analysis)
        if field.name not in moved
    }
    return Analysis(**moved, **kept)


def bounds(counts: Int) -> Int:
    """Turn counts into cumulative bounds that begin with 0."""
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(counts, dtype=np.int64)])


def ranges(first: Int, last: Int) -> Int:
    """Concatenate ``arange(first[i], last[i])`` for all ``i`` without a loop."""
    counts = last - first
    offsets = np.repeat(first - bounds(counts)[:-1], counts)
    return offsets + np.arange(len(offsets))


def same(a: Analysis, b: Analysis) -> bool:
    """Whether two analyses hold equal arrays."""
    return all(np.array_equal(getattr(a, f.name), getattr(b, f.name)) for f in fields(Analysis))
