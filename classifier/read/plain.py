"""Plain text and Markdown: the file is one record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from classifier.read.lines import BOM, bounded_read, decode, too_long
from classifier.read.record import Options, failed, whole
from classifier.schema import Page

#: The most bytes that UTF-8 takes for a character (RFC 3629).
_BYTES_PER_CHARACTER = 4


def read(stream: BinaryIO, name: str, options: Options) -> Iterator[Page]:
    """Yield the one page of a text file: its id is the path, its text is exactly what is there.

    Line ends are not translated and Markdown is not rendered, so offsets fit the file; only a
    leading byte order mark is dropped.
    """
    limit = _BYTES_PER_CHARACTER * options.max_chars + len(BOM)
    data = bounded_read(stream, limit)
    if data is None:
        yield failed(name, f"the file is {too_long(limit)}")
        return
    mark = len(BOM) if data.startswith(BOM) else 0
    text, problem = decode(data[mark:], mark)
    yield failed(name, problem) if problem else whole(name, text, options.max_chars)
