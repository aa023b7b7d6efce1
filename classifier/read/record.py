"""What every tabular reader yields, and how it becomes a page."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from classifier.read.lines import line_limit
from classifier.schema import Page
from classifier.values import ArrowRow, sound


@dataclass(frozen=True, slots=True)
class Options:
    """What the user may say about reading.

    Attributes
    ----------
    text_column, id_column
        Names of the columns that hold a record's text and id.
    max_chars
        Code points that a text may have.
    keep_arrow
        Leave the other columns of Parquet as they lie in Arrow (``ArrowRow``).
    """

    text_column: str = "text"
    id_column: str = "id"
    max_chars: int = 1_000_000
    keep_arrow: bool = False

    @property
    def line_limit(self) -> int:
        """Bytes that one record may take in its file."""
        return line_limit(self.max_chars)


@dataclass(frozen=True, slots=True)
class Record:
    """A row as read, before anything is known about its columns.

    Attributes
    ----------
    where
        ``file:line``, or ``file`` when ``problem`` concerns the whole file.
    fields
        The columns in their order; only those that could be read when there is a ``problem``.
    problem
        Why the row could not be read; ``None`` for a sound one.
    in_arrow
        Columns that are not among the fields, because they are left in Arrow.
    """

    where: str
    fields: Mapping[str, Any]
    problem: str | None = None
    in_arrow: ArrowRow | None = None


def pages(records: Iterable[Record], options: Options) -> Iterator[Page]:
    """Turn each record into one page; a problem of the record becomes the page's error."""
    for record in records:
        yield page(record, options)


def page(record: Record, options: Options) -> Page:
    """Turn one record into a page."""
    fields = record.fields
    key, key_problem = identity(fields.get(options.id_column), record.where)
    problem = record.problem
    if problem is None and key_problem is not None:
        problem = f"field {options.id_column!r} {key_problem}"
    if problem is None and options.text_column not in fields:
        problem = f"field {options.text_column!r} is missing"
    if problem is None:
        problem = text_problem(fields[options.text_column], options.max_chars)
        problem = problem and f"field {options.text_column!r} {problem}"
    own = (options.id_column, options.text_column)
    columns = {name: value for name, value in fields.items() if name not in own}
    return Page(
        id=key,
        text="" if problem else fields[options.text_column],
        where=record.where,
        columns=columns if record.in_arrow is None else record.in_arrow,
        error=f"{record.where}: {problem}" if problem else None,
    )


def failed(where: str, problem: str) -> Page:
    """Return the page that stands for a record, or a file, that cannot be read."""
    return Page(id=where, text="", where=where, error=f"{where}: {problem}")


def whole(where: str, text: str, max_chars: int, *, carry_text: bool = False) -> Page:
    """Return the page that a whole file makes, with an error when its text will not do."""
    problem = text_problem(text, max_chars)
    if problem is not None:
        return failed(where, f"the text {problem}")
    return Page(id=where, text=text, where=where, carry_text=carry_text)


def identity(value: Any, default: str) -> tuple[str, str | None]:
    """Return a record's id and what is wrong with it.

    Numbers become texts; ``default`` takes the place of an id that is absent, blank or wrong.
    """
    if isinstance(value, str):
        return (sound(value), None) if value.strip() else (default, None)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return default, None
    if isinstance(value, numbers.Number | Decimal) and not isinstance(value, bool):
        return str(value), None
    return default, f"holds {type_name(value)}, where a text or a number is needed"


def text_problem(text: Any, max_chars: int) -> str | None:
    """Say why ``text`` cannot be scored, in words that follow a field name; ``None`` if it can."""
    if text is None:
        return "is null"
    if not isinstance(text, str):
        return f"holds {type_name(text)}, where a text is needed"
    if len(text) > max_chars:
        return f"has {len(text):,} characters, more than the {max_chars:,} allowed"
    if (place := text.find("\0")) >= 0:
        return f"has a NUL character at offset {place:,}"
    return None if text.strip() else "is empty"


def type_name(value: Any) -> str:
    """Name the type of ``value`` as its author would."""
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, numbers.Number):
        return "a number"
    names = {str: "a text", dict: "an object", list: "a list", type(None): "null"}
    return names.get(type(value), f"a value of type {type(value).__name__}")
