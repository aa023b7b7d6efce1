"""CSV and TSV, with a header row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

from classifier.read.csvrows import Row, csv_rows
from classifier.read.lines import bounded_lines
from classifier.read.record import Options, Record, pages
from classifier.schema import Page
from classifier.values import sound


def read(stream: BinaryIO, name: str, options: Options, *, delimiter: str) -> Iterator[Page]:
    """Yield one page for each row after the header; empty lines are no rows.

    Fields are texts, exactly as they stand. Quotes may hold delimiters and line ends; a row is
    named by the line on which it starts. A row that is not UTF-8, cannot be split, or has too many
    or too few fields becomes a page with an error; so does a file without the text column, as one
    page.
    """
    rows = records(stream, name, delimiter, options.line_limit, (options.text_column,))
    return pages(rows, options)


def records(
    stream: BinaryIO, name: str, delimiter: str, limit: int, needed: Sequence[str] = ()
) -> Iterator[Record]:
    """Yield one record for each row, or a single one with a problem when the header will not do.

    Parameters
    ----------
    stream, name
        The file, and what to call it.
    delimiter
        One character.
    limit
        Bytes that a row may take.
    needed
        Columns that the header must name.
    """
    rows = csv_rows(bounded_lines(stream, limit), delimiter, limit)
    header = next(rows, None)
    if header is None:
        yield Record(name, {}, "the file is empty, where a header row is needed")
        return
    if header.problem is not None:
        yield Record(name, {}, f"the header row (line {header.number}): {header.problem}")
        return
    for column in needed:
        if column not in header.fields:
            found = ", ".join(map(repr, header.fields))
            yield Record(name, {}, f"no column {column!r}; the header has {found}")
            return
    names = distinct(header.fields)
    for row in rows:
        yield _record(row, names, f"{name}:{row.number}")


def distinct(names: Sequence[str]) -> list[str]:
    """Return ``names`` with repeated ones told apart: ``x``, ``x.2``, ``x.3``."""
    given, taken, counts = set(names), dict[str, None](), dict.fromkeys(names, 1)
    for name in names:
        new = name
        while new in taken or (new != name and new in given):
            counts[name] += 1
            new = f"{name}.{counts[name]}"
        taken[new] = None
    return list(taken)


def _record(row: Row, names: list[str], where: str) -> Record:
    if row.problem is not None and not row.fields:
        return Record(where, {}, row.problem)
    if len(row.fields) != len(names):
        count = len(row.fields)
        return Record(where, {}, f"{count} fields, where the header has {len(names)}")
    if row.problem is None:
        return Record(where, dict(zip(names, row.fields, strict=True)))
    shown = {name: sound(value) for name, value in zip(names, row.fields, strict=True)}
    bad = [name for name, value in zip(names, row.fields, strict=True) if shown[name] != value]
    return Record(where, shown, f"field {bad[0]!r}: {row.problem}")
