"""Reading Parquet."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from classifier.read.pages import read_pages
from classifier.schema import Page


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(table: Any, **options: Any) -> list[Page]:
    pq.write_table(table, "a.parquet", **options)
    return list(read_pages(["a.parquet"]))


def test_columns_pass_through_with_their_types() -> None:
    day = dt.datetime(2024, 5, 1, 12, 30)
    columns = {
        "id": [1],
        "text": ["t"],
        "when": [day],
        "price": [Decimal("1.50")],
        "raw": [b"\xff"],
        "tags": [["a", None]],
        "more": [{"x": 1}],
        "nothing": pa.nulls(1),
    }
    (page,) = read(pa.table(columns))
    assert (page.id, page.text, page.error) == ("1", "t", None)
    assert page.columns["when"] == day
    assert page.columns["price"] == Decimal("1.50")
    assert list(page.columns) == ["when", "price", "raw", "tags", "more", "nothing"]


def test_rows_are_numbered_over_row_groups() -> None:
    table = pa.table({"text": [f"t{n}" for n in range(1000)]})
    pages = read(table, row_group_size=300)
    assert [page.text for page in pages] == table["text"].to_pylist()
    assert [page.id for page in pages[:2]] == ["a.parquet:1", "a.parquet:2"]
    assert pages[-1].id == "a.parquet:1000"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (pa.array(["t", None, "u"]), "field 'text' is null"),
        (pa.array(["t", "", "u"]), "field 'text' is empty"),
        (pa.array(["t", "a\0b", "u"]), "NUL"),
        (pa.array(["t", "x", "u"]).dictionary_encode(), None),
        (pa.array(["t", "x", "u"], pa.large_string()), None),
        (
            pa.Array.from_buffers(pa.utf8(), 3, pa.array([b"t", b"\xff", b"u"]).buffers()),
            "field 'text' cannot be read",
        ),
    ],
)
def test_a_bad_text_costs_no_neighbour(values: Any, words: str | None) -> None:
    pages = read(pa.table({"id": ["a", "b", "c"], "text": values}))
    assert [page.id for page in pages] == ["a", "b", "c"]
    assert [pages[0].text, pages[2].text] == ["t", "u"]
    assert (words is None) == (pages[1].error is None)
    assert (words or "") in (pages[1].error or "")


def test_numbers_as_texts_are_told() -> None:
    (page,) = read(pa.table({"text": [1.5]}))
    assert "field 'text' holds a number" in str(page.error)


def test_nanoseconds_become_text() -> None:
    when = pa.array([1, 1_000], pa.timestamp("ns"))
    pages = read(pa.table({"text": ["t", "u"], "when": when}))
    assert [page.error for page in pages] == [None, None]
    assert str(pages[0].columns["when"]).endswith("00:00:00.000000001")


def test_no_text_column() -> None:
    (page,) = read(pa.table({"body": ["t", "u"]}))
    assert page.id == "a.parquet"
    assert "no column 'text'; the file has 'body'" in str(page.error)


def test_repeated_columns_are_told_apart() -> None:
    table = pa.Table.from_arrays(
        [pa.array(["t"]), pa.array([1]), pa.array([2])], ["text", "n", "n"]
    )
    (page,) = read(table)
    assert dict(page.columns) == {"n": 1, "n.2": 2}


def test_a_damaged_row_group_costs_no_other(here: Path) -> None:
    table = pa.table({"text": [f"{n:06d}" * 20 for n in range(300)]})
    options = {"row_group_size": 100, "compression": "gzip", "use_dictionary": False}
    pq.write_table(table, "a.parquet", **options)
    column = pq.ParquetFile("a.parquet").metadata.row_group(1).column(0)
    data = bytearray((here / "a.parquet").read_bytes())
    start = column.data_page_offset + 60
    data[start : start + 100] = b"\xaa" * 100
    (here / "a.parquet").write_bytes(data)
    (here / "z.txt").write_text("neighbour")
    pages = list(read_pages(["a.parquet", "z.txt"]))
    failed = [page for page in pages if page.error]
    assert [page.id for page in failed] == ["a.parquet:101"]
    assert "rows 101 to 200 cannot be read" in str(failed[0].error)
    assert pages[101].id == "a.parquet:201"
    assert len(pages) == 100 + 1 + 100 + 1


def test_a_truncated_file_is_one_page(here: Path) -> None:
    pq.write_table(pa.table({"text": ["t"] * 100}), "a.parquet")
    data = (here / "a.parquet").read_bytes()
    (here / "a.parquet").write_bytes(data[: len(data) // 2])
    (page,) = read_pages(["a.parquet"])
    assert "not a sound Parquet file" in str(page.error)
