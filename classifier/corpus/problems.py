"""Problems of data, gathered so that one run names them all."""

from __future__ import annotations

from classifier.errors import DataError


class Problems:
    """A list of problems of which only the first few are kept in words.

    Parameters
    ----------
    shown
        How many a message spells out; the others are counted.
    what
        What has them, in words that begin a sentence.
    """

    def __init__(self, shown: int = 20, what: str = "The labelled data") -> None:
        self._what = what
        self._shown = shown
        self._first: list[str] = []
        self.count = 0

    def add(self, where: str, problem: str) -> None:
        """Note a problem at ``where`` (``file:line``, or ``file``)."""
        self.count += 1
        if self.count <= self._shown:
            self._first.append(f"{where}: {problem}")

    def raise_if_any(self) -> None:
        """Raise one error that tells all problems.

        Raises
        ------
        DataError
            A problem was added.
        """
        if not self.count:
            return
        noun = "problem" if self.count == 1 else "problems"
        rest = self.count - len(self._first)
        more = [f"... and {rest:,} more"] if rest else []
        head = f"{self._what} have {self.count:,} {noun}:"
        raise DataError("\n".join([head, *self._first, *more]))
