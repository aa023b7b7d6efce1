r"""Rows of delimited text (RFC 4180), split so that a broken one costs no neighbour.

The standard ``csv`` module bounds fields by a setting of the whole process and lets a quote that is
never closed swallow the rest of the file. Here a row that cannot be split ends with its first line,
and reading goes on with the next.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from classifier.read.lines import Line, decode, too_long

QUOTE = '"'


@dataclass(frozen=True, slots=True)
class Row:
    """A row: the line it starts on, its fields, and what is wrong with it.

    Undecodable bytes stand in the fields as lone surrogates (PEP 383) and are told in ``problem``;
    a row that cannot be split has no fields.
    """

    number: int
    fields: list[str]
    problem: str | None = None


@dataclass(slots=True)
class _Splitter:
    """Splits one row, fed line by line."""

    delimiter: str
    fields: list[str] = field(default_factory=list)
    quoted: list[str] | None = None

    def feed(self, line: str) -> bool:
        """Take a line; return whether the row is complete.

        Raises
        ------
        ValueError
            Text follows a closing quote.
        """
        end = len(line.removesuffix("\n").removesuffix("\r"))
        at = 0
        while True:
            if self.quoted is None and line.startswith(QUOTE, at, end):
                self.quoted = []
                at += 1
            if self.quoted is None:
                stop = line.find(self.delimiter, at, end)
                self.fields.append(line[at : end if stop < 0 else stop])
            else:
                stop = self._quoted_part(line, at, self.quoted)
                if self.quoted is not None:
                    return False
                if stop < end and line[stop] != self.delimiter:
                    raise ValueError("text follows a closing quote")
            if not 0 <= stop < end:
                return True
            at = stop + 1

    def _quoted_part(self, line: str, at: int, parts: list[str]) -> int:
        """Read on inside quotes; return where the field ends, if its closing quote is here."""
        while (stop := line.find(QUOTE, at)) >= 0:
            if not line.startswith(QUOTE, stop + 1):
                parts.append(line[at:stop])
                self.fields.append("".join(parts))
                self.quoted = None
                return stop + 1
            parts.append(line[at : stop + 1])
            at = stop + 2
        parts.append(line[at:])
        return -1


@dataclass(slots=True)
class _Rows:
    """Lines on their way into rows.

    A row that cannot be split gives back all lines but its first. All of them but the last ended
    inside its quotes, so a row that starts on one of those and is open at the line's end comes to the
    same end (if that is too long a row, a bit sooner). ``doomed`` is the line of that end, ``problem``
    what happened there. So no line is read more than three times.
    """

    coming: Iterator[Line]
    delimiter: str
    limit: int
    ahead: deque[Line] = field(default_factory=deque)
    doomed: int = 0
    problem: str = ""

    def line(self) -> Line | None:
        """Take the next line; ``None`` at the end."""
        return self.ahead.popleft() if self.ahead else next(self.coming, None)

    def row(self, first: Line) -> Row:
        """Read the row that starts on a line."""
        used: list[Line] = []
        splitter = _Splitter(self.delimiter)
        left, undecodable = self.limit, None
        line: Line | None = first
        while line is not None:
            used.append(line)
            left -= self.limit + 1 if line.data is None else len(line.data)
            if line.data is None or left < 0:
                return self._broken(used, _unclosed(f"the row is {too_long(self.limit)}"))
            text, problem = decode(line.data, line.offset)
            undecodable = undecodable or problem
            try:
                if splitter.feed(text):
                    return Row(first.number, splitter.fields, undecodable)
            except ValueError as error:
                place = f" on line {line.number}" if line is not first else ""
                return self._broken(used, f"{error}{place}; write a quote in a quoted field twice")
            if line.number < self.doomed:
                return self._broken(used, self.problem)
            line = self.line()
        return self._broken(used, _unclosed("the file ends inside a quoted field"))

    def _broken(self, used: list[Line], problem: str) -> Row:
        self.ahead.extendleft(reversed(used[1:]))
        if used[-1].number > self.doomed:
            self.doomed, self.problem = used[-1].number, problem
        return Row(used[0].number, [], problem)


def csv_rows(lines: Iterable[Line], delimiter: str, limit: int) -> Iterator[Row]:
    """Yield the rows that start on each line, or after it where quotes hold line ends.

    Parameters
    ----------
    lines
        Physical lines; those that are empty and start no row are passed over.
    delimiter
        One character.
    limit
        Bytes that a row may take.
    """
    rows = _Rows(iter(lines), delimiter, limit)
    while (first := rows.line()) is not None:
        if first.data is None:
            yield Row(first.number, [], f"the line is {too_long(limit)}")
        elif first.data.strip(b"\r\n"):
            yield rows.row(first)


def _unclosed(problem: str) -> str:
    return f"{problem}; is a quote left open?"
