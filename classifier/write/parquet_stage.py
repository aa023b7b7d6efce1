"""Parquet that grows: row groups as Arrow streams, which end anywhere, made into a file at the end.

A Parquet file has its index at its end, so one that was cut off is lost. A stream of Arrow messages
(Arrow columnar format, "IPC Streaming Format") has none, and many of them may follow each other.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, BinaryIO

from classifier.write.parquet import ParquetRows, open_parquet


class StagedRows(ParquetRows):
    """Writes each row group of ``ParquetRows`` as a stream of Arrow messages.

    Parameters
    ----------
    stream, labels, review, in_arrow
        As in ``ParquetRows``.
    state
        Of rows that wrote what is already on ``stream``.
    """

    def __init__(
        self,
        stream: BinaryIO,
        labels: Sequence[str],
        review: bool = False,
        in_arrow: Any = None,
        state: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(stream, labels, review, in_arrow)
        if state is not None:
            self._kinds = dict(state["kinds"])

    def state(self) -> Mapping[str, Any] | None:
        """See ``ResumableRows``."""
        return None if self._rows or self._kinds is None else {"kinds": self._kinds}

    def close(self) -> None:
        """Write the last rows."""
        if self._rows or self._kinds is None:
            self._flush()

    def _put(self, table: Any) -> None:
        import pyarrow as pa

        with pa.ipc.new_stream(self._stream, table.schema) as messages:
            messages.write_table(table)


def to_parquet(staged: BinaryIO, out: BinaryIO) -> None:
    """Make a Parquet file of what ``StagedRows`` wrote, holding one row group at a time."""
    groups = _groups(staged)
    first = next(groups)
    writer = open_parquet(out, first.schema)
    for group in chain([first], groups):
        writer.write_table(group, row_group_size=max(1, group.num_rows))
    writer.close()


def _groups(staged: BinaryIO) -> Iterator[Any]:
    import pyarrow as pa

    end = os.fstat(staged.fileno()).st_size
    while staged.tell() < end:
        yield pa.ipc.open_stream(staged).read_all()
