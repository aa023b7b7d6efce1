"""The one scoring path: a stream of pages in, a stream of verdicts out, in batches.

A batch is parsed, scored and made into rows in one place, this process or a worker, which opens the
model once.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, TypeVar

from classifier.model.bundle import MANIFEST
from classifier.read.pages import parse
from classifier.read.record import Options
from classifier.run.scorer import Scorer, check_sentences
from classifier.run.workers import ordered_map
from classifier.schema import Page, RawPage, Verdict
from classifier.time_limit import TimeLimitExceeded, time_limit
from classifier.values import ArrowRow

#: Pages, and characters (bytes of raw pages), that make a batch. More saves little and costs memory.
BATCH_PAGES, BATCH_CHARACTERS = 256, 500_000
#: The same where an encoder reads each page, which takes so long that batches save nothing: as little
#: as keeps all workers busy until a small folder is done.
ENCODED_PAGES, ENCODED_CHARACTERS = 4, 10_000
#: Seconds that a page may go on after its time limit, before its worker process is ended.
GRACE = 5.0
#: Pages of one kind or of both.
AnyPage = TypeVar("AnyPage", bound=Page | RawPage)
#: Thresholds, or edges of the review band, by label, in a form that can be a key.
FrozenThresholds = tuple[tuple[str, float], ...]
#: A bundle's path, its fingerprint, thresholds, review band and whether any language is judged.
Key = tuple[str, str, FrozenThresholds, FrozenThresholds | None, bool]


def batches(pages: Iterable[AnyPage], *, encoded: bool = False) -> Iterator[list[AnyPage]]:
    """Cut a stream of pages into batches, by number and by size."""
    most, longest = BATCH_PAGES, BATCH_CHARACTERS
    if encoded:
        most, longest = ENCODED_PAGES, ENCODED_CHARACTERS
    batch: list[AnyPage] = []
    characters = 0
    for page in pages:
        batch.append(page)
        characters += len(page.data if isinstance(page, RawPage) else page.text)
        if len(batch) >= most or characters >= longest:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def set_aside(
    pages: Iterable[Page | RawPage], aside: deque[ArrowRow | None]
) -> Iterator[Page | RawPage]:
    """Yield pages without columns in Arrow, which need not travel to a worker and back.

    For each page, its columns in Arrow, or else ``None``, are appended to ``aside``.
    """
    for page in pages:
        columns = page.columns if isinstance(page, Page) else None
        aside.append(columns if isinstance(columns, ArrowRow) else None)
        if isinstance(page, Page) and isinstance(columns, ArrowRow):
            page = replace(page, columns={})
        yield page


def score_pages(
    pages: Iterable[Page | RawPage],
    model: str | Path,
    *,
    thresholds: Mapping[str, float] | None = None,
    review: Mapping[str, float] | None = None,
    sentences: str = "flagged",
    n_jobs: int = 1,
    timeout: float | None = None,
    max_chars: int = 1_000_000,
    any_language: bool = False,
    to_row: Callable[[Verdict], Any] | None = None,
) -> Generator[Any, None, None]:
    """Score a stream of pages; verdicts come in the order of the pages, one for each.

    Parameters
    ----------
    pages
        Read lazily, and only as fast as verdicts are taken. Raw ones are parsed where they are
        scored.
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
        Seconds that a page may take, parsing included, before it becomes an error; ``None`` is no
        limit. Works in any thread, and counts the time in which other threads use the model. A
        single call into C that takes longer is ended in worker processes only.
    max_chars
        Code points that the text of a raw page may have.
    any_language
        See ``Scorer``.
    to_row
        Turns each verdict into what is yielded in its place, in the process that made it: whole
        verdicts are expensive to send between processes. Must be picklable.

    Raises
    ------
    BundleError
        If the bundle cannot be used; raised before the first page is read.
    InputError
        If ``sentences`` is none of these.
    WorkerError
        If worker processes cannot be kept running.
    """
    check_sentences(sentences)
    key = _key(model, thresholds, review, any_language)
    scorer = _scorer(*key)  # a broken bundle is reported here, not by a worker
    cut = batches(pages, encoded=scorer.model.encoder is not None)
    score = partial(_score_to_rows, to_row, key, sentences, timeout, Options(max_chars=max_chars))
    if n_jobs == 1:
        return (verdict for batch in cut for verdict in score(batch))
    from joblib import effective_n_jobs

    def lost(page: Page | RawPage) -> Any:
        limit = "" if timeout is None else f", or longer than {timeout:g} s"
        why = f"the process that scored it was killed, twice (out of memory{limit}?)"
        return score([_without_text(page, why)])[0]

    opened = partial(_scorer, *key)
    work = partial(score, grace=GRACE)
    return ordered_map(work, cut, effective_n_jobs(n_jobs), lost, opened)


def open_scorer(
    model: str | Path,
    thresholds: Mapping[str, float] | None = None,
    review: Mapping[str, float] | None = None,
    any_language: bool = False,
) -> Scorer:
    """The scorer of a bundle; opened once per process, and anew when the bundle was saved anew."""
    return _scorer(*_key(model, thresholds, review, any_language))


def model_fingerprint(model: str | Path) -> str:
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
    return (
        str(Path(model).resolve()),
        model_fingerprint(model),
        *frozen_thresholds(thresholds, review),
        any_language,
    )


def frozen_thresholds(
    thresholds: Mapping[str, float] | None, review: Mapping[str, float] | None
) -> tuple[FrozenThresholds, FrozenThresholds | None]:
    """Thresholds and review band in a form that can be a key, whatever their order."""
    band = None if review is None else tuple(sorted(review.items()))
    return tuple(sorted((thresholds or {}).items())), band


def _score_batch(
    key: Key,
    sentences: str,
    timeout: float | None,
    options: Options,
    batch: Sequence[Page | RawPage],
    grace: float | None,
) -> list[Verdict]:
    """Verdicts on a batch; pages that take longer than ``timeout`` seconds get an error."""
    scorer = _scorer(*key)
    if timeout is not None:
        scorer.prepare()
    try:
        with time_limit(timeout, grace):
            return scorer.score_batch([parse(page, options) for page in batch], sentences)
    except TimeLimitExceeded:
        pass
    if len(batch) > 1:
        return [
            verdict
            for page in batch
            for verdict in _score_batch(key, sentences, timeout, options, [page], grace)
        ]
    late = _without_text(batch[0], f"scoring took longer than {timeout:g} s")
    return scorer.score_batch([late], sentences)


def _score_to_rows(
    to_row: Callable[[Verdict], Any] | None,
    key: Key,
    sentences: str,
    timeout: float | None,
    options: Options,
    batch: Sequence[Page | RawPage],
    grace: float | None = None,
) -> list[Any]:
    verdicts = _score_batch(key, sentences, timeout, options, batch, grace)
    return verdicts if to_row is None else [to_row(verdict) for verdict in verdicts]


def _without_text(page: Page | RawPage, problem: str) -> Page:
    """The page as one that cannot be scored."""
    columns = {} if isinstance(page, RawPage) else page.columns
    return Page(page.id, "", page.where, columns, error=f"{page.where}: {problem}")


@lru_cache(maxsize=2)
def _scorer(
    path: str,
    fingerprint: str,
    thresholds: FrozenThresholds,
    review: FrozenThresholds | None,
    any_language: bool,
) -> Scorer:
    band = None if review is None else dict(review)
    return Scorer(path, dict(thresholds), band, any_language)
