"""Spark and Ray in local mode: row for row what the local run says. Skipped without their extras.

``make test-engines`` installs both.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from distributed_records import MAX_CHARS, Records, Row, by_id, local, unpacked

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
    rows = list(unpacked(verdicts(engine, records, job, size)))
    assert by_id(rows) == by_id(local(records.parquet, bundle))


@pytest.mark.parametrize(
    ("source", "target"), [("parquet", "parquet"), ("jsonl", "jsonl"), ("jsonl", "parquet")]
)
def test_command(
    source: str, target: str, engine: str, records: Records, bundle: Path, tmp_path: Path
) -> None:
    given, made = getattr(records, source), tmp_path / f"verdicts.{target}"
    arguments = ["score", given, "-o", made, "--engine", engine, "--model", bundle]
    arguments += ["--sentences", "all", "--max-chars", MAX_CHARS]
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == 3, result.output
    expected = local(given, bundle)
    failed = sum(row["error"] is not None for row in expected)
    assert f"{len(expected) - failed} records scored with tiny@" in result.stderr
    assert f"{failed} failed" in result.stderr
    assert by_id(list(unpacked(written(made)))) == by_id(expected)
    again = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert again.exit_code == 1, "the output is never written over"
    assert "exist" in again.stderr


def written(folder: Path) -> list[Row]:
    """Rows of all parts."""
    rows: list[Row] = []
    for part in sorted(path for path in folder.iterdir() if path.name[0] not in "._"):
        if folder.suffix == ".jsonl":
            rows += [json.loads(line) for line in part.read_bytes().splitlines()]
        elif part.suffix == ".parquet":
            rows += pq.read_table(part).to_pylist()
    return rows


def test_lines_that_no_engine_reads(engine: str, bundle: Path, tmp_path: Path) -> None:
    good = b'{"id": "a", "text": "Rain fell.", "deep": {"x": [1]}}'
    lines = [good, b'{"id": "b", "text": "a\xff"}', b'{"id": "c', b"[1]", b'{"text": "?"}', good]
    (tmp_path / "in.jsonl").write_bytes(b"\r\n".join(lines))
    job = Job.of(bundle, reads="jsonl", writes="jsonl")
    out = tmp_path / "out.jsonl"
    counts = open_engine(engine).score_files(str(tmp_path / "in.jsonl"), str(out), job)
    assert counts == Counts(6, 4)
    rows = written(out)
    assert [row["id"] for row in rows] == ["a", None, None, None, None, "a"]
    assert [row.get("deep") for row in rows if not row["error"]] == [{"x": [1]}] * 2


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
        (["a.jsonl"], "one INPUT and the folder"),
        (["a.jsonl", "b.jsonl", "-o", "x"], "one INPUT"),
        (["-", "-o", "x"], "one INPUT"),
        (["a.jsonl", "-o", "x", "--format", "csv"], "jsonl or parquet"),
        (["a.jsonl", "-o", "x", "--jobs", "2"], "--jobs does not go with --engine spark"),
        (["a.jsonl", "-o", "x", "--rows", "pages"], "--rows does not go"),
    ],
)
def test_wrong_usage(arguments: list[Any], words: str, bundle: Path) -> None:
    result = CliRunner().invoke(
        main, ["score", *arguments, "--engine", "spark", "--model", str(bundle)]
    )
    assert result.exit_code == 2, result.output
    assert words in result.stderr
