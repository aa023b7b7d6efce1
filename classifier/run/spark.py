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
from pyspark.sql.types import StructField, StructType

from classifier.errors import InputError
from classifier.run.arrow import ERROR, contract_schema, own_columns, score_batches
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

    fields = frame.schema.fields
    places = own_columns(frame.columns, job)
    own = [StructField(name, fields[place].dataType) for name, place in places.items()]
    contract = frame.sparkSession.createDataFrame(contract_schema(job).empty_table()).schema
    return frame.mapInArrow(score, StructType([*contract.fields, *own]))


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
        seen = Observation()
        counts = (F.count(F.lit(1)).alias("rows"), F.count(ERROR).alias("failed"))
        score_frame(spark.read.parquet(source), job).observe(seen, *counts).write.parquet(target)
        return Counts(**seen.get)
    except PySparkException as error:
        raise InputError(f"Spark: {str(error).strip().partition(chr(10))[0]}") from error


def _session() -> SparkSession:
    """The session; without word of it, workers run this Python, whatever ``python3`` may be."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    return SparkSession.builder.appName("classifier").getOrCreate()
