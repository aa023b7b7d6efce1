"""Parquet, read in batches, one row group after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from classifier.read.delimited import distinct
from classifier.read.lines import too_long
from classifier.read.parquet_sizes import RowGroup, batch_size, pieces, row_groups
from classifier.read.record import Options, Record, pages
from classifier.schema import Page
from classifier.values import ArrowRow, from_arrow


@dataclass(frozen=True, slots=True)
class _Unreadable:
    """Stands for a value that Python cannot hold."""

    why: str


def read(stream: BinaryIO, name: str, options: Options) -> Iterator[Page]:
    """Yield one page for each row; in ids and messages the row number, from 1, is its line.

    A file that cannot be opened or lacks the text column becomes one page with an error, and so
    does each row group that is damaged, from the row at which reading it stopped.
    """
    shown = (options.text_column, options.id_column) if options.keep_arrow else None
    rows = records(stream, name, options.line_limit, (options.text_column,), shown)
    return pages(rows, options)


def records(
    stream: BinaryIO,
    name: str,
    limit: int,
    needed: Sequence[str] = (),
    shown: Sequence[str] | None = None,
) -> Iterator[Record]:
    """Yield one record for each row, or a single one with a problem when the file will not do.

    Parameters
    ----------
    stream, name
        The file, and what to call it.
    limit
        Bytes that a row may take.
    needed
        Columns that the file must have.
    shown
        Columns that Python needs to see; the others stay in Arrow. ``None`` for all.
    """
    import pyarrow as pa

    try:
        file = _open(stream)
        columns = file.schema_arrow.names
        kept = None if shown is None else _kept(file, shown)
        groups = row_groups(stream)
    except (pa.ArrowException, OSError, ValueError) as error:
        yield Record(name, {}, f"not a sound Parquet file ({_first_line(error)})")
        return
    for column in needed:
        if column not in columns:
            found = ", ".join(map(repr, columns))
            yield Record(name, {}, f"no column {column!r}; the file has {found}")
            return
    start = 1
    for place, group in enumerate(groups):
        rows = range(start, start + group.rows)
        yield from _group(stream, file, place, group, name, rows, limit, kept)
        start = rows.stop
    yield from _lost(name, range(start, file.metadata.num_rows + 1), "no row group holds them")


def _open(stream: BinaryIO) -> Any:
    """Open a file with the texts inside lists and structures as dictionaries.

    A single row may repeat a text of a dictionary there any number of times. Columns of plain texts
    are not read that way: Arrow copies all values so far with each batch.
    """
    import pyarrow.parquet as pq

    file = pq.ParquetFile(stream)
    leaves = [file.schema.column(place) for place in range(len(file.schema))]
    texts = [leaf for leaf in leaves if leaf.physical_type == "BYTE_ARRAY"]
    nested = [leaf.path for leaf in texts if leaf.path != leaf.name]
    return (
        pq.ParquetFile(stream, metadata=file.metadata, read_dictionary=nested) if nested else file
    )


def kept_schema(stream: BinaryIO, options: Options) -> Any:
    """Return the schema of the columns of a file that stay in Arrow when ``read`` keeps them there.

    A file that cannot be opened or lacks the text column, which ``read`` reports, has none.
    """
    import pyarrow as pa

    with suppress(pa.ArrowException, OSError, ValueError):
        file = _open(stream)
        if options.text_column in file.schema_arrow.names:
            return _kept(file, (options.text_column, options.id_column))
    return pa.schema([])


def _kept(file: Any, shown: Sequence[str]) -> Any:
    import pyarrow as pa

    schema = file.schema.to_arrow_schema()  # with the types before ``_open`` made dictionaries
    fields = zip(distinct(schema.names), schema, strict=True)
    return pa.schema(
        [
            field.with_name(name).with_type(_declared(field.type)).with_nullable(True)
            for name, field in fields
            if name not in shown
        ]
    )


def _declared(kind: Any) -> Any:
    """The type that a column keeps: its own, but without dictionaries inside lists and structures."""
    import pyarrow.types as kinds

    return kind if kinds.is_dictionary(kind) else _plain(kind)


def _plain(kind: Any) -> Any:
    """The type without dictionaries, and with lists for views of lists, which Arrow cannot cast."""
    import pyarrow as pa
    import pyarrow.types as kinds

    if kinds.is_dictionary(kind):
        return kind.value_type
    if kinds.is_map(kind):
        return pa.map_(_plain(kind.key_type), _plain(kind.item_type))
    if kinds.is_struct(kind):
        return pa.struct([field.with_type(_plain(field.type)) for field in kind])
    if kinds.is_fixed_size_list(kind):
        return pa.list_(_plain(kind.value_type), kind.list_size)
    if kinds.is_large_list(kind) or kinds.is_large_list_view(kind):
        return pa.large_list(_plain(kind.value_type))
    if kinds.is_list(kind) or kinds.is_list_view(kind):
        return pa.list_(_plain(kind.value_type))
    return kind


def _group(
    stream: BinaryIO,
    file: Any,
    place: int,
    group: RowGroup,
    name: str,
    rows: range,
    limit: int,
    kept: Any,
) -> Iterator[Record]:
    import pyarrow as pa

    number = rows.start
    lengths = (file.schema.column(leaf).length for leaf in range(len(file.schema)))
    try:
        size = batch_size(stream, group, lengths)
        for batch in file.iter_batches(batch_size=size, row_groups=[place]):
            for record in batch_records(batch, name, limit, number, kept):
                yield record
                number += 1
        problem = "the file ends before them"
    except (pa.ArrowException, OSError, ValueError) as error:
        problem = _first_line(error)
    yield from _lost(name, range(number, rows.stop), problem)


def _lost(name: str, rows: range, problem: str) -> Iterator[Record]:
    """Yield the one record that stands for rows that cannot be read, if there are any."""
    if rows:
        lost = f"rows {rows.start:,} to {rows.stop - 1:,} cannot be read ({problem})"
        yield Record(f"{name}:{rows.start}", {}, lost)


def batch_records(
    batch: Any, name: str, limit: int, start: int = 1, kept: Any = None
) -> Iterator[Record]:
    """Yield one record for each row of an Arrow batch, whose first row is number ``start``.

    Rows of more than ``limit`` bytes are records with a problem; of the others no more are made at a
    time than take as much together. Columns of the schema ``kept`` stay in Arrow.
    """
    names = distinct(batch.schema.names)
    shown = [name for name in names if kept is None or name not in kept.names]
    for begin, end, fits in pieces(batch, limit):
        if not fits:
            where = f"{name}:{start + begin}"
            yield Record(where, {}, f"the row is {too_long(limit)}")
            continue
        piece = dict(zip(names, batch.slice(begin, end - begin).columns, strict=True))
        columns = [_values(piece[column]) for column in shown]
        rest = None if kept is None else _rest(piece, kept)
        for row, values in enumerate(zip(*columns, strict=True)):
            record = _record(f"{name}:{start + begin + row}", shown, values)
            yield record if rest is None else replace(record, in_arrow=ArrowRow(rest, row))


def _rest(piece: Mapping[str, Any], kept: Any) -> Any:
    """The columns that stay in Arrow, made so that they hold on to no more than their own rows."""
    import pyarrow as pa

    columns = [_compact(piece[field.name], field.type) for field in kept]
    return pa.RecordBatch.from_arrays(columns, names=kept.names)


def _compact(column: Any, kind: Any) -> Any:
    import pyarrow as pa
    import pyarrow.types as kinds

    if kinds.is_dictionary(kind):
        return column.cast(kind.value_type).cast(kind)
    return pa.concat_arrays([column.cast(kind)])


def _record(where: str, names: Sequence[str], values: Sequence[Any]) -> Record:
    for name, value in zip(names, values, strict=True):
        if isinstance(value, _Unreadable):
            sound = {n: v for n, v in zip(names, values, strict=True) if type(v) is not _Unreadable}
            return Record(where, sound, f"field {name!r} cannot be read ({value.why})")
    return Record(where, dict(zip(names, values, strict=True)))


def _values(column: Any) -> list[Any]:
    try:
        values: list[Any] = column.to_pylist()
    except (ValueError, OverflowError, LookupError):
        return [_value(scalar) for scalar in column]
    return values


def _value(scalar: Any) -> Any:
    try:
        return from_arrow(scalar)
    except (ValueError, OverflowError, LookupError) as error:
        return _Unreadable(f"{type(error).__name__}: {_first_line(error)}")


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0] or type(error).__name__
