"""From a page to its verdict and the reasons for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from classifier.errors import InputError
from classifier.model.explanation import Explanation, explain
from classifier.run.scorer import Scorer
from classifier.schema import Page, Verdict


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
    """

    verdict: Verdict
    thresholds: Mapping[str, float]
    reasons: Mapping[int, tuple[Explanation, ...]]


def explain_page(
    scorer: Scorer, page: Page, *, label: str | None = None, every: bool = False
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
    return Explained(verdict, scorer.thresholds, reasons)
