"""Rows as CSV or TSV: one a page, or one a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from classifier.schema import Sentence, Verdict
from classifier.values import json_ready, sound
from classifier.write.rows import DECISIONS, chosen, contract, passthrough, rounded

#: Rows whose columns make the header; what later rows have beyond it goes to ``EXTRA``.
WINDOW = 1_000
EXTRA = "extra"

QUOTE = '"'


#: A row of a page before its columns are known: the input's own values, the id, the answers.
PageCells = tuple[dict[str, Any], list[Any], list[Any]]


@dataclass(frozen=True, slots=True)
class PageRow:
    """Makes one row a page, but for the order of the input's own columns.

    Columns: id, the input's own, ``score_`` and ``flag_`` and ``n_`` (flagged sentences) of each
    label, language, model, error.

    Attributes
    ----------
    labels
        In the order of their columns.
    review
        Whether there is a review band, and so a column ``decisions_`` of each label.
    """

    labels: tuple[str, ...]
    review: bool = False

    def __call__(self, verdict: Verdict) -> PageCells:
        """Return the cells."""
        own = passthrough(verdict.columns, (*contract(self.review), *self.answers, EXTRA))
        scores = rounded(verdict.scores)
        unscored = verdict.error is not None or not verdict.judged
        counts = [
            sum(label in sentence.flags for sentence in verdict.sentences) for label in self.labels
        ]
        answers = [
            *(scores.get(label) for label in self.labels),
            *(None if unscored else label in verdict.flags for label in self.labels),
            *(None if unscored else count for count in counts),
            *((verdict.decisions or {}).get(label) for label in self._decided),
            verdict.language,
            verdict.model,
            verdict.error,
        ]
        return own, [verdict.id], answers

    @property
    def answers(self) -> list[str]:
        """Names of the columns that follow the input's own."""
        names = [f"{kind}_{label}" for kind in ("score", "flag", "n") for label in self.labels]
        return [*names, *_decision_columns(self._decided), "language", "model", "error"]

    @property
    def _decided(self) -> tuple[str, ...]:
        return self.labels if self.review else ()


class DelimitedPages:
    """Writes the rows of pages under one header.

    The input's columns are those of the first 1,000 rows; only where more rows follow comes a last
    column ``extra``, a JSON object of what fits no other.

    Parameters
    ----------
    stream
        Gets UTF-8 lines that end in a line feed.
    delimiter
        One character.
    answers
        See ``PageRow``.
    state
        Of rows that wrote what is already on ``stream``.
    """

    def __init__(
        self,
        stream: BinaryIO,
        delimiter: str,
        answers: Sequence[str],
        state: Mapping[str, Any] | None = None,
    ) -> None:
        self._stream = stream
        self._delimiter = delimiter
        self._answers = answers
        self._waiting: list[PageCells] = []
        self._columns: list[str] | None = None if state is None else list(state["columns"])
        self._extra = state is not None and bool(state["open"])

    def write(self, row: PageCells) -> None:
        """Write one row, or keep it until the header is known."""
        if self._columns is not None:
            self._put(*row)
            return
        if len(self._waiting) == WINDOW:
            self._extra = True
            self._settle()
            self._put(*row)
        else:
            self._waiting.append(row)

    def state(self) -> Mapping[str, Any] | None:
        """See ``ResumableRows``."""
        return None if self._columns is None else {"columns": self._columns, "open": self._extra}

    def close(self) -> None:
        """Write what is still held back."""
        if self._columns is None:
            self._settle()

    def _settle(self) -> None:
        self._columns = list(dict.fromkeys(name for own, _, _ in self._waiting for name in own))
        header = ["id", *self._columns, *self._answers, *([EXTRA] if self._extra else [])]
        self._stream.write(line(header, self._delimiter))
        for row in self._waiting:
            self._put(*row)
        self._waiting.clear()

    def _put(self, own: Mapping[str, Any], head: list[Any], tail: list[Any]) -> None:
        columns = self._columns or []
        cells = [*head, *(own.get(name) for name in columns), *tail]
        if self._extra:
            cells.append({name: own[name] for name in own if name not in columns} or None)
        self._stream.write(line(cells, self._delimiter))


@dataclass(frozen=True, slots=True)
class SentenceLines:
    """Makes one row a sentence, and one for each page that failed or was not judged.

    Columns: id, start, end, text, ``score_`` and ``flag_`` of each label, cues (their names,
    separated by semicolons), language, model, error. The input's own columns are left out.

    Attributes
    ----------
    delimiter
        One character.
    labels, review
        As in ``PageRow``.
    sentences
        ``flagged`` or ``all``.
    """

    delimiter: str
    labels: tuple[str, ...]
    sentences: str
    review: bool = False

    def __call__(self, verdict: Verdict) -> bytes:
        """Return the lines of one page."""
        last = [verdict.language, verdict.model, verdict.error]
        if verdict.error is not None or not verdict.judged:
            empty = [None] * (3 + 2 * len(self.labels) + len(self._decided) + 1)
            return line([verdict.id, *empty, *last], self.delimiter)
        return b"".join(
            line(
                [verdict.id, *self._cells(verdict.text, sentence), *last],
                self.delimiter,
            )
            for sentence in chosen(verdict.sentences, self.sentences)
        )

    @property
    def header(self) -> bytes:
        """The first line."""
        scores = [f"{kind}_{label}" for kind in ("score", "flag") for label in self.labels]
        scores += _decision_columns(self._decided)
        names = ["id", "start", "end", "text", *scores, "cues", "language", "model", "error"]
        return line(names, self.delimiter)

    @property
    def _decided(self) -> tuple[str, ...]:
        return self.labels if self.review else ()

    def _cells(self, text: str, sentence: Sentence) -> list[Any]:
        scores = rounded(sentence.scores)
        return [
            sentence.start,
            sentence.end,
            text[sentence.start : sentence.end],
            *(scores.get(label) for label in self.labels),
            *(label in sentence.flags for label in self.labels),
            *((sentence.decisions or {}).get(label) for label in self._decided),
            ";".join(dict.fromkeys(cue.cue for cue in sentence.cues)),
        ]


def _decision_columns(labels: Sequence[str]) -> list[str]:
    return [f"{DECISIONS}_{label}" for label in labels]


def line(cells: Iterable[Any], delimiter: str) -> bytes:
    """Return a row of delimited text (RFC 4180, but with a line feed at its end).

    ``None`` is an empty cell; booleans are ``true`` and ``false``; lists and objects are JSON.
    Texts are left as they are, also where a spreadsheet would see a formula.
    """
    return (delimiter.join(_cell(cell, delimiter) for cell in cells) + "\n").encode()


def _cell(value: Any, delimiter: str) -> str:
    text = _text(value)
    if any(mark in text for mark in (delimiter, QUOTE, "\n", "\r")):
        return QUOTE + text.replace(QUOTE, QUOTE * 2) + QUOTE
    return text


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return sound(value)
    plain = json_ready(value)
    if isinstance(plain, str):
        return plain
    import orjson

    return orjson.dumps(plain).decode()
