"""What a sentence looks like on the page: the ``layout`` columns, its heading and its list lead-in."""

from __future__ import annotations

import numpy as np

from classifier.analysis import LAYOUT, Float, Int
from classifier.text.sentences import Tokens, list_numbers
from classifier.text.words import Trait

#: A heading has at most this many words. The 95th percentile of HTML headings is about a dozen words.
HEADING_WORDS = 12


def layout(tokens: Tokens, sentence_bounds: Int, page_bounds: Int) -> tuple[Float, Int, Int]:
    """Layout columns (S, len(LAYOUT)), heading (S,) and lead-in (S,) of each sentence."""
    first, last = sentence_bounds[:-1], sentence_bounds[1:] - 1
    n = len(first)
    if not n:
        none = np.zeros(0, dtype=np.int64)
        return np.zeros((0, len(LAYOUT))), none, none
    words = np.diff(sentence_bounds)
    pages = np.diff(page_bounds)
    page = np.repeat(np.arange(len(pages)), pages)
    number = np.arange(n)

    def any_of(trait: Trait) -> Float:
        return np.maximum.reduceat(tokens.has(trait), first).astype(float)

    def share_of(trait: Trait) -> Float:
        return np.add.reduceat(tokens.has(trait).astype(float), first) / words

    page_last = page_bounds[page + 1] - 1
    next_first = np.minimum(last + 1, len(tokens.traits) - 1)
    starts_line = (tokens.first | tokens.line_break)[first]
    ends_line = (number == page_last) | tokens.line_break[next_first]
    blank_before = (tokens.first | tokens.blank_line)[first]
    blank_after = (number == page_last) | tokens.blank_line[next_first]
    closing = np.where(tokens.has(Trait.CLOSER)[last] & (words > 1), last - 1, last)
    stop = tokens.has(Trait.STOP | Trait.DOTTED)[closing]
    marker = tokens.has(Trait.MARKER)[first] & starts_line & (words > 1)
    marker |= list_numbers(tokens)[first] & starts_line & (words > 2)
    bullet = tokens.has(Trait.BULLET)[first] & (words > 1)
    colon = tokens.has(Trait.COLON)[last]
    row = (np.add.reduceat(tokens.has(Trait.PIPE), first) > 1) | tokens.has(Trait.PIPE)[first]
    hash_sign = marker & (tokens.end - tokens.start < 5)[first] & (words <= HEADING_WORDS)
    alone = starts_line & ends_line & (words <= HEADING_WORDS) & ~row
    is_item = marker | bullet
    question = tokens.has(Trait.QUESTION)[closing]
    is_heading = (
        alone & (~stop | question) & ~colon & (~is_item | (hash_sign & blank_before & blank_after))
    )

    columns = {
        "words_log": np.log1p(words),
        "starts_line": starts_line,
        "ends_line": ends_line,
        "blank_before": blank_before,
        "blank_after": blank_after,
        "is_heading": is_heading,
        "is_list_item": is_item,
        "ends_colon": colon,
        "ends_question": question,
        "ends_exclamation": tokens.has(Trait.EXCLAMATION)[closing],
        "ends_period": stop & ~question,
        "upper_share": share_of(Trait.CAPITALS),
        "title_share": share_of(Trait.UPPER),
        "digit_share": share_of(Trait.DIGIT),
        "has_currency": any_of(Trait.CURRENCY),
        "has_percent": any_of(Trait.PERCENT),
        "has_trademark": any_of(Trait.TRADEMARK),
        "has_link": any_of(Trait.LINK),
        "has_quote": any_of(Trait.OPENER),
        "is_table_row": row,
        "position": (number - page_bounds[page]) / np.maximum(pages[page] - 1, 1),
    }
    table = np.column_stack([np.asarray(columns[name], dtype=float) for name in LAYOUT])
    heading = _latest(is_heading & blank_before, page, page_bounds)
    item = is_item | row | (alone & ~stop & ~colon & ~blank_before)
    lead_in = colon | (~item & (is_heading | ends_line))
    lead = np.where(item, _latest(lead_in, page, page_bounds), -1)
    return table, heading, lead


def _latest(flag: np.typing.NDArray[np.bool_], page: Int, page_bounds: Int) -> Int:
    """The nearest flagged sentence before each one on the same page, or -1."""
    number = np.arange(len(flag))
    seen = np.maximum.accumulate(np.where(flag, number, -1))
    before = np.concatenate([[-1], seen[:-1]])
    return np.where(before >= page_bounds[page], before, -1)
