"""The core over Arrow: a row for each row, in order, equal to the local run however it is cut."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from distributed_records import MAX_CHARS, Records, local, placeless
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.errors import BundleError, InputError
from classifier.run.engines import Job, output_schema, score_batches
from classifier.run.scoring import score_pages
from classifier.schema import Page
from classifier.text import Analyser
from classifier.write.rows import CONTRACT

FIELDS = [name for name in CONTRACT if name != "text"]


def run(table: pa.Table, job: Job, size: int = 10_000) -> pa.Table:
    found = list(score_batches(table.to_batches(max_chunksize=size), job))
    assert all(isinstance(batch, pa.RecordBatch) for batch in found)
    return pa.Table.from_batches(found, schema=output_schema(table.schema, job))


def one(bundle: Path, **columns: list[Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = run(pa.table(columns), Job.of(bundle)).to_pylist()
    return rows


@pytest.mark.parametrize("size", [1, 7, 64, 65, 10_000])
def test_equal_to_the_local_run(size: int, records: Records, bundle: Path) -> None:
    job = Job.of(bundle, sentences="all", max_chars=MAX_CHARS)
    rows = run(records.table, job, size).to_pylist()
    assert list(map(placeless, rows)) == local(records.parquet, bundle)


def test_the_table_is_passed_through_untouched(records: Records, bundle: Path) -> None:
    exact = pa.array([2**62 + 1] * len(records.table), pa.timestamp("ns"))
    table = records.table.append_column("when", exact)
    found = run(table, Job.of(bundle), 7)
    assert found.column_names == [*FIELDS, "n", "meta", "input_flags", "when"]
    for name in ("n", "meta", "when"):
        assert found.column(name).combine_chunks() == table.column(name).combine_chunks()
    assert found.schema.field("scores").type == pa.struct(
        [("promotional", pa.float64()), ("unsupported_claim", pa.float64())]
    )


def test_rows_that_fail(bundle: Path) -> None:
    rows = one(
        bundle,
        id=["a", None, " ", "d"],
        text=["Order now!", "Rain fell.", None, None],
        n=[1, 2, 3, 4],
    )
    assert [row["id"] for row in rows] == ["a", None, None, "d"]
    assert [row["n"] for row in rows] == [1, 2, 3, 4]
    assert [row["scores"] is None for row in rows] == [False, True, True, True]
    assert rows[0]["error"] is None
    assert "field 'id' is missing" in rows[1]["error"]
    assert rows[3]["error"] == "d: field 'text' is null"


@pytest.mark.parametrize("texts", [[1, 2], [[b"a"], None], [{"a": 1}, None], [True, False]])
def test_texts_that_are_none(texts: list[Any], bundle: Path) -> None:
    rows = one(bundle, id=["a", "b"], text=texts)
    assert all("field 'text'" in row["error"] for row in rows)


@pytest.mark.parametrize("ids", [[1, 2], [1.5, 2.5]])
def test_numbers_are_ids(ids: list[Any], bundle: Path) -> None:
    rows = one(bundle, id=ids, text=["Rain fell."] * 2)
    assert [row["id"] for row in rows] == [str(key) for key in ids]
    assert not any(row["error"] for row in rows)


def test_strange_types_of_text(bundle: Path) -> None:
    plain = one(bundle, id=["a"], text=["Order now!"])
    for kind in (pa.large_string(), pa.dictionary(pa.int32(), pa.string()), pa.string_view()):
        text = pa.array(["Order now!"]).cast(kind) if "view" not in str(kind) else None
        text = text if text is not None else pa.array(["Order now!"], kind)
        assert one(bundle, id=["a"], text=text) == plain


def test_text_that_is_no_utf8(bundle: Path) -> None:
    bad = pa.Array.from_buffers(pa.string(), 2, pa.array([b"a\xff", b"Rain"]).buffers())
    rows = one(bundle, id=["a", "b"], text=bad)
    assert "cannot be read" in rows[0]["error"]
    assert rows[1]["error"] is None


def test_one_failure_costs_no_neighbour(
    monkeypatch: pytest.MonkeyPatch, records: Records, bundle: Path
) -> None:
    def failing(self: Any, texts: list[str]) -> Any:
        if any("brûlée" in text for text in texts):
            raise ValueError("boom")
        return analyse(self, texts)

    analyse = Analyser.analyse
    monkeypatch.setattr(Analyser, "analyse", failing)
    found = run(records.table, Job.of(bundle, max_chars=MAX_CHARS)).to_pylist()
    assert [row["error"] for row in found if "boom" in (row["error"] or "")] == [
        "p8: cannot be scored: ValueError('boom')"
    ]
    assert len(found) == len(records.table)


def test_review_band(bundle: Path) -> None:
    thresholds, review = {"promotional": 0.9}, {"promotional": 0.0}
    job = Job.of(bundle, thresholds=thresholds, review=review)
    table = pa.table({"id": ["a", "b"], "text": ["Order now!", None], "decisions": [1, 2]})
    rows = run(table, job).to_pylist()
    page = Page("a", "Order now!")
    (verdict,) = score_pages([page], bundle, thresholds=thresholds, review=review)
    assert rows[0]["decisions"] == verdict.decisions
    assert rows[1]["decisions"] is None
    assert [row["input_decisions"] for row in rows] == [1, 2]


@pytest.mark.parametrize("columns", [["text"], ["id"], ["body", "key"]])
def test_missing_columns_are_named(columns: list[str], bundle: Path) -> None:
    table = pa.table({name: ["x"] for name in columns})
    with pytest.raises(InputError, match="has no column"):
        list(score_batches(table.to_batches(), Job.of(bundle)))


def test_columns_of_one_name_are_both_kept(bundle: Path) -> None:
    batch = pa.RecordBatch.from_arrays(
        [pa.array(column) for column in (["a"], ["Rain fell."], [1], [2])], ["id", "text", "x", "x"]
    )
    (found,) = score_batches([batch], Job.of(bundle))
    assert [found.column(name).to_pylist() for name in ("x", "x.2")] == [[1], [2]]


def test_nothing_in_nothing_out(bundle: Path) -> None:
    empty = pa.table({"id": pa.array([], pa.string()), "text": pa.array([], pa.string())})
    assert list(score_batches([], Job.of(bundle))) == []
    assert len(run(empty, Job.of(bundle))) == 0


def test_batches_are_taken_one_by_one(records: Records, bundle: Path) -> None:
    taken = []

    def batches() -> Any:
        for batch in records.table.to_batches(max_chunksize=5):
            taken.append(batch)
            yield batch

    next(score_batches(batches(), Job.of(bundle)))
    assert len(taken) == 1


def test_a_job_travels_and_opens_once(bundle: Path) -> None:
    job = Job.of(bundle)
    copy = pickle.loads(pickle.dumps(job))
    assert copy == job
    assert copy.scorer() is job.scorer()
    assert copy.scorer().model.name.startswith("tiny@")


def test_a_damaged_parcel_is_refused(bundle: Path) -> None:
    job = Job.of(bundle)
    files = tuple((name, data + b" ") for name, data in job.files)
    with pytest.raises(BundleError):
        Job(job.name, files, job.labels).scorer()


@pytest.mark.parametrize("options", [{"sentences": "some"}, {"id_column": "text"}], ids=str)
def test_wrong_options(options: dict[str, Any], bundle: Path) -> None:
    with pytest.raises(InputError):
        Job.of(bundle, **options)


CELL = st.none() | st.text(max_size=40) | st.just("Order now! It cures gout.")


@settings(max_examples=30, deadline=None)
@given(texts=st.lists(CELL, max_size=12), size=st.integers(1, 12))
def test_any_texts_however_cut(texts: list[str | None], size: int, bundle: Path) -> None:
    ids = [f"i{n}" for n in range(len(texts))]
    table = pa.table({"id": pa.array(ids, pa.string()), "text": pa.array(texts, pa.string())})
    job = Job.of(bundle, sentences="all")
    rows = run(table, job, size).to_pylist()
    assert rows == run(table, job).to_pylist()
    assert [row["id"] for row in rows] == ids
    sound = [Page(i, t) for i, t in zip(ids, texts, strict=True) if t and t.strip("\0 ")]
    scores = {v.id: v.scores for v in score_pages(sound, bundle, sentences="all")}
    assert all(row["error"] or row["scores"] == scores[row["id"]] for row in map(placeless, rows))
