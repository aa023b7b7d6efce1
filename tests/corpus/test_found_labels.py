"""Which columns are taken for labels, which are refused, and what is said of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from classifier.corpus.labelled import read_labelled
from classifier.errors import DataError
from classifier.schema import Dataset

#: What a column of four rows holds where a record has none of it.
NOTHING: Any = object()


def table(folder: Path, **columns: list[Any]) -> str:
    path = folder / "rows.jsonl"
    rows = [
        {"text": f"text {number}"}
        | {name: cell for name, cell in zip(columns, cells, strict=True) if cell is not NOTHING}
        for number, cells in enumerate(zip(*columns.values(), strict=True))
    ]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return str(path)


def read(path: str, **options: Any) -> tuple[Dataset, list[str]]:
    lines: list[str] = []
    return read_labelled([path], progress=lines.append, **options), lines


@pytest.mark.parametrize(
    ("cells", "labels"),
    [
        (["yes", "no", "No", " YES"], ("ad",)),
        ([True, False, False, True], ("ad",)),
        (["true", "1", "0", "false"], ("ad",)),
        (["maybe", "no", "perhaps", "never"], ()),
        ([3, 0, 1, 1], ()),
        (["3", "0", "1", ""], ()),
        (["", "", None, NOTHING], ()),
    ],
)
def test_columns_of_yes_and_no_are_labels(
    cells: list[Any], labels: tuple[str, ...], tmp_path: Path
) -> None:
    data, _ = read(table(tmp_path, ad=cells, sure=[True, False] * 2))
    assert data.labels == (*labels, "sure")


@pytest.mark.parametrize(
    ("cells", "line", "words"),
    [
        (["yes", "no", "", "no"], 3, "'ad' is empty, but 3 of 4 rows say yes or no"),
        (["yes", "no", "no", None], 4, "'ad' is empty"),
        (["", "", "yes", ""], 1, "is empty, like 2 more, but 1 of 4 rows"),
        (["yes", "nope", "no", "no"], 2, "'ad' holds 'nope', but 3 of 4 rows"),
        (["yes", "no", 7, "no"], 3, "'ad' holds 7"),
        ([1, 0, "x", 0], 3, "'ad' holds 'x'"),
        ([1, 0, 1, 0], 1, "holds only 0 and 1, which may be a label or a number: name it with"),
        (["1", "0", "", "0"], 1, "holds only 0 and 1"),
        ([0, 0, 0, 0.0], 1, "holds only 0 and 1"),
    ],
)
def test_doubtful_columns_are_refused(
    cells: list[Any], line: int, words: str, tmp_path: Path
) -> None:
    path = table(tmp_path, ad=cells, sure=[True, False] * 2)
    with pytest.raises(DataError) as error:
        read(path)
    assert f"rows.jsonl:{line}: " in str(error.value)
    assert words in str(error.value)
    assert "--ignore-column ad" in str(error.value)
    assert read(path, ignore_columns=["ad"])[0].labels == ("sure",)


@pytest.mark.parametrize("name", ["promotional", "unsupported_claim"])
def test_the_labels_of_the_guide_are_found_by_name(name: str, tmp_path: Path) -> None:
    data, lines = read(table(tmp_path, **{name: [1, 0, 0, 0]}))
    assert data.labels == (name,)
    assert lines == [f"label '{name}' (column '{name}'): 1 yes, 3 no"]
    with pytest.raises(DataError, match=rf"rows\.jsonl:2: field '{name}' holds 'x'"):
        read(table(tmp_path, **{name: ["yes", "x", "y", "z"]}))


def test_a_named_column_of_digits_is_a_label(tmp_path: Path) -> None:
    path = table(tmp_path, ad=[1, 0, 0, 1], stock=[0, 0, 1, 1])
    data, lines = read(path, labels=["ad"])
    assert data.labels == ("ad",)
    assert lines == ["label 'ad' (column 'ad'): 2 yes, 2 no"]


@pytest.mark.parametrize("other", ["Promo", "promo ", " PROMO", "pro  mo"])
def test_spellings_of_a_class(other: str, tmp_path: Path) -> None:
    first = "pro mo" if "  " in other else "promo"
    with pytest.raises(DataError) as error:
        read(table(tmp_path, label=["none", first, other, other]))
    message = str(error.value)
    assert "1 problem" in message
    assert repr(first) in message
    assert repr(other) in message
    assert "rows.jsonl:3: " in message
    assert "rows.jsonl:2 has" in message


def test_spellings_of_a_label(tmp_path: Path) -> None:
    path = table(tmp_path, Ad=[True, False] * 2, ad=[False, True] * 2)
    with pytest.raises(DataError, match="'Ad' and 'ad' differ in case"):
        read(path)
    assert read(path, labels=["ad"])[0].labels == ("ad",)


def test_classes_can_be_left_out(tmp_path: Path) -> None:
    path = table(tmp_path, label=["a", "b", "c", "c"])
    data, lines = read(path, labels=["a", "b"])
    assert data.labels == ("a", "b")
    assert [page.text for page in data.pages] == ["text 0", "text 1"]
    assert lines == [
        "classes (column 'label'): a 1, b 1",
        "2 rows left out, of classes that --label does not name: c 2",
    ]


def test_only_accepted_annotations_are_read(tmp_path: Path) -> None:
    path = table(
        tmp_path, label=["a", "b", "a", "b"], answer=["accept", "reject", "ignore", "accept"]
    )
    data, lines = read(path)
    assert [page.text for page in data.pages] == ["text 0", "text 3"]
    assert lines[0] == "2 records left out for their 'answer': ignore 1, reject 1"


def test_other_answers(tmp_path: Path) -> None:
    data, _ = read(table(tmp_path, label=["a", "b"], answer=["Because.", "So."]))
    assert len(data.pages) == 2
    with pytest.raises(DataError, match=r"rows\.jsonl:2: field .answer. holds .acept."):
        read(table(tmp_path, label=["a", "b"], answer=["accept", "acept"]))


def test_labels_of_segments_are_counted(tmp_path: Path) -> None:
    unit = {"start": 0, "end": 4}
    segments = [[unit | {"vague": value, "claim": "unsupported"}] for value in (True, False, False)]
    _, lines = read(table(tmp_path, segments=segments))
    assert lines == [
        "label 'unsupported_claim' (field 'claim' of segments): 3 yes, 0 no",
        "label 'vague' (field 'vague' of segments): 1 yes, 2 no",
    ]
