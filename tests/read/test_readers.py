"""What each format yields, and what each kind of bad input costs: itself, and nothing else."""

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from classifier.errors import InputError
from classifier.read.pages import read_pages, read_records
from classifier.schema import Page, RawPage


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(name: str, data: bytes, **options: object) -> list[Page]:
    Path(name).write_bytes(data)
    return list(read_pages([name], **options))  # type: ignore[arg-type]


# ---------------------------------------------------------------------------------- sound input

SOUND = [
    ("a.txt", b"one\r\n two \n", [("a.txt", "one\r\n two \n", {})]),
    ("a.txt", b"\xef\xbb\xbfmark \xef\xbb\xbf", [("a.txt", "mark \ufeff", {})]),
    ("a.md", "# Tée *x*".encode(), [("a.md", "# Tée *x*", {})]),
    ("a.jsonl", b'{"id":"x","text":"t","b":[1],"a":null}', [("x", "t", {"b": [1], "a": None})]),
    (
        "a.jsonl",
        b'\n \n{"text":"t"}\r\n\n{"text":"u"}',
        [("a.jsonl:3", "t", {}), ("a.jsonl:5", "u", {})],
    ),
    ("a.jsonl", b'\xef\xbb\xbf{"id":7,"text":"t"}', [("7", "t", {})]),
    (
        "a.jsonl",
        b'{"id":1.5,"text":"t"}\n{"id":null,"text":"u"}',
        [("1.5", "t", {}), ("a.jsonl:2", "u", {})],
    ),
    (
        "a.jsonl",
        b'{"id":123456789012345678901234,"text":"t"}',
        [("123456789012345678901234", "t", {})],
    ),
    ("a.csv", b"id,text,n\nx,t,1\ny,u,\n", [("x", "t", {"n": "1"}), ("y", "u", {"n": ""})]),
    (
        "a.csv",
        b'\xef\xbb\xbftext,n\r\n"a\r\nb ""c"", d",1\r\n\r\ne,2',
        [("a.csv:2", 'a\r\nb "c", d', {"n": "1"}), ("a.csv:5", "e", {"n": "2"})],
    ),
    ("a.csv", b'text,id\na 5" pipe,x\n"q",\n', [("x", 'a 5" pipe', {}), ("a.csv:3", "q", {})]),
    ("a.csv", b"text,a,a,a.2\nt,1,2,3\n", [("a.csv:2", "t", {"a": "1", "a.3": "2", "a.2": "3"})]),
    ("a.csv", b"text,id\n", []),
    ("a.tsv", b'id\ttext\nx\tt, "u"\ny\t"a\tb"', [("x", 't, "u"', {}), ("y", "a\tb", {})]),
]


@pytest.mark.parametrize(("name", "data", "expected"), SOUND)
def test_sound_input(name: str, data: bytes, expected: list[object]) -> None:
    pages = read(name, data)
    assert [(page.id, page.text, dict(page.columns)) for page in pages] == expected
    assert [page.error for page in pages] == [None] * len(expected)
    assert not any(page.carry_text for page in pages)


def test_columns_keep_their_order_and_can_be_renamed() -> None:
    data = b'{"z":1,"body":"t","id":"mine","a":2,"url":"u","text":"other"}'
    (page,) = read("a.jsonl", data, text_column="body", id_column="url")
    assert (page.id, page.text) == ("u", "t")
    assert list(page.columns.items()) == [("z", 1), ("id", "mine"), ("a", 2), ("text", "other")]


def test_inputs_keep_their_order(here: Path) -> None:
    for name in ("b.txt", "a.txt"):
        (here / name).write_text(name)
    assert [page.id for page in read_pages(["b.txt", "a.txt", "*.txt"])][:2] == ["b.txt", "a.txt"]


# ------------------------------------------------------------------------------------ bad input

DEEP = b'{"text":"t","a":' + b"[" * 300 + b"]" * 300 + b"}"
DEEPER = b'{"text":"t","a":' + b"[" * 3000 + b"]" * 3000 + b"}"

BAD_TEXTS = [  # format, name of the fault, bytes of the record, words of the message
    ("jsonl", "undecodable", b'{"text":"caf\xe9"}', ["byte offset 40", "0xe9"]),
    ("jsonl", "NUL", b'{"text":"a\\u0000b"}', ["field 'text'", "NUL", "offset 1"]),
    ("jsonl", "broken", b'{"text":', ["broken JSON", "column"]),
    ("jsonl", "no object", b'["t"]', ["a list", "object"]),
    ("jsonl", "scalar", b"12", ["a number"]),
    ("jsonl", "NaN", b'{"text":"t","a":NaN}', ["broken JSON"]),
    ("jsonl", "missing", b'{"body":"t"}', ["field 'text' is missing"]),
    ("jsonl", "null", b'{"text":null}', ["field 'text' is null"]),
    ("jsonl", "number", b'{"text":1}', ["field 'text' holds a number"]),
    ("jsonl", "list", b'{"text":["t"]}', ["field 'text' holds a list"]),
    ("jsonl", "empty", b'{"text":""}', ["field 'text' is empty"]),
    ("jsonl", "blank", b'{"text":" \\n\\u00a0"}', ["field 'text' is empty"]),
    ("jsonl", "long", b'{"text":"' + b"x" * 51 + b'"}', ["51 characters", "50 allowed"]),
    ("jsonl", "surrogate", b'{"text":"\\ud800"}', ["broken JSON", "surrogate"]),
    ("jsonl", "surrogate elsewhere", b'{"text":"t","a":"\\udc00"}', ["broken JSON"]),
    ("jsonl", "deep", DEEP, ["nested deeper"]),
    ("jsonl", "deeper", DEEPER, ["broken JSON", "depth"]),
    ("jsonl", "digits", b'{"text":"t","a":' + b"9" * 5000 + b"}", ["JSON"]),
    ("jsonl", "id of a wrong type", b'{"id":[1],"text":"t"}', ["field 'id' holds a list"]),
    ("jsonl", "id boolean", b'{"id":true,"text":"t"}', ["field 'id' holds a boolean"]),
    (
        "jsonl",
        "huge line",
        b'{"text":"t","a":"' + b"x" * (1 << 20) + b'"}',
        ["longer than 1,048,576"],
    ),
    ("csv", "undecodable", b"x,caf\xe9,1", ["field 'text'", "byte offset 27"]),
    ("csv", "undecodable elsewhere", b"x,t,\xff", ["field 'n'", "0xff"]),
    ("csv", "NUL", b"x,a\0b,1", ["field 'text'", "NUL"]),
    ("csv", "empty", b"x,,1", ["field 'text' is empty"]),
    ("csv", "long", b"x," + b"x" * 51 + b",1", ["51 characters"]),
    ("csv", "too few", b"x,t", ["2 fields", "3"]),
    ("csv", "too many", b"x,t,1,2", ["4 fields", "3"]),
    ("csv", "misplaced quote", b'x,"t"u,1', ["closing quote"]),
    ("csv", "huge field", b"x,t," + b"x" * (1 << 20), ["longer than 1,048,576"]),
    ("csv", "huge text", b"x," + b"x" * 200_000 + b",1", ["200,000 characters"]),
]

AROUND = {
    "jsonl": (b"", b'{"id":"first","text":"one"}', b'{"id":"last","text":"two"}'),
    "csv": (b"id,text,n\n", b"first,one,1", b"last,two,2"),
}


@pytest.mark.parametrize(
    ("kind", "bad", "words"),
    [pytest.param(kind, bad, words, id=f"{kind}-{name}") for kind, name, bad, words in BAD_TEXTS],
)
def test_a_bad_record_is_named_and_costs_no_neighbour(
    kind: str, bad: bytes, words: list[str]
) -> None:
    head, first, last = AROUND[kind]
    pages = read(f"a.{kind}", head + b"\n".join([first, bad, last]) + b"\n", max_chars=50)
    assert [(page.id, page.text) for page in (pages[0], pages[2])] == [
        ("first", "one"),
        ("last", "two"),
    ]
    assert len(pages) == 3
    line = 2 + head.count(b"\n")
    assert pages[1].text == ""
    assert pages[1].error is not None
    assert pages[1].error.startswith(f"a.{kind}:{line}: ")
    assert [word for word in words if word not in pages[1].error] == []


def test_a_failed_record_keeps_its_id_and_columns() -> None:
    pages = read("a.csv", b"id,text,n\nx,,1\ny,caf\xe9,2\n\xe9,t,3\n")
    assert [page.id for page in pages] == ["x", "y", r"\xe9"]
    assert [dict(page.columns) for page in pages] == [{"n": "1"}, {"n": "2"}, {"n": "3"}]
    assert all(page.error for page in pages)


def test_an_open_quote_ends_with_its_line() -> None:
    pages = read("a.csv", b'id,text\na,"open\nb,two\nc,three\n')
    assert [(page.id, page.text, page.error is None) for page in pages] == [
        ("a.csv:2", "", False),
        ("b", "two", True),
        ("c", "three", True),
    ]
    assert "inside a quoted field" in str(pages[0].error)


def test_an_open_quote_before_another_quoted_row() -> None:
    pages = read("a.csv", b'id,text\na,"open\nb,"two"\nc,three\n')
    assert [page.id for page in pages if page.error is None] == ["b", "c"]
    assert "line 3" in str(pages[0].error)


def test_a_quoted_field_beyond_the_limit() -> None:
    body = b"\n".join(b"y" * 1000 for _ in range(1100))
    pages = read("a.csv", b'id,text\na,"' + body + b'"\nb,two\n')
    assert "longer than" in str(pages[0].error) or "characters" in str(pages[0].error)
    pages = read("a.csv", b'id,text\na,"' + body + b'"\nb,two\n', max_chars=10)
    assert pages[0].error is not None
    assert (pages[-1].id, pages[-1].text) == ("b", "two")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.txt", b"caf\xe9", "byte offset 3"),
        ("a.txt", b"\xef\xbb\xbfcaf\xe9", "byte offset 6"),
        ("a.txt", b"\xff\xfea\0", "byte offset 0"),
        ("a.txt", b"a\0b", "NUL"),
        ("a.txt", b"", "the text is empty"),
        ("a.md", b" \n", "the text is empty"),
        ("a.txt", b"x" * 51, "51 characters"),
        ("a.txt", b"x" * 500, "longer than 203 bytes"),
        ("a.csv", b"", "header"),
        ("a.csv", b"\n\n", "header"),
        ("a.csv", b"id,body\nx,t\n", "no column 'text'; the header has 'id', 'body'"),
        ("a.csv", b"id,\xe9text\nx,t\n", "header row (line 1)"),
        ("a.parquet", b"PAR1 is not enough", "Parquet"),
        ("a.parquet", b"", "Parquet"),
    ],
)
def test_a_bad_file_is_one_page(here: Path, name: str, data: bytes, words: str) -> None:
    (here / "z.txt").write_text("neighbour")
    (here / name).write_bytes(data)
    pages = list(read_pages([name, "z.txt"], max_chars=50))
    assert [(page.id, page.text) for page in pages] == [(name, ""), ("z.txt", "neighbour")]
    assert str(pages[0].error).startswith(f"{name}: ")
    assert words in str(pages[0].error)


def test_an_unreadable_file_is_one_page(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from classifier.read import pages as reading
    from classifier.read.sources import Source

    (here / "folder.txt").mkdir()
    (here / "b.txt").write_text("b")
    sources = [Source("folder.txt", "txt"), Source("gone.jsonl", "jsonl"), Source("b.txt", "txt")]
    monkeypatch.setattr(reading, "expand", lambda *_: sources)
    pages = list(read_pages(["any"]))
    assert [page.id for page in pages] == ["folder.txt", "gone.jsonl", "b.txt"]
    assert [page.error is None for page in pages] == [False, False, True]
    assert "cannot be read" in str(pages[0].error)


def test_an_id_is_used_once_in_a_run(here: Path) -> None:
    (here / "a.jsonl").write_text('{"id":"x","text":"one"}\n{"id":"y","text":"two"}\n')
    (here / "b.csv").write_text("id,text\nx,three\nz,\nz,five\n")
    pages = list(read_pages(["a.jsonl", "b.csv"]))
    assert [page.id for page in pages] == ["x", "y", "x", "z", "z"]
    assert [page.text for page in pages] == ["one", "two", "", "", ""]
    assert pages[2].error == "b.csv:2: the id 'x' was already used at a.jsonl:1"
    assert "already used at b.csv:3" in str(pages[4].error)


def test_html_is_handed_over_unparsed(here: Path) -> None:
    (here / "a.html").write_bytes(b"<p>t</p>")
    first, second = read_records(["a.html", "a.html"])
    assert first == RawPage("a.html", "a.html", b"<p>t</p>", "html")
    assert isinstance(second, Page)
    assert second.error == "a.html: the id 'a.html' was already used at a.html"


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl"])
def test_a_file_named_twice_is_told(here: Path, name: str) -> None:
    (here / name).write_text('{"text":"t"}')
    first, second = read_pages([name, name])
    assert first.error is None
    assert "already used" in str(second.error)


# ----------------------------------------------------------------------- bounds, standard input


def test_a_line_of_50_megabytes_is_not_held() -> None:
    from classifier.read.lines import bounded_lines

    class Stream(io.BytesIO):
        most = 0

        def readline(self, size: int | None = -1, /) -> bytes:
            data = super().readline(size)
            self.most = max(self.most, len(data))
            return data

    stream = Stream(b"a\n" + b"x" * 50_000_000 + b"\nb\n" + b"y" * 2_000_000)
    lines = list(bounded_lines(stream, 1 << 20))
    assert [(line.number, line.data) for line in lines] == [
        (1, b"a\n"),
        (2, None),
        (3, b"b\n"),
        (4, None),
    ]
    assert lines[2].offset == 50_000_003
    assert stream.most <= (1 << 20) + 1


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        ("txt", b"one\ntwo", [("-", "one\ntwo")]),
        ("md", b"one", [("-", "one")]),
        ("jsonl", b'{"text":"t"}\n{"id":"x","text":"u"}', [("-:1", "t"), ("x", "u")]),
        ("csv", b"text\nt\n", [("-:2", "t")]),
        ("tsv", b"text\tn\nt\t1\n", [("-:2", "t")]),
    ],
)
def test_stdin(
    kind: str, data: bytes, expected: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin = SimpleNamespace(buffer=io.BytesIO(data))
    monkeypatch.setattr(sys, "stdin", stdin)
    pages = list(read_pages(["-"], stdin_format=kind))
    assert [(page.id, page.text) for page in pages] == expected
    assert not stdin.buffer.closed


@pytest.mark.parametrize(
    "options",
    [
        {"stdin_format": "parquet"},
        {"stdin_format": "docx"},
        {"text_column": "id"},
    ],
)
def test_wrong_options_are_told_at_once(options: dict[str, str]) -> None:
    with pytest.raises(InputError):
        read_pages(["-"], **options)  # type: ignore[arg-type]


def test_importing_the_room_is_light() -> None:
    import subprocess

    code = (
        "import classifier.read.pages, sys, json;"
        "print(json.dumps([m for m in ('pyarrow', 'orjson', 'lxml') if m in sys.modules]))"
    )
    root = Path(__file__).parents[2]
    out = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, check=True)
    assert json.loads(out.stdout) == []
