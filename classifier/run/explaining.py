"""From a page to its verdict and the reasons for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from classifier.errors import InputError
from classifier.model.explanation import Explanation, explain
from classifier.run.scorer import Scorer
from classifier.schema import Page, Sentence, Verdict

_WORD = re.compile(r"\w[\w'’-]*")


class Removal(NamedTuple):
    """One word of a sentence: its place in the page, and the score of the sentence without it."""

    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Explained:
    """A verdict and why.

    Attributes
    ----------
    verdict
        With all sentences.
    thresholds
        Probability per label from which on a sentence is flagged; empty when labels exclude each
        other.
    reasons
        Explanations by the sentence's place in ``verdict.sentences``; empty for a failed record.
    removals
        For each explained sentence, if asked for, and label: the score without each of its words, the
        word first whose removal changes it most.
    """

    verdict: Verdict
    thresholds: Mapping[str, float]
    reasons: Mapping[int, tuple[Explanation, ...]]
    removals: Mapping[int, Mapping[str, tuple[Removal, ...]]] = field(default_factory=dict)


def explain_page(
    scorer: Scorer,
    page: Page,
    *,
    label: str | None = None,
    every: bool = False,
    words: bool = False,
) -> Explained:
    """Score a page and explain its flags.

    Parameters
    ----------
    scorer
        The model.
    page
        A record; one with an error is answered with the error.
    label
        Explain this label only.
    every
        Explain all sentences and labels, flagged or not.
    words
        Score the page again without each word of each explained sentence. That takes as long as
        scoring so many pages.

    Raises
    ------
    InputError
        If the model does not know ``label``.
    """
    labels = scorer.model.labels
    if label not in (None, *labels):
        raise InputError(f"no label '{label}' in this model (it has: {', '.join(labels)})")
    (verdict,) = scorer.score_batch([page], "all")
    wanted = {
        number: [x for x in labels if label in (None, x) and (every or x in sentence.flags)]
        for number, sentence in enumerate(verdict.sentences)
    }
    wanted = {number: chosen for number, chosen in wanted.items() if chosen}
    if not wanted:  # a text that cannot be scored cannot be analysed either
        return Explained(verdict, scorer.thresholds, {})
    analyser = scorer.analyser
    reasons = explain(
        scorer.model,
        analyser.analyse([verdict.text]),
        wanted,
        analyser.surface_forms(verdict.text),
        [rule.id for rule in analyser.lexicons.rules],
    )
    removals = {}
    if words:
        removals = {number: _removals(scorer, verdict, number, wanted[number]) for number in wanted}
    return Explained(verdict, scorer.thresholds, reasons, removals)


def _removals(
    scorer: Scorer, verdict: Verdict, number: int, labels: Iterable[str]
) -> dict[str, tuple[Removal, ...]]:
    """The scores of a sentence without each of its words, by label; measured, not estimated."""
    text, sentence = verdict.text, verdict.sentences[number]
    words = [match.span() for match in _WORD.finditer(text, sentence.start, sentence.end)]
    pages = [Page(verdict.id, text[:start] + text[end:]) for start, end in words]
    without = scorer.score_batch(pages, "all")
    found = {}
    for label in labels:
        removals = [
            Removal(start, end, _score_within(other, sentence, end - start, label))
            for (start, end), other in zip(words, without, strict=True)
        ]
        before = sentence.scores[label]
        found[label] = tuple(sorted(removals, key=lambda removal: -abs(removal.score - before)))
    return found


def _score_within(verdict: Verdict, sentence: Sentence, shorter: int, label: str) -> float:
    """The highest score of what is left of a sentence after ``shorter`` characters were taken out."""
    end = sentence.end - shorter
    left = (s for s in verdict.sentences if s.start < end and s.end > sentence.start)
    return max((s.scores[label] for s in left), default=0.0)
