"""Writing labelled pages, as JSON lines or as marked text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from classifier.corpus.marked import write_marked
from classifier.errors import InputError
from classifier.schema import UNSUPPORTED_CLAIM, LabelledPage, Segment
from classifier.write.destination import destination


def write_labelled(pages: Sequence[LabelledPage], path: str, labels: Sequence[str]) -> None:
    """Write pages in the format of the path's suffix, ``.jsonl`` or ``.marked``.

    Raises
    ------
    InputError
        For another suffix.
    """
    if path.endswith(".marked"):
        write_marked(pages, path)
    elif path.endswith(".jsonl"):
        _write_jsonl(pages, path, labels)
    else:
        raise InputError(f"{path}: labelled pages are written as .jsonl or .marked")


def _write_jsonl(pages: Sequence[LabelledPage], path: str, labels: Sequence[str]) -> None:
    import orjson

    with destination(path) as stream:
        for page in pages:
            row = {
                "id": page.id,
                "group": page.group,
                **page.columns,
                "text": page.text,
                "segments": [_segment(segment, labels) for segment in page.segments],
            }
            stream.write(orjson.dumps(row) + b"\n")


def _segment(segment: Segment, labels: Sequence[str]) -> dict[str, Any]:
    row: dict[str, Any] = {"start": segment.start, "end": segment.end}
    for label in labels:
        if label == UNSUPPORTED_CLAIM and segment.claim is not None:
            row["claim"] = segment.claim
        else:
            row[label] = label in segment.labels
    return row
