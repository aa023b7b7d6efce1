"""Rows as CSV or TSV: one a page, or one a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, BinaryIO

from classifier.io.csvrows import QUOTE
from classifier.io.rows import DECISIONS, chosen, contract, passthrough, rounded
from classifier.io.values import json_ready, sound
from classifier.schema import Sentence, Verdict

#: Rows whose columns make the header; what later rows have beyond it goes to ``EXTRA``.
WINDOW = 1_000
EXTRA = "extra"


class DelimitedPages:
    """Writes one row a page.

    Columns: id, the input's own, ``score_`` and ``flag_`` and ``n_`` (flagged sentences) of each
    label, model, error. The input's columns are those of the first 1,000 rows; only where more rows
    follow comes a last column ``extra``, a JSON object of what fits no other.

    Parameters
    ----------
    stream
        Gets UTF-8 lines that end in a line feed.
    delimiter
        One character.
    labels
        In the order of their columns.
    review
        Whether there is a review band, and so a column ``decisions_`` of each label.
    state
        Of rows that wrote what is already on ``stream``.
    """

    def __init__(
        self,
        stream: BinaryIO,
        delimiter: str,
        labels: Sequence[str],
        review: bool = False,
        state: Mapping[str, Any] | None = None,
    ) -> None:
        self._stream = stream
        self._delimiter = delimiter
        self._labels = tuple(labels)
        self._tail = [f"{kind}_{label}" for kind in ("score", "flag", "n") for label in labels]
        self._decided = self._labels if review else ()
        self._tail += _decision_columns(self._decided)
        self._tail += ["model", "error"]
        self._reserved = (*contract(review), *self._tail, EXTRA)
        self._waiting: list[tuple[dict[str, Any], list[Any], list[Any]]] = []
        self._columns: list[str] | None = None if state is None else list(state["columns"])
        self._open = state is not None and bool(state["open"])

    def write(self, verdict: Verdict) -> None:
        """Write one row, or keep it until the header is known."""
        own = passthrough(verdict.columns, self._reserved)
        row = (own, [verdict.id], self._answers(verdict))
        if self._columns is not None:
            self._put(*row)
            return
        if len(self._waiting) == WINDOW:
            self._open = True
            self._settle()
            self._put(*row)
        else:
            self._waiting.append(row)

    def state(self) -> Mapping[str, Any] | None:
        """See ``ResumableRows``."""
        return None if self._columns is None else {"columns": self._columns, "open": self._open}

    def close(self) -> None:
        """Write what is still held back."""
        if self._columns is None:
            self._settle()

    def _answers(self, verdict: Verdict) -> list[Any]:
        scores = rounded(verdict.scores)
        failed = verdict.error is not None
        counts = [
            sum(label in sentence.flags for sentence in verdict.sentences) for label in self._labels
        ]
        return [
            *(scores.get(label) for label in self._labels),
            *(None if failed else label in verdict.flags for label in self._labels),
            *(None if failed else count for count in counts),
            *((verdict.decisions or {}).get(label) for label in self._decided),
            verdict.model,
            verdict.error,
        ]

    def _settle(self) -> None:
        self._columns = list(dict.fromkeys(name for own, _, _ in self._waiting for name in own))
        header = ["id", *self._columns, *self._tail, *([EXTRA] if self._open else [])]
        self._stream.write(line(header, self._delimiter))
        for row in self._waiting:
            self._put(*row)
        self._waiting.clear()

    def _put(self, own: Mapping[str, Any], head: list[Any], tail: list[Any]) -> None:
        columns = self._columns or []
        cells = [*head, *(own.get(name) for name in columns), *tail]
        if self._open:
            cells.append({name: own[name] for name in own if name not in columns} or None)
        self._stream.write(line(cells, self._delimiter))


class DelimitedSentences:
    """Writes one row a sentence, and one for each failed page.

    Columns: id, start, end, text, ``score_`` and ``flag_`` of each label, cues (their names,
    separated by semicolons), model, error. The input's own columns are left out.

    Parameters
    ----------
    stream, delimiter, labels, review, state
        As in ``DelimitedPages``.
    sentences
        ``flagged`` or ``all``.
    """

    def __init__(
        self,
        stream: BinaryIO,
        delimiter: str,
        labels: Sequence[str],
        sentences: str,
        review: bool = False,
        state: Mapping[str, Any] | None = None,
    ) -> None:
        self._stream = stream
        self._delimiter = delimiter
        self._labels = tuple(labels)
        self._sentences = sentences
        self._decided = self._labels if review else ()
        scores = [f"{kind}_{label}" for kind in ("score", "flag") for label in labels]
        scores += _decision_columns(self._decided)
        if state is None:
            self._put(["id", "start", "end", "text", *scores, "cues", "model", "error"])

    def write(self, verdict: Verdict) -> None:
        """Write the rows of one page."""
        if verdict.error is not None:
            empty = [None] * (3 + 2 * len(self._labels) + len(self._decided) + 1)
            self._put([verdict.id, *empty, verdict.model, verdict.error])
            return
        for sentence in chosen(verdict.sentences, self._sentences):
            self._put([verdict.id, *self._cells(verdict.text, sentence), verdict.model, None])

    def state(self) -> Mapping[str, Any]:
        """See ``ResumableRows``."""
        return {}

    def close(self) -> None:
        """Nothing is held back."""

    def _cells(self, text: str, sentence: Sentence) -> list[Any]:
        scores = rounded(sentence.scores)
        return [
            sentence.start,
            sentence.end,
            text[sentence.start : sentence.end],
            *(scores.get(label) for label in self._labels),
            *(label in sentence.flags for label in self._labels),
            *((sentence.decisions or {}).get(label) for label in self._decided),
            ";".join(dict.fromkeys(cue.cue for cue in sentence.cues)),
        ]

    def _put(self, cells: Iterable[Any]) -> None:
        self._stream.write(line(cells, self._delimiter))


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
