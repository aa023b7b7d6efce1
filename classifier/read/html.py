"""HTML: the file is one record, its text is what a visitor of the page can read."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

from classifier.read.lines import BOM, bounded_read, decode, too_long
from classifier.read.record import Options, failed, whole
from classifier.read.visible import visible_text
from classifier.schema import Page, RawPage

#: Where a file says what it is encoded in (HTML Living Standard, 13.2.3.2: first 1024 bytes; real
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


def read(stream: BinaryIO, name: str, options: Options) -> Iterator[Page | RawPage]:
    """Yield the one record of an HTML file, unparsed: its id is the path.

    A file of more bytes than ``options.line_limit`` is a page with an error.
    """
    data = bounded_read(stream, options.line_limit)
    if data is None:
        yield failed(name, f"the file is {too_long(options.line_limit)}")
    else:
        yield RawPage(id=name, where=name, data=data, format="html")


def parse(data: bytes, name: str, options: Options) -> Page:
    """Return the page that an HTML file makes: its id is ``name``, its text that of ``visible_text``.

    ``carry_text`` is set, since offsets point into the extracted text. A declared encoding is
    honoured, else UTF-8 is expected.

    Raises
    ------
    ImportError
        lxml is not installed as it should be; that is no fault of the file.
    """
    import lxml.etree  # noqa: F401 - so that the guard below cannot hide a broken installation

    mark = len(BOM) if data.startswith(BOM) else 0
    source, problem = decode(data[mark:], mark, "utf-8" if mark else _declared(data[:_HEAD]))
    if problem is None and (place := source.find("\0")) >= 0:
        problem = f"has a NUL character at offset {place:,}"
    if problem is None:
        try:
            text = visible_text(source)
        except Exception as error:  # the one guard around a parser fed with anything
            problem = f"the HTML cannot be parsed ({type(error).__name__}: {error})"
    if problem is not None:
        return failed(name, problem)
    if not text.strip():
        return failed(name, "no text was found in the HTML")
    return whole(name, text, options.max_chars, carry_text=True)


def _declared(head: bytes) -> str:
    """Return the encoding that ``head`` declares, UTF-8 when it names none of the web's."""
    found = _CHARSET.search(head.lower())
    if found is None:
        return "utf-8"
    try:
        label = codecs.lookup(found[1].decode("ascii", "replace")).name
    except LookupError:
        return "utf-8"
    if label in _WINDOWS:
        return "cp1252"
    return label if label.startswith(_ON_THE_WEB) else "utf-8"
