"""Bytes from a stream within bounds: whole files, and lines that may be of any length."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

#: UTF-8 byte order mark (Unicode Standard, section 23.8).
BOM = b"\xef\xbb\xbf"
_CHUNK = 1 << 16
#: Where an HTML file says what it is encoded in (HTML Living Standard, 13.2.3.2: first 1024 bytes; real
#: pages say it later too).
_HEAD = 4096
_CHARSET = re.compile(
    rb"""<(?:meta\b[^>]*?charset|\?xml\b[^>]*?encoding)\s*=\s*["']?\s*([\w.:-]+)"""
)
#: Labels that the web uses for windows-1252 (WHATWG Encoding Standard, 4.2).
_WINDOWS = frozenset({"iso8859-1", "ascii"})
#: How Python's names of the encodings that the web knows begin (WHATWG Encoding Standard, 4.2),
#: but for UTF-16: a file whose declaration can be read byte by byte is not in that.
_ON_THE_WEB = (
    *("utf-8", "cp125", "cp866", "cp874", "cp932", "cp949", "iso8859", "iso2022_jp", "koi8"),
    *("mac-", "gb", "big5", "euc", "shift_jis"),
)


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


def declared_encoding(data: bytes) -> str:
    """Return the encoding that an HTML file declares, UTF-8 when it names none of the web's."""
    found = _CHARSET.search(data[:_HEAD].lower())
    if found is None:
        return "utf-8"
    try:
        label = codecs.lookup(found[1].decode("ascii", "replace")).name
    except LookupError:
        return "utf-8"
    if label in _WINDOWS:
        return "cp1252"
    return label if label.startswith(_ON_THE_WEB) else "utf-8"
