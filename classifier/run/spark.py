"""Spark carries the batches: ``DataFrame.mapInArrow``. Needs the extra ``spark``, and Java.

The session is the active one, else that of ``PYSPARK_SUBMIT_ARGS`` or of Spark's settings, else a
local one. ``PYSPARK_PYTHON`` names the workers' Python, by default the path of this one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import StructField, StructType

from classifier.errors import InputError
from classifier.run.arrow import (
    ERROR,
    LINE,
    contract_schema,
    output_schema,
    own_columns,
    score_batches,
)
from classifier.run.engines import Counts
from classifier.run.job import Job


def score_frame(frame: DataFrame, job: Job) -> DataFrame:
    """Return the verdicts on the rows of a frame, lazily; partitions keep their order.

    Raises
    ------
    InputError
        The frame lacks the column of text or of ids.
    """

    def score(batches: Iterator[Any]) -> Iterator[Any]:
        return score_batches(batches, job)

    return frame.mapInArrow(score, _schema(frame.schema, job))


def _schema(schema: StructType, job: Job) -> StructType:
    """``output_schema`` in Spark's types; passed columns keep those that Spark gave them."""
    if job.writes == "jsonl":
        return from_arrow_schema(output_schema(schema, job))
    places = own_columns(schema.names, job)
    own = [StructField(name, schema.fields[place].dataType) for name, place in places.items()]
    return StructType([*from_arrow_schema(contract_schema(job)).fields, *own])


def score_files(source: str, target: str, job: Job) -> Counts:
    """Score ``source``, any path or URI that Spark reads, to a folder ``target``.

    Raises
    ------
    InputError
        Spark does not start, ``source`` cannot be read or lacks a column, ``target`` exists or cannot
        be written.
    """
    try:
        spark = _session()
        reader = spark.read
        lines = job.reads == "jsonl"
        frame = reader.text(source, lineSep="\n") if lines else reader.parquet(source)
        seen = Observation()
        scored = score_frame(frame, job)
        scored = scored.observe(
            seen, F.count(F.lit(1)).alias("rows"), F.count(ERROR).alias("failed")
        )
        if job.writes == "jsonl":
            scored.select(LINE).write.text(target)
        else:
            scored.write.parquet(target)
        return Counts(**seen.get)
    except PySparkException as error:
        raise InputError(f"Spark: {str(error).strip().partition(chr(10))[0]}") from error


def _session() -> SparkSession:
    """The session; without word of it, workers run this Python, whatever ``python3`` may be."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    return SparkSession.builder.appName("classifier").getOrCreate()
