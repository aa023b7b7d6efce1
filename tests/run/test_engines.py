"""Spark and Ray in local mode: row for row what the local run says. Skipped without their extras.

``make test-engines`` installs both.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from distributed_records import MAX_CHARS, Records, Row, by_id, local, placeless

from classifier.cli import main
from classifier.errors import InputError
from classifier.run.engines import Counts, Job, open_engine

pytestmark = pytest.mark.filterwarnings("ignore")
JAVA = shutil.which("java") or os.environ.get("JAVA_HOME")
MISSING = {
    "spark": not (importlib.util.find_spec("pyspark") and JAVA),
    "ray": not importlib.util.find_spec("ray"),
}
ENGINES = [
    pytest.param(name, marks=pytest.mark.skipif(missing, reason=f"{name} is not installed"))
    for name, missing in MISSING.items()
]
Score = Callable[[Records, Job, int], list[Row]]


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """A running engine of two processes, by name."""
    if request.param == "spark":
        from pyspark.sql import SparkSession

        os.environ["PYSPARK_PYTHON"] = sys.executable
        settings = {
            "spark.ui.enabled": "false",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
        }
        spark = SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()
        yield "spark"
        spark.stop()
    else:
        import ray

        ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False)
        yield "ray"
        ray.shutdown()


def verdicts(engine: str, records: Records, job: Job, size: int) -> list[Row]:
    """What an engine makes of the table in batches of ``size``."""
    if engine == "spark":
        from pyspark.sql import SparkSession

        from classifier.run.spark import score_frame

        spark = SparkSession.builder.getOrCreate()
        spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", size)
        frame = spark.read.parquet(str(records.parquet)).repartition(2)
        return [row.asDict(recursive=True) for row in score_frame(frame, job).collect()]
    import ray

    from classifier.run.ray import score_dataset

    dataset = ray.data.read_parquet(str(records.parquet))
    rows: list[Row] = score_dataset(dataset, job, batch_rows=size, concurrency=1).take_all()
    return rows


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_equal_to_the_local_run(size: int, engine: str, records: Records, bundle: Path) -> None:
    job = Job.of(bundle, sentences="all", max_chars=MAX_CHARS)
    rows = list(map(placeless, verdicts(engine, records, job, size)))
    assert by_id(rows) == by_id(local(records.parquet, bundle))


def test_command(engine: str, records: Records, bundle: Path, tmp_path: Path) -> None:
    made = tmp_path / "verdicts.parquet"
    arguments = ["score", records.parquet, "-o", made, "--engine", engine, "--model", bundle]
    arguments += ["--sentences", "all", "--max-chars", MAX_CHARS]
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == 3, result.output
    expected = local(records.parquet, bundle)
    failed = sum(row["error"] is not None for row in expected)
    assert f"{len(expected) - failed} records scored with tiny@" in result.stderr
    assert f"{failed} failed" in result.stderr
    table = pq.read_table([part for part in made.iterdir() if part.suffix == ".parquet"])
    assert by_id(map(placeless, table.to_pylist())) == by_id(expected)
    assert table.schema.field("n").type == "int64"
    again = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert again.exit_code == 1, "the output is never written over"
    assert "exist" in again.stderr


def test_an_empty_table(engine: str, records: Records, bundle: Path, tmp_path: Path) -> None:
    pq.write_table(records.table.slice(0, 0), tmp_path / "in.parquet")
    run = open_engine(engine).score_files
    assert run(str(tmp_path / "in.parquet"), str(tmp_path / "out"), Job.of(bundle)) == Counts(0, 0)


def test_what_cannot_be_done_is_said(
    engine: str, records: Records, bundle: Path, tmp_path: Path
) -> None:
    run = open_engine(engine).score_files
    with pytest.raises(InputError):
        run(str(tmp_path / "none.parquet"), str(tmp_path / "out"), Job.of(bundle))
    job = Job.of(bundle, text_column="body")
    with pytest.raises(InputError, match="no column 'body'"):
        run(str(records.parquet), str(tmp_path / "out"), job)
    assert not (tmp_path / "out").exists()


# ------------------------------------------------------------------- what needs no engine


@pytest.mark.parametrize("name", ["spark", "ray"])
def test_a_missing_extra_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, {"spark": "pyspark.errors", "ray": "ray"}[name], None)
    monkeypatch.delitem(sys.modules, f"classifier.run.{name}", raising=False)
    monkeypatch.delitem(sys.modules, "pyspark", raising=False)
    with pytest.raises(InputError, match=rf"pip install 'health-marketing-classifier\[{name}\]'"):
        open_engine(name)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["a.parquet"], "one INPUT and the folder"),
        (["a.parquet", "b.parquet", "-o", "x"], "one INPUT"),
        (["-", "-o", "x"], "one INPUT"),
        (["a.parquet", "-o", "x", "--format", "csv"], "writes Parquet only, not csv"),
        (["a.parquet", "-o", "x", "--jobs", "2"], "--jobs does not go with --engine spark"),
        (["a.parquet", "-o", "x", "--rows", "pages"], "--rows does not go"),
        (
            ["s3://b/a.jsonl", "-o", "x"],
            "s3://b/a.jsonl: --engine spark reads and writes Parquet only",
        ),
        (["a/*.JSONL.gz", "-o", "x"], "Parquet only, not .jsonl.gz"),
        (["a", "-o", "x.csv"], "spark.read.json(...).write.parquet(...)"),
    ],
)
def test_wrong_usage(arguments: list[Any], words: str, bundle: Path) -> None:
    result = CliRunner().invoke(
        main, ["score", *arguments, "--engine", "spark", "--model", str(bundle)]
    )
    assert result.exit_code == 2, result.output
    assert words in result.stderr
