"""Records of all kinds."""

from __future__ import annotations

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
    return Records(table, folder / "pages.parquet")
