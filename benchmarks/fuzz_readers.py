"""Mutate small files of each format and read them: nothing but records may come of it.

    python benchmarks/fuzz_readers.py --number 100000

The files are made by hand, here and in ``document_files.py``. Mutations flip, cut, repeat and insert
bytes, and put in what means something in a format; also inside compressed files, in the XML of Word and
Excel files, and in the content of PDF pages. Ends with exit status 1 at the first exception, at a file
that takes longer than ``--seconds`` or more memory than ``--memory``, at a record that could not be
written, and where a record is lost (``lost``).
"""

from __future__ import annotations

import argparse
import faulthandler
import gzip
import io
import os
import random
import re
import resource
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from classifier.read.lines import BOM
from classifier.read.outputs import is_output
from classifier.read.pages import FORMATS, read_pages
from classifier.read.sources import Source
from classifier.schema import Page
from classifier.time_limit import time_limit
from classifier.values import json_ready
from document_files import excel, lines, paragraph, pdf, word

TEXT = "Order now! Our tea cures arthritis."
CSV = f'id,text,n\nx,"{TEXT}",1\ny,"two ""quoted""\nlines",2\n\nz,plain,3\n'.encode()
JSONL = b"".join(
    orjson.dumps(row) + b"\n"
    for row in (
        {"id": "x", "text": TEXT, "n": [1, 2.5, {"a": None}]},
        {"id": 7, "text": "caf\u00e9 \U0001f600", "n": "\u2028"},
        {"text": "no id", "n": 2**63},
    )
)
HTML = (
    f"<!doctype html><html><head><meta charset=utf-8><title>T</title></head><body><h1>Tea</h1>"
    f"<p>{TEXT}</p><ul><li>one<li>two</ul><table><tr><td>a<td>b</table><!-- c --><script>x</script>"
    f"<button>Buy &amp; save</button></body></html>"
).encode()
#: What is put into files.
PIECES = (
    *(
        b'"',
        b",",
        b"\n",
        b"\r",
        b"\t",
        b"\0",
        b"\xff",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
    ),
    *(b"{", b"}", b"[", b"]", b"<", b">", b"&", b"</", b"<!--", b"]]>", b"(", b")", b"<<", b">>"),
    *(b"null", b"NaN", b"1e999", b"-0", b"9" * 400, b"\\ud800", b"\\u0000", b'"id":', b'"text":'),
    *(
        b"<tr>",
        b"</w:tc>",
        b"<w:p>",
        b"<script>",
        b"<table><tr><td>",
        b"&#0;",
        b"&#x110000;",
        b"&lt",
    ),
    *(
        b" obj",
        b"endobj",
        b"stream",
        b"/Kids",
        b"/Filter",
        b"2 0 R",
        b"PK\1\2",
        b"PAR1",
        b"\x7f" * 4,
    ),
    *(b"(" * 200, b"[" * 200, b"<b>" * 200, b"a" * 3000),
)


def parquet(compression: str) -> bytes:
    """A Parquet file of several row groups, encodings and types, some of them nested."""
    columns = {
        "id": ["x", "y", "z", None],
        "text": [TEXT, "two", TEXT, "\u00e9"],
        "n": [1, None, 2**40, -1],
        "list": [["a", "b"], [], None, ["a"]],
        "struct": [{"a": {"b": "c"}}, None, {"a": None}, {"a": {"b": None}}],
        "map": pa.array([[("k", 1)], [], None, [("k", 2)]], pa.map_(pa.string(), pa.int32())),
        "when": pa.array([0, 1, 2, None], pa.timestamp("us", tz="UTC")),
        "price": pa.array([1, 2, 3, 4]).cast(pa.decimal128(30, 2)),
    }
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream, row_group_size=2, compression=compression)
    return stream.getvalue()


BODY = (
    paragraph(TEXT, '<w:pStyle w:val="Heading1"/>') + paragraph("item", "<w:numPr/>")
    + f"<w:tbl><w:tr><w:tc>{paragraph('a')}</w:tc><w:tc>{paragraph('b')}</w:tc></w:tr></w:tbl>"
)  # fmt: skip
CELLS = (
    '<row><c t="s"><v>0</v></c><c><v>3.5</v></c></row>'
    "<row><c t='inlineStr'><is><t>x</t></is></c></row>"
)
PACKED = pdf(lines(TEXT, "two"), lines("three"), packed=True)
#: Suffix to the file that is mutated.
SEEDS: dict[str, bytes] = {
    ".txt": TEXT.encode(),
    ".md": b"# Tea\n\n- one\n- two\n",
    ".html": HTML,
    ".csv": CSV,
    ".tsv": CSV.replace(b",", b"\t"),
    ".jsonl": JSONL,
    ".parquet": parquet("zstd"),
    ".docx": word(BODY, footnotes=paragraph("note")),
    ".xlsx": excel(CELLS, CELLS, strings=["shared"]),
    ".pdf": PACKED,
    ".jsonl.gz": gzip.compress(JSONL),
    ".csv.zst": pa.compress(CSV, "zstd", asbytes=True),
}


def mutate(content: bytes, rng: random.Random) -> bytes:
    """Flip, cut, repeat or insert bytes."""
    data = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 6])):
        place = rng.randrange(len(data) + 1)
        action = rng.random()
        if action < 0.4 and place < len(data):
            data[place] = rng.randrange(256)
        elif action < 0.55:
            del data[place : place + rng.randint(1, 60)]
        elif action < 0.65:
            data[place:place] = data[place : place + rng.randint(1, 200)] * rng.choice(
                [1, 1, 2, 50]
            )
        else:
            data[place:place] = rng.choice(PIECES)
    return bytes(data)


def mutate_archive(content: bytes, rng: random.Random) -> bytes:
    """Change a file inside an archive that is right."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
        chosen = rng.choice(old.namelist())
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, mutate(data, rng) if name == chosen else data)
    return stream.getvalue()


def mutate_content(_: bytes, rng: random.Random) -> bytes:
    """Change the content of a page of a PDF file that is right."""
    return pdf(mutate(lines(TEXT, "two"), rng), lines("three"), packed=rng.random() < 0.5)


PLAIN = parquet("none")
#: Suffix to a way to change what is inside.
INSIDE: dict[str, Callable[[bytes, random.Random], bytes]] = {
    ".docx": mutate_archive,
    ".xlsx": mutate_archive,
    ".pdf": mutate_content,
    ".parquet": lambda _, rng: mutate(PLAIN, rng),
    ".jsonl.gz": lambda _, rng: gzip.compress(mutate(JSONL, rng)),
    ".csv.zst": lambda _, rng: pa.compress(mutate(CSV, rng), "zstd", asbytes=True),
}


def mutated(suffix: str, rng: random.Random) -> bytes:
    """A mutated file; one of delimited text ends with a sound line."""
    inside = INSIDE.get(suffix)
    change = inside if inside and rng.random() < 0.6 else mutate
    data = change(SEEDS[suffix], rng)
    return data + b"\nlast" if suffix in (".csv", ".tsv") else data


def lost(suffix: str, data: bytes, pages: list[Page]) -> bool:
    """Whether there are too few records, or too many.

    Each line of JSON lines that is not blank and each row that a Parquet file says it has is one; the
    last line of delimited text is, whatever quotes were left open before it; whole files are one.
    """
    if suffix == ".jsonl":
        return len(pages) != sum(map(bool, map(bytes.strip, data.removeprefix(BOM).split(b"\n"))))
    if suffix in (".csv", ".tsv"):
        place = pages[-1].where if pages else ""  # none: the last line is the header
        number = data.count(b"\n") + 1
        return ":" in place and not place.endswith(f":{number}")
    if suffix == ".parquet" and ":" in pages[0].where:
        found = [re.search(r": rows ([\d,]+) to ([\d,]+) cannot", p.error or "") for p in pages]
        spans = [[int(n.replace(",", "")) for n in match.groups()] for match in found if match]
        rows = len(pages) + sum(last - first for first, last in spans)
        return rows < pq.read_metadata(io.BytesIO(data)).num_rows
    if suffix == ".csv.zst":  # may be a header alone
        return False
    return len(pages) < 1 if suffix == ".jsonl.gz" else len(pages) != 1


def outcome(path: Path, suffix: str, data: bytes, seconds: float) -> str:
    """What reading comes to."""
    path.write_bytes(data)
    with time_limit(seconds):
        is_output(Source(str(path), FORMATS[suffix]))
        pages = list(read_pages([str(path)]))
    for page in pages:
        orjson.dumps([page.id, page.text, page.where, page.error, json_ready(dict(page.columns))])
        if page.error is not None and page.text:
            raise ValueError("a text beside an error")
    if lost(suffix, data, pages):
        raise ValueError(f"{len(pages)} records")
    return "an error" if any(page.error for page in pages) else "no error"


def main() -> None:
    """Run the mutations and count what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=0, help="mutation to start with")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--memory", type=int, default=4, help="GiB")
    options = parser.parse_args()
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_AS, (options.memory << 30, options.memory << 30))
    found: Counter[str] = Counter()
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for number in range(options.first, options.first + options.number):
            rng = random.Random(f"{options.seed}/{number}")
            suffix = rng.choice(list(SEEDS))
            start = time.perf_counter()
            try:
                data = mutated(suffix, rng)
                found[
                    f"{suffix}: {outcome(Path(f'a{suffix}'), suffix, data, options.seconds)}"
                ] += 1
            except BaseException:
                print(f"mutation {number} ({suffix}) of seed {options.seed}:", file=sys.stderr)
                raise
            slowest = max(slowest, time.perf_counter() - start)
    for name, count in sorted(found.items()):
        print(f"{name:24}{count:8}")
    print(f"{options.number} mutations, slowest {1000 * slowest:.0f} ms")


if __name__ == "__main__":
    main()
