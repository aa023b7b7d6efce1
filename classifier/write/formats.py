"""Names of the output formats; light, so that a command line can list them at once."""

from __future__ import annotations

FORMATS = ("jsonl", "csv", "tsv", "parquet", "text", "html")


def format_of(output: str) -> str:
    """The format that an output's suffix names; jsonl where it names none."""
    suffix = output.rpartition(".")[2].lower() if "." in output else ""
    return {"txt": "text", "htm": "html", "pq": "parquet"}.get(
        suffix, suffix if suffix in FORMATS else "jsonl"
    )
