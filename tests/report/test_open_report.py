"""Every output format opens, takes a page and leaves a whole file."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier.errors import InputError
from classifier.report import open_report
from classifier.schema import Verdict

Labels = tuple[str, ...]


@pytest.mark.parametrize(
    ("format", "beginning"),
    [
        ("text", b"page-1: promotional"),
        ("html", b"<!doctype html>"),
        ("jsonl", b'{"id":"page-1"'),
        ("csv", b"id,"),
        ("tsv", b"id\t"),
        ("parquet", b"PAR1"),
    ],
)
def test_formats(
    format: str, beginning: bytes, verdict: Verdict, labels: Labels, tmp_path: Path
) -> None:
    path = tmp_path / "out"
    with open_report(str(path), format, labels=labels) as writer:
        writer.write(verdict)
    assert path.read_bytes().startswith(beginning)


@pytest.mark.parametrize("format", ["text", "html"])
def test_a_failed_run_leaves_nothing(format: str, labels: Labels, tmp_path: Path) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        open_report(str(tmp_path / "out"), format, labels=labels),
    ):
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_unknown_format(labels: Labels) -> None:
    with pytest.raises(InputError, match="'docx'"):
        open_report("out.docx", "docx", labels=labels)
