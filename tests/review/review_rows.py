"""Rows as ``classifier score --keep-text`` writes them, made by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from classifier.write.rows import text_hash

P, U = "promotional", "unsupported_claim"
SCRIPT = "<script>alert(1)</script>"
BOILERPLATE = "These statements have not been evaluated by any authority at all."
Row = dict[str, Any]
Unit = tuple[str, str, float, int]


def row(key: str, *units: Unit, language: str = "en", **columns: Any) -> Row:
    """A page of units on lines of their own: text, kinds (P, U), the score of these, severity."""
    text = "\n".join(unit[0] for unit in units)
    sentences, start = [], 0
    for words, kinds, score, severity in units:
        flags = [label for label, letter in ((P, "P"), (U, "U")) if letter in kinds]
        if flags:
            sentences.append(
                {
                    "start": start,
                    "end": start + len(words),
                    "text": words,
                    "flags": flags,
                    "scores": {label: score if label in flags else 0.1 for label in (P, U)},
                    "severity": {"level": severity, "rule": "cure"} if severity else None,
                    "cues": [],
                }
            )
        start += len(words) + 1
    scores = {
        label: max((s["scores"][label] for s in sentences if label in s["flags"]), default=0.1)
        for label in (P, U)
    }
    return {
        "id": key,
        "text": text,
        "text_sha256": text_hash(text),
        "language": language,
        "flags": [label for label in (P, U) if scores[label] > 0.1],
        "scores": scores,
        "sentences": sentences,
        "model": "tiny@1",
        "thresholds": {label: {"sentence": 0.4, "page": 0.4} for label in (P, U)},
        "release": "0.1.0",
        "error": None,
        **columns,
    }


def rows() -> list[Row]:
    return [
        row("a", ("Order the tea now!", "P", 0.9, 0), ("Rain fell.", "", 0, 0), site="shop"),
        row("b", ("It cures gout.", "U", 0.6, 3), (BOILERPLATE, "U", 0.5, 1), site="clinic"),
        row("c", ("It cures cancer.", "PU", 0.7, 4), (BOILERPLATE, "U", 0.45, 1), site="shop"),
        row("d", (f"{SCRIPT} heals 👍 you", "U", 0.8, 1), ("Order the tea now!", "P", 0.5, 0)),
        row("e", ("Snow fell.", "", 0, 0), language="und"),
        row("f", ("يشفي الشاي كل مرض", "U", 0.55, 1), language="ar", site="souk"),
    ]


def write(path: Path, made: Iterable[Row]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in made), "utf-8")
    return path
