"""Parquet that grows: row groups as Arrow messages, which end anywhere, made into a file at the end.

A Parquet file has its index at its end, so one that was cut off is lost. A stream of Arrow messages
(Arrow columnar format, "Encapsulated message format") has none: the schema, then one message for each
row group.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

from classifier.write.parquet import ParquetRows, open_parquet, schema_of


class StagedRows(ParquetRows):
    """Writes the row groups of ``ParquetRows`` as Arrow messages.

    Parameters
    ----------
    stream, labels, review
        As in ``ParquetRows``.
    state
        Of rows that wrote the messages already on ``stream``.
    """

    def __init__(
        self,
        stream: BinaryIO,
        labels: Sequence[str],
        review: bool = False,
        state: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(stream, labels, review)
        self._messages = stream
        if state is not None:
            self._kinds = dict(state["kinds"])
            self._schema = schema_of(self._labels, self._kinds, self._review)

    def state(self) -> Mapping[str, Any] | None:
        """See ``ResumableRows``."""
        return None if self._rows or self._kinds is None else {"kinds": self._kinds}

    def close(self) -> None:
        """Write the last rows."""
        if self._rows or self._kinds is None:
            self._flush()

    def _begin(self, schema: Any) -> None:
        self._messages.write(schema.serialize())

    def _put(self, table: Any) -> None:
        for batch in table.combine_chunks().to_batches():
            self._messages.write(batch.serialize())


def to_parquet(messages: BinaryIO, out: BinaryIO) -> None:
    """Make a Parquet file of what ``StagedRows`` wrote, holding one row group at a time."""
    import pyarrow as pa

    with pa.ipc.open_stream(messages) as batches:
        writer = open_parquet(out, batches.schema)
        for batch in batches:
            writer.write_table(pa.Table.from_batches([batch]), row_group_size=batch.num_rows)
        writer.close()
