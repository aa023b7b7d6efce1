"""Output rows to a file or to standard output, whatever the format."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple, Protocol, Self

from classifier.errors import InputError
from classifier.schema import Verdict
from classifier.write.delimited import DelimitedRows, PageRow, SentenceRows
from classifier.write.destination import destination
from classifier.write.jsonl import JsonLine
from classifier.write.parquet import ParquetRows, RowFields
from classifier.write.rows import SENTENCES

#: CSV that a spreadsheet opens safely.
EXCEL = "excel"
_DELIMITERS = {"csv": ",", EXCEL: ",", "tsv": "\t"}
#: Formats of output rows.
WRITE_FORMATS = ("jsonl", "csv", "tsv", "parquet")
#: What a row stands for.
ROWS = ("pages", "sentences")


class Rows(Protocol):
    """Writes one format on a stream that someone else opens and closes."""

    def write(self, row: Any, /) -> None:
        """Take what was prepared of one verdict."""

    def close(self) -> None:
        """Write what is still held back; the stream stays open."""


class MakeRows(Protocol):
    """Makes the rows of one format on an open stream, given by name."""

    def __call__(self, *, stream: BinaryIO) -> Rows:
        """Return rows that write to ``stream``."""


class Format(NamedTuple):
    """How verdicts are written.

    ``prepare`` is all that can be done with one verdict alone. It can be pickled, so that worker
    processes do it; ``rows`` puts what it returned in its place.
    """

    prepare: Callable[[Verdict], Any]
    rows: MakeRows


def whole(verdict: Verdict) -> Verdict:
    """Prepare nothing."""
    return verdict


class Lines:
    """Rows of formats whose prepared form is whole lines.

    Parameters
    ----------
    stream
        Gets them.
    state
        Of rows that wrote what is already on ``stream``; there is nothing to know of them.
    """

    def __init__(self, stream: BinaryIO, state: Mapping[str, Any] | None = None) -> None:
        self._stream = stream

    def write(self, lines: bytes) -> None:
        """Write the lines of one page."""
        self._stream.write(lines)

    def state(self) -> Mapping[str, Any]:
        """See ``ResumableRows``."""
        return {}

    def close(self) -> None:
        """Nothing is held back."""


class Writer(Protocol):
    """A context manager that writes verdicts, or what its ``prepare`` made of them."""

    prepare: Callable[[Verdict], Any]
    #: After entering: verdicts of a run that is gone on with, which need not be written again.
    records: int

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

    def put(self, prepared: Any) -> None:
        """The same of a verdict that was prepared."""


class StreamWriter:
    """A ``Writer`` of one format: opens a destination and writes rows to it.

    Parameters
    ----------
    path
        See ``open_writer``.
    format
        Its rows are made once the destination is open.
    """

    def __init__(self, path: str | None, format: Format) -> None:
        self._path = path
        self.prepare, self._make = format
        self.records = 0
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
        self.put(self.prepare(verdict))

    def put(self, prepared: Any) -> None:
        """The same of a verdict that was prepared."""
        if self._rows is None:
            raise RuntimeError("Open the writer first: use it as a context manager.")
        self._rows.write(prepared)

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
    in_arrow: Any = None,
) -> Writer:
    """Return a writer; nothing is opened until it is entered.

    Parameters
    ----------
    path
        File to write, which appears only when all went well; ``-`` or ``None`` for standard output,
        which gets UTF-8 whatever the locale.
    format
        ``jsonl``, ``csv``, ``tsv`` or ``parquet``; ``excel`` is CSV with a byte order mark, in which
        texts that begin a formula have an apostrophe in front.
    rows
        ``pages`` for one row a page, in any format; ``sentences`` for one row a sentence, in CSV
        and TSV.
    sentences
        Which sentences are written: those with a flag (``flagged``), ``all`` or ``none``.
    labels
        All labels of the model, in the order of their columns.
    review
        Whether there is a review band, and so a field ``decisions``.
    in_arrow
        For Parquet: schema of the columns that come in Arrow, see ``parquet_columns.unified``.

    Raises
    ------
    InputError
        An option is unknown, or does not go with another one; on entering, ``path`` cannot be
        written.
    """
    return StreamWriter(path, format_of(format, rows, sentences, labels, review, in_arrow))


def format_of(
    name: str,
    rows: str,
    sentences: str,
    labels: Sequence[str],
    review: bool,
    in_arrow: Any = None,
) -> Format:
    """Return a format by name; parameters and errors are those of ``open_writer``."""
    _check("format", name, (*WRITE_FORMATS, EXCEL))
    _check("rows", rows, ROWS)
    _check("sentences", sentences, SENTENCES)
    if rows == "sentences" and name not in _DELIMITERS:
        raise InputError(f"Rows of sentences are for csv and tsv; {name} nests them in pages.")
    if rows == "sentences" and sentences == "none":
        raise InputError("Rows of sentences need sentences: choose 'flagged' or 'all'.")
    if name == "jsonl":
        return Format(JsonLine(sentences), Lines)
    if name == "parquet":
        parquet = partial(ParquetRows, labels=labels, review=review, in_arrow=in_arrow)
        return Format(RowFields(sentences, review), parquet)
    of = PageRow if rows == "pages" else SentenceRows
    prepare = of(tuple(labels), sentences, review)
    make = partial(
        DelimitedRows,
        delimiter=_DELIMITERS[name],
        answers=prepare.answers,
        spreadsheet=name == EXCEL,
    )
    return Format(prepare, make)


def _check(option: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise InputError(f"Unknown {option} {value!r}; choose from {', '.join(known)}.")
