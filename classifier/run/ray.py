"""Ray carries the batches: ``Dataset.map_batches`` with a callable class. Needs the extra ``ray``.

The cluster is the connected one, else that of ``RAY_ADDRESS``, else a local one. It needs two cores: Ray
reserves one for each worker, and one for reading.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import ray
from ray.data import ActorPoolStrategy, Dataset, SaveMode
from ray.data.block import BlockAccessor
from ray.data.datasource import BlockBasedFileDatasink, FileBasedDatasource

from classifier.errors import InputError
from classifier.read.lines import bounded_lines
from classifier.run.arrow import ERROR, LINE, own_columns, score_batches
from classifier.run.engines import Counts
from classifier.run.job import Job

#: Rows that a worker gets at once.
BATCH_ROWS = 1024


class _Worker:
    """A process that opened the model."""

    def __init__(self, job: Job) -> None:
        self._job = job
        job.scorer()

    def __call__(self, table: Any) -> Iterator[Any]:
        for batch in score_batches(table.to_batches(), self._job):
            yield pa.Table.from_batches([batch])


def score_dataset(
    dataset: Dataset, job: Job, *, batch_rows: int = BATCH_ROWS, concurrency: int | None = None
) -> Dataset:
    """Return the verdicts on the rows of a dataset, lazily; blocks keep their order.

    Parameters
    ----------
    dataset
        With the columns of text and id.
    job
        What to do.
    batch_rows
        Rows that a worker gets at once.
    concurrency
        Workers; ``None`` for as many as the cluster has room for.

    Raises
    ------
    InputError
        The dataset lacks the column of text or of ids.
    """
    if job.reads == "parquet" and (schema := dataset.schema()) is not None:
        own_columns(schema.names, job)  # a missing column is said here, not by a worker
    return dataset.map_batches(
        _Worker,
        fn_constructor_args=(job,),
        batch_format="pyarrow",
        batch_size=batch_rows,
        compute=ActorPoolStrategy(size=concurrency) if concurrency else ActorPoolStrategy(),
    )


def score_files(source: str, target: str, job: Job) -> Counts:
    """Score ``source``, any path or URI that Ray reads, to a folder ``target``.

    Raises
    ------
    InputError
        ``source`` cannot be read or lacks a column, ``target`` exists or cannot be written.
    """
    ray.init(ignore_reinit_error=True)
    try:
        if job.reads == "jsonl":
            lines = _Lines(source, limit=job.options.line_limit)
            dataset = ray.data.read_datasource(lines)
        else:
            dataset = ray.data.read_parquet(source)
        sink = _Output(target, job)
        score_dataset(dataset, job).write_datasink(sink)
    except (OSError, ValueError) as error:
        raise InputError(f"Ray: {error}") from error
    return sink.counts


class _Lines(FileBasedDatasource):  # type: ignore[misc]
    """Reads lines as bytes, since Ray's own reader of text fails where one is not UTF-8."""

    def __init__(self, paths: str, limit: int) -> None:
        super().__init__(paths)
        self._limit = limit

    def _read_stream(self, f: Any, path: str) -> Iterator[Any]:
        lines = (line.data for line in bounded_lines(io.BufferedReader(f), self._limit))
        while some := list(islice(lines, BATCH_ROWS)):
            yield pa.table({LINE: pa.array(some, pa.binary())})


class _Output(BlockBasedFileDatasink):  # type: ignore[misc]
    """Writes blocks as Parquet or as lines, and counts."""

    def __init__(self, path: str, job: Job) -> None:
        super().__init__(path, file_format=job.writes, mode=SaveMode.ERROR)
        self._job = job
        self.counts = Counts(0, 0)

    def write(self, blocks: Iterable[Any], ctx: Any) -> Any:
        held = list(blocks)
        super().write(held, ctx)
        tables = [BlockAccessor.for_block(block).to_arrow() for block in held]
        failed = sum(len(table) - table.column(ERROR).null_count for table in tables if len(table))
        return Counts(sum(map(len, tables)), failed)

    def write_block_to_file(self, block: BlockAccessor, file: Any) -> None:
        table = block.to_arrow()
        if self._job.writes == "parquet":
            pq.write_table(table, file)
            return
        for line in table.column(LINE).to_pylist():
            file.write(line.encode() + b"\n")

    def on_write_complete(self, write_result: Any) -> None:
        super().on_write_complete(write_result)
        parts = write_result.write_returns
        self.counts = Counts(sum(part.rows for part in parts), sum(part.failed for part in parts))
