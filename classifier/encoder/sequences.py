"""Pages as sequences of tokens: a page is cut where the network's length ends, never within a sentence.

As in Cohan et al., "Pretrained Language Models for Sequential Sentence Classification", EMNLP 2019: the
sentences of a page follow each other, a separator after each, so that each is judged with its
neighbours in sight. Sequences overlap: the first sentences of each are context from the one before, and
its last are judged by the next, which sees what follows them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class TokenSequence(NamedTuple):
    """A stretch of a page, ready for the network.

    Attributes
    ----------
    tokens
        Token numbers: the class token, then each sentence with a separator after it.
    separators
        Place of the separator after each sentence.
    judged
        Which of these sentences are judged here.
    sentences
        Their numbers on the page.
    """

    tokens: list[int]
    separators: list[int]
    judged: range
    sentences: range


@dataclass(frozen=True, slots=True)
class Cutting:
    """How pages are cut, and the tokens that mark them. Lengths are in tokens.

    Attributes
    ----------
    longest, longest_sentence
        Tokens of a sequence and of a sentence, of which the rest is left out.
    before
        Tokens that a sequence may repeat of the one before it, as context.
    after
        Sentences at the end of a sequence that the next one judges.
    start, separator, new_line
        Numbers of the class token, the separator, and the token that stands before a sentence that
        begins a line.
    """

    longest: int
    longest_sentence: int
    before: int
    after: int
    start: int
    separator: int
    new_line: int

    def cut(
        self, sentences: Sequence[Sequence[int]], begins_line: Sequence[bool]
    ) -> Iterator[TokenSequence]:
        """Yield the sequences of a page from the tokens of its sentences; each is judged once."""
        units = [
            [*([self.new_line] if first else []), *tokens[: self.longest_sentence]]
            for first, tokens in zip(begins_line, sentences, strict=True)
        ]
        low = 0
        while low < len(units):
            start, size = low, 0
            while start > 0 and size + len(units[start - 1]) + 1 <= self.before:
                start -= 1
                size += len(units[start]) + 1
            end = low
            while end < len(units) and (end == low or size + len(units[end]) + 2 <= self.longest):
                size += len(units[end]) + 1
                end += 1
            stop = end if end == len(units) else max(low + 1, end - self.after)
            tokens, separators = [self.start], []
            for unit in units[start:end]:
                tokens += [*unit, self.separator]
                separators.append(len(tokens) - 1)
            yield TokenSequence(
                tokens, separators, range(low - start, stop - start), range(low, stop)
            )
            low = stop
