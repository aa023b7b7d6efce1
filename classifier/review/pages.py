"""A page as the desk shows it: all its sentences, why some are flagged, what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from classifier.analysis import LAYOUT, Analysis
from classifier.errors import DataError
from classifier.policy.severity import load_severity_rules
from classifier.review.reasons import Facts, reason
from classifier.review.store import Store
from classifier.text.analyser import Analyser
from classifier.text.lexicons import Rule

#: Sentences before and after one that count as near it.
NEAR = 2
#: Grades of strength by which a mark is drawn.
STRENGTHS = 3


@dataclass(frozen=True, slots=True)
class Found:
    """A lexicon rule's wording in a sentence."""

    words: str
    rule: Rule


@dataclass(frozen=True, slots=True)
class Shown:
    """A sentence of the page.

    Attributes
    ----------
    start, end, before, text
        Where it is, the text between the sentence before and it, its own.
    item, pages
        Its item, ``None`` where there is none yet, and how many pages have it.
    listed
        Whether it is to be looked at.
    flags, scores
        Labels that it is listed for, and the scores of all.
    strength
        1 to ``STRENGTHS``: how far the highest of these scores is from its threshold to 1.
    severity, severity_reason
        Level, 0 where there is none, and what its rule says.
    reason, cues
        Why it is flagged, in a line, and the wordings that rules found.
    decision
        The row of the decision in force, with ``labels`` unpacked.
    """

    start: int
    end: int
    before: str
    text: str
    item: int | None
    pages: int
    listed: bool
    flags: tuple[str, ...]
    scores: Mapping[str, float]
    strength: int
    severity: int
    severity_reason: str
    reason: str
    cues: tuple[Found, ...]
    decision: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class View:
    """A page: its row, labels with score and decision, sentences in order, the text after the last."""

    row: Mapping[str, Any]
    columns: Mapping[str, Any]
    labels: tuple[Mapping[str, Any], ...]
    thresholds: Mapping[str, Mapping[str, float]]
    sentences: tuple[Shown, ...]
    after: str


class Reader:
    """Opens pages, with the wording and layout that the text pipeline finds in them."""

    def __init__(self) -> None:
        self._analyser = Analyser()
        self._severity = {rule.id: rule.reason for rule in load_severity_rules().rules}

    def view(self, store: Store, page: int) -> View:
        """Return a page.

        Raises
        ------
        DataError
            There is no such page in the store.
        """
        row = store.one("SELECT * FROM page WHERE page = ?", page)
        if row is None:
            raise DataError(f"there is no page {page} in this store")
        text = row["text"] or ""
        stored = _stored(store, page) if text else []
        X = self._analyser.analyse([text])
        own = list(zip(X.start.tolist(), X.end.tolist(), strict=True))
        spans = _together([(s["start"], s["end"]) for s in stored], own)
        thresholds = orjson.loads(row["thresholds"])
        by_start = {sentence["start"]: sentence for sentence in stored}
        facts = PageFacts(X, self._analyser.lexicons.rules, text)
        shown, last = [], 0
        for start, end in spans:
            held = by_start.get(start, {})
            shown.append(self._shown(text, (last, start, end), held, thresholds, facts))
            last = end
        labels = store.db.execute("SELECT * FROM page_label WHERE page = ?", (page,)).fetchall()
        order = {label: place for place, label in enumerate(thresholds)}
        labels.sort(key=lambda label: (order.get(label["label"], len(order)), label["label"]))
        return View(
            row=dict(row),
            columns=orjson.loads(row["columns"]),
            labels=tuple(dict(label) for label in labels),
            thresholds=thresholds,
            sentences=tuple(shown),
            after=text[last:],
        )

    def _shown(
        self,
        text: str,
        place: tuple[int, int, int],
        held: Mapping[str, Any],
        thresholds: Mapping[str, Mapping[str, float]],
        facts: PageFacts,
    ) -> Shown:
        last, start, end = place
        flags = tuple(held.get("flags", ()))
        scores = held.get("scores", {})
        severity = held.get("severity", 0)
        said = self._severity.get(held.get("severity_rule") or "", "")
        about, cues = facts.of(start, end, flags, severity, said)
        return Shown(
            start=start,
            end=end,
            before=text[last:start],
            text=text[start:end],
            item=held.get("item"),
            pages=held.get("pages", 1),
            listed=bool(held.get("listed")),
            flags=flags,
            scores=scores,
            strength=_strength(flags, scores, thresholds),
            severity=severity,
            severity_reason=said,
            reason=reason(about) if flags else "",
            cues=cues,
            decision=held.get("decision"),
        )


class PageFacts:
    """Cues and layout of an analysed page, looked up by offsets."""

    def __init__(self, X: Analysis, rules: Sequence[Rule], text: str) -> None:
        self._X, self._rules, self._text = X, rules, text
        self._cue_of = [rules[rule].cue for rule in X.cue_rule.tolist()]
        self._page = set(self._cue_of)

    def of(
        self, start: int, end: int, labels: Sequence[str], severity: int, said: str
    ) -> tuple[Facts, tuple[Found, ...]]:
        """What clauses ask about a sentence, and the wordings in it."""
        X = self._X
        mine = np.flatnonzero((X.end > start) & (X.start < end))
        if not len(mine):
            return Facts(labels, {}, (), self._page, (), severity, said), ()
        inside = np.flatnonzero((X.cue_start >= start) & (X.cue_end <= end))
        inside = inside[np.argsort(X.cue_start[inside], kind="stable")]
        near = np.flatnonzero(
            (X.cue_sentence >= mine[0] - NEAR) & (X.cue_sentence <= mine[-1] + NEAR)
        )
        cues: dict[str, list[str]] = {}
        found = []
        for number in inside.tolist():
            words = self._text[X.cue_start[number] : X.cue_end[number]]
            cues.setdefault(self._cue_of[number], []).append(words)
            found.append(Found(words, self._rules[int(X.cue_rule[number])]))
        layout = {name for name, value in zip(LAYOUT, X.layout[mine[0]], strict=True) if value == 1}
        around = {self._cue_of[number] for number in near.tolist()}
        return Facts(labels, cues, around, self._page, layout, severity, said), tuple(found)


def _stored(store: Store, page: int) -> list[dict[str, Any]]:
    """The sentences in the store, with the decisions in force."""
    rows = store.db.execute(
        "SELECT s.*, i.current, (SELECT count(DISTINCT page) FROM sentence WHERE item = s.item) AS pages"
        " FROM sentence s JOIN item i USING (item) WHERE s.page = ? ORDER BY s.start",
        (page,),
    ).fetchall()
    found = []
    for row in rows:
        sentence = dict(row)
        for name in ("flags", "scores"):
            sentence[name] = orjson.loads(sentence[name])
        decision = store.one("SELECT * FROM decision WHERE decision = ?", row["current"])
        if decision is not None:
            labels = decision["labels"]
            sentence["decision"] = dict(decision) | {"labels": labels and orjson.loads(labels)}
        found.append(sentence)
    return found


def _together(
    stored: Sequence[tuple[int, int]], own: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Stored sentences, and of the splitter's own those that overlap none of them, in order."""
    kept, place = list(stored), 0
    for start, end in own:
        while place < len(stored) and stored[place][1] <= start:
            place += 1
        if place == len(stored) or stored[place][0] >= end:
            kept.append((start, end))
    return sorted(kept)


def _strength(
    flags: Sequence[str],
    scores: Mapping[str, float],
    thresholds: Mapping[str, Mapping[str, float]],
) -> int:
    highest = 0.0
    for label in flags:
        edge = (thresholds.get(label) or {}).get("sentence", 0.5)
        highest = max(highest, (scores[label] - edge) / max(1 - edge, 1e-9))
    return 1 + min(int(highest * STRENGTHS), STRENGTHS - 1)
