"""Output rows to a file or to standard output, whatever the format."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, suppress
from functools import partial
from types import TracebackType
from typing import BinaryIO, Protocol, Self

from classifier.errors import InputError
from classifier.io.delimited_writer import DelimitedPages, DelimitedSentences
from classifier.io.destination import destination
from classifier.io.jsonl_writer import JsonlRows
from classifier.io.parquet_writer import ParquetRows
from classifier.io.rows import SENTENCES
from classifier.schema import Verdict

_DELIMITERS = {"csv": ",", "tsv": "\t"}
#: Formats of output rows.
WRITE_FORMATS = ("jsonl", "csv", "tsv", "parquet")
#: What a row stands for.
ROWS = ("pages", "sentences")


class Rows(Protocol):
    """Turns verdicts into one format on a stream that someone else opens and closes."""

    def write(self, verdict: Verdict) -> None:
        """Take one verdict."""

    def close(self) -> None:
        """Write what is still held back; the stream stays open."""


class Writer(Protocol):
    """A context manager that writes verdicts."""

    def __enter__(self) -> Self:
        """Open the destination."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        """Finish the output, or remove it after an exception."""

    def write(self, verdict: Verdict) -> None:
        """Write the row, or rows, of one page."""


class MakeRows(Protocol):
    """Makes the rows of one format on an open stream, given by name."""

    def __call__(self, *, stream: BinaryIO) -> Rows:
        """Return rows that write to ``stream``."""


class StreamWriter:
    """A ``Writer`` of one format: opens a destination and writes rows to it.

    Parameters
    ----------
    path
        See ``open_writer``.
    make
        Makes the rows of the format, once the destination is open.
    """

    def __init__(self, path: str | None, make: MakeRows) -> None:
        self._path = path
        self._make = make
        self._stack = ExitStack()
        self._rows: Rows | None = None

    def __enter__(self) -> Self:
        """Open the destination."""
        with ExitStack() as stack:
            self._rows = self._make(stream=stack.enter_context(destination(self._path)))
            self._stack = stack.pop_all()
        return self

    def write(self, verdict: Verdict) -> None:
        """Write the row, or rows, of one page."""
        if self._rows is None:
            raise RuntimeError("Open the writer first: use it as a context manager.")
        self._rows.write(verdict)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        """Finish the output, or remove it after an exception."""
        rows, self._rows = self._rows, None
        if error is not None:
            if rows is not None:
                # what went wrong first is what the user must hear of
                with suppress(OSError, ValueError):
                    rows.close()
            return self._stack.__exit__(kind, error, trace)
        with self._stack:
            if rows is not None:
                rows.close()
        return None


def open_writer(
    path: str | None,
    format: str,
    *,
    rows: str = "pages",
    sentences: str = "flagged",
    labels: Sequence[str],
    review: bool = False,
) -> Writer:
    """Return a writer; nothing is opened until it is entered.

    Parameters
    ----------
    path
        File to write, which appears only when all went well; ``-`` or ``None`` for standard output,
        which gets UTF-8 whatever the locale.
    format
        ``jsonl``, ``csv``, ``tsv`` or ``parquet``.
    rows
        ``pages`` for one row a page, in any format; ``sentences`` for one row a sentence, in CSV
        and TSV.
    sentences
        Which sentences are written: those with a flag (``flagged``), ``all`` or ``none``.
    labels
        All labels of the model, in the order of their columns.
    review
        Whether there is a review band, and so a field ``decisions``.

    Raises
    ------
    InputError
        An option is unknown, or does not go with another one; on entering, ``path`` cannot be
        written.
    """
    return StreamWriter(path, row_maker(format, rows, sentences, labels, review))


def row_maker(
    format: str, rows: str, sentences: str, labels: Sequence[str], review: bool
) -> MakeRows:
    """Return what makes the rows of a format; parameters and errors are those of ``open_writer``."""
    _check("format", format, WRITE_FORMATS)
    _check("rows", rows, ROWS)
    _check("sentences", sentences, SENTENCES)
    if rows == "sentences" and format not in _DELIMITERS:
        raise InputError(f"Rows of sentences are for csv and tsv; {format} nests them in pages.")
    if rows == "sentences" and sentences == "none":
        raise InputError("Rows of sentences need sentences: choose 'flagged' or 'all'.")
    if format == "jsonl":
        return partial(JsonlRows, sentences=sentences)
    if format == "parquet":
        return partial(ParquetRows, labels=labels, sentences=sentences, review=review)
    delimiter = _DELIMITERS[format]
    if rows == "pages":
        return partial(DelimitedPages, delimiter=delimiter, labels=labels, review=review)
    return partial(
        DelimitedSentences, delimiter=delimiter, labels=labels, sentences=sentences, review=review
    )


def _check(option: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise InputError(f"Unknown {option} {value!r}; choose from {', '.join(known)}.")
