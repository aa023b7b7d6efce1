"""What is written, in every format, and where."""

import csv
import datetime as dt
import io
import json
import os
import sys
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow.parquet as pq
import pytest

from classifier.errors import InputError
from classifier.schema import Cue, Sentence, Severity, Verdict
from classifier.values import RELEASE
from classifier.write.writer import open_writer

LABELS = ("promotional", "unsupported_claim")
TEXT = "Buy now. It cures, say many. Tea."
#: Of ``TEXT``, by sha256sum.
TEXT_SHA256 = "cd11d765b2e3373ee0056fa771cb4ddcef7b41c37a6ba79fb99ffc0e470dc28e"
VERDICT = Verdict(
    id="p",
    text=TEXT,
    flags=LABELS,
    scores={"promotional": 0.12345678, "unsupported_claim": 1.0},
    sentences=(
        Sentence(0, 8, ("promotional",), {"promotional": 0.9, "unsupported_claim": 0.0}),
        Sentence(
            9,
            28,
            LABELS,
            {"promotional": 0.5, "unsupported_claim": 0.8},
            (Cue("vague", "v.1", 19, 27), Cue("cure", "c.1", 12, 17), Cue("vague", "v.2", 9, 11)),
            severity=Severity(3, "cure"),
        ),
        Sentence(29, 33, (), {"promotional": 0.1, "unsupported_claim": 0.2}),
    ),
    model="m@1",
    language="en",
    thresholds={label: {"sentence": 0.5, "page": 0.4} for label in LABELS},
    columns={"site": "a,b", "n": 3},
)
FAILED = Verdict(id="q", text="", model="m@1", columns={"site": "x", "n": 4}, error="a:2: broken")


def written(path: Path, kind: str, *verdicts: Verdict, **options: Any) -> Path:
    file = path / f"out.{kind}"
    with open_writer(str(file), kind, **({"labels": LABELS} | options)) as writer:
        for verdict in verdicts:
            writer.write(verdict)
    return file


def verdict(columns: dict[str, Any], key: str = "p") -> Verdict:
    return Verdict(id=key, text="", columns=columns)


# ---------------------------------------------------------------------------------------- jsonl


def test_jsonl_has_the_shape_of_the_contract(tmp_path: Path) -> None:
    lines = written(tmp_path, "jsonl", VERDICT, FAILED).read_text().split("\n")
    assert lines[2:] == [""]
    assert json.dumps(json.loads(lines[0])) == json.dumps(
        {
            "id": "p",
            "text_sha256": TEXT_SHA256,
            "language": "en",
            "flags": list(LABELS),
            "scores": {"promotional": 0.123457, "unsupported_claim": 1.0},
            "sentences": [
                {
                    "start": 0,
                    "end": 8,
                    "text": "Buy now.",
                    "flags": ["promotional"],
                    "scores": {"promotional": 0.9, "unsupported_claim": 0.0},
                    "severity": None,
                    "cues": [],
                },
                {
                    "start": 9,
                    "end": 28,
                    "text": "It cures, say many.",
                    "flags": list(LABELS),
                    "scores": {"promotional": 0.5, "unsupported_claim": 0.8},
                    "severity": {"level": 3, "rule": "cure"},
                    "cues": [
                        {"cue": "vague", "start": 19, "end": 27},
                        {"cue": "cure", "start": 12, "end": 17},
                        {"cue": "vague", "start": 9, "end": 11},
                    ],
                },
            ],
            "model": "m@1",
            "thresholds": {label: {"sentence": 0.5, "page": 0.4} for label in LABELS},
            "release": RELEASE,
            "error": None,
            "site": "a,b",
            "n": 3,
        }
    )
    assert json.dumps(json.loads(lines[1])) == json.dumps(
        {
            "id": "q",
            "text_sha256": None,
            "language": None,
            "flags": [],
            "scores": {},
            "sentences": [],
            "model": "m@1",
            "thresholds": {},
            "release": RELEASE,
            "error": "a:2: broken",
            "site": "x",
            "n": 4,
        }
    )


@pytest.mark.parametrize(("sentences", "count"), [("flagged", 2), ("all", 3), ("none", 0)])
@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_sentences_are_chosen(tmp_path: Path, kind: str, sentences: str, count: int) -> None:
    file = written(tmp_path, kind, VERDICT, sentences=sentences)
    row = json.loads(file.read_text()) if kind == "jsonl" else pq.read_table(file).to_pylist()[0]
    assert len(row["sentences"]) == count


def test_extracted_text_is_carried(tmp_path: Path) -> None:
    carried = Verdict(id="p", text="text", carry_text=True)
    row = json.loads(written(tmp_path, "jsonl", carried).read_text())
    assert list(row)[:2] == ["id", "text"]
    assert row["text"] == "text"


def test_names_of_the_contract_are_not_taken(tmp_path: Path) -> None:
    columns = {"model": 1, "input_model": 2, "text": 3, "cues": 4, "input_input_model": 5}
    row = json.loads(written(tmp_path, "jsonl", verdict(columns)).read_text())
    assert list(row.items())[10:] == [
        ("input_input_input_model", 1),
        ("input_model", 2),
        ("input_text", 3),
        ("cues", 4),
        ("input_input_model", 5),
    ]


VALUES = [
    (float("nan"), "NaN"),
    (float("-inf"), "-Infinity"),
    (2**63, 2**63),
    (2**64, str(2**64)),
    (-(2**63) - 1, str(-(2**63) - 1)),
    (dt.datetime(2024, 5, 1, 12), "2024-05-01T12:00:00"),
    (dt.date(2024, 5, 1), "2024-05-01"),
    (dt.time(1, 2), "01:02:00"),
    (dt.timedelta(hours=1), "1:00:00"),
    (Decimal("1.50"), "1.50"),
    (b"text", "text"),
    (b"\xff\x00", "ff00"),
    ("\ud800", r"\ud800"),
    ({1: [float("inf"), (1, b"x")]}, {"1": ["Infinity", [1, "x"]]}),
    ("=SUM(A1)", "=SUM(A1)"),
]


@pytest.mark.parametrize(("value", "expected"), VALUES)
def test_any_value_can_be_written(tmp_path: Path, value: Any, expected: Any) -> None:
    row = json.loads(written(tmp_path, "jsonl", verdict({"x": value})).read_text())
    assert row["x"] == expected
    with written(tmp_path, "csv", verdict({"x": value})).open(newline="") as file:
        (cells,) = csv.DictReader(file)
    text = expected if isinstance(expected, str) else json.dumps(expected, separators=(",", ":"))
    assert cells["x"] == text
    (cell,) = pq.read_table(written(tmp_path, "parquet", verdict({"x": value})))["x"].to_pylist()
    if isinstance(value, float):
        assert repr(cell) == repr(value)
    else:
        assert cell in (text, expected)


def test_numbers_of_numpy_are_numbers(tmp_path: Path) -> None:
    import numpy as np

    sentence = Sentence(np.int64(0), np.int64(1), ("a",), {"a": np.float32(0.5)})  # type: ignore[arg-type, dict-item]
    page = Verdict(
        "p", "x", ("a",), {"a": np.float64(0.25)}, (sentence,), columns={"n": np.int32(7)}
    )
    row = json.loads(written(tmp_path, "jsonl", page, labels=("a",)).read_text())
    assert (row["n"], row["scores"], row["sentences"][0]["end"]) == (7, {"a": 0.25}, 1)


def test_nesting_without_end_is_cut(tmp_path: Path) -> None:
    value: list[Any] = []
    for _ in range(5000):
        value = [value]
    row = json.loads(written(tmp_path, "jsonl", verdict({"x": value})).read_text())
    assert "nested deeper" in json.dumps(row["x"])


# ------------------------------------------------------------------------------------------ csv


def table(path: Path, kind: str, *verdicts: Verdict, **options: Any) -> list[list[str]]:
    """Rows of delimited text as the standard reader sees them."""
    with written(path, kind, *verdicts, **options).open(newline="") as lines:
        return list(csv.reader(lines, delimiter="\t" if kind == "tsv" else ","))


@pytest.mark.parametrize("kind", ["csv", "tsv"])
def test_rows_of_pages(tmp_path: Path, kind: str) -> None:
    rows = table(tmp_path, kind, VERDICT, FAILED)
    assert rows[0] == [
        *("id", "site", "n", "score_promotional", "score_unsupported_claim"),
        *("flag_promotional", "flag_unsupported_claim", "n_promotional", "n_unsupported_claim"),
        *("evidence_promotional", "evidence_unsupported_claim", "severity", "severity_rule"),
        *("language", "model", "error"),
    ]
    assert rows[1] == [
        *("p", "a,b", "3", "0.123457", "1.0", "true", "true", "2", "1"),
        *("Buy now.", "It cures, say many.", "3", "cure", "en", "m@1", ""),
    ]
    assert rows[2] == ["q", "x", "4", *[""] * 11, "m@1", "a:2: broken"]


def test_rows_of_pages_without_sentences(tmp_path: Path) -> None:
    (header, _) = table(tmp_path, "csv", VERDICT, sentences="none")
    assert not [name for name in header if name.startswith(("n_", "evidence_", "severity"))]


@pytest.mark.parametrize("rows", ["pages", "sentences"])
def test_only_claims_have_columns_of_severity(rows: str, tmp_path: Path) -> None:
    header, *_ = table(tmp_path, "csv", VERDICT, rows=rows, labels=("promotional",))
    assert not [name for name in header if name.startswith("severity")]


WEAK = Sentence(0, 3, (), {"a": 0.4, "b": 0.1}, decisions={"a": "review", "b": "pass"})
STRONG = Sentence(4, 7, (), {"a": 0.6, "b": 0.2}, evidence=True, decisions=WEAK.decisions)
FLAGGED = Sentence(8, 11, ("a",), {"a": 0.5, "b": 0.3})


@pytest.mark.parametrize(
    ("flags", "decisions", "sentences", "evidence"),
    [
        ((), None, (WEAK, STRONG), ["", ""]),
        (("a",), None, (WEAK, STRONG), ["two", ""]),
        (("a",), None, (STRONG, FLAGGED), ["six", ""]),  # labels that exclude each other
        (("a", "b"), None, (WEAK, STRONG, FLAGGED), ["six", "six"]),
        ((), {"a": "pass", "b": "review"}, (WEAK, STRONG), ["", "two"]),
        ((), {"a": "review", "b": "pass"}, (WEAK, STRONG), ["two", ""]),
        (("a",), None, (), ["", ""]),
    ],
)
def test_the_strongest_sentence_is_the_evidence(
    flags: tuple[str, ...],
    decisions: dict[str, str] | None,
    sentences: tuple[Sentence, ...],
    evidence: list[str],
    tmp_path: Path,
) -> None:
    scores = {"a": 0.7, "b": 0.3}
    page = Verdict("p", "one two six", flags, scores, sentences, decisions=decisions)
    header, row = table(tmp_path, "csv", page, labels=("a", "b"), review=decisions is not None)
    found = dict(zip(header, row, strict=True))
    assert [found["evidence_a"], found["evidence_b"]] == evidence


def test_rows_of_sentences(tmp_path: Path) -> None:
    quiet = Verdict("n", "Tea.", columns={"site": "y"})
    clash = Verdict("c", "Tea.", sentences=VERDICT.sentences[:1], columns={"start": 7, "late": 1})
    verdicts = (VERDICT, FAILED, quiet, clash)
    rows = table(tmp_path, "csv", *verdicts, rows="sentences", sentences="all")
    scores = ["score_promotional", "score_unsupported_claim"]
    flags = ["flag_promotional", "flag_unsupported_claim"]
    assert rows[0] == [
        *("id", "site", "n", "input_start", "late", "start", "end", "text"),
        *(*scores, *flags, "severity", "severity_rule", "cues", "language", "model", "error"),
    ]
    own = ["p", "a,b", "3", "", ""]
    assert [row[:8] for row in rows[1:4]] == [
        [*own, "0", "8", "Buy now."],
        [*own, "9", "28", "It cures, say many."],
        [*own, "29", "33", "Tea."],
    ]
    assert rows[1][12:14] == ["", ""]
    assert rows[2][8:] == [
        *("0.5", "0.8", "true", "true", "3", "cure", "vague;cure", "en", "m@1", ""),
    ]
    assert rows[4] == ["q", "x", "4", *[""] * 13, "m@1", "a:2: broken"]
    assert rows[5][:6] == ["c", "", "", "7", "1", "0"]
    assert len(rows) == 6


@pytest.mark.parametrize("rows", ["pages", "sentences"])
def test_a_text_that_is_not_judged_has_its_row(tmp_path: Path, rows: str) -> None:
    page = Verdict("d", "Jetzt kaufen.", model="m@1", language="de", judged=False)
    header, row = table(tmp_path, "csv", page, rows=rows)
    filled = {name: value for name, value in zip(header, row, strict=True) if value}
    assert filled == {"id": "d", "language": "de", "model": "m@1"}


@pytest.mark.parametrize("rows", ["pages", "sentences"])
@pytest.mark.parametrize("kind", ["csv", "tsv"])
def test_a_review_band_has_its_columns(kind: str, rows: str, tmp_path: Path) -> None:
    decisions = {"a": "review", "b": "pass"}
    page = Verdict("p", "one", (), {"a": 0.4, "b": 0.1}, (WEAK,), decisions=decisions)
    failed = Verdict("q", "", error="broken", decisions={})
    options: dict[str, Any] = {"labels": ("a", "b"), "rows": rows, "review": True}
    header, *found = table(tmp_path, kind, page, failed, **options)
    places = [header.index(f"decisions_{label}") for label in "ab"]
    assert [[row[place] for place in places] for row in found] == [["review", "pass"], ["", ""]]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1 555 0100", "'+1 555 0100"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\ttab", "'\ttab"),
        ("\rreturn", "'\rreturn"),
        (" \u00a0\n=1", "' \u00a0\n=1"),
        ("\x00=1", "'\x00=1"),
        ("\uff1d1", "'\uff1d1"),
        ('=HYPERLINK("x")', '\'=HYPERLINK("x")'),
        ("- item", "'- item"),
        ("-5", "-5"),
        (" +.5e-3", " +.5e-3"),
        (-5, "-5"),
        (-1e-7, "-1e-7"),
        (float("-inf"), "'-Infinity"),
        ("1-2", "1-2"),
        ("a=b", "a=b"),
        ("'=1", "'=1"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_spreadsheet_sees_no_formula(value: Any, cell: str, tmp_path: Path) -> None:
    page = verdict({"=x": value})
    safe = written(tmp_path, "excel", page).read_bytes()
    assert safe.startswith("\ufeffid,'=x,".encode())
    ((found,),) = (
        [row["'=x"]] for row in csv.DictReader(io.StringIO(safe.decode("utf-8-sig"), newline=""))
    )
    assert found == cell
    # plain CSV knows nothing of spreadsheets
    assert written(tmp_path, "csv", page).read_bytes().startswith(b"id,=x,")


def test_a_formula_in_evidence_is_none(tmp_path: Path) -> None:
    text = "=cmd|' /C calc'!A0"
    sentence = Sentence(0, len(text), ("a",), {"a": 0.9})
    page = Verdict(text, text, ("a",), {"a": 0.9}, (sentence,), "m")
    for rows in ("pages", "sentences"):
        content = written(tmp_path, "excel", page, labels=("a",), rows=rows).read_text("utf-8-sig")
        assert content.count("'=cmd") == content.count("=cmd") == 2


def test_columns_of_csv_are_the_union_of_the_first_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [verdict({"a": 1}), verdict({"b": 2}), verdict({"a": 3, "c": [4]})]
    with written(tmp_path, "csv", *rows).open(newline="") as file:
        assert [row["c"] for row in csv.DictReader(file)] == ["", "", "[4]"]
    monkeypatch.setattr("classifier.write.delimited.WINDOW", 2)
    with written(tmp_path, "csv", *rows).open(newline="") as file:
        found = list(csv.DictReader(file))
    assert list(found[0])[:3] == ["id", "a", "b"]
    assert list(found[0])[-2:] == ["error", "extra"]
    assert [(row["a"], row["b"], row["extra"]) for row in found] == [
        ("1", "", ""),
        ("", "2", ""),
        ("3", "", '{"c":[4]}'),
    ]


@pytest.mark.parametrize("rows", ["pages", "sentences"])
def test_csv_without_records_has_its_header(tmp_path: Path, rows: str) -> None:
    file = written(tmp_path, "csv", rows=rows)
    assert file.read_text().startswith("id,")
    assert file.read_text().count("\n") == 1


# -------------------------------------------------------------------------------------- parquet


def test_parquet_has_the_types_of_the_contract(tmp_path: Path) -> None:
    table = pq.read_table(written(tmp_path, "parquet", VERDICT, FAILED))
    scores = "struct<promotional: double, unsupported_claim: double>"
    edges = "struct<sentence: double, page: double>"
    cues = "list<element: struct<cue: string, start: int64, end: int64>>"
    sentence = (
        "struct<start: int64, end: int64, text: string, flags: list<element: string>, "
        f"scores: {scores}, severity: struct<level: int64, rule: string>, cues: {cues}>"
    )
    assert [(field.name, str(field.type)) for field in table.schema] == [
        ("id", "string"),
        ("text", "string"),
        ("text_sha256", "string"),
        ("language", "string"),
        ("flags", "list<element: string>"),
        ("scores", scores),
        ("sentences", f"list<element: {sentence}>"),
        ("model", "string"),
        ("thresholds", f"struct<promotional: {edges}, unsupported_claim: {edges}>"),
        ("release", "string"),
        ("error", "string"),
        ("site", "string"),
        ("n", "int64"),
        ("extra", "string"),
    ]
    first, second = table.to_pylist()
    assert first["text"] is None
    assert [sentence["severity"] for sentence in first["sentences"]] == [
        None,
        {"level": 3, "rule": "cure"},
    ]
    assert first["sentences"][1]["cues"][1] == {"cue": "cure", "start": 12, "end": 17}
    assert (second["scores"], second["sentences"], second["flags"]) == (None, [], [])
    assert second["error"] == "a:2: broken"


def test_what_fits_no_parquet_column_goes_to_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("classifier.write.parquet.GROUP", 2)
    rows: list[dict[str, Any]] = [
        {"i": 1, "f": 1, "s": "a", "b": True, "j": [1], "none": None, "w": 2**60},
        {"i": 2, "f": 0.5, "s": None, "b": False, "j": "x", "none": None, "w": 0.5},
        {"i": "3", "f": 2, "s": 4, "b": 1, "j": None, "none": 1, "w": 1},
        {"i": 3.0, "f": 2**60, "new": {"x": float("nan")}, "extra": "mine"},
        {"i": 2**63, "f": float("nan"), "j": {}},
    ]
    file = written(tmp_path, "parquet", *map(verdict, rows))
    assert pq.ParquetFile(file).num_row_groups == 3
    table = pq.read_table(file)
    names = ["i", "f", "s", "b", "j", "none", "w"]
    types = ["int64", "double", "string", "bool", "string", "string", "int64"]
    assert [str(table.schema.field(name).type) for name in names] == types
    found = [{name: row[name] for name in [*names, "extra"]} for row in table.to_pylist()]
    assert [row["i"] for row in found] == [1, 2, None, None, None]
    assert [row["f"] for row in found[:4]] == [1.0, 0.5, 2.0, None]
    assert [row["j"] for row in found] == ["[1]", '"x"', None, None, "{}"]
    extras = [row["extra"] and json.loads(row["extra"]) for row in found]
    assert extras == [
        None,
        {"w": 0.5},
        {"i": "3", "s": 4, "b": 1, "none": 1},
        {"i": 3.0, "f": 2**60, "new": {"x": "NaN"}, "input_extra": "mine"},
        {"i": 2**63},
    ]


def test_parquet_without_records_has_its_schema(tmp_path: Path) -> None:
    table = pq.read_table(written(tmp_path, "parquet"))
    assert table.num_rows == 0
    assert table.schema.names[-1] == "extra"


# --------------------------------------------------------------------------------- destinations


@pytest.mark.parametrize("path", [None, "-"])
@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_stdout_gets_bytes(monkeypatch: pytest.MonkeyPatch, path: str | None, kind: str) -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError(29, "Illegal seek")

    out = Pipe()
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=out))
    with open_writer(path, kind, labels=LABELS) as writer:
        writer.write(Verdict(id="é", text=""))
    assert not out.closed
    assert "é".encode() in out.getvalue()
    if kind == "parquet":
        assert pq.read_table(io.BytesIO(out.getvalue()))["id"].to_pylist() == ["é"]


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_an_exception_leaves_what_was_there(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "out"
    file.write_text("before")

    def interrupted() -> None:
        with open_writer(str(file), kind, labels=LABELS) as writer:
            writer.write(VERDICT)
            assert len(list(tmp_path.iterdir())) == 2
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]


def test_an_error_at_the_end_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from classifier.write.delimited import DelimitedRows

    def full(self: DelimitedRows) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(DelimitedRows, "close", full)
    with pytest.raises(OSError, match="No space"):
        written(tmp_path, "csv", VERDICT)
    assert list(tmp_path.iterdir()) == []


def test_a_replaced_file_keeps_its_mode_and_a_link_stays(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("before")
    target.chmod(0o640)
    (tmp_path / "out.jsonl").symlink_to(target)
    written(tmp_path, "jsonl", FAILED)
    assert (tmp_path / "out.jsonl").is_symlink()
    assert target.stat().st_mode & 0o777 == 0o640
    assert '"q"' in target.read_text()


def test_a_new_file_has_the_usual_mode(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        assert written(tmp_path, "jsonl", FAILED).stat().st_mode & 0o777 == 0o640
    finally:
        os.umask(mask)


def test_a_device_is_written_directly() -> None:
    with open_writer(os.devnull, "jsonl", labels=LABELS) as writer:
        writer.write(VERDICT)
    assert not os.path.isfile(os.devnull)


@pytest.mark.parametrize("name", ["missing/out.jsonl", ""])
def test_a_path_that_cannot_be_written_is_told(tmp_path: Path, name: str) -> None:
    with (
        pytest.raises(InputError, match="cannot be written"),
        open_writer(str(tmp_path / name), "jsonl", labels=LABELS),
    ):
        pass


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("xml", {}),
        ("csv", {"rows": "words"}),
        ("csv", {"sentences": "some"}),
        ("jsonl", {"rows": "sentences"}),
        ("csv", {"rows": "sentences", "sentences": "none"}),
    ],
)
def test_wrong_options_are_told_at_once(kind: str, options: dict[str, str]) -> None:
    with pytest.raises(InputError):
        open_writer(None, kind, labels=LABELS, **options)


def test_a_writer_must_be_entered() -> None:
    with pytest.raises(RuntimeError):
        open_writer(None, "jsonl", labels=LABELS).write(VERDICT)
