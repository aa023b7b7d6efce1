"""Recognising what this program wrote, so that a folder is not scored together with its results."""

from __future__ import annotations

from typing import BinaryIO

from classifier.read.lines import BOM
from classifier.read.sources import Source

#: Fields that all output rows have, whatever the labels and options (``classifier.write.rows``).
_FIELDS = frozenset({"id", "model", "error"})
#: Bytes of a file that are looked at.
_HEAD = 1 << 20


def is_output(source: Source) -> bool:
    """Whether a file holds rows of ``classifier score``; False where it cannot be read.

    JSON lines and Parquet are known by their fields ``id``, ``flags``, ``scores``, ``model`` and
    ``error``; CSV and TSV by columns ``score_LABEL`` beside ``id``, ``model`` and ``error``.
    """
    if source.format not in ("jsonl", "csv", "tsv", "parquet"):
        return False
    try:
        with source.open() as stream:
            return _names(stream, source.format)
    except (OSError, ValueError):
        return False


def _names(stream: BinaryIO, format: str) -> bool:
    if format == "parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            names = set(pq.ParquetFile(stream).schema_arrow.names)
        except pa.ArrowException:
            return False
        return names >= _FIELDS | {"flags", "scores"}
    line = stream.readline(_HEAD).removeprefix(BOM)
    if format == "jsonl":
        import orjson

        row = orjson.loads(line)
        return isinstance(row, dict) and row.keys() >= _FIELDS | {"flags", "scores"}
    columns = line.decode("utf-8", "replace").rstrip("\r\n").split("," if format == "csv" else "\t")
    return set(columns) >= _FIELDS and any(name.startswith("score_") for name in columns)
