"""What holds for any input."""

import csv
import io
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.corpus.marked import read_marked, write_marked
from classifier.read.csvrows import csv_rows
from classifier.read.lines import bounded_lines
from classifier.read.pages import read_pages
from classifier.schema import LabelledPage, Page, Segment, Verdict
from classifier.values import json_ready
from classifier.write.delimited import line
from classifier.write.rows import CONTRACT
from classifier.write.writer import open_writer

quick = settings(max_examples=60, deadline=None)
thorough = settings(max_examples=200, deadline=None)

CHARACTERS = st.characters(exclude_categories=["Cs"])
TEXTS = st.text(CHARACTERS, max_size=30)
SOUND_TEXTS = TEXTS.filter(lambda text: text.strip() and "\0" not in text)
NAMES = st.text(CHARACTERS, min_size=1, max_size=8).filter(
    lambda name: name not in (*CONTRACT, "extra")
)
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)
)
IDS = TEXTS.filter(str.strip)


def verdicts(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Verdict]]:
    one = st.builds(Verdict, id=IDS, text=TEXTS, columns=st.dictionaries(NAMES, values, max_size=4))
    return st.lists(one, max_size=6, unique_by=lambda verdict: verdict.id)


def write(folder: str, kind: str, rows: list[Verdict]) -> str:
    path = f"{folder}/out.{kind}"
    with open_writer(path, kind, labels=("a",)) as writer:
        for row in rows:
            writer.write(row)
    return path


@quick
@given(verdicts(VALUES))
def test_jsonl_keeps_ids_order_and_columns(rows: list[Verdict]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write(folder, "jsonl", rows)
        found = [json.loads(row) for row in Path(path).read_bytes().split(b"\n") if row]
    assert [row["id"] for row in found] == [row.id for row in rows]
    own = [dict(list(row.items())[10:]) for row in found]
    assert own == [json_ready(dict(row.columns)) for row in rows]


@quick
@given(verdicts(SCALARS), st.sampled_from(["csv", "tsv"]))
def test_csv_keeps_ids_order_and_columns(rows: list[Verdict], kind: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write(folder, kind, rows)
        with open(path, encoding="utf-8", newline="") as file:
            found = list(csv.DictReader(file, delimiter="\t" if kind == "tsv" else ","))
        pages = list(read_pages([path], text_column="model"))
    assert [row["id"] for row in found] == [row.id for row in rows]
    # the reader of the room sees what the standard one sees
    assert [page.id for page in pages] == [row.id for row in rows]
    for page, row, verdict in zip(pages, found, rows, strict=True):
        names = set(verdict.columns) & set(row)
        assert {name: page.columns[name] for name in names} == {name: row[name] for name in names}
        for name, value in verdict.columns.items():
            if isinstance(value, str) and not name.startswith(("score_", "flag_", "n_")):
                assert row[name] == value


@quick
@given(verdicts(VALUES))
def test_parquet_loses_nothing(rows: list[Verdict]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        table = pq.read_table(write(folder, "parquet", rows))
    found = table.to_pylist()
    assert [row["id"] for row in found] == [row.id for row in rows]
    for row, verdict in zip(found, rows, strict=True):
        extra = json.loads(row["extra"]) if row["extra"] else {}
        for name, value in verdict.columns.items():
            cell = row[name]
            if name in extra:
                assert extra[name] == json_ready(value)
            elif isinstance(value, dict | list) or (
                isinstance(cell, str) and not isinstance(value, str)
            ):
                assert json.loads(cell) == json_ready(value)
            elif isinstance(cell, str) and cell != value:
                assert json.loads(cell) == value
            else:
                assert repr(cell) == repr(value) or cell == value


@quick
@given(st.lists(st.lists(TEXTS, min_size=2, max_size=5), max_size=6), st.sampled_from(",\t;"))
def test_rows_are_split_as_they_were_joined(rows: list[list[str]], delimiter: str) -> None:
    data = b"".join(line(row, delimiter) for row in rows)
    lines = bounded_lines(io.BytesIO(b"h\n" + data), 1 << 20)
    found = list(csv_rows(lines, delimiter, 1 << 20))[1:]
    assert [(row.fields, row.problem) for row in found] == [(row, None) for row in rows]
    if "\0" not in data.decode():
        text = io.StringIO(data.decode(), newline="")
        assert list(csv.reader(text, delimiter=delimiter)) == rows


BYTES = st.binary(max_size=40) | st.sampled_from(
    [
        b'{"text":"t"}',
        b'{"id":1}',
        b'"',
        b'a,"',
        b'""',
        b",,",
        b"\xff",
        b"\\ud800",
        b"[" * 20,
        b"\r",
    ]
)


def read(kind: str, data: bytes, **options: Any) -> list[Page]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"a.{kind}")
        path.write_bytes(data)
        return list(read_pages([str(path)], **options))


@thorough
@given(st.lists(BYTES.map(lambda line: line.replace(b"\n", b"")), max_size=6))
def test_every_line_of_jsonl_is_one_page(lines: list[bytes]) -> None:
    pages = read("jsonl", b"\n".join(lines))
    first = lines[0].removeprefix(b"\xef\xbb\xbf") if lines else b""
    kept = [number for number, line in enumerate([first, *lines[1:]], 1) if line.strip()]
    assert [int(page.id.rsplit(":", 1)[1]) for page in pages if page.id.count(":")] == [
        number for number, page in zip(kept, pages, strict=True) if page.id.count(":")
    ]
    assert all(bool(page.text) == (page.error is None) for page in pages)


@thorough
@given(st.lists(BYTES.map(lambda line: line.replace(b"\n", b"").replace(b'"', b"")), max_size=6))
def test_every_line_of_csv_is_one_page(lines: list[bytes]) -> None:
    """Without quotes a row is a line; the neighbours of a broken one are as they were."""
    pages = read("csv", b"\n".join([b"text,n", *lines, b"last,row"]))
    kept = [number for number, line in enumerate(lines, 2) if line.strip(b"\r")]
    assert [page.id.rsplit(":", 1)[1] for page in pages[:-1]] == [str(number) for number in kept]
    assert pages[-1].text == "last"
    assert all(bool(page.text) == (page.error is None) for page in pages)


@thorough
@given(st.lists(st.tuples(st.binary(max_size=12), st.binary(max_size=12)), max_size=6))
def test_every_quoted_row_of_csv_is_one_page(rows: list[tuple[bytes, bytes]]) -> None:
    quoted = [b",".join(b'"%b"' % cell.replace(b'"', b'""') for cell in row) for row in rows]
    pages = read("csv", b"\n".join([b"text,n", *quoted, b"last,row"]))
    assert len(pages) == len(rows) + 1
    assert pages[-1].text == "last"
    for page, (text, number) in zip(pages, rows, strict=False):
        if page.error is None:
            assert (page.text.encode(), page.columns["n"].encode()) == (text, number)


@thorough
@given(st.lists(BYTES.map(lambda line: line.replace(b"\n", b"")), max_size=6))
def test_broken_quotes_never_reach_beyond_a_quoted_neighbour(lines: list[bytes]) -> None:
    """Whatever stands before, a row of quoted fields is read or told, and so are all after it."""
    plain = [b"x,1", b"y,2"]
    pages = read("csv", b"\n".join([b"text,n", *lines, b'"q","0"', *plain]))
    starts = [int(page.id.rsplit(":", 1)[1]) for page in pages]
    assert starts == sorted(set(starts))
    assert [page.text for page in pages[-2:]] == ["x", "y"]


@quick
@given(st.binary(max_size=60), st.sampled_from(["txt", "md"]))
def test_any_file_is_one_page(data: bytes, kind: str) -> None:
    (page,) = read(kind, data)
    if page.error is None:
        assert page.text.encode() == data.removeprefix(b"\xef\xbb\xbf")


@quick
@given(
    st.lists(
        st.tuples(st.none() | TEXTS, st.none() | SCALARS.filter(lambda v: isinstance(v, int))),
        min_size=1,
        max_size=6,
    )
)
def test_every_row_of_parquet_is_one_page(rows: list[tuple[str | None, Any]]) -> None:
    texts, numbers = zip(*rows, strict=True)
    table = pa.table({"text": pa.array(texts, pa.string()), "n": pa.array(map(_int, numbers))})
    with tempfile.TemporaryDirectory() as folder:
        pq.write_table(table, f"{folder}/a.parquet", row_group_size=2)
        pages = list(read_pages([f"{folder}/a.parquet"]))
    assert [page.columns["n"] for page in pages] == [_int(number) for number in numbers]
    for page, text in zip(pages, texts, strict=True):
        sound = bool(text and text.strip() and "\0" not in text)
        assert (page.error is None, page.text) == (sound, text if sound else "")


def _int(value: Any) -> int | None:
    return None if value is None else int(value)


# a unit: its text, whether it starts a line, the blank lines above, codes
UNITS = st.lists(
    st.tuples(
        st.text(CHARACTERS, min_size=1, max_size=12).filter(
            lambda text: not text[0].isspace() and "\n" not in text and "\r" not in text
        ),
        st.booleans(),
        st.integers(0, 2),
        st.booleans(),
        st.sampled_from(["none", "supported", "unsupported"]),
    ),
    min_size=1,
    max_size=6,
)
HEADER = SOUND_TEXTS.map(str.strip).filter(lambda text: not set("\n\r") & set(text))


@st.composite
def marked_pages(draw: st.DrawFn) -> LabelledPage:
    text = ""
    segments = []
    for unit, starts, blank, promotional, claim in draw(UNITS):
        if text:
            text += "\n" * (1 + blank) if starts else " "
        labels = {"promotional"} if promotional else set()
        labels |= {"unsupported_claim"} if claim == "unsupported" else set()
        segments.append(Segment(len(text), len(text) + len(unit), frozenset(labels), claim))
        text += unit
    columns: dict[str, Any] = {key: draw(HEADER) for key in ("genre", "family", "english")}
    columns["year"] = draw(st.integers(1, 9999))
    columns["side"] = draw(st.sampled_from(["marketing", "neutral", "mixed"]))
    return LabelledPage(draw(HEADER), draw(HEADER), text, tuple(segments), columns=columns)


@quick
@given(st.lists(marked_pages(), max_size=3, unique_by=lambda page: page.id))
def test_marked_text_comes_back(pages: list[LabelledPage]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/a.marked"
        write_marked(pages, path)
        found = read_marked(path)
    assert [replace(page, where="") for page in found] == pages
