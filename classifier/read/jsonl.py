"""JSON lines: one object a line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from classifier.read.lines import bounded_lines, decode, too_long
from classifier.read.record import Options, Record, pages, type_name
from classifier.schema import Page
from classifier.values import MAX_DEPTH, depth

#: orjson makes inexact floats of whole numbers beyond 64 bits, which have 20 digits or more.
_LONG_NUMBER = re.compile(rb"\d{20}")


def read(stream: BinaryIO, name: str, options: Options) -> Iterator[Page]:
    """Yield one page for each line that is not blank; blank lines are no records.

    A line that is no JSON object, is not UTF-8, is too long or nests too deep becomes a page with
    an error, and so does one without a sound text.
    """
    return pages(records(stream, name, options.line_limit), options)


def records(stream: BinaryIO, name: str, limit: int) -> Iterator[Record]:
    """Yield one record for each line that is not blank, of at most ``limit`` bytes."""
    for line in bounded_lines(stream, limit):
        where = f"{name}:{line.number}"
        if line.data is None:
            yield Record(where, {}, f"the line is {too_long(limit)}")
        elif line.data.strip():
            yield Record(where, *_object(line.data, line.offset))


def _may_be_inexact(value: Any) -> bool:
    """Whether a float may be among the values; saves a search through most texts."""
    fields = value.values() if isinstance(value, dict) else ()
    return not all(isinstance(field, str | int | None) for field in fields)


def _object(data: bytes, offset: int) -> tuple[dict[str, Any], str | None]:
    import orjson

    try:
        value = orjson.loads(data)
        if _may_be_inexact(value) and _LONG_NUMBER.search(data):
            value = json.loads(data)
    except orjson.JSONDecodeError as error:
        _, problem = decode(data, offset)
        return {}, problem or f"broken JSON at column {error.colno}: {error.msg}"
    except (ValueError, RecursionError) as error:
        return {}, f"JSON that cannot be held: {error}"
    if not isinstance(value, dict):
        return {}, f"the line is JSON but holds {type_name(value)}, where an object is needed"
    if depth(value) > MAX_DEPTH:
        return {}, f"JSON nested deeper than {MAX_DEPTH} levels"
    return value, None
