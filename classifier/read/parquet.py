"""Parquet, read in batches, one row group after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from classifier.read.delimited import distinct
from classifier.read.record import Options, Record, pages
from classifier.schema import Page

#: Rows held at a time; a row may have a text of megabytes.
_BATCH = 256


@dataclass(frozen=True, slots=True)
class _Unreadable:
    """Stands for a value that Python cannot hold."""

    why: str


def read(stream: BinaryIO, name: str, options: Options) -> Iterator[Page]:
    """Yield one page for each row; in ids and messages the row number, from 1, is its line.

    A file that cannot be opened or lacks the text column becomes one page with an error, and so
    does each row group that is damaged, from the row at which reading it stopped.
    """
    return pages(records(stream, name, (options.text_column,)), options)


def records(stream: BinaryIO, name: str, needed: Sequence[str] = ()) -> Iterator[Record]:
    """Yield one record for each row, or a single one with a problem when the file will not do."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(stream)
        columns = file.schema_arrow.names
    except (pa.ArrowException, OSError, ValueError) as error:
        yield Record(name, {}, f"not a sound Parquet file ({_first_line(error)})")
        return
    for column in needed:
        if column not in columns:
            found = ", ".join(map(repr, columns))
            yield Record(name, {}, f"no column {column!r}; the file has {found}")
            return
    start = 1
    for group in range(file.num_row_groups):
        rows = file.metadata.row_group(group).num_rows
        yield from _group(file, group, name, range(start, start + rows))
        start += rows


def _group(file: Any, group: int, name: str, rows: range) -> Iterator[Record]:
    import pyarrow as pa

    number = rows.start
    try:
        for batch in file.iter_batches(batch_size=_BATCH, row_groups=[group]):
            for record in batch_records(batch, name, number):
                yield record
                number += 1
    except (pa.ArrowException, OSError, ValueError) as error:
        lost = f"rows {number:,} to {rows.stop - 1:,} cannot be read ({_first_line(error)})"
        yield Record(f"{name}:{number}", {}, lost)


def batch_records(batch: Any, name: str, start: int = 1) -> Iterator[Record]:
    """Yield one record for each row of an Arrow batch, whose first row is number ``start``."""
    names = distinct(batch.schema.names)
    columns = [_values(column) for column in batch.columns]
    for number, values in enumerate(zip(*columns, strict=True), start):
        yield _record(f"{name}:{number}", names, values)


def _record(where: str, names: Sequence[str], values: Sequence[Any]) -> Record:
    for name, value in zip(names, values, strict=True):
        if isinstance(value, _Unreadable):
            sound = {n: v for n, v in zip(names, values, strict=True) if type(v) is not _Unreadable}
            return Record(where, sound, f"field {name!r} cannot be read ({value.why})")
    return Record(where, dict(zip(names, values, strict=True)))


def _values(column: Any) -> list[Any]:
    try:
        values: list[Any] = column.to_pylist()
    except (ValueError, OverflowError):
        return [_value(scalar) for scalar in column]
    return values


def _value(scalar: Any) -> Any:
    """Return one value; what Python has no type for, such as nanoseconds, as text."""
    import pyarrow as pa

    try:
        return scalar.as_py()
    except (ValueError, OverflowError) as error:
        try:
            return scalar.cast(pa.string()).as_py()
        except (pa.ArrowException, ValueError):
            return _Unreadable(_first_line(error))


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0] or type(error).__name__
