"""Rows as Parquet, with the types of a row's parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from classifier.errors import InputError
from classifier.schema import Verdict
from classifier.values import ArrowRow
from classifier.write.parquet_columns import EXTRA, column_kinds, own_table, plain, reserved
from classifier.write.rows import DECISIONS, contract_fields, passthrough

#: Rows of a row group; those of the first one fix the schema.
GROUP = 10_000
#: Bytes of columns in Arrow that end a row group earlier.
GROUP_BYTES = 1 << 26

#: A row before the types of its columns are known: the contract's fields, the input's own.
Fields = tuple[dict[str, Any], Mapping[str, Any]]


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
        if isinstance(verdict.columns, ArrowRow):
            return contract_fields(verdict, self.sentences), verdict.columns
        own = plain(passthrough(verdict.columns, reserved(self.review)))
        return contract_fields(verdict, self.sentences), own


def with_columns(row: Fields, columns: ArrowRow | None) -> Fields:
    """Return a row with its own columns, where they were set aside before it was scored."""
    return row if columns is None else (row[0], columns)


class ParquetRows:
    """Writes rows with the contract's fields, the input's own columns, ``extra``.

    ``text`` is null but where it is carried. Columns that come in Arrow keep their types. Others
    are those of the first 10,000 rows, each of the type of its first value: bool, int64, float64,
    string, or string holding JSON for lists and objects. What fits no column goes to ``extra``, a
    JSON object, so nothing is lost.

    Parameters
    ----------
    stream
        Gets the file; need not be seekable.
    labels
        Names of the scores.
    review
        Whether there is a review band, and so a field ``decisions``.
    in_arrow
        Schema of the columns that come in Arrow, see ``parquet_columns.unified``.

    Raises
    ------
    InputError
        There are no labels: Parquet has no empty structures.
    """

    def __init__(
        self,
        stream: BinaryIO,
        labels: Sequence[str],
        review: bool = False,
        in_arrow: Any = None,
    ) -> None:
        if not labels:
            raise InputError("Parquet output needs at least one label.")
        self._stream = stream
        self._labels = tuple(labels)
        self._review = review
        self._in_arrow = in_arrow
        self._rows: list[Fields] = []
        self._batch: Any = None
        self._bytes = 0
        self._kinds: dict[str, str] | None = None
        self._writer: Any = None

    def write(self, row: Fields) -> None:
        """Keep one row; write the row group when it is full."""
        self._rows.append(row)
        _, own = row
        if isinstance(own, ArrowRow) and own.batch is not self._batch:
            self._batch = own.batch
            self._bytes += own.batch.nbytes
        if len(self._rows) == GROUP or self._bytes >= GROUP_BYTES:
            self._flush()

    def close(self) -> None:
        """Write the last rows and the footer."""
        if self._rows or self._writer is None:
            self._flush()
        self._writer.close()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._kinds is None:
            known = [field.name for field in self._in_arrow or ()]
            values = (own for _, own in self._rows if not isinstance(own, ArrowRow))
            self._kinds = column_kinds(values, known)
        fixed = pa.schema(contract_types(self._labels, self._review).items())
        own = own_schema(self._kinds, self._in_arrow)
        verdicts = pa.Table.from_pylist([contract_cells(f) for f, _ in self._rows], schema=fixed)
        columns = own_table([o for _, o in self._rows], own, self._kinds, self._review)
        self._rows.clear()
        self._batch, self._bytes = None, 0
        schema = pa.schema([*fixed, *own])
        self._put(pa.Table.from_arrays([*verdicts.columns, *columns.columns], schema=schema))

    def _put(self, table: Any) -> None:
        if self._writer is None:
            self._writer = open_parquet(self._stream, table.schema)
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


def own_schema(kinds: Mapping[str, str], in_arrow: Any = None) -> Any:
    """Return the schema of the input's own columns: those in Arrow, those of these kinds, ``extra``."""
    import pyarrow as pa

    types = {
        "bool": pa.bool_(),
        "int": pa.int64(),
        "float": pa.float64(),
        "str": pa.string(),
        "json": pa.string(),
    }
    made = [(name, types[wanted]) for name, wanted in kinds.items()]
    return pa.schema([*(in_arrow or ()), *made, (EXTRA, pa.string())])
