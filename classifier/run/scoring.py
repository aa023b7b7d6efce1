"""The one scoring path: a batch of pages in, a batch of verdicts out.

The command line, the Python API and worker processes all go through ``Scorer.score_batch``, which is a
pure function of its pages. A record that fails becomes a verdict with ``error`` set; its neighbours
never notice.
"""

from __future__ import annotations

import gc
import hashlib
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from classifier.analysis import Analysis, Float, Int
from classifier.errors import BundleError, InputError
from classifier.model.bundle import DECIMALS, MANIFEST, Model, load
from classifier.run.workers import ordered_map
from classifier.schema import (
    FLAG,
    PASS,
    PROMOTIONAL,
    REVIEW,
    UNSUPPORTED_CLAIM,
    Cue,
    Page,
    Sentence,
    Verdict,
)
from classifier.text.analyser import Analyser
from classifier.text.language import ENGLISH, UNDETERMINED, language
from classifier.time_limit import Overtime, can_watch, time_limit

#: Pages and characters that make a batch. Larger batches save little and cost memory.
BATCH_PAGES, BATCH_CHARACTERS = 256, 500_000
#: Which sentences a verdict lists.
SENTENCES = ("flagged", "all", "none")
#: From weak to strong; a page takes the strongest of its sentences.
DECISIONS = (PASS, REVIEW, FLAG)
_FLAGGED = DECISIONS.index(FLAG)
#: Thresholds, or edges of the review band, by label, in a form that can be a key.
Edges = tuple[tuple[str, float], ...]
#: A bundle's path, its stamp, thresholds, review band and whether any language is judged.
Key = tuple[str, str, Edges, Edges | None, bool]
#: Labels of the project's guide, which is about English; models with other labels may be in any
#: language, and theirs is not asked for.
_ENGLISH_LABELS = frozenset((PROMOTIONAL, UNSUPPORTED_CLAIM))


def default_model() -> Path:
    """The shipped bundle: in a checkout ``models/default``, else where the wheel put it."""
    places = (
        Path(__file__).resolve().parents[2] / "models" / "default",
        Path(sys.prefix) / "share" / "health-marketing-classifier" / "default",
    )
    for place in places:
        if place.is_dir():
            return place
    raise BundleError("the shipped model is not installed; name a bundle with --model")


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
        self.analyser = Analyser(split=self.model.unit == "sentence")
        self.model.require(self.analyser.fingerprint)
        self.thresholds = self._replaced(thresholds or {})
        self.review = None if review is None else self._replaced(review)
        self.any_language = any_language
        self._tells = self.model.unit == "sentence" and _ENGLISH_LABELS.issuperset(
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

    def score_batch(self, pages: Sequence[Page], sentences: str = "flagged") -> list[Verdict]:
        """One verdict per page, in order."""
        _check(sentences)
        sound = [page for page in pages if page.error is None]
        try:
            with _uncollected():
                verdicts = iter(self._score(sound, sentences))
        except Exception as error:  # the one guard: find the record that fails, save the others
            if len(pages) == 1:
                return [self._failed(pages[0], f"{pages[0].where}: cannot be scored: {error!r}")]
            return [verdict for page in pages for verdict in self.score_batch([page], sentences)]
        return [
            next(verdicts) if page.error is None else self._failed(page, page.error)
            for page in pages
        ]

    def _score(self, pages: Sequence[Page], sentences: str) -> list[Verdict]:
        languages = [language(page.text) if self._tells else None for page in pages]
        judged = [self.any_language or code in (None, ENGLISH, UNDETERMINED) for code in languages]
        chosen = [page for page, wanted in zip(pages, judged, strict=True) if wanted]
        verdicts = iter(self._judge(chosen, sentences))
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
        )

    def _judge(self, pages: Sequence[Page], sentences: str) -> list[Verdict]:
        if not pages:
            return []
        X = self.analyser.analyse([page.text for page in pages])
        sentence_scores, page_scores = (np.round(p, DECIMALS) for p in self.model.predict(X))
        levels = self._levels(sentence_scores)
        listed = self._sentences(X, sentence_scores, levels, sentences)
        page_levels = np.zeros(page_scores.shape, dtype=np.int64)
        np.maximum.at(page_levels, X.sentence_page(), levels)
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
            )
            for number, page in enumerate(pages)
        ]

    def _failed(self, page: Page, error: str | None) -> Verdict:
        """The verdict on a record without scores."""
        decisions: dict[str, str] | None = None if self.review is None else {}
        return Verdict(
            id=page.id, text=page.text, columns=page.columns, error=error, decisions=decisions
        )

    def _levels(self, scores: Float) -> Int:
        """Place of each score in ``DECISIONS``, (S, L)."""
        if self.model.exclusive:
            highest = scores.argmax(axis=1)[:, None] == np.arange(scores.shape[1])
            return np.where(highest, _FLAGGED, 0)
        upper, lower = (
            np.array([edges[label] for label in self.model.labels])
            for edges in (self.thresholds, self.review or self.thresholds)
        )
        return np.where(scores >= upper, _FLAGGED, (scores >= lower).astype(np.int64))

    def _sentences(
        self, X: Analysis, scores: Float, levels: Int, which: str
    ) -> list[list[Sentence]]:
        """The sentences to list, page by page."""
        listed: list[list[Sentence]] = [[] for _ in range(X.n_pages)]
        if which == "none":
            return listed
        chosen = np.flatnonzero(levels.any(axis=1) | (which == "all"))
        kinds, kind = np.unique(levels[chosen], axis=0, return_inverse=True)
        answers = [(self._flags(levels), self._decisions(levels)) for levels in kinds]
        columns = (X.sentence_page(), X.start, X.end, scores)
        for page, start, end, row, of_kind, cues in zip(
            *(column[chosen].tolist() for column in columns),
            kind.reshape(-1).tolist(),
            self._cues(X, chosen),
            strict=True,
        ):
            flags, decisions = answers[of_kind]
            found = dict(zip(self.model.labels, row, strict=True))
            listed[page].append(Sentence(start, end, flags, found, cues, decisions))
        return listed

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


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the search for cycles, which a batch of small objects would set off again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def batches(pages: Iterable[Page]) -> Iterator[list[Page]]:
    """Cut a stream of pages into batches, by number and by size."""
    batch: list[Page] = []
    characters = 0
    for page in pages:
        batch.append(page)
        characters += len(page.text)
        if len(batch) >= BATCH_PAGES or characters >= BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def score_pages(
    pages: Iterable[Page],
    model: str | Path,
    *,
    thresholds: Mapping[str, float] | None = None,
    review: Mapping[str, float] | None = None,
    sentences: str = "flagged",
    n_jobs: int = 1,
    timeout: float | None = None,
    any_language: bool = False,
    then: Callable[[Verdict], Any] | None = None,
) -> Generator[Any, None, None]:
    """Score a stream of pages; verdicts come in the order of the pages, one for each.

    Parameters
    ----------
    pages
        Read lazily, and only as fast as verdicts are taken.
    model
        A bundle's directory; opened once per process, and anew when it was saved anew.
    thresholds, review
        See ``Scorer``.
    sentences
        ``"flagged"``, ``"all"`` or ``"none"``: which sentences a verdict lists; with a review band,
        those in it count as flagged.
    n_jobs
        Worker processes; 1 scores in this one, -1 takes all cores. A page that kills its worker
        (out of memory) becomes an error; see ``classifier.run.workers``.
    timeout
        Seconds that a page may take before it becomes an error; ``None`` is no limit.
    any_language
        See ``Scorer``.
    then
        What is done with each verdict where it was made, and yielded in its place: a whole verdict is
        dear to send from a worker. Must be something that can be pickled.

    Raises
    ------
    BundleError
        If the bundle cannot be used; raised before the first page is read.
    InputError
        If ``sentences`` is none of these, or there can be no ``timeout`` here.
    WorkerError
        If worker processes cannot be kept running.
    """
    _check(sentences)
    if timeout is not None and not can_watch(here=n_jobs == 1):
        raise InputError("A timeout needs POSIX signals and the main thread (or else two jobs).")
    key = _key(model, thresholds, review, any_language)
    _scorer(*key)  # a broken bundle is reported here, not by a worker
    score = partial(_score_and, then, key, sentences, timeout)
    if n_jobs == 1:
        return (verdict for batch in batches(pages) for verdict in score(batch))
    from joblib import effective_n_jobs

    def lost(page: Page) -> Any:
        why = "the process that scored it was killed, twice (out of memory?)"
        return score([_without_text(page, why)])[0]

    opened = partial(_scorer, *key)
    return ordered_map(score, batches(pages), effective_n_jobs(n_jobs), lost, opened)


def open_scorer(
    model: str | Path,
    thresholds: Mapping[str, float] | None = None,
    review: Mapping[str, float] | None = None,
    any_language: bool = False,
) -> Scorer:
    """The scorer of a bundle; opened once per process, and anew when the bundle was saved anew."""
    return _scorer(*_key(model, thresholds, review, any_language))


def _check(sentences: str) -> None:
    if sentences not in SENTENCES:
        raise InputError(f"Unknown sentences {sentences!r}; choose from {', '.join(SENTENCES)}.")


def model_stamp(model: str | Path) -> str:
    """What changes whenever a bundle changes; empty when there is none at ``model``."""
    manifest = Path(model) / MANIFEST
    return hashlib.sha256(manifest.read_bytes()).hexdigest() if manifest.is_file() else ""


def _key(
    model: str | Path,
    thresholds: Mapping[str, float] | None,
    review: Mapping[str, float] | None,
    any_language: bool,
) -> Key:
    """What tells scorers apart, also of bundles that were saved to one path one after the other."""
    edges, band = as_edges(thresholds, review)
    return str(Path(model).resolve()), model_stamp(model), edges, band, any_language


def as_edges(
    thresholds: Mapping[str, float] | None, review: Mapping[str, float] | None
) -> tuple[Edges, Edges | None]:
    """Thresholds and review band in a form that can be a key, whatever their order."""
    band = None if review is None else tuple(sorted(review.items()))
    return tuple(sorted((thresholds or {}).items())), band


def _score_batch(
    key: Key, sentences: str, timeout: float | None, batch: Sequence[Page]
) -> list[Verdict]:
    """Verdicts on a batch; pages that take longer than ``timeout`` seconds get an error."""
    scorer = _scorer(*key)
    scorer.analyser.ready()  # after a page that took too long: on nobody's time
    try:
        with time_limit(timeout):
            return scorer.score_batch(batch, sentences)
    except Overtime:
        pass
    if len(batch) > 1:
        return [
            verdict for page in batch for verdict in _score_batch(key, sentences, timeout, [page])
        ]
    late = _without_text(batch[0], f"scoring took longer than {timeout:g} s")
    return scorer.score_batch([late], sentences)


def _score_and(
    then: Callable[[Verdict], Any] | None,
    key: Key,
    sentences: str,
    timeout: float | None,
    batch: Sequence[Page],
) -> list[Any]:
    with _uncollected():
        verdicts = _score_batch(key, sentences, timeout, batch)
        if then is None:
            return verdicts
        rows = [then(verdict) for verdict in verdicts]
        verdicts.clear()  # before the search for cycles, which would walk through all of them
        return rows


def _without_text(page: Page, problem: str) -> Page:
    """The page as one that cannot be scored."""
    return replace(page, text="", carry_text=False, error=f"{page.where}: {problem}")


@lru_cache(maxsize=2)
def _scorer(
    path: str, stamp: str, thresholds: Edges, review: Edges | None, any_language: bool
) -> Scorer:
    return Scorer(path, dict(thresholds), None if review is None else dict(review), any_language)
