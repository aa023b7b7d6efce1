"""Tables as CSV, JSON lines and Parquet."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from classifier.errors import InputError
from classifier.write.table import write_table

TABLE = {
    "id": ["a,b", "c"],
    "n": [1, 2],
    "fold": [None, None],
    "score": [0.5, 1.0],
    "ok": [True, False],
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("t.csv", 'id,n,fold,score,ok\n"a,b",1,,0.5,true\nc,2,,1.0,false\n'),
        ("t.tsv", "id\tn\tfold\tscore\tok\na,b\t1\t\t0.5\ttrue\nc\t2\t\t1.0\tfalse\n"),
    ],
)
def test_delimited(name: str, expected: str, tmp_path: Path) -> None:
    write_table(str(tmp_path / name), TABLE)
    assert (tmp_path / name).read_text(encoding="utf-8") == expected


def test_json_lines_and_parquet_keep_types(tmp_path: Path) -> None:
    rows = [dict(zip(TABLE, row, strict=True)) for row in zip(*TABLE.values(), strict=True)]
    write_table(str(tmp_path / "t.jsonl"), TABLE)
    lines = (tmp_path / "t.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == rows
    write_table(str(tmp_path / "t.parquet"), TABLE)
    assert pq.read_table(tmp_path / "t.parquet").to_pylist() == rows


@pytest.mark.parametrize("name", ["t.html", "t.docx"])
def test_other_suffixes_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must name a table"):
        write_table(str(tmp_path / name), TABLE)
    assert not list(tmp_path.iterdir())
