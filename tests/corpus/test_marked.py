"""Marked text, read and written."""

from pathlib import Path

import pytest

from classifier.corpus.marked import read_marked, write_marked
from classifier.errors import DataError
from classifier.schema import LabelledPage, Segment

HEADER = (
    "%% id: {}\n%% group: dill.example\n%% genre: shop\n%% family: herbs\n"
    "%% english: UK\n%% year: 2019\n%% side: mixed\n"
)
BODY = "\n.. Dill\n\n\nP. Fresh bunches.\nPU+It calms  the gut.\n.S Fact: see Ode 2009.\n\n"


def write(tmp_path: Path, text: str) -> str:
    path = tmp_path / "a.marked"
    path.write_bytes(text.encode())
    return str(path)


def test_text_offsets_labels_and_columns(tmp_path: Path) -> None:
    path = write(tmp_path, "\ufeff" + HEADER.format("d-1") + BODY)
    (page,) = read_marked(path)
    text = "Dill\n\n\nFresh bunches. It calms  the gut.\nFact: see Ode 2009."
    assert (page.id, page.group, page.text) == ("d-1", "dill.example", text)
    assert page.where == f"{path}:1"
    assert list(page.columns.items()) == [
        ("genre", "shop"),
        ("family", "herbs"),
        ("english", "UK"),
        ("year", 2019),
        ("side", "mixed"),
    ]
    units = [(text[s.start : s.end], sorted(s.labels), s.claim) for s in page.segments]
    assert units == [
        ("Dill", [], "none"),
        ("Fresh bunches.", ["promotional"], "none"),
        ("It calms  the gut.", ["promotional", "unsupported_claim"], "unsupported"),
        ("Fact: see Ode 2009.", [], "supported"),
    ]


def test_line_ends_of_windows_are_read(tmp_path: Path) -> None:
    plain = read_marked(write(tmp_path, HEADER.format("d") + BODY))
    windows = read_marked(write(tmp_path, (HEADER.format("d") + BODY).replace("\n", "\r\n")))
    assert plain == windows


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (".. Unit\n", 1, "before the first"),
        ("%% group: x\n", 1, "before the first"),
        (HEADER.format("d") + "X. Unit\n", 8, "neither"),
        (HEADER.format("d") + "..Unit\n", 8, "neither"),
        (HEADER.format("d") + "..  Unit\n", 8, "neither"),
        (HEADER.format("d") + ".. \n", 8, "neither"),
        (HEADER.format("d") + "..+Unit\n", 8, "none"),
        (HEADER.format("d") + ".. A\n\n..+B\n", 10, "none"),
        (HEADER.format("d") + ".. A\n%% side: mixed\n", 9, "after the page's first unit"),
        (HEADER.format("d") + "%% side: mixed\n.. A\n", 8, "repeated"),
        (HEADER.format("d") + "%% colour: red\n.. A\n", 8, "unknown header"),
        (HEADER.format("d").replace("2019", "MMXIX") + ".. A\n", 6, "not a year"),
        (HEADER.format("d").replace("mixed", "both") + ".. A\n", 7, "not one of"),
        (HEADER.format("d").replace("UK", "") + ".. A\n", 5, "empty"),
        (HEADER.format("").replace("id: ", "id:") + ".. A\n", 1, "empty"),
        (HEADER.format("d").replace("%% family: herbs\n", "") + ".. A\n", 1, "'family' is missing"),
        (HEADER.format("d"), 1, "no unit"),
        ((HEADER.format("d") + ".. A\n") * 2, 9, "already used"),
    ],
)
def test_problems_name_file_and_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(DataError) as error:
        read_marked(path)
    assert f"{path}:{line}: " in str(error.value)
    assert words in str(error.value)


def test_undecodable_bytes_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.marked"
    path.write_bytes(HEADER.format("d").encode() + b".. A\n.. caf\xe9\n")
    with pytest.raises(DataError, match=r"a\.marked:9: not UTF-8 at byte offset"):
        read_marked(str(path))


def test_all_problems_are_counted_and_twenty_shown(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER.format("d") + ".. A\n" + "?\n" * 30)
    with pytest.raises(DataError) as error:
        read_marked(path)
    lines = str(error.value).split("\n")
    assert lines[0] == "The labelled data have 30 problems:"
    assert len(lines) == 22
    assert lines[-1] == "... and 10 more"


COLUMNS = {"genre": "g", "family": "f", "english": "US", "year": 2001, "side": "neutral"}


@pytest.mark.parametrize(
    ("text", "bounds", "columns"),
    [
        ("a b", [(0, 1)], COLUMNS),
        ("a b", [(2, 3)], COLUMNS),
        ("a  b", [(0, 1), (3, 4)], COLUMNS),
        ("a \nb", [(0, 1), (3, 4)], COLUMNS),
        ("ab", [(0, 1), (1, 2)], COLUMNS),
        ("a\nb", [(0, 3)], COLUMNS),
        (" a", [(0, 2)], COLUMNS),
        ("a\ud800", [(0, 2)], COLUMNS),
        ("a", [], COLUMNS),
        ("a", [(0, 1)], {}),
        ("a", [(0, 1)], COLUMNS | {"genre": "two\nlines"}),
        ("a", [(0, 1)], COLUMNS | {"colour": "red"}),
        ("a", [(0, 1)], COLUMNS | {"side": "left"}),
    ],
)
def test_what_marked_text_cannot_say_is_not_written(
    tmp_path: Path, text: str, bounds: list[tuple[int, int]], columns: dict[str, object]
) -> None:
    segments = tuple(Segment(start, end, frozenset()) for start, end in bounds)
    page = LabelledPage("p", "g", text, segments, columns=columns)
    with pytest.raises(DataError, match="page 'p'"):
        write_marked([page], str(tmp_path / "a.marked"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("labels", [{"other"}, {"unsupported_claim"}])
def test_labels_without_a_code_are_not_written(tmp_path: Path, labels: set[str]) -> None:
    segment = Segment(0, 1, frozenset(labels), "none")
    page = LabelledPage("p", "g", "a", (segment,), columns=COLUMNS)
    with pytest.raises(DataError, match="no code"):
        write_marked([page], str(tmp_path / "a.marked"))
