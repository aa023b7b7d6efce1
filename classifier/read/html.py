"""HTML: the file is one record, its text is the page's main part, one line per block."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from classifier.read.lines import BOM, bounded_read, decode, too_long
from classifier.read.record import Options, failed, whole
from classifier.schema import Page, RawPage

#: Where a file says what it is encoded in (HTML Living Standard, 13.2.3.2: first 1024 bytes; real
#: pages say it later too).
_HEAD = 4096
_DOCUMENT = re.compile(r"<(?:html|body)\b", re.IGNORECASE)
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

#: Elements without text to read, and elements that start and end a line, when all text is taken.
_SILENT = ("script", "style", "noscript", "template", "head", "svg", "iframe", "select")
_BLOCKS = (
    *("address", "article", "aside", "blockquote", "br", "button", "caption", "dd", "details"),
    *("div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3"),
    *("h4", "h5", "h6", "header", "hr", "legend", "li", "main", "nav", "ol", "option", "p", "pre"),
    *("section", "summary", "table", "td", "th", "tr", "ul"),
)
#: Share of the fallback's letters and digits above which what the rules found is preferred.
_KEEP = 0.95


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
    """Return the page that an HTML file makes: its id is ``name``, its text what trafilatura extracts.

    Headings, list items, table rows and button captions each have their line. Where nothing counts
    as main text, all text of the body is taken. ``carry_text`` is set, since offsets point into the
    extracted text. A declared encoding is honoured, else UTF-8 is expected.

    Raises
    ------
    ImportError
        trafilatura is not installed as it should be; that is no fault of the file.
    """
    import trafilatura  # noqa: F401 - so that the guard below cannot hide a broken installation

    mark = len(BOM) if data.startswith(BOM) else 0
    source, problem = decode(data[mark:], mark, "utf-8" if mark else _declared(data[:_HEAD]))
    if problem is None and (place := source.find("\0")) >= 0:
        problem = f"has a NUL character at offset {place:,}"
    if problem is None:
        try:
            text = main_text(source)
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


def main_text(source: str) -> str:
    """Return the main text of an HTML document or fragment; empty when it has none.

    Where trafilatura's rules find little, it falls back on a text whose lines are not those of the
    page. Then what its rules found is taken if it is nearly as long, else all text of the body. The
    heading of the page, which it may take for mere metadata, is put back.
    """
    if _DOCUMENT.search(source) is None:
        source = f"<html><body>{source}</body></html>"
    tree = _tree(source)
    if tree is None:
        return ""
    headings = [" ".join(heading.text_content().split()) for heading in tree.iter("h1")]
    text = _body_text(source, tree)
    if len(headings) == 1 and headings[0] not in text:
        text = f"{headings[0]}\n{text}"
    return text


def _body_text(source: str, tree: Any) -> str:
    from trafilatura import baseline

    text = _extracted(source)
    fallback = _letters(baseline(tree)[1])
    if text.strip() and _letters(text) != fallback:
        return text
    lined = _extracted(source, minimum="1")
    if lined and len(_letters(lined)) > _KEEP * len(fallback):
        return lined
    return _all_text(tree)


def _extracted(source: str, minimum: str | None = None) -> str:
    from trafilatura import extract
    from trafilatura.settings import use_config

    config = use_config()
    if minimum is not None:
        config.set("DEFAULT", "MIN_EXTRACTED_SIZE", minimum)
    return extract(_tree(source), favor_recall=True, include_tables=True, config=config) or ""


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _tree(source: str) -> Any:
    """Parse, with buttons as paragraphs: trafilatura drops buttons, but they are what sells."""
    from trafilatura import load_html

    tree: Any = load_html(source)
    if tree is not None:
        for button in list(tree.iter("button")):
            button.tag = "p"
    return tree


def _all_text(tree: Any) -> str:
    for element in list(tree.iter(*_SILENT)):
        element.drop_tree()
    for element in tree.iter():
        element.text, element.tail = _one_line(element.text), _one_line(element.tail)
    for element in tree.iter(*_BLOCKS):
        element.text = "\n" + (element.text or "")
        element.tail = "\n" + (element.tail or "")
    lines = (" ".join(line.split()) for line in tree.text_content().split("\n"))
    return "\n".join(line for line in lines if line)


def _one_line(text: str | None) -> str | None:
    return text and " ".join(re.split(r"[\n\r]+", text))
