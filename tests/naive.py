"""Sentences, layout and context, one word and one sentence at a time.

Written from the rules, not from the code: of ``classifier`` only names of traits and columns are used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from classifier.analysis import CUES, LAYOUT, Analysis
from classifier.model.context import OF_ENCODER, PER_LABEL
from classifier.text.words import Trait


@dataclass
class Token:
    """A word of one page, and the white space before it."""

    traits: int
    start: int
    end: int
    line_break: bool
    blank_line: bool
    space: bool

    def has(self, *any_of: Trait) -> bool:
        return any(self.traits & trait for trait in any_of)


def is_list_number(tokens: list[Token], i: int) -> bool:
    """The "1" of "1." or "2)"."""
    if not tokens[i].has(Trait.DIGIT) or tokens[i].end - tokens[i].start > 2:
        return False
    if i + 1 == len(tokens) or tokens[i + 1].space:
        return False
    sign = tokens[i + 1]
    return sign.has(Trait.PERIOD) or (sign.has(Trait.CLOSER) and not sign.has(Trait.OPENER))


def sentence_starts(tokens: list[Token]) -> list[bool]:
    """Which words of a page begin a sentence."""
    lines = line_starts(tokens)
    starts = []
    for i, token in enumerate(tokens):
        bullet = token.has(Trait.BULLET) and token.space
        bullet = bullet and not (i and tokens[i - 1].has(Trait.BULLET))
        starts.append(lines[i] or bullet or (i > 0 and stops_before(tokens, lines, i)))
    kept = []
    for i, start in enumerate(starts):
        end = next((k for k in range(i + 1, len(tokens)) if starts[k]), len(tokens))
        kept.append(lines[i] or (start and any(t.has(Trait.WORD) for t in tokens[i:end])))
    return kept


def line_starts(tokens: list[Token]) -> list[bool]:
    """Line breaks, but for those within a paragraph wrapped by hand at 60 characters or more."""
    found = []
    line = 0
    for i, token in enumerate(tokens):
        if i == 0:
            found.append(True)
            continue
        if not token.line_break:
            found.append(False)
            continue
        long = tokens[i - 1].end - line >= 60
        closed = tokens[i - 1].has(Trait.STOP, Trait.COLON, Trait.PIPE)
        goes_on = token.has(Trait.LOWER) and not token.has(Trait.MARKER) and not token.blank_line
        found.append(not (long and goes_on and not closed))
        line = token.start
    return found


def stops_before(tokens: list[Token], lines: list[bool], i: int) -> bool:
    """Whether punctuation before word ``i`` closes a sentence there."""
    token = tokens[i]
    at = i - 1
    while at > 0 and tokens[at].has(Trait.CLOSER) and not tokens[at].space:
        at -= 1
    last, before = tokens[at], tokens[at - 1] if at else None
    lower_before = before is not None and before.has(Trait.LOWER)
    if last.has(Trait.NEVER_LAST):
        return False
    if last.has(Trait.PERIOD):
        if at and not last.space and tokens[at - 1].has(Trait.NEVER_LAST):
            return False
        whole = lower_before and not last.space and before.end - before.start >= 3
        if whole and token.space and token.has(Trait.PRONOUN):
            return True
    can_begin = not token.has(Trait.LOWER, Trait.STOP, Trait.CLOSER, Trait.PIPE) or (
        token.has(Trait.OPENER) and token.space and not token.has(Trait.STOP)
    )
    if not can_begin:
        return False
    if last.has(Trait.STOP):
        if last.has(Trait.PERIOD) and at and before.has(Trait.DIGIT) and lines[at - 1]:
            return False
        glued = token.has(Trait.UPPER) and last.has(Trait.PERIOD) and lower_before
        return token.space or glued
    if not last.has(Trait.DOTTED) or not token.space:
        return False
    if last.has(Trait.DIGIT):
        item = last.has(Trait.MARKER) and lines[at]
        return token.has(Trait.UPPER, Trait.OPENER) and not item
    return token.has(Trait.STARTER) and (not last.has(Trait.INITIAL) or lower_before)


def layout(tokens: list[Token], starts: list[bool]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Layout columns, heading and lead-in of each sentence of a page."""
    firsts = [i for i, start in enumerate(starts) if start]
    spans = list(pairwise([*firsts, len(tokens)]))
    rows, headings, leads = [], [-1] * len(spans), [-1] * len(spans)
    heading = lead = -1
    for number, (first, end) in enumerate(spans):
        words = tokens[first:end]
        n = len(words)
        top, bottom = number == 0, number == len(spans) - 1
        closing = words[-2] if n > 1 and words[-1].has(Trait.CLOSER) else words[-1]
        stop, question = closing.has(Trait.STOP, Trait.DOTTED), closing.has(Trait.QUESTION)
        line = top or words[0].line_break
        ends_line = bottom or tokens[end].line_break
        above, below = top or words[0].blank_line, bottom or tokens[end].blank_line
        sign = line and n > 1 and words[0].has(Trait.MARKER)
        sign |= line and n > 2 and is_list_number(tokens, first)
        item = sign or (n > 1 and words[0].has(Trait.BULLET))
        pipes = sum(word.has(Trait.PIPE) for word in words)
        row = pipes > 1 or words[0].has(Trait.PIPE)
        colon = words[-1].has(Trait.COLON)
        short = line and ends_line and n <= 12 and not row
        hashes = sign and words[0].end - words[0].start < 5 and above and below
        is_heading = short and (not stop or question) and not colon and (not item or hashes)

        def share(trait: Trait, words: list[Token] = words) -> float:
            return sum(word.has(trait) for word in words) / len(words)

        facts = {
            "words_log": math.log(1 + n), "starts_line": line, "ends_line": ends_line,
            "blank_before": above, "blank_after": below, "is_heading": is_heading,
            "is_list_item": item, "ends_colon": colon, "ends_question": question,
            "ends_exclamation": closing.has(Trait.EXCLAMATION),
            "ends_period": stop and not question, "upper_share": share(Trait.CAPITALS),
            "title_share": share(Trait.UPPER), "digit_share": share(Trait.DIGIT),
            "has_currency": share(Trait.CURRENCY) > 0, "has_percent": share(Trait.PERCENT) > 0,
            "has_trademark": share(Trait.TRADEMARK) > 0, "has_link": share(Trait.LINK) > 0,
            "has_quote": share(Trait.OPENER) > 0, "is_table_row": row,
            "position": number / max(len(spans) - 1, 1),
        }  # fmt: skip
        rows.append([float(facts[name]) for name in LAYOUT])
        listed = item or row or (short and not stop and not colon and not above)
        headings[number] = heading
        leads[number] = lead if listed else -1
        if is_heading and above:
            heading = number
        if colon or (not listed and (is_heading or ends_line)):
            lead = number
    table = np.array(rows, dtype=float).reshape(-1, len(LAYOUT))
    return table, np.array(headings, dtype=np.int64), np.array(leads, dtype=np.int64)


def context_features(z: np.ndarray, page_z: np.ndarray, X: Analysis) -> np.ndarray:
    """Second-stage features, sentence by sentence."""
    rows = []
    for page, (first, last) in enumerate(zip(X.page_bounds[:-1], X.page_bounds[1:], strict=True)):
        cue_shares = [sum(X.cues[first:last, c]) / (last - first or 1) for c in range(len(CUES))]
        for s in range(first, last):
            row = []
            for k in range(z.shape[1]):
                found = of_label(z[:, k].tolist(), float(page_z[page, k]), X, s, first, last)
                row += [found[name] for name in PER_LABEL]
            row += [own * other for own in z[s] for other in page_z[page]]
            row += [*X.layout[s], *X.cues[s], *cue_shares, last - first == 1]
            for column in X.encoded.T.tolist():
                found = of_label(column, 0.0, X, s, first, last)
                row += [found[name] for name in OF_ENCODER]
            rows.append(row)
    width = z.shape[1] * (len(PER_LABEL) + z.shape[1]) + len(LAYOUT) + 2 * len(CUES) + 1
    width += X.encoded.shape[1] * len(OF_ENCODER)
    return np.array(rows, dtype=float).reshape(-1, width)


def of_label(
    z: list[float], page_z: float, X: Analysis, s: int, first: int, last: int
) -> dict[str, float]:
    """One label's features of sentence ``s`` of the page from ``first`` to ``last``."""

    def logit(i: int) -> float:
        return z[i] if first <= i < last else 0.0

    def mean(places: list[int]) -> float:
        inside = [p(i) for i in places if first <= i < last and i != s]
        return sum(inside) / len(inside) if inside else 0.0

    def p(i: int) -> float:
        return 1 / (1 + math.exp(-z[i])) if z[i] >= 0 else math.exp(z[i]) / (1 + math.exp(z[i]))

    layout = dict(zip(LAYOUT, X.layout[s].tolist(), strict=True))
    near = [p(i) for i in range(max(first, s - 8), min(last, s + 9)) if i != s]
    own, lead = z[s], logit(X.lead[s])
    page_mean = mean(list(range(first, last)))
    return {
        "own": own, "previous_1": logit(s - 1), "previous_2": logit(s - 2),
        "next_1": logit(s + 1), "next_2": logit(s + 2), "heading": logit(X.heading[s]),
        "lead": lead, "window": mean([*range(s - 3, s + 4)]), "page_mean": page_mean,
        "highest": max(near, default=0.0), "page_own": own * page_mean,
        "item_lead": lead * layout["is_list_item"],
        "heading_next": mean([s + 1, s + 2, s + 3]) * layout["is_heading"], "page": page_z,
        "own_and_page": max(own, -1) * max(page_z, -1),
        "own_alone": own if last - first == 1 else 0.0,
    }  # fmt: skip


def opens(tokens: list[Token], starts: list[bool]) -> list[bool]:
    """Where ``<START>`` holds: at a sentence's start, and after up to three bullets or brackets."""
    found = []
    for i in range(len(tokens)):
        begin = i
        while not starts[begin]:
            begin -= 1
        found.append(i - begin <= 3 and all(
            not tokens[k].has(Trait.WORD) or tokens[k].has(Trait.MARKER) or is_list_number(tokens, k)
            for k in range(begin, i)
        ))  # fmt: skip
    return found


def closes(tokens: list[Token], starts: list[bool]) -> list[bool]:
    """Positions from 0 to T before which ``<END>`` holds: no word of the sentence is left."""
    found = [False]
    for i in range(len(tokens)):
        rest = []
        for k in range(i + 1, len(tokens)):
            if starts[k]:
                break
            rest.append(tokens[k])
        found.append(not any(token.has(Trait.WORD) for token in rest))
    return found
