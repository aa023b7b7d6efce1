"""Time grows with the file, whatever the file is made of."""

from __future__ import annotations

import gzip
import io
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from classifier.read.pages import read_pages
from document_files import excel, lines, paragraph, pdf, word

LARGE = 100_000
PROSE = "The clinic offers a gentle therapy for back pain, and most people feel better in weeks. "
#: Seconds for tens of thousands of records, each of a few bytes, and for noise.
ROWS = 0.7
#: Makes content of about so many bytes.
Maker = Callable[[int], bytes]


def repeated(unit: str | bytes, before: str | bytes = b"", after: str | bytes = b"") -> Maker:
    """What makes a file of one part repeated between two others."""
    unit, before, after = (x.encode() if isinstance(x, str) else x for x in (unit, before, after))
    return lambda size: before + unit * (size // len(unit)) + after


def table(*texts: str | list[str], **options: object) -> Maker:
    """What makes a Parquet file whose texts, or lists of texts, take so many bytes."""

    def make(size: int) -> bytes:
        rows = list(islice(cycle(texts), size * len(texts) // sum(map(len, texts))))
        columns = (
            {"text": ["t"] * len(rows), "more": rows}
            if isinstance(rows[0], list)
            else {"text": rows}
        )
        stream = io.BytesIO()
        pq.write_table(pa.table(columns), stream, **options)
        return stream.getvalue()

    return make


def wide(size: int) -> bytes:
    """A Parquet file of many columns, each of which takes some hundred bytes for itself."""
    stream = io.BytesIO()
    pq.write_table(pa.table({"text": ["t"]} | {f"c{n}": [n] for n in range(size // 500)}), stream)
    return stream.getvalue()


def zst(data: bytes) -> bytes:
    return pa.compress(data, "zstd", asbytes=True)


#: Format to what is ordinary, and to kinds that are not.
KINDS: dict[str, dict[str, Maker]] = {
    "txt": {
        "ordinary": repeated(PROSE),
        "broken UTF-8": repeated(b"\xff"),
        "UTF-16": repeated("a\0", b"\xff\xfe"),
        "NUL": repeated("\0"),
        "white space": repeated(" "),
    },
    "csv": {
        "ordinary": repeated(f"{PROSE},1,2\n", "text,a,b\n"),
        "quoted": repeated(f'"{PROSE}","a ""b""",2\n', "text,a,b\n"),
        "an open quote in each line": repeated('a","\n', "text,b\n"),
        "an open quote in some lines": repeated('"a\nb\nc\n', "text\n"),
        "open quotes of whole texts": repeated(f'"{PROSE}\n', "text\n"),
        "quotes that pair up": repeated('""', "text\n"),
        "quotes that close and open": repeated('","', 'text\n"'),
        "text after quotes": repeated('"a"b\n', "text\n"),
        "a quote opened at the start": repeated(f"{PROSE}\n", 'text\n"'),
        "many columns": repeated(",a", "text"),
        "one name for all columns": repeated(",a", "text,a.2,a.3,a.2.2"),
        "columns without a name": repeated(",", "text"),
        "more fields than the header": repeated(",", "text,a\n"),
        "a long cell": repeated(PROSE, "text\n"),
        "a long quoted cell": repeated(f"{PROSE}\n", 'text\n"', '"'),
        "empty lines": repeated("\n", "text\n"),
        "empty lines in quotes": repeated("\n", 'text\n"a', '"'),
        "carriage returns": repeated("\r", "text\n"),
        "NUL": repeated("\0", "text\n"),
        "lines of NUL": repeated("\0\0\0\0\0\0\0\0\n", "text\n"),
        "broken UTF-8": repeated(b"\xff", "text\n"),
        "lines of broken UTF-8": repeated(b"a b c d \xff\n", "text\n"),
        "UTF-16": lambda size: f"text,a\n{PROSE}\n".encode("utf-16") * (size // 200),
        "byte order marks": repeated("\ufeff", "text\n"),
        "one id for all": repeated(f"{PROSE},1\n", "text,id\n"),
        "no text column": repeated(f"{PROSE}\n"),
    },
    "jsonl": {
        "ordinary": repeated(f'{{"text": "{PROSE}", "a": 1}}\n'),
        "deep lists": lambda size: b'{"text": "t", "a": ' + b"[" * size + b"]" * size + b"}",
        "deep lists that stay open": repeated("[", '{"text": "t", "a": '),
        "deep objects": repeated('{"a":'),
        "a long number": repeated("1", '{"text": "t", "a": ', "}"),
        "long numbers": repeated(",123456789012345678901234567890", '{"text": "t", "a": [1', "]}"),
        "a long fraction": repeated("1", '{"text": "t", "a": 0.', "}"),
        "a large exponent": repeated("9", '{"text": "t", "a": 1e', "}"),
        "one key": repeated('"a":1,', '{"text": "t",', '"b":2}'),
        "many keys": lambda size: (
            b'{"text": "t"%b}' % b"".join(b',"%d":1' % n for n in range(size // 10))
        ),
        "escapes": repeated(r"\u0041", '{"text": "', '"}'),
        "lone surrogates": repeated(r"\ud800", '{"text": "', '"}'),
        "an open text": repeated("a", '{"text": "'),
        "empty lines": repeated("\n"),
        "blank lines": repeated(" \t\r\n"),
        "short lines": repeated('{"text":"a"}\n'),
        "no JSON": repeated("no JSON at all\n"),
        "NUL": repeated("\0"),
        "broken UTF-8": repeated(b'{"text": "\xff"}\n'),
    },
    "parquet": {
        "ordinary": table(*(f"{n} {PROSE}" for n in range(2000))),
        "one text": table(PROSE),
        "one long text": table(PROSE * 1000),
        "empty texts": table("short text", ""),
        "lists": table(["a"] * 1000),
        "row groups": table(PROSE, row_group_size=10),
        "columns": wide,
    },
    "html": {
        "ordinary": repeated(f"<p>{PROSE}</p>\n", "<html><body>", "</body></html>"),
        "no markup": repeated(PROSE),
        "an open comment": repeated(PROSE, "<p>a</p><!-- "),
        "an open script": repeated(PROSE, "<p>a</p><script>"),
        "elements in elements": repeated("<div>"),
        "lists in lists": repeated("<ul><li>"),
        "nine hundred lists": repeated("<li><a>a</a>", "<ul>" * 900),
        "end tags of nothing": repeated("</b>", "<span>" * 900),
        "formats that stay open": lambda size: b"".join(
            b"<b id=%d>a" % n for n in range(size // 12)
        ),
        "attributes": lambda size: b"<p %b>a" % b" ".join(b"a%d" % n for n in range(size // 8)),
        "a class that might be a banner's": repeated("cookie-", '<p class="', '">a'),
        "a style that might hide": repeated("display :", '<p style="', '">a'),
        "a title of entities": repeated("&amp;", "<title>"),
        "one row": repeated("<td>a", "<table><tr>"),
        "line breaks": repeated("<br>"),
        "lines of code": repeated("a\n", "<pre>"),
        "open tags": repeated("<"),
        "elements without a space between": repeated("<i>a</i>"),
    },
    "txt.gz": {
        "ordinary": lambda size: gzip.compress(repeated(PROSE)(size)),
        "one sign": lambda size: gzip.compress(b"a" * 100 * size),
        "nothing, many times": lambda size: gzip.compress(b"") * (size // 20),
    },
    "jsonl.zst": {
        "ordinary": lambda size: zst(repeated(f'{{"text": "{PROSE}"}}\n')(size)),
        "one line": lambda size: zst(b"a" * 100 * size),
        "nothing, many times": lambda size: zst(b"") * (size // 20),
    },
    "docx": {
        "ordinary": lambda size: word(paragraph(PROSE) * (size // 130)),
        "empty paragraphs": lambda size: word("<w:p/>" * (size // 6)),
        "tables": lambda size: word(f"<w:tr><w:tc>{paragraph('a')}</w:tc></w:tr>" * (size // 80)),
        "tables in tables": lambda size: word(
            "<w:tr><w:tc>" * (size // 26) + paragraph("a") + "</w:tc></w:tr>" * (size // 26)
        ),
        "open paragraphs": lambda size: word("<w:p>" * (size // 5)),
    },
    "xlsx": {
        "ordinary": lambda size: excel(f"<row><c><v>{PROSE}</v></c></row>" * (size // 120)),
        "one row": lambda size: excel(f"<row>{'<c><v>1</v></c>' * (size // 15)}</row>"),
        "one shared text": lambda size: excel(
            '<row><c t="s"><v>0</v></c></row>' * (size // 32), strings=[PROSE * 10]
        ),
        "empty rows": lambda size: excel("<row/>" * (size // 6)),
    },
    "pdf": {
        "ordinary": lambda size: pdf(*[lines(*[PROSE] * 20)] * (size // 2000)),
        "one page": lambda size: pdf(lines(*[PROSE] * (size // 100))),
        "empty pages": lambda size: pdf(*[b" "] * (size // 200)),
        "names": lambda size: pdf(b"/a " * (size // 3)),
        "open lists": lambda size: pdf(b"[" * size),
        "open texts": lambda size: pdf(b"(" * size),
        "paths": lambda size: pdf(b"0 0 l " * (size // 6)),
    },
}
CASES = [(format, kind) for format in KINDS for kind in KINDS[format] if kind != "ordinary"]


def seconds(format: str, kind: str, size: int, folder: Path) -> float:
    path = folder / f"a.{format}"
    path.write_bytes(KINDS[format][kind](size))
    begin = time.process_time()
    for _ in read_pages([str(path)]):
        pass
    return time.process_time() - begin


def sometimes(holds: Callable[[], bool]) -> bool:
    """Whether something holds at one of three tries; a machine may be busy."""
    return any(holds() for _ in range(3))


def test_there_are_enough_kinds() -> None:
    assert len(CASES) >= 30


@pytest.mark.parametrize(("format", "kind"), CASES)
def test_no_file_takes_much_longer_than_an_ordinary_one(
    format: str, kind: str, tmp_path: Path
) -> None:
    """Quadratic time would take a hundred times as long here, and did."""
    ordinary = seconds(format, "ordinary", LARGE, tmp_path)
    assert sometimes(lambda: seconds(format, kind, LARGE, tmp_path) < 4 * ordinary + ROWS)


@pytest.mark.parametrize(
    ("format", "kind"),
    [
        ("csv", "an open quote in each line"),
        ("csv", "columns without a name"),
        ("jsonl", "many keys"),
        ("parquet", "lists"),
        ("html", "nine hundred lists"),
        ("html", "a title of entities"),
        ("docx", "tables in tables"),
        ("xlsx", "one row"),
        ("pdf", "ordinary"),
    ],
)
def test_ten_times_the_file_takes_about_ten_times_as_long(
    format: str, kind: str, tmp_path: Path
) -> None:
    small = seconds(format, kind, LARGE, tmp_path)
    assert sometimes(lambda: seconds(format, kind, 10 * LARGE, tmp_path) < 11 * small + ROWS)
