"""A model with its text pipeline: a batch of pages in, a batch of verdicts out.

The command line, the Python API and worker processes all go through ``Scorer.score_batch``, whose
verdicts depend on its pages only. A record that fails becomes a verdict with ``error`` set; its
neighbours never notice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from classifier.analysis import Analysis, Bool, Float, Int
from classifier.errors import BundleError, InputError
from classifier.model.bundle import DECIMALS, Model, load
from classifier.policy.judge import SeverityJudge
from classifier.schema import (
    FLAG,
    PASS,
    PROMOTIONAL,
    REVIEW,
    UNSUPPORTED_CLAIM,
    Cue,
    Page,
    Sentence,
    Severity,
    Verdict,
)
from classifier.text.analyser import Analyser
from classifier.text.language import ENGLISH, UNDETERMINED, detector, language

#: Which sentences a verdict lists.
SENTENCES = ("flagged", "all", "none")
#: From weak to strong; a page takes the strongest of its sentences.
DECISIONS = (PASS, REVIEW, FLAG)
_FLAGGED = DECISIONS.index(FLAG)
#: Labels of the project's guide, which is about English; models with other labels may be in any
#: language, and theirs is not asked for.
_ENGLISH_LABELS = frozenset((PROMOTIONAL, UNSUPPORTED_CLAIM))


class Scorer:
    """A model together with the text pipeline that it was trained with.

    Parameters
    ----------
    model
        A bundle's directory, or a ``Model``.
    thresholds
        Replace the model's own, by label.
    review
        Lower edge of the review band, by label; where it is not below the threshold there is no band.
        Verdicts have ``decisions`` when this is given.
    any_language
        Judge texts in other languages than English too. A model whose labels are not those of the
        project's guide judges any language, and its verdicts name none.

    Raises
    ------
    BundleError
        If the bundle cannot be used, or a threshold names an unknown label.
    """

    def __init__(
        self,
        model: str | Path | Model,
        thresholds: Mapping[str, float] | None = None,
        review: Mapping[str, float] | None = None,
        any_language: bool = False,
    ) -> None:
        self.model = model if isinstance(model, Model) else load(model)
        self.analyser = Analyser(split=self.model.unit == "sentence", encode=self.model.encode)
        self.model.require(self.analyser.fingerprint, len(self.analyser.lexicons.rules))
        self.thresholds = self._replaced(thresholds or {})
        self.page_thresholds = dict(self.model.page_thresholds) | dict(thresholds or {})
        self.review = None if review is None else self._replaced(review)
        self.any_language = any_language
        self._edges = self._all_thresholds()
        self._severity = SeverityJudge()
        self._names_language = self.model.unit == "sentence" and _ENGLISH_LABELS.issuperset(
            self.model.labels
        )

    def _replaced(self, values: Mapping[str, float]) -> dict[str, float]:
        """The model's thresholds with some of them replaced."""
        chosen = dict(self.model.thresholds)
        for label, value in values.items():
            if label not in chosen:
                known = ", ".join(chosen) or "none, because its labels exclude each other"
                raise BundleError(f"no threshold for '{label}' in this model (it has: {known})")
            chosen[label] = value
        return chosen

    def prepare(self) -> None:
        """Do what would else be done at the first page, or after an interruption, on its time."""
        self.analyser.recover()
        if self._names_language:
            detector()

    def _all_thresholds(self) -> dict[str, dict[str, float]]:
        """What ``Verdict.thresholds`` says of each verdict; empty where labels exclude each other."""
        kinds = {"sentence": self.thresholds, "page": self.page_thresholds}
        if self.review is not None:
            kinds["review"] = self.review
        return {
            label: {kind: edges[label] for kind, edges in kinds.items()}
            for label in self.thresholds
        }

    def score_batch(self, pages: Sequence[Page], sentences: str = "flagged") -> list[Verdict]:
        """One verdict per page, in order."""
        check_sentences(sentences)
        readable = [page for page in pages if page.error is None]
        try:
            verdicts = iter(self._score(readable, sentences, self.analyser.analyse))
        except Exception as error:  # the one guard: find the record that fails, save the others
            if len(pages) == 1:
                return [self._failed(pages[0], f"{pages[0].where}: cannot be scored: {error!r}")]
            return [verdict for page in pages for verdict in self.score_batch([page], sentences)]
        return [
            next(verdicts) if page.error is None else self._failed(page, page.error)
            for page in pages
        ]

    def _plain(self, text: str) -> str:
        return self.analyser.plain(text, [(0, len(text))])[0]

    def score_analysed(self, page: Page, X: Analysis, sentences: str = "flagged") -> Verdict:
        """The verdict on a page of whose text the analysis is known, but for what an encoder adds.

        What goes wrong is raised.
        """
        return self._score([page], sentences, lambda texts: self.analyser.encoded(texts, X))[0]

    def _score(
        self, pages: Sequence[Page], sentences: str, analyse: Callable[[Sequence[str]], Analysis]
    ) -> list[Verdict]:
        languages = [
            language(page.text, self._plain) if self._names_language else None for page in pages
        ]
        judged = [self.any_language or code in (None, ENGLISH, UNDETERMINED) for code in languages]
        chosen = [page for page, wanted in zip(pages, judged, strict=True) if wanted]
        verdicts = iter(self._judge(chosen, sentences, analyse))
        return [
            replace(next(verdicts), language=code) if wanted else self._unjudged(page, code)
            for page, code, wanted in zip(pages, languages, judged, strict=True)
        ]

    def _unjudged(self, page: Page, code: str | None) -> Verdict:
        """The verdict on a text in a language that the model does not know."""
        return replace(
            self._failed(page, None),
            model=self.model.name,
            carry_text=page.carry_text,
            language=code,
            judged=False,
            thresholds=self._edges,
        )

    def _judge(
        self, pages: Sequence[Page], sentences: str, analyse: Callable[[Sequence[str]], Analysis]
    ) -> list[Verdict]:
        if not pages:
            return []
        X = analyse([page.text for page in pages])
        sentence_scores, page_scores = (np.round(p, DECIMALS) for p in self.model.predict(X))
        levels = self._levels(sentence_scores, self.thresholds)
        strongest = np.zeros(page_scores.shape, dtype=np.int64)  # of the sentences of each page
        np.maximum.at(strongest, X.sentence_page(), levels)
        page_levels = strongest
        if not self.model.exclusive:
            page_levels = np.maximum(strongest, self._levels(page_scores, self.page_thresholds))
        evidence = _strongest(X, sentence_scores, page_levels > strongest)
        listed = self._sentences(X, sentence_scores, levels, sentences, evidence)
        return [
            Verdict(
                id=page.id,
                text=page.text,
                flags=self._flags(page_levels[number]),
                scores=self._scores(page_scores[number]),
                sentences=tuple(listed[number]),
                model=self.model.name,
                columns=page.columns,
                carry_text=page.carry_text,
                decisions=self._decisions(page_levels[number]),
                thresholds=self._edges,
            )
            for number, page in enumerate(pages)
        ]

    def _failed(self, page: Page, error: str | None) -> Verdict:
        """The verdict on a record without scores."""
        decisions: dict[str, str] | None = None if self.review is None else {}
        return Verdict(
            id=page.id, text=page.text, columns=page.columns, error=error, decisions=decisions
        )

    def _levels(self, scores: Float, thresholds: Mapping[str, float]) -> Int:
        """Place of each score in ``DECISIONS``, of the same shape."""
        if self.model.exclusive:
            highest = scores.argmax(axis=1)[:, None] == np.arange(scores.shape[1])
            return np.where(highest, _FLAGGED, 0)
        upper, lower = (
            np.array([edges[label] for label in self.model.labels])
            for edges in (thresholds, self.review or thresholds)
        )
        return np.where(scores >= upper, _FLAGGED, (scores >= lower).astype(np.int64))

    def _sentences(
        self, X: Analysis, scores: Float, levels: Int, which: str, evidence: Bool
    ) -> list[list[Sentence]]:
        """The sentences to list, page by page."""
        listed: list[list[Sentence]] = [[] for _ in range(X.n_pages)]
        if which == "none":
            return listed
        chosen = np.flatnonzero(levels.any(axis=1) | evidence | (which == "all"))
        kinds, kind = np.unique(levels[chosen], axis=0, return_inverse=True)
        answers = [(self._flags(levels), self._decisions(levels)) for levels in kinds]
        columns = (X.sentence_page(), X.start, X.end, scores, evidence)
        for page, start, end, row, is_evidence, of_kind, cues, severity in zip(
            *(column[chosen].tolist() for column in columns),
            kind.reshape(-1).tolist(),
            self._cues(X, chosen),
            self._severities(X, levels, chosen),
            strict=True,
        ):
            flags, decisions = answers[of_kind]
            found = dict(zip(self.model.labels, row, strict=True))
            listed[page].append(
                Sentence(start, end, flags, found, cues, decisions, is_evidence, severity)
            )
        return listed

    def _severities(self, X: Analysis, levels: Int, chosen: Int) -> Iterator[Severity | None]:
        """The severity of each chosen sentence, ``None`` where no claim is flagged."""
        claim = np.zeros(len(chosen), dtype=bool)
        if UNSUPPORTED_CLAIM in self.model.labels:
            claim = levels[chosen, self.model.labels.index(UNSUPPORTED_CLAIM)] == _FLAGGED
        severities = iter(self._severity.judge(X, chosen[claim]))
        return (next(severities) if flagged else None for flagged in claim.tolist())

    def _cues(self, X: Analysis, chosen: Int) -> Iterator[tuple[Cue, ...]]:
        """The cues of each chosen sentence, in the order of the text."""
        rules = self.analyser.lexicons.rules
        names = np.argsort(np.argsort([rule.id for rule in rules]))
        order = np.lexsort((names[X.cue_rule], X.cue_end, X.cue_start, X.cue_sentence))
        order = order[np.isin(X.cue_sentence[order], chosen)]
        columns = (X.cue_rule[order], X.cue_start[order], X.cue_end[order])
        cues = [
            Cue(rules[rule].cue, rules[rule].id, start, end)
            for rule, start, end in zip(*(column.tolist() for column in columns), strict=True)
        ]
        edges = np.searchsorted(X.cue_sentence[order], np.append(chosen, chosen + 1))
        first, last = edges.reshape(2, -1).tolist()
        return (tuple(cues[a:b]) for a, b in zip(first, last, strict=True))

    def _flags(self, levels: Int) -> tuple[str, ...]:
        pairs = zip(self.model.labels, levels.tolist(), strict=True)
        return tuple(label for label, level in pairs if level == _FLAGGED)

    def _decisions(self, levels: Int) -> dict[str, str] | None:
        if self.review is None:
            return None
        pairs = zip(self.model.labels, levels.tolist(), strict=True)
        return {label: DECISIONS[level] for label, level in pairs}

    def _scores(self, scores: Float) -> dict[str, float]:
        return dict(zip(self.model.labels, scores.tolist(), strict=True))


def _strongest(X: Analysis, scores: Float, wanted: Bool) -> Bool:
    """Sentences with the highest score of a label on a page, where ``wanted`` (P, L) asks, (S,)."""
    found = np.zeros(X.n_sentences, dtype=bool)
    for page, label in np.argwhere(wanted):
        first, last = X.page_bounds[page : page + 2]
        found[first + scores[first:last, label].argmax()] = True
    return found


def check_sentences(sentences: str) -> None:
    """Raise ``InputError`` unless ``sentences`` is one of ``SENTENCES``."""
    if sentences not in SENTENCES:
        raise InputError(f"Unknown sentences {sentences!r}; choose from {', '.join(SENTENCES)}.")
