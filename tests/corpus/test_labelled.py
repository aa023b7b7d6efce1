"""Labelled pages: both forms, all formats, and every problem named."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from classifier.corpus.labelled import read_labelled
from classifier.errors import DataError, InputError
from classifier.schema import Dataset

TEXT = "Buy it. It heals. Tea."


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def jsonl(name: str, *rows: Any) -> str:
    Path(name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return name


def segment(start: int, end: int, promotional: Any = False, claim: Any = "none") -> dict[str, Any]:
    return {"start": start, "end": end, "promotional": promotional, "claim": claim}


def page(*segments: Any, **fields: Any) -> dict[str, Any]:
    return {"id": "p", "group": "g", "text": TEXT, "segments": list(segments)} | fields


def held(data: Dataset) -> list[list[list[str]]]:
    return [[sorted(segment.labels) for segment in page.segments] for page in data.pages]


# ------------------------------------------------------------------------------------- segments

SEGMENTS = [
    segment(8, 17, False, "unsupported"),
    segment(0, 7, True),
    segment(18, 22, False, "supported"),
]
MARKED = """%% id: p
%% group: g
%% genre: shop
%% family: herbs
%% english: UK
%% year: 2019
%% side: mixed
P. Buy it.
.U+It heals.
.S+Tea.
"""


def test_segments_of_jsonl() -> None:
    data = read_labelled([jsonl("a.jsonl", page(*SEGMENTS, side="mixed"))])
    assert data.labels == ("promotional", "unsupported_claim")
    assert (data.unit, data.exclusive, data.grouped) == ("sentence", False, True)
    (only,) = data.pages
    assert (only.id, only.group, only.text, only.where) == ("p", "g", TEXT, "a.jsonl:1")
    assert dict(only.columns) == {"side": "mixed"}
    assert [(s.start, s.end, sorted(s.labels), s.claim) for s in only.segments] == [
        (0, 7, ["promotional"], "none"),
        (8, 17, ["unsupported_claim"], "unsupported"),
        (18, 22, [], "supported"),
    ]


def test_marked_text_and_parquet_give_the_same_segments(here: Path) -> None:
    (here / "a.marked").write_text(MARKED)
    pq.write_table(pa.Table.from_pylist([page(*SEGMENTS, id="q")]), "b.parquet")
    data = read_labelled(["."])
    assert [page.id for page in data.pages] == ["p", "q"]
    assert data.pages[0].segments == data.pages[1].segments
    assert data.pages[0].columns["year"] == 2019


def test_any_boolean_field_is_a_label_in_order_of_appearance() -> None:
    segments = [
        {"start": 0, "end": 7, "vague": True, "note": "x", "claim": "none", "anecdote": False},
        {"start": 8, "end": 17, "vague": True, "claim": "unsupported", "anecdote": True},
    ]
    data = read_labelled([jsonl("a.jsonl", page(*segments))])
    assert data.labels == ("unsupported_claim", "vague", "anecdote")
    assert held(data) == [[["vague"], ["anecdote", "unsupported_claim", "vague"]]]


def test_labels_can_be_chosen() -> None:
    data = read_labelled([jsonl("a.jsonl", page(*SEGMENTS))], labels=["unsupported_claim"])
    assert data.labels == ("unsupported_claim",)
    assert held(data) == [[[], ["unsupported_claim"], []]]


def test_pages_without_groups_are_their_own() -> None:
    rows = [page(SEGMENTS[0], id=name, group=None) for name in ("a", "b")]
    data = read_labelled([jsonl("a.jsonl", *rows)])
    assert not data.grouped
    assert [page.group for page in data.pages] == ["a", "b"]


# ----------------------------------------------------------------------------------------- flat


def test_a_column_of_classes() -> None:
    path = jsonl(
        "a.jsonl",
        {"id": 1, "text": "one", "label": "shop", "site": "s"},
        {"id": 2, "text": "two", "label": 7},
        {"id": 3, "text": "six", "label": True},
    )
    data = read_labelled([path])
    assert (data.labels, data.exclusive, data.unit) == (("7", "shop", "true"), True, "record")
    assert held(data) == [[["shop"]], [["7"]], [["true"]]]
    assert [(s.start, s.end) for page in data.pages for s in page.segments] == [(0, 3)] * 3
    assert [dict(page.columns) for page in data.pages] == [{"site": "s"}, {}, {}]


CSV = (
    "id,text,vague,promotional,n,claim,site\n"
    "a,one,yes,0,3,none,s\n"
    "b,two,NO,1,0,unsupported,s\n"
    "c,six,true,1,1,supported,t\n"
)


@pytest.mark.parametrize("kind", ["csv", "tsv", "parquet"])
def test_columns_that_say_yes_or_no(here: Path, kind: str) -> None:
    if kind == "parquet":
        head, *rows = [line.split(",") for line in CSV.split()]
        pq.write_table(
            pa.table(dict(zip(head, map(list, zip(*rows, strict=True)), strict=True))), "a.parquet"
        )
    else:
        (here / f"a.{kind}").write_text(CSV.replace(",", {"csv": ",", "tsv": "\t"}[kind]))
    data = read_labelled([f"a.{kind}"], group_column="site")
    assert data.labels == ("promotional", "unsupported_claim", "vague")
    assert (data.exclusive, data.unit, data.grouped) == (False, "record", True)
    assert held(data) == [
        [["vague"]],
        [["promotional", "unsupported_claim"]],
        [["promotional", "vague"]],
    ]
    assert [page.segments[0].claim for page in data.pages] == ["none", "unsupported", "supported"]
    assert [page.group for page in data.pages] == ["s", "s", "t"]
    assert [dict(page.columns) for page in data.pages] == [{"n": "3"}, {"n": "0"}, {"n": "1"}]


def test_flat_labels_can_be_chosen(here: Path) -> None:
    (here / "a.csv").write_text(CSV)
    data = read_labelled(["a.csv"], labels=["vague", "unsupported_claim"])
    assert data.labels == ("unsupported_claim", "vague")
    assert list(data.pages[0].columns) == ["promotional", "n", "site"]


def test_labels_take_precedence_over_a_column_of_classes() -> None:
    path = jsonl("a.jsonl", {"text": "one", "label": "x", "vague": 1.0})
    data = read_labelled([path], labels=["vague"])
    assert (data.labels, data.exclusive) == (("vague",), False)
    data = read_labelled([path], labels=["x"])
    assert (data.labels, data.exclusive) == (("x",), True)


def test_columns_can_be_renamed() -> None:
    path = jsonl("a.jsonl", {"url": "u", "body": "one", "class": "x", "author": 5})
    (only,) = read_labelled(
        [path], text_column="body", label_column="class", group_column="author", id_column="url"
    ).pages
    assert (only.id, only.group, only.text, dict(only.columns)) == ("u", "5", "one", {})


# ------------------------------------------------------------------------------------- problems

BAD_SEGMENTS = [
    (segment(0, 7, True, "maybe"), "segments[1]: field 'claim' holds 'maybe'"),
    (segment(0, 7, True, None), "segments[1]: field 'claim' holds None"),
    (segment(0, 7, "yes"), "segments[1]: field 'promotional' holds 'yes'"),
    ({"start": 0, "end": 7, "claim": "none"}, "segments[1]: field 'promotional' is missing"),
    ({"start": 0, "end": 7, "promotional": True}, "segments[1]: field 'claim' is missing"),
    ({"start": 0, "promotional": True, "claim": "none"}, "field 'end' is missing"),
    (segment(0, 7) | {"end": 7.0}, "field 'end' is not a whole number"),
    (segment(True, 7), "field 'start' is not a whole number"),
    (segment(-1, 7), "outside the text"),
    (segment(0, 23), "outside the text, which has 22"),
    (segment(7, 7), "start 7 is not before end 7"),
    (segment(9, 7), "start 9 is not before end 7"),
    (segment(7, 8), "empty unit"),
    (segment(17, 20), "overlaps segments[1]"),
    (segment(17, 22), "overlaps segments"),
    ("unit", "segments[1] holds a text, not an object"),
    (segment(0, 7) | {"unsupported_claim": True}, "has both"),
]


@pytest.mark.parametrize(("bad", "words"), BAD_SEGMENTS)
def test_a_bad_segment_is_named(bad: Any, words: str) -> None:
    path = jsonl("a.jsonl", page(segment(18, 22), id="first"), page(segment(18, 22), bad))
    with pytest.raises(DataError) as error:
        read_labelled([path])
    assert "a.jsonl:2: " in str(error.value)
    assert words in str(error.value)


GOOD = page(segment(0, 7))
BAD_ROWS = [
    (GOOD | {"text": ""}, "field 'text' is empty"),
    (GOOD | {"text": 5}, "field 'text' holds a number"),
    ({"id": "p", "segments": []}, "field 'text' is missing"),
    (GOOD | {"id": []}, "field 'id' holds a list"),
    (GOOD | {"id": "first"}, "the id 'first' was already used at a.jsonl:1"),
    (GOOD | {"group": None}, "the group is missing"),
    (GOOD | {"group": {}}, "field 'group' holds an object"),
    (GOOD | {"segments": []}, "field 'segments' is empty"),
    (GOOD | {"segments": None}, "field 'segments' holds null"),
    ([], "an object is needed"),
]


@pytest.mark.parametrize(("bad", "words"), BAD_ROWS)
def test_a_bad_row_is_named(bad: Any, words: str) -> None:
    path = jsonl("a.jsonl", GOOD | {"id": "first"}, bad)
    with pytest.raises(DataError) as error:
        read_labelled([path])
    assert "a.jsonl:2: " in str(error.value)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("rows", "options", "words"),
    [
        ([{"text": "one", "label": "x"}, {"text": "two"}], {}, "field 'label' is missing"),
        (
            [{"text": "one", "label": "x"}, {"text": "two", "label": " "}],
            {},
            "field 'label' is empty",
        ),
        ([{"text": "one", "label": "x"}, {"text": "two", "label": ["x"]}], {}, "holds a list"),
        (
            [{"text": "one", "label": "x"}, {"text": "two", "label": "z"}],
            {"labels": ["x", "y"]},
            "no class 'y' in column 'label', which was asked for (classes: x, z)",
        ),
        (
            [{"text": "one", "v": 1}, {"text": "two", "v": 2}],
            {"labels": ["v"]},
            "field 'v' holds 2",
        ),
        ([{"text": "one", "v": 1}, {"text": "two"}], {"labels": ["v"]}, "field 'v' is missing"),
        (
            [{"text": "one", "claim": "none"}, {"text": "two", "claim": "no"}],
            {},
            "'claim' holds 'no'",
        ),
        ([{"text": "one", "claim": "none"}, {"text": "two"}], {}, "field 'claim' is missing"),
        ([{"text": "one"}, {"text": "two"}], {}, "no column holds labels"),
        ([{"text": "one", "v": 1}, {"text": "two", "v": 2}], {}, "no column holds labels"),
        ([{"text": "one", "v": 1}], {"labels": ["v", "w"]}, "no label w, which was asked for"),
    ],
)
def test_bad_flat_labels_are_named(rows: list[Any], options: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError) as error:
        read_labelled([jsonl("a.jsonl", *rows)], **options)
    assert words in str(error.value)


def test_forms_cannot_be_mixed() -> None:
    jsonl("a.jsonl", page(segment(0, 7)))
    jsonl("b.jsonl", {"text": "one", "promotional": True, "group": "g"})
    with pytest.raises(DataError, match=r"a\.jsonl:1: .*b\.jsonl:1 has not"):
        read_labelled(["."])


@pytest.mark.parametrize("flat", [True, False])
def test_files_must_have_the_same_labels(flat: bool) -> None:
    for name, labels in (("a.jsonl", {"x": True, "y": False}), ("b.jsonl", {"x": True})):
        row = {"id": name, "text": TEXT}
        unit = {"start": 0, "end": 7} | labels
        jsonl(name, row | labels if flat else row | {"segments": [unit]})
    with pytest.raises(DataError) as error:
        read_labelled(["."])
    lines = str(error.value).split("\n")
    assert len(lines) == 2
    assert lines[1].startswith("./b.jsonl: no label y, which other files have (labels here: x)")
    assert read_labelled(["."], labels=["x"]).labels == ("x",)


def test_problems_of_all_files_come_in_one_error(here: Path) -> None:
    (here / "a.jsonl").write_text('{"text": \n' * 15)
    (here / "b.csv").write_text("id,body\n")
    (here / "c.marked").write_text(MARKED.replace("mixed", "both"))
    (here / "d.parquet").write_text("no")
    jsonl("e.jsonl", *[page(id=n, text="") for n in range(5)])
    with pytest.raises(DataError) as error:
        read_labelled(["."])
    message = str(error.value)
    assert message.startswith("The labelled data have 23 problems:")
    assert all(
        f"./{name}" in message for name in ("a.jsonl:15", "b.csv: ", "c.marked:7", "d.parquet")
    )
    assert message.endswith("... and 3 more")


def test_no_records_and_no_files_are_told(here: Path) -> None:
    (here / "a.jsonl").write_text("\n")
    with pytest.raises(DataError, match="no labelled records"):
        read_labelled(["a.jsonl"])
    for path in ("missing.jsonl", "*.csv", "-"):
        with pytest.raises(InputError):
            read_labelled([path])


def test_a_file_that_cannot_be_read_is_a_problem(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "a.jsonl").symlink_to("nowhere")
    with pytest.raises(DataError, match="cannot be read"):
        read_labelled(["."])
