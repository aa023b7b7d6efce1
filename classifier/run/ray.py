"""Ray carries the batches: ``Dataset.map_batches`` with a callable class. Needs the extra ``ray``.

The cluster is the connected one, else that of ``RAY_ADDRESS``, else a local one. It needs two cores: Ray
reserves one for each worker, and one for reading.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import ray
from ray.data import ActorPoolStrategy, Dataset, SaveMode
from ray.data.aggregate import Count

from classifier.errors import InputError
from classifier.run.arrow import ERROR, own_columns, score_batches
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
    if (schema := dataset.schema()) is not None:
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
        dataset = ray.data.read_parquet(source)
        score_dataset(dataset, job).write_parquet(target, mode=SaveMode.ERROR)
        if not dataset.count():  # Ray writes no file then
            return Counts(0, 0)
        written = ray.data.read_parquet(target, columns=[ERROR])
        counts = written.aggregate(Count(alias_name="rows"), Count(ERROR, True, "failed"))
    except (OSError, ValueError) as error:
        raise InputError(f"Ray: {error}") from error
    return Counts(**counts)
