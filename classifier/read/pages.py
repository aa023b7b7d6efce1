"""From the user's inputs to records, whatever the formats."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from typing import Any, BinaryIO

from classifier.errors import InputError
from classifier.read import delimited, documents, html, jsonl, parquet, plain
from classifier.read.meter import Meter
from classifier.read.outputs import is_output
from classifier.read.record import Options, failed
from classifier.read.sources import COMPRESSIONS, Inputs, Source, expand, find
from classifier.schema import Page, RawPage

Reader = Callable[[BinaryIO, str, Options], Iterator[Page] | Iterator[Page | RawPage]]

READERS: Mapping[str, Reader] = {
    "txt": plain.read,
    "md": plain.read,
    "html": html.read,
    "jsonl": jsonl.read,
    "csv": partial(delimited.read, delimiter=","),
    "tsv": partial(delimited.read, delimiter="\t"),
    "parquet": parquet.read,
    **{name: partial(documents.read, format=name) for name in documents.EXTRACTORS},
}
#: Formats that are packed already and are read from their end.
_PACKED = frozenset({"parquet", *documents.EXTRACTORS})
#: Format of a raw record to what parses it: bytes, name, options to a page.
PARSERS: Mapping[str, Callable[[bytes, str, Options], Page]] = {
    "html": html.parse,
    **{name: partial(documents.parse, format=name) for name in documents.EXTRACTORS},
}
#: File suffix to format.
_PLAIN: Mapping[str, str] = {f".{name}": name for name in READERS} | {".htm": "html"}
#: The same with those of compressed files, as far as the libraries for them are here.
FORMATS: Mapping[str, str] = {
    suffix + compression: name
    for suffix, name in _PLAIN.items()
    for compression in ("", *COMPRESSIONS)
    if (not compression or name not in _PACKED)
    and (name not in documents.NEEDED or find_spec(documents.NEEDED[name]))
}
#: Formats that can come through standard input.
STDIN_FORMATS = tuple(name for name in READERS if name not in _PACKED)
#: Pages of the table that stay in memory, as negative KiB (SQLite, PRAGMA cache_size); the rest lies
#: in a temporary file that SQLite removes.
_CACHE = -16_384


def find_inputs(inputs: Sequence[str], stdin_format: str = "txt") -> Inputs:
    """Find the files that ``inputs`` name; outputs of this program in folders are passed over.

    Raises
    ------
    InputError
        An input does not exist, is of an unknown format or yields no file.
    """
    return find(inputs, FORMATS, stdin_format, is_output)


def read_records(
    inputs: Sequence[str] | Inputs,
    *,
    text_column: str = "text",
    id_column: str = "id",
    stdin_format: str = "txt",
    max_chars: int = 1_000_000,
    keep_arrow: bool = False,
    meter: Meter | None = None,
) -> Iterator[Page | RawPage]:
    """Yield one page for each record of ``inputs``, in their order.

    HTML and documents come as ``RawPage``, to be parsed where they are scored: ``score_pages`` takes
    both kinds. A record that cannot be scored, or a file that cannot be read, is a page with
    ``error`` set; it never stops the others. Of several records with one id the first is kept.

    Parameters
    ----------
    inputs
        Paths of files and folders, globs, or ``-`` for standard input; or what ``find_inputs`` made
        of them.
    text_column, id_column
        Columns of the tabular formats. Without a column of ids, or in a row without one, the id is
        ``path:line``; for the other formats it is the path.
    stdin_format
        One of ``STDIN_FORMATS``.
    max_chars
        Code points that a text may have.
    keep_arrow
        Leave the other columns of Parquet as they lie in Arrow (``ArrowRow``), for Parquet output.
    meter
        Told the size of the inputs, and what was read of them.

    Raises
    ------
    InputError
        At once, not at the first page: an input does not exist, is of an unknown format or yields
        no file; ``stdin_format`` is unknown; or both columns have the same name.
    """
    if stdin_format not in STDIN_FORMATS:
        known = ", ".join(STDIN_FORMATS)
        raise InputError(f"Standard input cannot be read as {stdin_format!r}; choose from {known}.")
    if text_column == id_column:
        raise InputError(f"The text and the id cannot be the same column, {text_column!r}.")
    options = Options(text_column, id_column, max_chars, keep_arrow)
    meter = meter or Meter()
    sources = (
        inputs.sources if isinstance(inputs, Inputs) else expand(inputs, FORMATS, stdin_format)
    )
    sizes = [source.size for source in sources]
    meter.total = None if None in sizes else sum(size or 0 for size in sizes)
    return _first_of_each_id(page for source in sources for page in _read(source, options, meter))


def read_pages(
    inputs: Sequence[str] | Inputs, *, max_chars: int = 1_000_000, **options: Any
) -> Iterator[Page]:
    """Yield the records of ``read_records``, which says what the options are; raw ones parsed here."""
    records = read_records(inputs, max_chars=max_chars, **options)
    return (parse(record, Options(max_chars=max_chars)) for record in records)


def parse(record: Page | RawPage, options: Options) -> Page:
    """Return the page that a record makes; a page is returned as it is.

    What cannot be parsed becomes a page with ``error`` set. Depends on nothing but its arguments.
    """
    if isinstance(record, Page):
        return record
    return PARSERS[record.format](record.data, record.where, options)


def fingerprint(inputs: Inputs) -> str:
    """What changes when the files change: their paths, sizes and times."""
    digest = hashlib.sha256()
    total = 0
    for source in inputs.sources:
        with suppress(OSError):  # a file that cannot be read is reported when it is read
            status = os.stat(source.path)
            total += status.st_size
            digest.update(f"{status.st_size} {status.st_mtime_ns} ".encode())
        digest.update(os.fsencode(source.path) + b"\0")
    return f"{len(inputs.sources):,} files of {total:,} bytes ({digest.hexdigest()[:16]})"


def arrow_schemas(inputs: Inputs, text_column: str, id_column: str) -> Iterator[Any]:
    """Yield the schema of the columns that ``keep_arrow`` leaves in Arrow, of each Parquet file."""
    for source in inputs.sources:
        if source.format == "parquet":
            with suppress(OSError), source.open() as stream:
                yield parquet.kept_schema(stream, Options(text_column, id_column))


def _read(source: Source, options: Options, meter: Meter) -> Iterator[Page | RawPage]:
    try:
        with source.open(meter) as stream:
            yield from READERS[source.format](stream, source.name, options)
    except OSError as error:
        yield failed(source.name, f"the file cannot be read ({error.strerror or error})")


def _first_of_each_id(pages: Iterable[Page | RawPage]) -> Iterator[Page | RawPage]:
    with closing(SeenIds()) as seen:
        for page in pages:
            place = seen.first(page.id, page.where)
            problem = f"{page.where}: the id {page.id!r} was already used at {place}"
            if place is not None and isinstance(page, RawPage):
                page = Page(page.id, "", page.where, error=problem)
            elif place is not None and isinstance(page, Page) and page.error is None:
                page = replace(page, text="", error=problem)
            yield page


class SeenIds:
    """Which ids a run has met, and where: a table on disk, in constant memory. Close it after use."""

    def __init__(self) -> None:
        self._table = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._table.execute(f"PRAGMA cache_size = {_CACHE}")
        self._table.execute("PRAGMA journal_mode = OFF")
        self._table.execute("PRAGMA synchronous = OFF")
        self._table.execute("CREATE TABLE seen (id TEXT PRIMARY KEY, place TEXT) WITHOUT ROWID")
        self._table.execute("BEGIN")

    def first(self, key: str, place: str) -> str | None:
        """Where ``key`` was first met; ``None``, and ``place`` is noted, when it is new.

        Raises
        ------
        InputError
            The disk is full.
        """
        try:
            added = self._table.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (key, place))
        except sqlite3.Error as error:
            raise InputError(
                f"The table of ids, in the system's folder for temporary files (TMPDIR): {error}."
            ) from error
        if added.rowcount:
            return None
        found = self._table.execute("SELECT place FROM seen WHERE id = ?", (key,)).fetchone()
        return str(found[0])

    def close(self) -> None:
        """Drop the table."""
        self._table.close()
