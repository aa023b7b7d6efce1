"""Names of the output formats; light, so that a command line can list them at once."""

from __future__ import annotations

import os

FORMATS = ("jsonl", "csv", "tsv", "parquet", "text", "html")


def format_of(output: str) -> str | None:
    """The format that an output's suffix names; jsonl without a suffix, ``None`` for an unknown one."""
    suffix = os.path.splitext(output)[1].lower().removeprefix(".")
    if not suffix:
        return "jsonl"
    found = {"txt": "text", "htm": "html", "pq": "parquet"}.get(suffix, suffix)
    return found if found in FORMATS else None
