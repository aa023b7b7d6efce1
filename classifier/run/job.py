"""What travels to the workers: the bundle's files and how to score with them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Self

from classifier.errors import InputError
from classifier.model.bundle import read_files
from classifier.model.shipped import bundle_at
from classifier.read.record import Options
from classifier.run.scorer import Scorer, check_sentences
from classifier.run.scoring import FrozenThresholds, frozen_thresholds, open_scorer


@dataclass(frozen=True, slots=True)
class Job:
    """All that a worker needs but this package; made by ``of``, pickled with each task.

    Attributes
    ----------
    name
        Name of the bundle's directory, which verdicts bear.
    files
        Name and content of the bundle's files, about 2 MB for the shipped model. A worker checks
        their SHA-256 as for any bundle, and opens them once per process.
    labels
        The model's labels, in their order.
    thresholds, review
        See ``Scorer``.
    sentences
        ``flagged``, ``all`` or ``none``.
    options
        Columns of text and id, and the characters that a text may have.
    any_language
        See ``Scorer``.
    """

    name: str
    files: tuple[tuple[str, bytes], ...]
    labels: tuple[str, ...]
    thresholds: FrozenThresholds = ()
    review: FrozenThresholds | None = None
    sentences: str = "flagged"
    options: Options = field(default_factory=Options)
    any_language: bool = False

    @classmethod
    def of(
        cls,
        model: str | Path | None = None,
        *,
        thresholds: Mapping[str, float] | None = None,
        review: Mapping[str, float] | None = None,
        sentences: str = "flagged",
        text_column: str = "text",
        id_column: str = "id",
        max_chars: int = 1_000_000,
        any_language: bool = False,
    ) -> Self:
        """Read a bundle, by default the shipped one, and pack it.

        Raises
        ------
        BundleError
            The bundle cannot be used, or a threshold names an unknown label.
        InputError
            An option is unknown, or both columns have the same name.
        """
        check_sentences(sentences)
        if text_column == id_column:
            raise InputError(f"The text and the id cannot be the same column, {text_column!r}.")
        folder = bundle_at(model).resolve()
        scorer = open_scorer(folder, thresholds, review, any_language)  # what is wrong is said here
        edges, band = frozen_thresholds(thresholds, review)
        return cls(
            name=folder.name,
            files=tuple(read_files(folder).items()),
            labels=scorer.model.labels,
            thresholds=edges,
            review=band,
            sentences=sentences,
            options=Options(text_column, id_column, max_chars),
            any_language=any_language,
        )

    def scorer(self) -> Scorer:
        """The job's scorer; opened once per process.

        Raises
        ------
        BundleError
            If this machine's text pipeline (release of spaCy or of this package) is not the one that
            the model was trained with.
        """
        return _opened(self.name, self.files, self.thresholds, self.review, self.any_language)


@lru_cache(maxsize=2)
def _opened(
    name: str,
    files: tuple[tuple[str, bytes], ...],
    thresholds: FrozenThresholds,
    review: FrozenThresholds | None,
    any_language: bool,
) -> Scorer:
    with tempfile.TemporaryDirectory() as place:  # a scorer holds all of its bundle
        folder = Path(place) / name
        folder.mkdir()
        for file, content in files:
            (folder / file).write_bytes(content)
        band = None if review is None else dict(review)
        return Scorer(folder, dict(thresholds), band, any_language)
