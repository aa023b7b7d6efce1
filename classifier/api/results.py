"""Verdicts as they come, and as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from classifier.errors import InputError
from classifier.schema import Verdict
from classifier.write.delimited import PageRow, SentenceRows

if TYPE_CHECKING:
    import pandas


class Verdicts(Iterator[Verdict]):
    """A stream of verdicts, each made when it is asked for.

    Parameters
    ----------
    verdicts
        What it yields.
    labels
        Of the model that they are by.
    sentences
        Which sentences they list: ``"flagged"``, ``"all"`` or ``"none"``.
    """

    def __init__(self, verdicts: Iterator[Verdict], labels: Sequence[str], sentences: str) -> None:
        self._verdicts = verdicts
        self._labels = tuple(labels)
        self._sentences = sentences

    def __next__(self) -> Verdict:
        """Return the next verdict."""
        return next(self._verdicts)

    def to_frame(self, rows: str = "pages") -> pandas.DataFrame:
        """Take all that are left and return them as a pandas ``DataFrame``.

        Parameters
        ----------
        rows
            ``"pages"`` or ``"sentences"``: a row for each; columns as in CSV, see
            ``classifier.write.delimited``.

        Raises
        ------
        InputError
            If ``rows`` is neither, or pandas is not installed.
        """
        if rows not in ("pages", "sentences"):
            raise InputError(f"Unknown rows {rows!r}; choose from pages, sentences.")
        try:
            import pandas
        except ImportError:
            raise InputError(
                "to_frame needs pandas: pip install 'health-marketing-classifier[frames]'"
            ) from None
        kind = PageRow if rows == "pages" else SentenceRows
        make = kind(self._labels, self._sentences)
        table: list[dict[str, Any]] = []
        names: dict[str, None] = {}  # of the input's own columns
        for verdict in self:
            own, cells = make(verdict)
            names |= dict.fromkeys(own)
            table += [
                {"id": page, **own, **dict(zip(make.answers, answers, strict=True))}
                for page, *answers in cells
            ]
        return pandas.DataFrame(table, columns=["id", *names, *make.answers])
