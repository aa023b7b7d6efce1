"""Inputs larger than memory: compressed, in row groups, with any number of ids."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from classifier.read.meter import Meter
from classifier.read.pages import SeenIds, read_pages

PLAIN = {
    "a.txt": b"one\n",
    "a.md": b"# one\n",
    "a.html": b"<p>Our tea is the best of all teas.</p>",
    "a.jsonl": b'{"id":"x","text":"t"}\n{"id":"y","text":"u"}\n',
    "a.csv": b"id,text\nx,t\ny,u\n",
    "a.tsv": b"id\ttext\nx\tt\n",
}


def zstd(data: bytes) -> bytes:
    compressed: bytes = pa.compress(data, codec="zstd", asbytes=True)
    return compressed


COMPRESS: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.compress, ".zst": zstd}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("suffix", COMPRESS)
@pytest.mark.parametrize("name", PLAIN)
def test_compressed_files_hold_the_same(name: str, suffix: str, here: Path) -> None:
    data = PLAIN[name]
    (here / name).write_bytes(data)
    path = here / f"{name}{suffix.upper()}"
    path.write_bytes(COMPRESS[suffix](data[:5]) + COMPRESS[suffix](data[5:]))
    plain, compressed = (
        [(p.text, p.columns, p.error) for p in read_pages([x])] for x in (name, path.name)
    )
    assert compressed == plain
    assert plain[0][0]
    assert [page.id for page in read_pages(["."])].count(f"./{path.name}") == ("." in name) * (
        name.endswith(("txt", "md", "html"))
    )


@pytest.mark.parametrize("suffix", COMPRESS)
def test_damage_costs_what_lies_behind_it(suffix: str, here: Path) -> None:
    rows = b"".join(b'{"id":"%d","text":"%x"}\n' % (n, hash((n, "x"))) for n in range(50_000))
    data = COMPRESS[suffix](rows)
    (here / f"a.jsonl{suffix}").write_bytes(data[: len(data) // 2])
    (here / f"b.txt{suffix}").write_bytes(b"not compressed")
    (here / "c.txt").write_text("neighbour")
    *sound, cut, bad, neighbour = read_pages(["."])
    assert len(sound) > 1000
    assert [page.id for page in sound] == [str(n) for n in range(len(sound))]
    assert (cut.id, bad.id) == (f"./a.jsonl{suffix}", f"./b.txt{suffix}")
    assert all("cannot be read" in str(page.error) for page in (cut, bad))
    assert neighbour.error is None


def test_compressed_input_is_read_as_it_is_used(here: Path) -> None:
    rows = b"".join(b'{"id":"%d","text":"%x"}\n' % (n, hash((n, "x"))) for n in range(50_000))
    (here / "a.jsonl.gz").write_bytes(gzip.compress(rows))
    meter = Meter()
    pages = read_pages(["a.jsonl.gz"], meter=meter)
    assert meter.read == 0
    next(pages)
    assert meter.total == (here / "a.jsonl.gz").stat().st_size
    assert 0 < meter.read < meter.total / 3
    assert sum(1 for _ in pages) == 49_999
    assert meter.read == meter.total


def test_parquet_is_read_by_row_group(here: Path) -> None:
    table = pa.table({"text": [f"{hash((n, 'x')):x}" * 10 for n in range(20_000)]})
    pq.write_table(table, "a.parquet", row_group_size=2_000, compression=None)
    meter = Meter()
    pages = read_pages(["a.parquet"], meter=meter)
    assert meter.total is not None
    for share in (0.1, 0.5):
        taken = list(islice(pages, 2_000 if share == 0.1 else 8_000))
        assert taken
        assert meter.read < (share + 0.15) * meter.total, "no more than the groups in use"
    assert len(list(pages)) == 10_000
    assert meter.read == meter.total


def test_the_size_of_standard_input_is_not_known() -> None:
    meter = Meter()
    read_pages(["-"], meter=meter)
    assert meter.total is None


def test_seen_ids_are_exact() -> None:
    seen = SeenIds()
    for number in range(1_000):
        assert seen.first(f"é{number}\0", f"a:{number}") is None
    assert seen.first("é7\0", "b:1") == "a:7"
    assert seen.first("é7", "b:2") is None
    assert seen.first("É7", "b:3") is None
    seen.close()
