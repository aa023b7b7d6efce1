"""Values as they must look to be written: sound strings, and a text form for what JSON lacks."""

from __future__ import annotations

import math
import numbers
import unicodedata
from collections.abc import Iterator, Mapping, Set
from datetime import date, time
from typing import Any

#: Of this package; ``pyproject.toml`` says the same.
RELEASE = "0.1.0"
#: How a user names standard input or standard output.
STDSTREAM = "-"
#: Levels of lists and objects that a value may have. orjson writes no more than 254.
MAX_DEPTH = 100
_BIDIRECTIONAL = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
#: Whole numbers that orjson writes: signed and unsigned 64 bits.
_INTEGERS = range(-(2**63), 2**64)


def sound(text: str) -> str:
    r"""Return ``text`` so that it can be written as UTF-8.

    Lone surrogates are no characters: one that stands for an undecodable byte, as in file names,
    becomes ``\xNN``; any other becomes ``\uDNNN``.
    """
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join(map(_sound_character, text))
    return text


def _sound_character(character: str) -> str:
    byte = "\udc80" <= character <= "\udcff"
    raw = character.encode("utf-8", "surrogateescape" if byte else "backslashreplace")
    return raw.decode("utf-8", "backslashreplace")


def printable(text: str) -> str:
    r"""One line in which nothing steers a terminal or turns the direction of writing.

    Control characters (Unicode category Cc) and the formatting characters of the bidirectional
    algorithm (UAX 9, section 2) become escapes such as ``\x1b`` and ``\u202e``.
    """
    line = " ".join(sound(text).split())
    return "".join(
        sign.encode("unicode_escape").decode()
        if sign in _BIDIRECTIONAL or unicodedata.category(sign) == "Cc"
        else sign
        for sign in line
    )


def depth(value: Any) -> int:
    """Levels of lists and objects in ``value``: 0 for a scalar, 1 for a flat list."""
    levels = 0
    level = [value]
    while level := [inner for inner in level if isinstance(inner, dict | list)]:
        levels += 1
        level = [child for outer in level for child in _children(outer)]
    return levels


def _children(value: Any) -> Any:
    return value.values() if isinstance(value, dict) else value


def json_ready(value: Any, room: int = MAX_DEPTH) -> Any:
    """Return ``value`` made of what JSON has.

    Texts, booleans, numbers, lists and objects stay. Dates and times take their ISO form; NaN and
    the infinities the names ``"NaN"``, ``"Infinity"``, ``"-Infinity"``; whole numbers beyond 64
    bits their digits; bytes their text, or hexadecimal digits when they are not UTF-8; anything
    else what ``str`` says.

    Parameters
    ----------
    value
        Anything.
    room
        Levels of nesting still allowed; what lies deeper is replaced by a note.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return sound(value)
    if isinstance(value, numbers.Integral):
        whole = int(value)
        return whole if whole in _INTEGERS else str(whole)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else _not_finite(value)
    if isinstance(value, bytes):
        return _bytes_text(value)
    if isinstance(value, date | time):
        return value.isoformat()
    return _nested(value, room)


def _nested(value: Any, room: int) -> Any:
    if not isinstance(value, Mapping | Set | list | tuple):
        return sound(str(value))
    if room == 0:
        return f"(nested deeper than {MAX_DEPTH} levels)"
    if isinstance(value, Mapping):
        return {sound(str(key)): json_ready(inner, room - 1) for key, inner in value.items()}
    return [json_ready(inner, room - 1) for inner in value]


def _not_finite(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _bytes_text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.hex()


class ArrowRow(Mapping[str, Any]):
    """Columns of a record as they lie in an Arrow batch; Python sees a value when it is asked for.

    Parameters
    ----------
    batch
        A ``pyarrow.RecordBatch`` with distinct names.
    row
        Its row, from 0.
    """

    __slots__ = ("batch", "row")

    def __init__(self, batch: Any, row: int) -> None:
        self.batch = batch
        self.row = row

    def __getitem__(self, name: str) -> Any:
        """Return a value; see ``from_arrow``."""
        return from_arrow(self.batch.column(name)[self.row])

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self.batch.schema.names)

    def __len__(self) -> int:
        """The number of columns."""
        return int(self.batch.num_columns)


def from_arrow(scalar: Any) -> Any:
    """Return the value of an Arrow scalar; what Python has no type for, such as nanoseconds, as text.

    Raises
    ------
    ValueError, OverflowError, LookupError
        Neither can be made, as of a text that is not UTF-8. A time zone that is not known here is a
        ``LookupError``.
    """
    try:
        return scalar.as_py()
    except (ValueError, OverflowError, LookupError) as error:
        try:
            return scalar.cast("string").as_py()
        except (ValueError, LookupError, NotImplementedError):
            raise error from None
