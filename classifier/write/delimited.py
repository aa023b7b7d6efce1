"""Rows as CSV or TSV: one a page, or one a sentence."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO

from classifier.schema import UNSUPPORTED_CLAIM, Sentence, Verdict
from classifier.values import json_ready, sound
from classifier.write.rows import DECISIONS, chosen, contract, passthrough, rounded

#: Rows whose columns make the header; what later rows have beyond it goes to ``EXTRA``.
WINDOW = 1_000
EXTRA = "extra"

QUOTE = '"'


#: What begins a formula in a spreadsheet (OWASP, "CSV Injection"), also after white space and in
#: the full-width forms of its signs.
_FORMULA = re.compile(r"[\t\r]|[\s\x00-\x1f\ufeff\u200b]*[=+\-@\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)

_SEVERITY = ("severity", "severity_rule")

#: What one page adds before the columns are known: the input's own values, and the cells of each row,
#: the id first.
Cells = tuple[dict[str, Any], list[list[Any]]]


@dataclass(frozen=True, slots=True)
class PageRow:
    """Makes one row a page, but for the order of the input's own columns.

    Columns: id, the input's own, ``score_`` and ``flag_`` and, unless no sentences are wanted, ``n_``
    (flagged sentences) and ``evidence_`` (the strongest sentence, where the page is flagged or up for
    review) of each label, ``severity`` and ``severity_rule`` of the worst claim, language, model, error.

    Attributes
    ----------
    labels
        In the order of their columns.
    sentences
        ``flagged``, ``all`` or ``none``.
    review
        Whether there is a review band, and so a column ``decisions_`` of each label.
    """

    labels: tuple[str, ...]
    sentences: str = "flagged"
    review: bool = False

    def __call__(self, verdict: Verdict) -> Cells:
        """Return the cells."""
        scores = rounded(verdict.scores)
        unscored = verdict.error is not None or not verdict.judged
        answers: list[Any] = [
            *(scores.get(label) for label in self.labels),
            *(None if unscored else label in verdict.flags for label in self.labels),
        ]
        if self.sentences != "none":
            answers += [None if unscored else _count(verdict, label) for label in self.labels]
            answers += [_evidence(verdict, label) for label in self.labels]
        if self.review:
            answers += [(verdict.decisions or {}).get(label) for label in self.labels]
        if self.sentences != "none":
            answers += _severity(verdict.severity, self.labels)
        own = passthrough(verdict.columns, (*contract(self.review), *self.answers, EXTRA))
        return own, [[verdict.id, *answers, verdict.language, verdict.model, verdict.error]]

    @property
    def answers(self) -> list[str]:
        """Names of the columns that follow the input's own."""
        kinds = ["score", "flag"]
        kinds += [] if self.sentences == "none" else ["n", "evidence"]
        kinds += [DECISIONS] if self.review else []
        names = [f"{kind}_{label}" for kind in kinds for label in self.labels]
        names += [] if self.sentences == "none" else _severity(_SEVERITY, self.labels)
        return [*names, "language", "model", "error"]


@dataclass(frozen=True, slots=True)
class SentenceRows:
    """Makes one row a sentence, and one for each page that failed or was not judged.

    Columns: id of the page, the input's own, start, end, text, ``score_`` and ``flag_`` of each label,
    ``severity`` and ``severity_rule``, cues (their names, separated by semicolons), language, model,
    error.

    Attributes
    ----------
    labels, sentences, review
        As in ``PageRow``.
    """

    labels: tuple[str, ...]
    sentences: str
    review: bool = False

    def __call__(self, verdict: Verdict) -> Cells:
        """Return the cells."""
        own = passthrough(verdict.columns, (*contract(self.review), *self.answers, EXTRA))
        last = [verdict.language, verdict.model, verdict.error]
        if verdict.error is not None or not verdict.judged:
            return own, [[verdict.id, *[None] * (len(self.answers) - len(last)), *last]]
        return own, [
            [verdict.id, *self._cells(verdict.text, sentence), *last]
            for sentence in chosen(verdict.sentences, self.sentences)
        ]

    @property
    def answers(self) -> list[str]:
        """Names of the columns that follow the input's own."""
        kinds = ["score", "flag", *([DECISIONS] if self.review else [])]
        names = [f"{kind}_{label}" for kind in kinds for label in self.labels]
        names += _severity(_SEVERITY, self.labels)
        return ["start", "end", "text", *names, "cues", "language", "model", "error"]

    def _cells(self, text: str, sentence: Sentence) -> list[Any]:
        scores = rounded(sentence.scores)
        decided = self.labels if self.review else ()
        return [
            sentence.start,
            sentence.end,
            text[sentence.start : sentence.end],
            *(scores.get(label) for label in self.labels),
            *(label in sentence.flags for label in self.labels),
            *((sentence.decisions or {}).get(label) for label in decided),
            *_severity(sentence.severity, self.labels),
            ";".join(dict.fromkeys(cue.cue for cue in sentence.cues)),
        ]


def _count(verdict: Verdict, label: str) -> int:
    """Number of sentences that are flagged."""
    return sum(label in sentence.flags for sentence in verdict.sentences)


def _severity(cells: Sequence[Any] | None, labels: Sequence[str]) -> list[Any]:
    """Cells of the columns ``_SEVERITY``, which only models of claims have."""
    return list(cells or (None, None)) if UNSUPPORTED_CLAIM in labels else []


def _evidence(verdict: Verdict, label: str) -> str | None:
    """Text of the strongest sentence."""
    sentence = verdict.strongest(label)
    return None if sentence is None else verdict.text[sentence.start : sentence.end]


class DelimitedRows:
    """Writes the rows of pages, or of their sentences, under one header.

    The input's columns are those of the first 1,000 pages; only where more follow comes a last column
    ``extra``, a JSON object of what fits no other.

    Parameters
    ----------
    stream
        Gets UTF-8 lines that end in a line feed.
    delimiter
        One character.
    answers
        See ``PageRow`` and ``SentenceRows``.
    spreadsheet
        See ``line``; a byte order mark comes first.
    state
        Of rows that wrote what is already on ``stream``.
    """

    def __init__(
        self,
        stream: BinaryIO,
        delimiter: str,
        answers: Sequence[str],
        spreadsheet: bool = False,
        state: Mapping[str, Any] | None = None,
    ) -> None:
        self._stream = stream
        self._line = partial(line, delimiter=delimiter, spreadsheet=spreadsheet)
        self._mark = BOM_UTF8 if spreadsheet else b""
        self._answers = answers
        self._waiting: list[Cells] = []
        self._columns: list[str] | None = None if state is None else list(state["columns"])
        self._extra = state is not None and bool(state["open"])

    def write(self, row: Cells) -> None:
        """Write what one page adds, or keep it until the header is known."""
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
        self._columns = list(dict.fromkeys(name for own, _ in self._waiting for name in own))
        header = ["id", *self._columns, *self._answers, *([EXTRA] if self._extra else [])]
        self._stream.write(self._mark + self._line(header))
        for row in self._waiting:
            self._put(*row)
        self._waiting.clear()

    def _put(self, own: Mapping[str, Any], rows: Sequence[list[Any]]) -> None:
        columns = self._columns or []
        values = [own.get(name) for name in columns]
        rest = {name: own[name] for name in own if name not in columns} or None
        for key, *answers in rows:
            cells = [key, *values, *answers, *([rest] if self._extra else [])]
            self._stream.write(self._line(cells))


def line(cells: Iterable[Any], delimiter: str, spreadsheet: bool = False) -> bytes:
    """Return a row of delimited text (RFC 4180, but with a line feed at its end).

    ``None`` is an empty cell; booleans are ``true`` and ``false``; lists and objects are JSON.
    Texts are left as they are, unless for a ``spreadsheet``: then those that it would take for a
    formula get an apostrophe in front; numbers are left.
    """
    texts = map(_text, cells)
    if spreadsheet:
        texts = map(_no_formula, texts)
    return (delimiter.join(_quoted(text, delimiter) for text in texts) + "\n").encode()


def _quoted(text: str, delimiter: str) -> str:
    if any(mark in text for mark in (delimiter, QUOTE, "\n", "\r")):
        return QUOTE + text.replace(QUOTE, QUOTE * 2) + QUOTE
    return text


def _no_formula(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


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
