"""Where one machine ends: the one scoring path over Arrow batches, and engines that carry them.

``Job`` is what travels to the workers, ``score_batches`` what they do. ``spark`` and ``ray`` are
transport only; each needs the extra of its name.

>>> from classifier.run.engines import Job
>>> from classifier.run.spark import score_frame
>>> verdicts = score_frame(spark.read.parquet("s3a://bucket/pages"), Job.of())      # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple, Protocol, cast

from classifier.errors import InputError
from classifier.run.arrow import output_schema, score_batches
from classifier.run.job import Job

#: Name of an engine to the libraries that its extra installs.
ENGINES = {"spark": ("pyspark", "pandas", "py4j"), "ray": ("ray", "pandas")}


class Counts(NamedTuple):
    """Rows written, and how many of them are error rows."""

    rows: int
    failed: int


class Engine(Protocol):
    """What a module such as ``classifier.run.spark`` offers."""

    def score_files(self, source: str, target: str, job: Job) -> Counts:
        """Score ``source``, any path or URI that the engine reads, to a folder ``target``.

        Raises
        ------
        InputError
            ``source`` cannot be read or lacks a column, ``target`` exists or cannot be written.
        """


def open_engine(name: str) -> Engine:
    """Import an engine, one of ``ENGINES``.

    Raises
    ------
    InputError
        If its extra is not installed.
    """
    try:
        return cast(Engine, import_module(f"classifier.run.{name}"))
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ENGINES[name]:
            raise
        raise InputError(
            f"The engine '{name}' is not installed ({error.name} is missing); install it with: "
            f"pip install 'health-marketing-classifier[{name}]'"
        ) from error


__all__ = ["ENGINES", "Counts", "Engine", "Job", "open_engine", "output_schema", "score_batches"]
