"""The same records as a table and as lines."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from distributed_records import MAX_CHARS, Records

from classifier.schema import Dataset


@pytest.fixture(scope="session")
def records(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Records:
    texts: list[Any] = [page.text for page in dataset.pages] * 2
    texts[3:3] = [None, "", "  ", "x" * (MAX_CHARS + 1), "a\0b", "Crème brûlée 😀 cures gout!"]
    rows = [
        {"n": n, "id": f"p{n}", "text": text, "meta": {"tags": ["a"] * (n % 3)}, "flags": "mine"}
        for n, text in enumerate(texts)
    ]
    rows[1]["meta"] = None
    folder = tmp_path_factory.mktemp("records")
    table = pa.Table.from_pylist(rows)
    pq.write_table(table, folder / "pages.parquet", row_group_size=11)
    lines = [json.dumps(row).encode() for row in rows]
    lines[5:5] = [b'{"id": "s0"}', b'{"id": "s1", "text": 7, "url": "u"}', b"", b"  "]
    lines += [b'{"id": "s2", "text": ["a"]}', b'{"id": 12, "text": "Rain fell.", "n": 1e400}']
    (folder / "pages.jsonl").write_bytes(b"\n".join(lines))
    return Records(table, folder / "pages.parquet", folder / "pages.jsonl")
