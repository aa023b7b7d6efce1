"""Parquet in, Parquet out: other columns keep their types, whatever these are."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from classifier.cli import main
from classifier.read.pages import arrow_schemas, find_inputs, read_records
from classifier.schema import Verdict
from classifier.write import parquet as parquet_writer
from classifier.write import resumable
from classifier.write.parquet_columns import unified
from classifier.write.resumable import open_resumable
from classifier.write.writer import open_writer

ROWS = 40
DAY = dt.date(2024, 5, 1)
TIME = dt.datetime(2024, 5, 1, 12, 30, 0, 250)
#: A type, and a value of it; with those that Parquet has no place for as they come back from it.
TYPES: dict[str, tuple[pa.DataType, Any]] = {
    "null": (pa.null(), None),
    "bool": (pa.bool_(), True),
    **{
        f"{sign}int{bits}": (getattr(pa, f"{sign}int{bits}")(), 2 ** (bits - 1) - 1)
        for sign in ("", "u")
        for bits in (8, 16, 32, 64)
    },
    "float16": (pa.float16(), 1.5),
    "float32": (pa.float32(), 0.1),
    "float64": (pa.float64(), float("inf")),
    "decimal32": (pa.decimal32(5, 2), Decimal("1.50")),
    "decimal128": (pa.decimal128(30, 10), Decimal("1.5000000001")),
    "decimal256": (pa.decimal256(70, 2), Decimal("1.50")),
    "string": (pa.string(), "é"),
    "large string": (pa.large_string(), "é"),
    "string view": (pa.string_view(), "longer than twelve bytes"),
    "binary": (pa.binary(), b"\xff\0"),
    "large binary": (pa.large_binary(), b"\xff"),
    "binary view": (pa.binary_view(), b"\xff"),
    "binary of one length": (pa.binary(2), b"\xff\0"),
    "date": (pa.date32(), DAY),
    "time in ms": (pa.time32("ms"), dt.time(12, 30)),
    "time in ns": (pa.time64("ns"), 1),
    "timestamp": (pa.timestamp("us"), TIME),
    "timestamp in ms": (pa.timestamp("ms", "UTC"), 1_714_566_600_123),
    "timestamp in ns": (pa.timestamp("ns"), 2**60 + 1),
    "timestamp there": (pa.timestamp("us", "Europe/Berlin"), 1_714_566_600_000_001),
    "timestamp with an offset": (pa.timestamp("ns", "+05:30"), 2**60 + 1),
    "duration": (pa.duration("ns"), 2**60 + 1),
    "dictionary": (pa.dictionary(pa.int8(), pa.string()), "red"),
    "dictionary of bytes": (pa.dictionary(pa.int32(), pa.binary()), b"\xff"),
    "list": (pa.list_(pa.string()), ["a", None]),
    "large list": (pa.large_list(pa.int8()), [1, None]),
    "list of one length": (pa.list_(pa.string(), 2), ["a", "b"]),
    "list of lists": (pa.list_(pa.list_(pa.decimal128(5, 2))), [[Decimal("1.50")], None, []]),
    "struct": (
        pa.struct([("a", pa.timestamp("ms", "UTC")), ("b", pa.list_(pa.string()))]),
        {"a": None, "b": ["x"]},
    ),
    "map": (pa.map_(pa.string(), pa.int32()), [("k", 1), ("l", None)]),
    "uuid": (pa.uuid(), b"x" * 16),
    "json": (pa.json_(), "{}"),
}


def column(kind: str) -> pa.Array:
    """Values, and a null in every third row."""
    of, value = TYPES[kind]
    return pa.array([value if row % 3 else None for row in range(ROWS)], of)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(name: str, columns: Any, **options: Any) -> None:
    rows = len(next(iter(columns.values())))
    text = {"text": pa.array(["Order now!"] * rows)}
    pq.write_table(pa.table(text | columns), name, **options)


def taken(*inputs: str, resume: bool = False, stop: int | None = None) -> pa.Table:
    """What Parquet output makes of the records of ``inputs``."""
    found = find_inputs(inputs)
    options: dict[str, Any] = {"labels": ["l"]}
    options["in_arrow"] = unified(arrow_schemas(found, "text", "id"), False)
    if resume:
        writer = open_resumable(
            "out.parquet", "parquet", settings={}, tally=Counter(), resume=True, **options
        )
    else:
        writer = open_writer("out.parquet", "parquet", **options)
    with writer:
        for number, page in enumerate(read_records(found, keep_arrow=True)):
            if number == stop:
                raise KeyboardInterrupt
            if number >= writer.records:
                columns, error = page.columns, page.error
                writer.write(Verdict(page.id, page.text, columns=columns, error=error))
    return pq.read_table("out.parquet")


def extra(table: pa.Table) -> list[Any]:
    return [cell and json.loads(cell) for cell in table["extra"].to_pylist()]


@pytest.mark.parametrize("kind", TYPES)
def test_each_type_comes_back(kind: str) -> None:
    put("in.parquet", {"x": column(kind)}, row_group_size=15)
    given, found = pq.read_table("in.parquet")["x"], taken("in.parquet")
    assert given.type == TYPES[kind][0]
    assert found["x"].type == given.type
    assert found["x"].combine_chunks() == given.combine_chunks()
    assert not any(extra(found))


def test_types_that_parquet_has_not_keep_their_values() -> None:
    """A dictionary in a list is a list of texts, a view of a list is a list."""
    words = pa.array(["a", "b", "a"]).dictionary_encode()
    nested = pa.ListArray.from_arrays(pa.array([0, 2, 3]), words)
    view = pa.array([["a", None], []], pa.list_view(pa.string()))
    put("in.parquet", {"nested": nested, "view": view})
    found = taken("in.parquet")
    assert found.schema.field("nested").type == found.schema.field("view").type
    assert found.schema.field("view").type == pa.list_(pa.string())
    assert found["nested"].to_pylist() == [["a", "b"], ["a"]]
    assert found["view"].to_pylist() == [["a", None], []]


def test_the_command_however_many_workers(bundle: Path) -> None:
    put("in.parquet", {kind: column(kind) for kind in TYPES}, row_group_size=15)
    given = pq.read_table("in.parquet")
    answers = []
    for jobs in ("1", "2"):
        arguments = ["score", "in.parquet", "-o", f"{jobs}.parquet", "--jobs", jobs]
        result = CliRunner().invoke(main, [*arguments, "--model", str(bundle)])
        assert result.exit_code == 0, result.output
        answers.append(Path(f"{jobs}.parquet").read_bytes())
    assert answers[0] == answers[1]
    found = pq.read_table("1.parquet")
    assert found.column_names[11:] == [*TYPES, "extra"]
    for kind in TYPES:
        assert found[kind].combine_chunks() == given[kind].combine_chunks()


@pytest.mark.parametrize("stop", [5, 17])
@pytest.mark.parametrize("size", [1 << 26, 1000])
def test_resumed_to_the_same_bytes(stop: int, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resumable, "EVERY", 0)
    monkeypatch.setattr(parquet_writer, "GROUP", 8)
    monkeypatch.setattr(parquet_writer, "GROUP_BYTES", size)
    put("in.parquet", {kind: column(kind) for kind in TYPES}, row_group_size=15)
    whole = taken("in.parquet", resume=True)
    expected = Path("out.parquet").read_bytes()
    assert (pq.ParquetFile("out.parquet").num_row_groups > 5) == (size == 1000)
    Path("out.parquet").unlink()
    with pytest.raises(KeyboardInterrupt):
        taken("in.parquet", resume=True, stop=stop)
    assert taken("in.parquet", resume=True) == whole
    assert Path("out.parquet").read_bytes() == expected


INT, FLOAT, TEXT = pa.int64(), pa.float64(), pa.string()


@pytest.mark.parametrize(
    ("first", "second", "kind", "values", "left"),
    [
        (pa.array([1], pa.int8()), pa.array([2**40], INT), INT, [1, 2**40], None),
        (pa.array([1], INT), pa.array([1.5]), FLOAT, [1.0, 1.5], None),
        (pa.array([0.5]), pa.array([2**60 + 1]), FLOAT, [0.5, None], {"x": 2**60 + 1}),
        (pa.nulls(1), pa.array(["a"]), TEXT, [None, "a"], None),
        (pa.array([1]), pa.array(["a"]), INT, [1, None], {"x": "a"}),
        (pa.array(["a"]), pa.array([1]), TEXT, ["a", None], {"x": 1}),
        (pa.array([1]), pa.array([[1]]), INT, [1, None], {"x": [1]}),
        (
            pa.array([1.5], FLOAT),
            pa.array([0], pa.timestamp("s")).cast(pa.timestamp("ms")),
            FLOAT,
            [1.5, None],
            {"x": "1970-01-01T00:00:00"},
        ),
        (
            pa.array([{"a": 1}]),
            pa.array([{"b": "t"}]),
            pa.struct([("a", INT), ("b", TEXT)]),
            [{"a": 1, "b": None}, {"a": None, "b": "t"}],
            None,
        ),
        (
            pa.array(["a"]).cast(pa.dictionary(pa.int8(), TEXT)),
            pa.array(["b"]).dictionary_encode(),
            pa.dictionary(pa.int32(), TEXT),
            ["a", "b"],
            None,
        ),
    ],
    ids=str,
)
def test_files_of_different_types(
    first: Any, second: Any, kind: Any, values: list[Any], left: Any
) -> None:
    put("a.parquet", {"x": first, "only a": first})
    put("b.parquet", {"only b": second, "x": second})
    found = taken("a.parquet", "b.parquet")
    assert found.column_names[11:] == ["x", "only a", "only b", "extra"]
    assert found.schema.field("x").type == kind
    assert found["x"].to_pylist() == values
    assert extra(found) == [None, left]
    assert found["only a"].to_pylist() == [*first.to_pylist(), None]
    assert found["only b"].to_pylist() == [None, *second.to_pylist()]


@pytest.mark.parametrize(
    ("kind", "value", "cell"),
    [
        (INT, 1, 1),
        (INT, True, None),
        (INT, 1.5, None),
        (FLOAT, 1, 1.0),
        (FLOAT, 2**60 + 1, None),
        (pa.float32(), 0.1, None),
        (TEXT, "a", "a"),
        (TEXT, 1, None),
        (pa.dictionary(pa.int8(), TEXT), "red", "red"),
        (pa.list_(INT), [1, None], [1, None]),
        (pa.list_(INT), ["a"], None),
        (pa.struct([("a", INT)]), {"a": 1}, {"a": 1}),
        (pa.struct([("a", INT)]), {"a": 1, "b": 2}, None),
        (pa.timestamp("us"), 7, None),
        (pa.timestamp("us"), "2024-05-01", None),
        (pa.decimal128(5, 2), 1.5, None),
        (pa.uuid(), "x", None),
    ],
    ids=str,
)
def test_among_other_formats(kind: Any, value: Any, cell: Any) -> None:
    """A value that is not the very same in the column goes to ``extra``; null is null."""
    put("a.parquet", {"x": pa.nulls(1, kind)})
    lines = [{"text": "t", "x": value, "y": 1}, {"text": "t", "x": None}, {"text": "t"}]
    Path("b.jsonl").write_text("\n".join(map(json.dumps, lines)))
    for inputs in (("a.parquet", "b.jsonl"), ("b.jsonl", "a.parquet")):
        found = taken(*inputs).sort_by("id")
        assert found.column_names[11:] == ["x", "y", "extra"]
        assert found.schema.field("x").type == kind
        assert found["x"].to_pylist() == [None, cell, None, None]
        assert found["y"].to_pylist() == [None, 1, None, None]
        assert extra(found) == [None, {"x": value} if cell is None else None, None, None]


def test_what_fits_no_column_and_cannot_be_read_is_told() -> None:
    put("a.parquet", {"x": pa.array([1])})
    put("b.parquet", {"x": pa.array([0], pa.timestamp("us", "Mars/Base"))})
    (_, left) = extra(taken("a.parquet", "b.parquet"))
    assert "cannot be read" in left["x"]
    assert "Mars/Base" in left["x"]


def test_names_that_the_output_needs() -> None:
    columns = {"flags": pa.array([[1]]), "extra": pa.array([b"x"]), "input_flags": pa.array([2])}
    put("a.parquet", columns)
    found = taken("a.parquet")
    assert found.column_names[11:] == [
        "input_input_flags",
        "input_extra",
        "input_flags",
        "extra",
    ]
    assert found["input_input_flags"].to_pylist() == [[1]]
    assert found["input_extra"].to_pylist() == [b"x"]


def test_a_bad_record_or_file_costs_no_neighbour() -> None:
    Path("a.parquet").write_bytes(b"PAR1")
    pq.write_table(pa.table({"body": ["no text"]}), "aa.parquet")
    when = pa.array([1, 2, 3], pa.timestamp("ns"))
    pq.write_table(pa.table({"text": ["t", None, "u"], "when": when}), "b.parquet")
    found = taken("a.parquet", "aa.parquet", "b.parquet")
    errors = [bool(error) for error in found["error"].to_pylist()]
    assert errors == [True, True, False, True, False]
    assert found["when"].cast(INT).to_pylist() == [None, None, 1, 2, 3]
    assert found.column_names[11:] == ["when", "extra"]
