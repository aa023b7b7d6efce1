"""Rows as Parquet, with the types of a row's parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from classifier.errors import InputError
from classifier.schema import Verdict
from classifier.write.parquet_columns import EXTRA, column_kinds, fitted, plain
from classifier.write.rows import DECISIONS, contract, contract_fields, passthrough

#: Rows of a row group; those of the first one fix the schema.
GROUP = 10_000


#: A row before the types of its columns are known: the contract's fields, the input's own.
Fields = tuple[dict[str, Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class RowFields:
    """Makes one row a page: the contract's fields and the input's own columns.

    Attributes
    ----------
    sentences
        ``flagged``, ``all`` or ``none``.
    review
        Whether there is a review band, and so a field ``decisions``.
    """

    sentences: str
    review: bool = False

    def __call__(self, verdict: Verdict) -> Fields:
        """Return the fields."""
        own = plain(passthrough(verdict.columns, (*contract(self.review), EXTRA)))
        return contract_fields(verdict, self.sentences), own


class ParquetRows:
    """Writes rows with the contract's fields, the input's own columns, ``extra``.

    ``text`` is null but where it is carried. The input's columns are those of the first 10,000
    rows, each of the type of its first value: bool, int64, float64, string, or string holding JSON
    for lists and objects. What fits no column goes to ``extra``, a JSON object, so nothing is lost.

    Parameters
    ----------
    stream
        Gets the file; need not be seekable.
    labels
        Names of the scores.
    review
        Whether there is a review band, and so a field ``decisions``.

    Raises
    ------
    InputError
        There are no labels: Parquet has no empty structures.
    """

    def __init__(self, stream: BinaryIO, labels: Sequence[str], review: bool = False) -> None:
        if not labels:
            raise InputError("Parquet output needs at least one label.")
        self._stream = stream
        self._labels = tuple(labels)
        self._review = review
        self._rows: list[Fields] = []
        self._kinds: dict[str, str] | None = None
        self._schema: Any = None
        self._writer: Any = None

    def write(self, row: Fields) -> None:
        """Keep one row; write the row group when it is full."""
        self._rows.append(row)
        if len(self._rows) == GROUP:
            self._flush()

    def close(self) -> None:
        """Write the last rows and the footer."""
        if self._rows or self._writer is None:
            self._flush()
        self._writer.close()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._kinds is None:
            self._kinds = column_kinds([own for _, own in self._rows])
            self._schema = schema_of(self._labels, self._kinds, self._review)
            self._begin(self._schema)
        rows = [contract_cells(fields) | fitted(own, self._kinds) for fields, own in self._rows]
        self._put(pa.Table.from_pylist(rows, schema=self._schema))
        self._rows.clear()

    def _begin(self, schema: Any) -> None:
        self._writer = open_parquet(self._stream, schema)

    def _put(self, table: Any) -> None:
        self._writer.write_table(table, row_group_size=GROUP)


def open_parquet(stream: BinaryIO, schema: Any) -> Any:
    """Return Arrow's writer of Parquet files on a stream that need not be seekable."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    return pq.ParquetWriter(pa.PythonFile(_Counting(stream), mode="w"), schema)


class _Counting:
    """A stream that tells its position by counting, since pipes cannot."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._written = 0
        self.closed = False

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._stream.write(piece)
        self._written += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._written

    def flush(self) -> None:
        self._stream.flush()

    def close(self) -> None:
        """Leave the stream open: its owner closes it."""
        self.closed = True


def contract_cells(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the contract's fields as cells: a failed page has null scores, no structure of nulls."""
    return dict(row) | {
        name: row[name] or None for name in ("scores", "thresholds", DECISIONS) if name in row
    }


def contract_types(labels: Sequence[str], review: bool) -> dict[str, Any]:
    """Return the Arrow types of the contract's fields, in the order of their columns."""
    import pyarrow as pa

    scores = pa.struct([(label, pa.float64()) for label in labels])
    decided = pa.struct([(label, pa.string()) for label in labels])
    decisions = {DECISIONS: decided} if review else {}
    kinds = ("sentence", "page", *(["review"] if review else []))
    edges = pa.struct([(kind, pa.float64()) for kind in kinds])
    severity = pa.struct([("level", pa.int64()), ("rule", pa.string())])
    cue = pa.struct([("cue", pa.string()), ("start", pa.int64()), ("end", pa.int64())])
    sentence = pa.struct(
        [
            *(("start", pa.int64()), ("end", pa.int64()), ("text", pa.string())),
            *(("flags", pa.list_(pa.string())), ("scores", scores)),
            *(("severity", severity), ("cues", pa.list_(cue))),
            *decisions.items(),
        ]
    )
    return {
        "id": pa.string(),
        "text": pa.string(),
        "text_sha256": pa.string(),
        "language": pa.string(),
        "flags": pa.list_(pa.string()),
        "scores": scores,
        "sentences": pa.list_(sentence),
        "model": pa.string(),
        "thresholds": pa.struct([(label, edges) for label in labels]),
        "release": pa.string(),
        "error": pa.string(),
        **decisions,
    }


def schema_of(labels: Sequence[str], kinds: Mapping[str, str], review: bool) -> Any:
    """Return the schema of a file of verdicts whose own columns have these kinds."""
    import pyarrow as pa

    types = {
        "bool": pa.bool_(),
        "int": pa.int64(),
        "float": pa.float64(),
        "str": pa.string(),
        "json": pa.string(),
    }
    own = [(name, types[wanted]) for name, wanted in kinds.items()]
    return pa.schema([*contract_types(labels, review).items(), *own, (EXTRA, pa.string())])
