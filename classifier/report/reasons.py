"""The reasons for a verdict: for a person in a terminal, and in full as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from classifier.policy.severity import described
from classifier.report.terminal import page_text
from classifier.schema import UNSUPPORTED_CLAIM, Sentence
from classifier.values import printable
from classifier.write.rows import contract_fields

if TYPE_CHECKING:  # scikit-learn is behind it
    from classifier.model.explanation import Explanation, Logit
    from classifier.run.explaining import Explained


def explanation_text(explained: Explained, *, top: int = 5, colour: bool = False) -> str:
    """The page, and below each explained sentence its reasons.

    ``top`` is how many n-grams are named for a label, and how many against it.
    """
    verdict = explained.verdict
    notes = {number: list(_notes(explained, number, top)) for number in explained.reasons}
    return page_text(verdict, tuple(verdict.scores), colour=colour, notes=notes)


def explanation_row(explained: Explained) -> dict[str, Any]:
    """The fields of an output row, with the explained sentences only, and all contributions."""
    verdict = explained.verdict
    row = contract_fields(verdict, "all")
    row["sentences"] = [
        row["sentences"][number]
        | {
            "cues": [
                cue._asdict() | {"text": verdict.text[cue.start : cue.end]}
                for cue in verdict.sentences[number].cues
            ],
            "reasons": [
                {"label": reason.label, "threshold": explained.thresholds.get(reason.label)}
                | _sum(reason.score)
                | {"own": _sum(reason.own)}
                | _without(explained, number, reason.label)
                for reason in reasons
            ],
        }
        for number, reasons in explained.reasons.items()
    ]
    return row


def _without(explained: Explained, number: int, label: str) -> dict[str, Any]:
    """The scores without each word, if they were asked for."""
    if number not in explained.removals:
        return {}
    text = explained.verdict.text
    return {
        "without": [
            removal._asdict() | {"word": text[removal.start : removal.end]}
            for removal in explained.removals[number][label]
        ]
    }


def _sum(logit: Logit) -> dict[str, Any]:
    return {
        "logit": logit.value,
        "bias": logit.bias,
        "groups": logit.groups,
        "contributions": [asdict(addend) for addend in logit.addends],
    }


def _notes(explained: Explained, number: int, top: int) -> Iterator[tuple[str, str]]:
    """Lines below a sentence, each with the label whose colour it takes."""
    verdict = explained.verdict
    sentence = verdict.sentences[number]
    cues: dict[str, list[str]] = {}
    for cue in sentence.cues:
        cues.setdefault(cue.rule, []).append(verdict.text[cue.start : cue.end])
    for reason in explained.reasons[number]:
        yield _decision(reason, sentence, explained.thresholds), reason.label
        if reason.label == UNSUPPORTED_CLAIM:
            yield from ((f"  {line}", "") for line in described(sentence.severity))
        yield f"  = {_addends(reason.score)}", ""
        yield f"  sentence alone: logit {reason.own.value:+.2f} = {_addends(reason.own)}", ""
        n_grams = _n_grams(reason.own)
        for title, sign in (("for", 1), ("against", -1)):
            chosen = [item for item in n_grams if item[1] * sign > 0][:top]
            if chosen:
                yield f"    {title}: {_listed(chosen)}", ""
        removals = explained.removals.get(number, {}).get(reason.label, ())[:top]
        if removals:
            score = sentence.scores[reason.label]
            changes = [
                (_quoted(verdict.text[removal.start : removal.end]), removal.score - score)
                for removal in removals
            ]
            yield f"    without (change of the score): {_listed(changes)}", ""
        weights = {a.name: a.value for a in reason.own.addends if a.group == "cue"}
        matched = [
            (f"{rule} {', '.join(map(_quoted, dict.fromkeys(texts)))}", weights.get(rule, 0.0))
            for rule, texts in cues.items()
        ]
        if matched:
            yield f"    cues: {_listed(matched)}", ""


def _decision(reason: Explanation, sentence: Sentence, thresholds: Mapping[str, float]) -> str:
    flagged = "flagged" if reason.label in sentence.flags else "not flagged"
    rule = f"threshold {thresholds[reason.label]:.2f}" if thresholds else "the highest label is"
    score = f"{reason.label} {sentence.scores[reason.label]:.2f}"
    return f"{score}, {flagged} ({rule}): logit {reason.score.value:+.2f}"


def _addends(logit: Logit) -> str:
    return _listed([*logit.groups.items(), ("bias", logit.bias)])


def _n_grams(own: Logit) -> list[tuple[str, float]]:
    """Sum of each n-gram as word, stem and class, the one that moves most first."""
    sums: dict[str, float] = {}
    for addend in own.addends:
        if addend.group not in ("cue", "layout"):
            name = _quoted(addend.name)
            sums[name] = sums.get(name, 0.0) + addend.value
    return sorted(sums.items(), key=lambda item: -abs(item[1]))


def _quoted(text: str) -> str:
    return f"“{printable(text)}”"


def _listed(items: Iterable[tuple[str, float]]) -> str:
    return ", ".join(f"{name} {value:+.2f}" for name, value in items)
