"""Bytes from a stream within bounds: whole files, and lines that may be of any length."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

#: UTF-8 byte order mark (Unicode Standard, section 23.8).
BOM = b"\xef\xbb\xbf"
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Line:
    """A physical line.

    Attributes
    ----------
    number
        Counted from 1.
    offset
        Bytes of the stream before ``data``.
    data
        The line with its end, without a leading byte order mark; ``None`` when the line is longer
        than the bound and was skipped.
    """

    number: int
    offset: int
    data: bytes | None


def line_limit(max_chars: int) -> int:
    r"""Bytes a record may take: 1 MiB, or ``max_chars`` characters all spelled ``\uXXXX\uXXXX``."""
    return max(16 * max_chars, 1 << 20)


def too_long(limit: int) -> str:
    """Say that a line or a record is longer than ``limit`` bytes."""
    return f"longer than {limit:,} bytes, so it was skipped"


def bounded_lines(stream: BinaryIO, limit: int) -> Iterator[Line]:
    r"""Yield the lines of ``stream``, never holding more than ``limit`` bytes of one.

    Only ``\n`` ends a line. The rest of a longer line is read past in small pieces.
    """
    number = offset = 0
    while data := stream.readline(limit + 1):
        number += 1
        size = len(data)
        if size <= limit:
            mark = len(BOM) if number == 1 and data.startswith(BOM) else 0
            yield Line(number, offset + mark, data[mark:])
        else:
            while not data.endswith(b"\n") and (data := stream.readline(_CHUNK)):
                size += len(data)
            yield Line(number, offset, None)
        offset += size


def bounded_read(stream: BinaryIO, limit: int) -> bytes | None:
    """Return all of ``stream``, or ``None`` when that is more than ``limit`` bytes."""
    pieces: list[bytes] = []
    left = limit
    while piece := stream.read(_CHUNK):
        left -= len(piece)
        if left < 0:
            return None
        pieces.append(piece)
    return b"".join(pieces)


def decode(data: bytes, offset: int = 0, encoding: str = "utf-8") -> tuple[str, str | None]:
    """Decode ``data``, which starts ``offset`` bytes into its file.

    Returns
    -------
    text
        With each undecodable byte as a lone surrogate (PEP 383) where ``encoding`` is UTF-8.
    problem
        ``None``, or what cannot be decoded and where, counted in bytes from the start of the file.
    """
    try:
        return data.decode(encoding), None
    except UnicodeDecodeError as error:
        text = data.decode("utf-8", "surrogateescape")
        where = f"at byte offset {offset + error.start:,} (0x{data[error.start]:02x})"
        return text, f"not {encoding.upper()} {where}; save the file as UTF-8"
