"""Records of all kinds, as a table, and what the local run makes of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from classifier.read.pages import read_pages
from classifier.run.scoring import score_pages
from classifier.write.rows import CONTRACT, contract_fields, json_columns

Row = dict[str, Any]
#: Characters that a text may have in these tests.
MAX_CHARS = 1_000


class Records(NamedTuple):
    """The same records as a table and as a file."""

    table: pa.Table
    parquet: Path


def local(path: Path, bundle: Path, sentences: str = "all") -> list[Row]:
    """Rows of the local run, by JSON; messages without the place, which only one machine knows."""
    pages = read_pages([str(path)], max_chars=MAX_CHARS)
    return [
        placeless(contract_fields(v, sentences) | json_columns(v.columns, CONTRACT))
        for v in score_pages(pages, bundle, sentences=sentences)
    ]


def placeless(row: Row) -> Row:
    """A row as JSON, without its place in error and id, and without null scores."""
    made: Row = json.loads(json.dumps(row)) | {
        name: row[name] or {} for name in ("scores", "thresholds")
    }
    if "/" in str(made["id"]):  # file:line, for want of an id
        made["id"] = None
    if made["error"]:
        made["error"] = re.sub(r"^[^ ]+: ", "", made["error"])
    return made


def by_id(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: str(row["id"]))
