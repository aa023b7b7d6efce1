"""What an output row holds, before any format."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from classifier.schema import Cue, Sentence, Verdict
from classifier.values import RELEASE, json_ready, sound

#: Fields of an output row; columns of the input with such a name are renamed.
CONTRACT = (
    *("id", "text", "text_sha256", "language", "flags", "scores", "sentences"),
    *("model", "thresholds", "release", "error"),
)
#: One more field of rows and of sentences, where a review band was asked for.
DECISIONS = "decisions"
#: Which sentences a row carries.
SENTENCES = ("flagged", "all", "none")
#: Decimals of a written score.
_DECIMALS = 6


def contract_fields(verdict: Verdict, sentences: str) -> dict[str, Any]:
    """Return the contract's fields of a row; ``text`` is among them only where it is carried."""
    row: dict[str, Any] = {"id": sound(verdict.id)}
    if verdict.carry_text:
        row["text"] = sound(verdict.text)
    return row | {
        "text_sha256": None if verdict.error is not None else text_hash(verdict.text),
        "language": verdict.language,
        "flags": list(verdict.flags),
        "scores": rounded(verdict.scores),
        **_decisions(verdict.decisions),
        "sentences": [
            _sentence(verdict.text, sentence) for sentence in chosen(verdict.sentences, sentences)
        ],
        "model": verdict.model,
        "thresholds": {label: rounded(edges) for label, edges in verdict.thresholds.items()},
        "release": RELEASE,
        "error": None if verdict.error is None else sound(verdict.error),
    }


def text_hash(text: str) -> str:
    """SHA-256 of a text as rows carry it, in UTF-8, in hexadecimal digits."""
    return hashlib.sha256(sound(text).encode()).hexdigest()


def _sentence(text: str, sentence: Sentence) -> dict[str, Any]:
    return {
        "start": int(sentence.start),
        "end": int(sentence.end),
        "text": sound(text[sentence.start : sentence.end]),
        "flags": list(sentence.flags),
        "scores": rounded(sentence.scores),
        **_decisions(sentence.decisions),
        "severity": sentence.severity and sentence.severity._asdict(),
        "cues": [_cue(cue) for cue in sentence.cues],
    }


def _decisions(decisions: Mapping[str, str] | None) -> dict[str, dict[str, str]]:
    """The field ``decisions``, where there is a review band."""
    return {} if decisions is None else {DECISIONS: dict(decisions)}


def _cue(cue: Cue) -> dict[str, Any]:
    return {"cue": cue.cue, "start": int(cue.start), "end": int(cue.end)}


def chosen(sentences: Iterable[Sentence], which: str) -> list[Sentence]:
    """Return the sentences that ``which`` (one of ``SENTENCES``) asks for."""
    if which == "none":
        return []
    return [sentence for sentence in sentences if which == "all" or sentence.listed]


def rounded(scores: Mapping[str, float]) -> dict[str, float]:
    """Return ``scores`` with six decimals."""
    return {label: round(float(score), _DECIMALS) for label, score in scores.items()}


def passthrough(columns: Mapping[str, Any], reserved: Sequence[str]) -> dict[str, Any]:
    """Return the input's own columns, values untouched, without names that the output needs.

    A column whose name is ``reserved`` gets ``input_`` in front, once more where that is taken too.
    """
    row: dict[str, Any] = {}
    for name, value in columns.items():
        new = sound(str(name))
        while new in reserved or new in row or (new != name and new in columns):
            new = f"input_{new}"
        row[new] = value
    return row


def json_columns(columns: Mapping[str, Any], reserved: Sequence[str]) -> dict[str, Any]:
    """Return the input's own columns as they stand in a JSON row."""
    return {k: json_ready(value) for k, value in passthrough(columns, reserved).items()}


def contract(review: bool) -> tuple[str, ...]:
    """Return the names of an output row's fields."""
    return (*CONTRACT, DECISIONS) if review else CONTRACT
