"""One self-contained HTML page: the texts with flagged sentences marked; hover tells the reason."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from typing import BinaryIO

from classifier.policy.severity import described
from classifier.schema import FLAG, REVIEW, Sentence, Verdict

#: Classes of ``page.html`` for single labels; further labels share the last.
_CLASSES = ("l0", "l1", "l2")
_MEANING = {FLAG: " (flagged)", REVIEW: " (to review)"}
#: Around the score of a page in the overview.
_TAGS = {FLAG: ("<b>", "</b>"), REVIEW: ('<span class="review">', "</span>")}


class HtmlRows:
    """Collects pages and writes the report on ``close``, an overview table first."""

    def __init__(self, stream: BinaryIO, labels: Sequence[str]) -> None:
        self._stream = stream
        self._labels = tuple(labels)
        self._overview: list[str] = []
        self._articles: list[str] = []
        self._model = ""
        self._review = False

    def write(self, verdict: Verdict) -> None:
        """Take one page."""
        number = len(self._articles) + 1
        self._model = verdict.model or self._model
        self._review |= verdict.decisions is not None
        self._overview.append(self._row(verdict, number))
        self._articles.append(self._article(verdict, number))

    def close(self) -> None:
        """Write the report."""
        style = (files(__package__) / "page.html").read_text(encoding="utf-8")
        heads = "".join(
            f'<th class="n">{escape(label)}<th class="n">sentences' for label in self._labels
        )
        parts = [
            style,
            "<h1>Health-marketing report</h1>",
            f'<p class="faint">{len(self._articles)} records, model {escape(self._model)}. Scores are '
            "calibrated probabilities. Hover over a marked sentence to see why.</p>",
            f'<p class="key">{"".join(self._key())}</p>',
            f"<table><tr><th>record{heads}</tr>",
            *self._overview,
            "</table>",
            *self._articles,
            "</html>\n",
        ]
        self._stream.write("\n".join(parts).encode("utf-8", "replace"))

    def _key(self) -> list[str]:
        marks = [f'<mark class="{self._class((x,))}">{escape(x)}</mark>' for x in self._labels]
        if len(self._labels) > 1:
            marks.append('<mark class="both">several</mark>')
        if self._review:
            marks.append('<mark class="review">to review, or strongest of its page</mark>')
        return marks

    def _row(self, verdict: Verdict, number: int) -> str:
        cells = [f'<td><a href="#r{number}">{escape(verdict.id)}</a>']
        for label in self._labels:
            if verdict.error is not None:
                cells.append('<td class="n error" colspan="2">error')
                continue
            if not verdict.judged:
                cells.append('<td class="n faint" colspan="2">not judged')
                continue
            count = sum(label in sentence.flags for sentence in verdict.sentences)
            tag, end = _TAGS.get(verdict.decision(label), ("", ""))
            cells.append(f'<td class="n">{tag}{verdict.scores[label]:.2f}{end}')
            cells.append(f'<td class="n">{count or "–"}')
        return f"<tr>{''.join(cells)}</tr>"

    def _article(self, verdict: Verdict, number: int) -> str:
        head = f'<article id="r{number}"><h2>{escape(verdict.id)}</h2>'
        if verdict.error is not None:
            return f'{head}<p class="error">{escape(verdict.error)}</p></article>'
        if not verdict.judged:
            note = f"not judged (language: {verdict.language})"
            return f'{head}<p class="faint">{escape(note)}</p></article>'
        scores = ", ".join(
            f"{x} {verdict.scores[x]:.2f}{_MEANING.get(verdict.decision(x), '')}"
            for x in self._labels
        )
        if verdict.severity:
            scores += f", severity {verdict.severity.level}"
        return (
            f'{head}<div class="faint">{escape(scores)}</div>'
            f'<div class="text">{self._marked(verdict)}</div></article>'
        )

    def _marked(self, verdict: Verdict) -> str:
        parts, done = [], 0
        for sentence in verdict.sentences:
            if not sentence.listed:
                continue
            text = verdict.text[sentence.start : sentence.end]
            parts.append(escape(verdict.text[done : sentence.start]))
            title = escape(self._reason(verdict, sentence), quote=True)
            parts.append(
                f'<mark class="{self._class(sentence.flags)}" title="{title}">{escape(text)}</mark>'
            )
            done = sentence.end
        parts.append(escape(verdict.text[done:]))
        return "".join(parts).strip()

    def _reason(self, verdict: Verdict, sentence: Sentence) -> str:
        lines = [
            f"{label}: {sentence.scores[label]:.2f}{_MEANING.get(sentence.decision(label), '')}"
            for label in self._labels
        ]
        lines += described(sentence.severity)
        lines += dict.fromkeys(
            f"{cue.cue}: {verdict.text[cue.start : cue.end]}" for cue in sentence.cues
        )
        return "\n".join(lines)

    def _class(self, flags: Sequence[str]) -> str:
        if not flags:
            return "review"
        if len(flags) > 1:
            return "both"
        return _CLASSES[min(self._labels.index(flags[0]), len(_CLASSES) - 1)]
