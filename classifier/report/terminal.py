"""A verdict as a person reads it in a terminal: the page with its flagged sentences marked, and why."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import BinaryIO

from classifier.policy.severity import described
from classifier.read.documents import hint
from classifier.schema import FLAG, REVIEW, Sentence, Verdict
from classifier.values import printable

#: ANSI colours, given to labels in their order; a sentence with several labels takes the last one.
COLOURS = ("\x1b[33m", "\x1b[31m", "\x1b[36m", "\x1b[32m", "\x1b[34m", "\x1b[35m")
_BOTH, _DIM, _BOLD, _RESET = "\x1b[35m", "\x1b[2m", "\x1b[1m", "\x1b[0m"
_WIDEST = 100
#: Columns that a sentence gets at least, however narrow the terminal and however many the labels.
_ROOM = 24
#: Names of files that a message lists at most.
NAMED = 10


def page_text(
    verdict: Verdict,
    labels: Sequence[str],
    *,
    colour: bool = False,
    notes: Mapping[int, Sequence[tuple[str, str]]] | None = None,
) -> str:
    """One page: id and scores, then each listed sentence with its flags, scores, severity and cues.

    ``notes`` take the place of severity and cues: lines by the number of their sentence, each with the
    label whose colour it takes, or with ``""``.
    """
    paint = _Painter(labels, colour)
    width = min(shutil.get_terminal_size((_WIDEST, 24)).columns, _WIDEST)
    name = paint(printable(verdict.id), _BOLD)
    if verdict.error is not None:
        return f"{name}\n  error: {printable(verdict.error)}\n"
    if not verdict.judged:
        return f"{name}: not judged (language: {verdict.language})\n"
    flags = ", ".join(paint.label(label) for label in verdict.flags) or "no flag"
    if review := [label for label in labels if verdict.decision(label) == REVIEW]:
        flags += f"; to review: {', '.join(paint.label(label) for label in review)}"
    scores = "  ".join(f"{label} {verdict.scores[label]:.2f}" for label in labels)
    if verdict.severity:
        scores += f"  severity {verdict.severity.level}"
    lines = [f"{name}: {flags}", paint(f"  page scores: {scores}", _DIM)]
    for number, sentence in enumerate(verdict.sentences):
        below = _reasons(verdict, sentence) if notes is None else notes.get(number, ())
        lines += _sentence(verdict, sentence, labels, paint, width, below)
    return "\n".join(lines) + "\n"


def _sentence(
    verdict: Verdict,
    sentence: Sentence,
    labels: Sequence[str],
    paint: _Painter,
    width: int,
    below: Sequence[tuple[str, str]],
) -> list[str]:
    marks = "".join(_mark(sentence, label) for label in labels)
    scores = " ".join(f"{sentence.scores[label]:.2f}" for label in labels)
    head = f"  {marks} {scores}  "
    text = printable(verdict.text[sentence.start : sentence.end])
    room = max(width - len(head), _ROOM)
    wrapped = textwrap.wrap(text, room) or [""]
    colour = paint.of(sentence.flags)
    lines = [head + paint(wrapped[0], colour)]
    lines += [" " * len(head) + paint(line, colour) for line in wrapped[1:]]
    for note, label in below:
        indent = note[: len(note) - len(note.lstrip())]
        colour = paint.of((label,)) if label else _DIM
        wrapped = textwrap.wrap(note, room, subsequent_indent=indent)
        lines += [" " * len(head) + paint(line, colour) for line in wrapped]
    return lines


def _mark(sentence: Sentence, label: str) -> str:
    """A capital where the label is flagged, a small letter where it is up for review, else a dot."""
    marks = {FLAG: label[0].upper(), REVIEW: label[0].lower()}
    return marks.get(sentence.decision(label), ".")


def _reasons(verdict: Verdict, sentence: Sentence) -> list[tuple[str, str]]:
    """Lines on the severity of a claim and on the cues of a flagged sentence, for ``page_text``."""
    lines = described(sentence.severity)
    if sentence.flags and sentence.cues:
        lines.append(_cues(verdict, sentence))
    return [(line, "") for line in lines]


def _cues(verdict: Verdict, sentence: Sentence) -> str:
    """The cues, each with its wording where it first stands."""
    words = {cue.cue: verdict.text[cue.start : cue.end] for cue in reversed(sentence.cues)}
    cues = dict.fromkeys(cue.cue for cue in sentence.cues)
    return "; ".join(f"{cue}: “{printable(words[cue])}”" for cue in cues)


def colours_welcome() -> bool:
    """Whether stdout is a terminal, and ``NO_COLOR`` is not set."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


class TextRows:
    """Writes pages as readable text; in colour on a terminal, unless ``NO_COLOR`` is set."""

    def __init__(self, stream: BinaryIO, labels: Sequence[str], colour: bool = False) -> None:
        self._stream = stream
        self._labels = labels
        self._colour = colour and colours_welcome()

    def write(self, verdict: Verdict) -> None:
        """Write one page, an empty line after it."""
        text = page_text(verdict, self._labels, colour=self._colour)
        self._stream.write((text + "\n").encode("utf-8", "replace"))

    def close(self) -> None:
        """Nothing is held back."""


def tally(verdict: Verdict) -> Counter[str]:
    """What one verdict adds to the counts of ``summary``."""
    kind = "failed" if verdict.error else "scored" if verdict.judged else "not judged"
    counts = Counter([kind])
    for unit, of_unit in (("page", [verdict]), ("sentence", verdict.sentences)):
        for judged in of_unit:
            counts.update(f"{unit}/{label}" for label in judged.flags)
            decisions = judged.decisions or {}
            counts.update(f"{unit}/{k}/{REVIEW}" for k, v in decisions.items() if v == REVIEW)
    return counts


def summary(
    counts: Counter[str],
    labels: Sequence[str],
    model: str,
    with_sentences: bool,
    review: bool = False,
) -> str:
    """What a run found, for stderr.

    ``counts`` are those of ``tally``: ``scored``, ``failed``, ``not judged``, and for the units ``page``
    and ``sentence`` those flagged, ``UNIT/LABEL``, and those in the ``review`` band,
    ``UNIT/LABEL/review``.
    """
    failures = f", {counts['failed']} failed" if counts["failed"] else ""
    unjudged = f", {counts['not judged']} not judged (not English)" if counts["not judged"] else ""
    lines = [f"{counts['scored']} records scored with {model}{unjudged}{failures}"]
    width = max(map(len, labels), default=0)
    for label in labels:
        line = f"  {label:<{width}}"
        for key, words in ((label, "flagged"), (f"{label}/{REVIEW}", "to review")):
            if key != label and not review:
                continue
            line += f"  {counts[f'page/{key}']:>6} pages"
            if with_sentences:
                line += f"  {counts[f'sentence/{key}']:>7} sentences"
            line += f" {words}"
        lines.append(line)
    return "\n".join(lines)


class _Painter:
    def __init__(self, labels: Sequence[str], colour: bool) -> None:
        self._colour = colour
        self._of_label = {label: COLOURS[i % len(COLOURS)] for i, label in enumerate(labels)}

    def __call__(self, text: str, code: str) -> str:
        return f"{code}{text}{_RESET}" if self._colour and code else text

    def label(self, label: str) -> str:
        return self(label, self._of_label[label])

    def of(self, flags: Sequence[str]) -> str:
        if not flags:
            return ""
        return _BOTH if len(flags) > 1 else self._of_label[flags[0]]


def passed_over(unknown: Sequence[str], outputs: Sequence[str]) -> str:
    """Lines on files in folders that were not scored; empty if there are none.

    Parameters
    ----------
    unknown
        Paths of files of no known type.
    outputs
        Paths of outputs of this program.
    """
    lines = ""
    for what, names in (("of no known type", unknown), ("outputs of this program", outputs)):
        if names:
            more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
            listed = printable(", ".join(names[:NAMED]))
            lines += f"not scored, {what}: {len(names):,} files ({listed}{more}){hint(names)}\n"
    return lines
