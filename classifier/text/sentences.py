"""Splitting web text into sentences: headings, bullets, table rows and buttons are units of their own.

``sentence_starts`` is a pure function on arrays; the spaCy component ``health_sentences`` is a thin
face of it. What it decides, and why:

- a line break ends a sentence, but not where a paragraph was wrapped by hand (a long line without
  closing punctuation, continued in lower case);
- a list bullet begins a sentence wherever it stands;
- ``. ? ! …`` end a sentence, with the quotes and brackets that close on them, when something follows
  that can begin one; never after abbreviations that need a word, list numbers, or initials.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from classifier.analysis import Bool, Int
from classifier.text.words import Trait

#: Characters from which on a line counts as wrapped by hand. Plain-text mail and old web pages wrap at
#: 65 to 80 columns (RFC 3676, section 4.2 recommends 78 or fewer).
WRAPPED_LINE = 60


@dataclass(frozen=True, slots=True)
class Tokens:
    """The words of a batch of pages, white space taken out and kept as facts about the next word.

    Attributes
    ----------
    traits
        int64 (T,): bits of ``Trait``.
    start, end
        int64 (T,): offsets into the word's page.
    first
        bool (T,): first word of its page.
    line_break, blank_line, space
        bool (T,): a line break, an empty line, any white space between this word and the one before.
    """

    traits: Int
    start: Int
    end: Int
    first: Bool
    line_break: Bool
    blank_line: Bool
    space: Bool

    def has(self, trait: Trait) -> Bool:
        """Whether each word has any of the given traits."""
        return np.asarray((self.traits & int(trait)) != 0)


def previous(flags: Bool, steps: int = 1) -> Bool:
    """The flags of the word ``steps`` before each word; False where there is none."""
    shifted = np.zeros_like(flags)
    shifted[steps:] = flags[:-steps] if steps < len(flags) else False
    return shifted


def list_numbers(tokens: Tokens) -> Bool:
    """Which words are the number of "1." or "2)": list markers that the tokenizer cuts in two."""
    closing = tokens.has(Trait.PERIOD) | (tokens.has(Trait.CLOSER) & ~tokens.has(Trait.OPENER))
    followed = np.append((closing & ~tokens.space)[1:], False)
    short = tokens.end - tokens.start <= 2
    return np.asarray(tokens.has(Trait.DIGIT) & short & followed[: len(short)])


def sentence_starts(tokens: Tokens) -> Bool:
    """Which words begin a sentence, bool (T,)."""
    if not len(tokens.traits):
        return np.zeros(0, dtype=bool)
    has = tokens.has
    line_start = tokens.first | (tokens.line_break & ~_wrapped(tokens))
    bullet = has(Trait.BULLET) & tokens.space & ~previous(has(Trait.BULLET))
    starts = line_start | bullet | _after_stop(tokens, line_start)
    # A closing bar, a stray quote or an emoji at the end of a line is no sentence of its own.
    number = np.cumsum(starts) - 1
    has_word = np.zeros(number[-1] + 1, dtype=bool)
    np.logical_or.at(has_word, number, has(Trait.WORD))
    return np.asarray(line_start | (starts & has_word[number]))


def _wrapped(tokens: Tokens) -> Bool:
    """Line breaks inside a paragraph that was wrapped by hand."""
    breaks = tokens.first | tokens.line_break
    line = np.cumsum(breaks) - 1
    line_start = tokens.start[breaks]
    line_length = np.zeros(len(tokens.traits), dtype=np.int64)
    line_length[1:] = tokens.end[:-1] - line_start[line[:-1]]
    closed = previous(tokens.has(Trait.STOP | Trait.COLON | Trait.PIPE))
    return (
        tokens.line_break
        & ~tokens.blank_line
        & ~tokens.first
        & ~closed
        & tokens.has(Trait.LOWER)
        & ~tokens.has(Trait.MARKER)
        & (line_length >= WRAPPED_LINE)
    )


def _after_stop(tokens: Tokens, line_start: Bool) -> Bool:
    """Words that begin a sentence because the one before them was closed by punctuation."""
    has = tokens.has
    can_begin = ~has(Trait.LOWER | Trait.STOP | Trait.CLOSER | Trait.PIPE) | (
        has(Trait.OPENER) & tokens.space & ~has(Trait.STOP)
    )
    index = np.arange(len(tokens.traits))
    # The last word before each that is no closing quote or bracket glued to what stands before it.
    glued_closer = has(Trait.CLOSER) & ~tokens.space
    core = np.maximum.accumulate(np.where(glued_closer, -1, index))
    before = np.concatenate([[0], core[:-1]])  # where the sentence may have been closed
    stop = has(Trait.STOP)[before]
    period = has(Trait.PERIOD)[before]
    # The word before that; the last word of the page above is none.
    second = np.maximum(before - 1, 0)
    has_second = ~tokens.first[before]
    lower = has(Trait.LOWER)[second] & has_second
    abbreviation = (period & has(Trait.NEVER_LAST)[second] & ~tokens.space[before]) | has(
        Trait.NEVER_LAST
    )[before]
    # "life.The": glued on, so only a capital after a lower-case word counts.
    glued = ~tokens.space & has(Trait.UPPER) & period & lower
    # "1." before a list item, in two tokens; "2010." at the end of a sentence is one token (below).
    list_number = period & has(Trait.DIGIT)[second] & line_start[second] & has_second
    closed_by_stop = stop & (tokens.space | glued) & ~abbreviation & ~list_number

    dotted = has(Trait.DOTTED)[before] & ~stop & ~abbreviation
    marker = has(Trait.MARKER)[before] & line_start[before]
    number = dotted & has(Trait.DIGIT)[before] & ~marker & has(Trait.UPPER | Trait.OPENER)
    other = dotted & ~has(Trait.DIGIT)[before] & has(Trait.STARTER)
    # "J. The ..." is no person, but "A. In" may open a list of initials: needs a lower-case word before.
    initial = has(Trait.INITIAL)[before] & ~lower
    closed_by_dotted = (number | (other & ~initial)) & tokens.space
    # "quality. we are": in lower case too, after a word of at least three lower-case letters.
    whole_word = lower & (tokens.end[second] - tokens.start[second] >= 3) & ~tokens.space[before]
    careless = has(Trait.PRONOUN) & period & whole_word & tokens.space & ~abbreviation
    found = (can_begin & (closed_by_stop | closed_by_dotted)) | careless
    return np.asarray(~tokens.first & found)
