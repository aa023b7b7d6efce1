"""Columns of equal length as a file: CSV, TSV, JSON lines or Parquet, by its suffix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

from classifier.errors import InputError
from classifier.values import json_ready, sound
from classifier.write.delimited import line
from classifier.write.destination import destination
from classifier.write.formats import format_of
from classifier.write.parquet import open_parquet

_DELIMITERS = {"csv": ",", "tsv": "\t"}
TABLE_FORMATS = ("jsonl", *_DELIMITERS, "parquet")


def table_format(path: str) -> str:
    """Return the format that a suffix names; ``InputError`` for one that is no table."""
    found = format_of(path)
    if found is None or found not in TABLE_FORMATS:
        known = ", ".join(f".{name}" for name in TABLE_FORMATS)
        raise InputError(f"{sound(path)}: the suffix must name a table: {known}")
    return found


def write_table(path: str, columns: Mapping[str, Sequence[Any]]) -> None:
    """Write a table; the file appears when it is whole.

    Raises
    ------
    InputError
        The suffix names no format, or the file cannot be written.
    """
    format = table_format(path)
    with destination(path) as stream:
        if format == "parquet":
            _write_parquet(stream, columns)
            return
        rows = zip(*columns.values(), strict=True)
        if format == "jsonl":
            import orjson

            for row in rows:
                fields = json_ready(dict(zip(columns, row, strict=True)))
                stream.write(orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE))
            return
        stream.write(line(columns, _DELIMITERS[format]))
        for row in rows:
            stream.write(line(row, _DELIMITERS[format]))


def _write_parquet(stream: BinaryIO, columns: Mapping[str, Sequence[Any]]) -> None:
    import pyarrow as pa

    cells = {
        name: [sound(value) if isinstance(value, str) else value for value in column]
        for name, column in columns.items()
    }
    table = pa.table(cells)
    writer = open_parquet(stream, table.schema)
    writer.write_table(table)
    writer.close()
