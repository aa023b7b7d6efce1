"""Parquet files of odd types, and small ones that would fill the memory."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from classifier.read import parquet
from classifier.read.record import Options
from classifier.schema import Page
from classifier.values import ArrowRow, json_ready

TIMES = pa.array([0, 1], pa.timestamp("us", tz="Mars/Base"))
ODD = {
    "an unknown time zone": TIMES,
    "the same in a structure": pa.StructArray.from_arrays([TIMES], ["at"]),
    "the same in a list": pa.ListArray.from_arrays(pa.array([0, 1, 2]), TIMES),
    "durations": pa.array([1, 2**62], pa.duration("ns")),
    "long durations": pa.array([1, 2**62], pa.duration("s")),
    "nanoseconds": pa.array([1, 2], pa.time64("ns")),
    "days beyond the calendar": pa.array([0, 2**31 - 1], pa.int32()).cast(pa.date32()),
    "half floats": pa.array([1.5, None], pa.float16()),
    "decimals": pa.array([1, 2]).cast(pa.decimal256(70, 2)),
    "maps": pa.array([[("k", "v")], None], pa.map_(pa.string(), pa.string())),
    "list views": pa.array([["a"], None], pa.list_view(pa.string())),
    "lists of one length": pa.array([[1, 2], None], pa.list_(pa.int32(), 2)),
    "views": pa.array(["a", None], pa.string_view()),
    "uuid": pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"x" * 16] * 2, pa.binary(16))),
    "json": pa.ExtensionArray.from_storage(pa.json_(), pa.array(["{}"] * 2)),
    "tensors": pa.ExtensionArray.from_storage(
        pa.fixed_shape_tensor(pa.int32(), [2]), pa.array([[1, 2]] * 2, pa.list_(pa.int32(), 2))
    ),
    "nulls": pa.nulls(2),
    "broken UTF-8": pa.Array.from_buffers(
        pa.string(),
        2,
        [None, pa.py_buffer(np.array([0, 1, 2], np.int32).tobytes()), pa.py_buffer(b"\xffa")],
    ),
}


def packed(columns: dict[str, Any], **options: Any) -> io.BytesIO:
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream, compression="zstd", **options)
    return stream


def read(stream: io.BytesIO, *, keep_arrow: bool = False) -> Iterator[Page]:
    return parquet.read(stream, "a.parquet", Options(keep_arrow=keep_arrow))


@pytest.mark.parametrize("kind", ODD)
def test_odd_types_that_stay_in_arrow_are_no_problem(kind: str) -> None:
    stream = packed({"text": ["t", "u"], "odd": ODD[kind]})
    schema = parquet.kept_schema(stream, Options())
    pages = list(read(stream, keep_arrow=True))
    assert [(page.text, page.error) for page in pages] == [("t", None), ("u", None)]
    for row, page in enumerate(pages):
        assert isinstance(page.columns, ArrowRow)
        assert page.columns.batch.schema == schema
        assert page.columns.row == row


@pytest.mark.parametrize("kind", ODD)
def test_odd_types_are_written_or_named(kind: str) -> None:
    pages = list(read(packed({"text": ["t", "u"], "odd": ODD[kind]})))
    assert [page.id for page in pages] == ["a.parquet:1", "a.parquet:2"]
    for page in pages:
        orjson.dumps(json_ready(dict(page.columns)))
        assert page.error is None or "field 'odd' cannot be read" in page.error


def test_what_cannot_be_read_is_said_and_costs_no_neighbour() -> None:
    first, second = read(packed({"text": ["t", "u"], "odd": ODD["broken UTF-8"]}))
    assert first.error is not None
    assert "UnicodeDecodeError" in first.error
    assert (second.text, second.error) == ("u", None)
    first, _ = read(packed({"text": ["t", "u"], "odd": TIMES}))
    assert "field 'odd' cannot be read" in (first.error or "")


LONG = "x " * 4_000_000
#: One text, 300 times over.
SAME = pa.DictionaryArray.from_arrays(pa.array([0] * 300, pa.int32()), pa.array([LONG]))
LISTED = pa.ListArray.from_arrays(pa.array([0, 300]), SAME)
NOTHING = pa.ListArray.from_arrays(pa.array([0, 2**26 + 2]), pa.nulls(2**26 + 2))
BOMBS = {
    "one text for all rows": ({"text": SAME}, "8,000,000 characters"),
    "of other columns": ({"text": ["t"] * 300, "c": SAME, "d": SAME}, ""),
    "texts in a list": ({"text": ["t"], "l": LISTED}, "the row is longer than"),
    "a list of nothing": ({"text": ["t"], "l": NOTHING}, "packed into"),
}


@pytest.mark.parametrize("keep_arrow", [False, True])
@pytest.mark.parametrize("kind", BOMBS)
def test_small_files_do_not_fill_the_memory(kind: str, keep_arrow: bool) -> None:
    """Read as Arrow reads it, the first kind alone took gigabytes."""
    columns, words = BOMBS[kind]
    stream = packed(columns)
    assert len(stream.getvalue()) < 10_000
    before, most, count = pa.total_allocated_bytes(), 0, 0
    for page in read(stream, keep_arrow=keep_arrow):
        most = max(most, pa.total_allocated_bytes() - before)
        count += 1
        assert words in (page.error or "")
    assert count == len(columns["text"])
    assert most < 2**27


def test_a_long_row_costs_its_neighbours_nothing() -> None:
    texts = ["a", "b", "c", "d"]
    lists = [["x"], None, ["y" * 1000] * 20_000, ["z"]]
    pages = list(read(packed({"text": texts, "l": lists})))
    assert [page.text for page in pages] == ["a", "b", "", "d"]
    assert [page.columns.get("l") for page in pages] == [["x"], None, None, ["z"]]
    assert [page.id for page in pages] == [f"a.parquet:{row}" for row in (1, 2, 3, 4)]
    assert "row is longer" in (pages[2].error or "")


def test_what_stays_in_arrow_holds_on_to_no_other_row() -> None:
    long = "y" * (1 << 24)
    columns = {
        "text": ["a", "b", "c"],
        "s": ["x", long, "z"],
        "l": [["x"], None, ["z"]],
        "d": pa.array(["x", long, "z"]).dictionary_encode(),
    }
    first, second, third = read(packed(columns), keep_arrow=True)
    assert "row is longer" in (second.error or "")
    for page, value in ((first, "x"), (third, "z")):
        assert dict(page.columns) == {"s": value, "l": [value], "d": value}
        assert isinstance(page.columns, ArrowRow)
        assert page.columns.batch.get_total_buffer_size() < 1000


@pytest.mark.parametrize("keep_arrow", [False, True])
def test_any_byte_of_the_footer_may_be_wrong(keep_arrow: bool) -> None:
    """Arrow's view of a column ended the process where a schema and its sizes did not fit."""
    sound = packed({"text": ["t", "u"], "l": [["a"], None]}).getvalue()
    footer = len(sound) - 8 - int.from_bytes(sound[-8:-4], "little")
    for place in range(footer, len(sound)):
        for byte in (sound[place] ^ 0xFF, 2 * sound[place] & 0xFF):
            broken = sound[:place] + bytes([byte]) + sound[place + 1 :]
            parquet.kept_schema(io.BytesIO(broken), Options())
            assert list(read(io.BytesIO(broken), keep_arrow=keep_arrow))
