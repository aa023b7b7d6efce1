"""From texts to words: every chunk between white space is tokenized once and remembered.

Two chunks of three are a word of ASCII letters, alone or with one sign after it that the tokenizer
always cuts off. Those are cut here, and only the others are given to spaCy. A chunk in disguise is
tokenized as it is read, and its tokens are put where it is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from spacy.attrs import IDX, ORTH
from spacy.language import Language
from spacy.strings import hash_string  # type: ignore[attr-defined]

from classifier.analysis import Int, UInt64, bounds, ranges
from classifier.text.disguise import Disguise, Reading
from classifier.text.growing import extended
from classifier.text.tokenizer import RUN, pieces
from classifier.text.words import LINE_BREAKS, Words

#: Separates chunks and texts. A token of its own, of which no special case of several tokens is made.
_GAP = "\n"
_SPACE, _BREAK = 1, 2
#: What each code point is: white space, a line break too, or neither; the last stands for all above.
_KINDS = np.array(
    [_SPACE * chr(i).isspace() + _BREAK * (chr(i) in LINE_BREAKS) for i in range(0x3002)], np.uint8
)
#: Signs that may stand after a word; those that the tokenizer does not cut off are sorted out.
_SIGNS = "!\"'),.:;?]}’”…"
#: First row of its tokens, and one past the last.
_COLUMNS = np.dtype([("first", np.int64), ("last", np.int64)])
#: A token of a chunk: its row in ``Words.table`` and its place in the chunk.
_TOKEN = np.dtype([("row", np.int64), ("first", np.int64), ("last", np.int64)])
#: A letter with signs before or after it, where letters that are spelled apart begin or end.
_BEGIN, _END = re.compile(r"[^\w\s]{1,3}[^\W\d_]"), re.compile(r"[^\W\d_][^\w\s]{1,3}")
_SIGN, _LETTERS = re.compile(r"[\W_]"), re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True, slots=True)
class Cut:
    """The words of a batch of texts, in order.

    Attributes
    ----------
    row
        int64 (T,): row of the spelling in ``Words.table``.
    start, end
        int64 (T,): offsets into the text, half open.
    breaks
        int64 (T,): line breaks between this word and the one before it.
    bounds
        int64 (P + 1,): the words of each text.
    """

    row: Int
    start: Int
    end: Int
    breaks: Int
    bounds: Int


class _Numbers(dict[str, int]):
    """Numbers things in the order in which they are first asked for."""

    def __missing__(self, key: str) -> int:
        number = self[key] = len(self)
        return number


class Chunks:
    """Cuts texts into words as the tokenizer of ``nlp`` does."""

    def __init__(self, nlp: Language, words: Words, disguise: Disguise) -> None:
        tokenizer: Any = nlp.tokenizer
        self._tokenizer = tokenizer
        self._special = frozenset(tokenizer.rules)
        self._strings = nlp.vocab.strings
        self._plain = _plain(nlp)
        self._words = words
        self._disguise = disguise
        self._numbers = _Numbers()
        self._table = np.zeros(0, dtype=_COLUMNS)
        self._tokens = np.zeros(0, dtype=_TOKEN)
        self._n_tokens = 0

    def __len__(self) -> int:
        """How many different chunks are remembered."""
        return len(self._numbers)

    def cut(self, texts: Sequence[str]) -> Cut:
        """Cut a batch of texts."""
        joined = _GAP.join(texts)
        chunks = joined.split()
        chunks, first, length, breaks = self._spelled_apart(chunks, *_places(joined))
        chunks, first, breaks = _in_pieces(chunks, first, length, breaks)
        number = self._number(chunks)
        begin, end = self._table["first"][number], self._table["last"][number]
        counts = end - begin
        token = ranges(begin, end)
        text_first = bounds(np.array([len(text) + len(_GAP) for text in texts], dtype=np.int64))
        in_text = np.searchsorted(first, text_first)
        offset = first - np.repeat(text_first[:-1], np.diff(in_text))
        at = bounds(counts)
        token_breaks = np.zeros(len(token), dtype=np.int64)
        token_breaks[at[:-1]] = breaks
        offset = np.repeat(offset, counts)
        return Cut(
            row=self._tokens["row"][token],
            start=offset + self._tokens["first"][token],
            end=offset + self._tokens["last"][token],
            breaks=token_breaks,
            bounds=at[in_text],
        )

    def _number(self, chunks: list[str]) -> Int:
        known = len(self._numbers)
        numbers = np.fromiter(map(self._numbers.__getitem__, chunks), np.int64, len(chunks))
        if len(self._numbers) > known:
            new = [*islice(reversed(self._numbers), len(self._numbers) - known)][::-1]
            self._learn(known, new)
        return numbers

    def _learn(self, known: int, new: list[str]) -> None:
        chunk, orth, place, readings = self._tokens_of(new)
        begin = np.searchsorted(chunk, np.arange(len(new) + 1))
        tokens = np.zeros(len(orth), dtype=_TOKEN)
        tokens["row"] = self._words.rows(orth)
        tokens["first"] = place
        tokens["last"] = place + self._words.table["length"][tokens["row"]]
        for number, reading in readings.items():
            own = tokens[begin[number] : begin[number + 1]]
            places = np.array(reading.places)
            for edge in ("first", "last"):
                own[edge] = places[own[edge]]
        rows = np.zeros(len(new), dtype=_COLUMNS)
        rows["first"], rows["last"] = begin[:-1] + self._n_tokens, begin[1:] + self._n_tokens
        self._table = extended(self._table, known, rows)
        self._tokens = extended(self._tokens, self._n_tokens, tokens)
        self._n_tokens += len(tokens)

    def _spelled_apart(
        self, chunks: list[str], first: Int, length: Int, breaks: Int
    ) -> tuple[list[str], Int, Int, Int]:
        """Make one chunk of each word whose letters have a space between each two."""
        single = np.flatnonzero(length == 1)
        near = (np.diff(first[single]) == 2) & (breaks[single[1:]] == 0)

        def touch(i: int) -> bool:
            """Whether one space stands after a chunk."""
            return bool(first[i + 1] - first[i] == length[i] + 1 and not breaks[i + 1])

        edges = single[np.flatnonzero(np.diff(near, prepend=False, append=False))].tolist()
        words: list[tuple[int, int]] = []  # first and last chunk of each
        for begin, end in zip(edges[::2], edges[1::2], strict=True):
            if begin and _BEGIN.fullmatch(chunks[begin - 1]) and touch(begin - 1):
                begin -= 1
            if end + 1 < len(chunks) and _END.fullmatch(chunks[end + 1]) and touch(end):
                end += 1
            letters = "".join([_SIGN.sub("", chunk) or chunk for chunk in chunks[begin : end + 1]])
            for run in _LETTERS.finditer(letters):
                place = begin + run.start()
                words += [(place + a, place + b - 1) for a, b in self._disguise.spelled(run[0])]
        if not words:
            return chunks, first, length, breaks
        kept = np.ones(len(chunks), dtype=bool)
        length = length.copy()
        for begin, end in words:
            chunks[begin] = " ".join(chunks[begin : end + 1])
            length[begin] = first[end] + length[end] - first[begin]
            kept[begin + 1 : end + 1] = False
        chunks = [chunk for chunk, keep in zip(chunks, kept.tolist(), strict=True) if keep]
        return chunks, first[kept], length[kept], breaks[kept]

    def _tokens_of(self, chunks: list[str]) -> tuple[Int, UInt64, Int, dict[int, Reading]]:
        """The tokens of chunks: number of the chunk, hash of the spelling, place in what is read.

        And the chunks that are read in another way than they are written.
        """
        readings: dict[int, Reading] = {}
        hard: dict[int, str] = {}
        plain: list[tuple[int, str, int]] = []
        for number, chunk in enumerate(chunks):
            found = self._plain(chunk)
            if found is None and (reading := self._disguise.read(chunk)):
                readings[number] = reading
                chunk = reading.text
            if found is None or chunk in self._special or found[1] in self._special:
                hard[number] = chunk
                continue
            plain.append((number, found[1], 0))
            if found[2]:
                plain.append((number, found[2], len(found[1])))
        of_plain, spelling, place = zip(*plain, strict=True) if plain else ((), (), ())
        hashes = map(self._strings.add, spelling)
        cut: Any = self._tokenizer(_GAP.join(hard.values()))
        found_orth, at = cut.to_array([ORTH, IDX]).T
        is_gap = found_orth == np.uint64(hash_string(_GAP))
        of_hard, at = np.cumsum(is_gap)[~is_gap], at[~is_gap].astype(np.int64)
        at -= at[np.searchsorted(of_hard, np.arange(len(hard)))][of_hard]
        of_chunk = np.append(np.array(of_plain, np.int64), np.array([*hard], np.int64)[of_hard])
        order = np.argsort(of_chunk, kind="stable")
        return (
            of_chunk[order],
            np.append(np.fromiter(hashes, np.uint64, len(spelling)), found_orth[~is_gap])[order],
            np.append(np.array(place, np.int64), at)[order],
            readings,
        )


def _plain(nlp: Language) -> Callable[[str], re.Match[str] | None]:
    """Match chunks that are a word, alone or with a sign that is cut off, as two groups.

    After a capital that is not certain: "E." keeps its full stop.
    """
    cut: Any = nlp.tokenizer
    signs = [sign for sign in _SIGNS if [t.text for t in cut(f"ab{sign}")] == ["ab", sign]]
    return re.compile(rf"([A-Za-z]+)(?:(?<=[a-z])([{re.escape(''.join(signs))}]))?").fullmatch


def _in_pieces(
    chunks: list[str], first: Int, length: Int, breaks: Int
) -> tuple[list[str], Int, Int]:
    """Chunks with those cut that hold long runs of signs: the parts, their places, breaks before."""
    cut = {
        i: parts
        for i in np.flatnonzero(length >= RUN).tolist()
        if len(parts := pieces(chunks[i])) > 1
    }
    if not cut:
        return chunks, first, breaks
    counts = np.ones(len(chunks), dtype=np.int64)
    counts[list(cut)] = [len(parts) for parts in cut.values()]
    found = [part for i, chunk in enumerate(chunks) for part in cut.get(i, (chunk,))]
    at = bounds(counts)
    before = bounds(np.fromiter(map(len, found), np.int64, len(found)))
    inside = before[:-1] - np.repeat(before[at[:-1]], counts)
    part_breaks = np.zeros(len(found), dtype=np.int64)
    part_breaks[at[:-1]] = breaks
    return found, np.repeat(first, counts) + inside, part_breaks


def _places(text: str) -> tuple[Int, Int, Int]:
    """Where chunks start, their lengths, and the line breaks before each."""
    code = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    kind = np.take(_KINDS, code, mode="clip")
    edges = np.flatnonzero(np.diff(kind == 0, prepend=False, append=False))
    first, last = edges[::2], edges[1::2]
    at = np.flatnonzero(kind & _BREAK)
    if "\r" in text:  # "\r\n" is one line break
        at = at[(code[at] != ord("\n")) | (code[np.maximum(at - 1, 0)] != ord("\r"))]
    breaks = np.bincount(np.searchsorted(first, at), minlength=len(first) + 1)[: len(first)]
    return first, last - first, breaks
