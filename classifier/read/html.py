"""HTML: the file is one record, its text is what a visitor of the page can read, one line per block."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import BinaryIO

from classifier.read.lines import BOM, bounded_read, declared_encoding, decode, too_long
from classifier.read.record import Options, failed, whole
from classifier.schema import Page, RawPage

#: Elements of which nothing is shown (HTML Living Standard, 15.3.1, with scripts on), or nothing that
#: the page says: what stands in for a film, what a visitor types.
_UNSEEN = (
    *("audio", "canvas", "datalist", "defs", "desc", "dialog", "iframe", "metadata"),
    *("meter", "noembed", "noframes", "noscript", "object", "progress", "rp", "script"),
    *("style", "symbol", "template", "textarea", "video"),
)
#: Elements that start and end a line (HTML Living Standard, 15.3), and buttons.
_BLOCKS = (
    *("address", "article", "aside", "blockquote", "body", "br", "button", "caption"),
    *("center", "dd", "details", "dir", "div", "dl", "dt", "fieldset", "figcaption"),
    *("figure", "footer", "form", "head", "header", "hgroup", "hr", "html", "legend"),
    *("main", "optgroup", "option", "p", "search", "section", "select", "summary", "table"),
    *("tbody", "tfoot", "thead"),
)
#: What else an element does to the lines.
_KINDS: Mapping[str, str] = {
    **dict.fromkeys(_UNSEEN, "unseen"),
    **dict.fromkeys(_BLOCKS, "block"),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "heading"),
    **dict.fromkeys(("menu", "ol", "ul"), "list"),
    **dict.fromkeys(("td", "th"), "cell"),
    **{"a": "link", "li": "item", "nav": "nav", "pre": "pre", "title": "title", "tr": "row"},
}
_INLINE = frozenset({"", "link", "title", "unseen"})
#: Elements of which two in a row are told apart, though no space is between them.
_APART = frozenset(
    {"a", "b", "del", "em", "i", "ins", "label", "s", "small", "span", "strong", "time"}
)
#: Elements that no attribute hides: pages fade in, or name a state there.
_WHOLE = frozenset({"html", "body", "main"})
_HIDING = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))", re.IGNORECASE)
#: What is out of sight while assistive software is kept from it; on other roles that says nothing.
_OVERLAYS = frozenset({"alertdialog", "dialog", "menu", "tabpanel"})
#: Ids and classes of cookie banners: what sites call theirs, and the products that many use.
_COOKIES = re.compile(
    r"(?:cookie|consent|gdpr|ccpa)s?[\w-]{0,20}(?:banner|bar|consent|dialog|law|manager|message|modal"
    r"|notice|overlay|popup|preferences|settings|wall)"
    r"|borlabs|cc-window|cky-|cmplz|cookieyes|cybotcookiebot|didomi|iubenda-cs|klaro|onetrust|osano-cm"
    r"|qc-cmp2|termly|truste|usercentrics",
    re.IGNORECASE,
)
_WORD = re.compile(r"[\w$€£¥]")
_BUTTON = re.compile(r"\b(?:btn|button|cta)\b", re.IGNORECASE)
_CAPTIONS = frozenset({"button", "reset", "submit"})
#: Words that a link of a menu has at most.
_MENU_WORDS = 4
#: What a link says that is more than the name of another page: a sentence, a price, a call to action.
_SPEAKS = re.compile(
    r"[.!?%$€£¥]|\b(?:free|money.back|sale|subscribe)\b"
    r"|\b(?:add|book|buy|call|claim|get|join|order|save|schedule|shop|sign|start|try)\s+\w",
    re.IGNORECASE,
)
#: Open elements. Browsers stop at 512 (Blink, Gecko); libxml2 walks up through all at an end tag.
_DEPTH = 1000
#: Characters that are parsed at once; libxml2 does not stop within them.
_PIECE = 1 << 14


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
    source, problem = decode(data[mark:], mark, "utf-8" if mark else declared_encoding(data))
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


def visible_text(source: str) -> str:
    """Return what a visitor of an HTML page, or of a fragment, can read; empty when that is nothing.

    A line is a block: the title and the description of the page, unless a block repeats them, then
    in their order headings (after an empty line), paragraphs, list items (``- item``), rows of tables
    (``| cell | cell |``, cells of several lines as their lines), captions of buttons. Texts that stand
    for images are part of their line. ``details`` count as open, since a click shows them.

    What scripts, styles and hidden elements hold is left out, and so are cookie banners and links of
    menus: of a ``nav``, or of a list that has nothing else, those that say no more than a name.

    Raises
    ------
    ValueError
        Elements lie more than ``_DEPTH`` deep.
    """
    from lxml.etree import HTMLParser

    parser = HTMLParser(target=_Lines())
    for start in range(0, len(source), _PIECE):
        parser.feed(source[start : start + _PIECE])
    text: str = parser.close() if source else ""
    return text


def _kind(tag: str, attributes: Mapping[str, str]) -> str:
    """What an element with attributes does to the lines."""
    get = attributes.get
    names = f"{get('id', '')} {get('class', '')}"
    role = get("role")
    if tag not in _WHOLE and (
        "hidden" in attributes
        or "popover" in attributes
        or (get("aria-hidden") == "true" and role in _OVERLAYS)
        or _HIDING.search(get("style", ""))
        or _COOKIES.search(names)
    ):
        return "unseen"
    if role == "navigation":
        return "nav"
    if tag == "dialog" and "open" in attributes:
        return "block"
    if role == "button" or (tag == "a" and _BUTTON.search(names)):
        return "block"
    return _KINDS.get(tag, "")


class _Lines:
    """Gathers the lines of a page from the events of lxml's parser; ``close`` returns them.

    Attributes
    ----------
    kinds
        What each open element does to the lines.
    hidden
        How many elements were open at the one that hides what comes; 0 when none does.
    run, prefix
        Pieces of the line in hand, and what it begins with.
    lines
        Finished lines, headings with a line feed before them; empty where a link was left out.
    outside
        Pieces of text so far that were not in a link.
    lists
        Of each open list the number of ``links`` and ``outside`` when it began.
    links
        Indices of lines of the open lists that do not belong into the text if these are menus.
    rows
        Of each open row of a table the index of the first line of each cell.
    """

    def __init__(self) -> None:
        self.kinds: list[str] = []
        self.open = dict.fromkeys(("heading", "link", "nav", "pre"), 0)
        self.hidden = self.outside = self.outside_before = 0
        self.title: list[str] = []
        self.description = self.prefix = ""
        self.run: list[str] = []
        self.seam = False
        self.lines: list[str] = []
        self.lists: list[tuple[int, int]] = []
        self.links: list[int] = []
        self.rows: list[list[int]] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Enter an element."""
        if len(self.kinds) == _DEPTH:
            raise ValueError(f"elements lie more than {_DEPTH:,} deep")
        if self.hidden:
            self.kinds.append("")
            return
        kind = _kind(tag, attributes) if attributes else _KINDS.get(tag, "")
        self.kinds.append(kind)
        if kind in _INLINE:
            if kind in ("title", "unseen"):
                self.hidden = len(self.kinds)
            elif kind == "link":
                self.open[kind] += 1
            elif attributes:
                self._empty(tag, attributes)
            return
        self._break()
        if kind in self.open:
            self.open[kind] += 1
        if kind in ("item", "heading"):
            self.prefix = "- " if kind == "item" else "\n"
        elif kind == "row":
            self.rows.append([])
        elif kind == "cell" and self.rows:
            self.rows[-1].append(len(self.lines))
        elif kind in ("list", "nav"):
            self.lists.append((len(self.links), self.outside))

    def end(self, tag: str) -> None:
        """Leave the element entered last."""
        kind = self.kinds.pop()
        if self.hidden:
            if len(self.kinds) < self.hidden:
                self.hidden = 0
            return
        self.seam = tag in _APART
        if kind not in _INLINE:
            self._break()
        if kind in self.open:
            self.open[kind] -= 1
        if kind in ("item", "heading"):
            self.prefix = ""
        elif kind == "row":
            self._end_row(self.rows.pop())
        elif kind in ("list", "nav"):
            self._end_list(*self.lists.pop(), menu=kind == "nav" or self.open["nav"] > 0)

    def data(self, text: str) -> None:
        """Take text, or a piece of it."""
        if self.hidden:
            if self.kinds[-1] == "title" and len(self.kinds) == 3:  # of the page, not of a drawing
                self.title.append(text)
            return
        if self.seam and self.run and self.run[-1][-1].isalnum() and _WORD.match(text):
            self.run.append(" ")
        self.seam = False
        if not self.open["pre"]:
            self.run.append(text)
        else:
            for line in text.splitlines(keepends=True):
                self.run.append(line)
                if line != line.rstrip("\r\n"):
                    self._break()
        if (not self.open["link"] or self.open["heading"]) and not text.isspace():
            self.outside += 1

    def close(self) -> str:
        """Return the text of the page."""
        self._break()
        lines = [line for line in self.lines if line]
        blocks = {line.strip() for line in lines}
        about = (" ".join(text.split()) for text in ("".join(self.title), self.description))
        return "\n".join([text for text in about if text and text not in blocks] + lines).strip()

    def _empty(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take what an element without content shows, or says of the page."""
        get = attributes.get
        if tag == "meta" and get("name", "").lower() == "description":
            self.description = self.description or get("content", "")
        elif tag == "img" and get("alt"):
            self.data(f" {attributes['alt']} ")
        elif tag == "input" and (caption := get("value" if get("type") in _CAPTIONS else "alt")):
            self._break()
            self.data(caption)
            self._break()

    def _break(self) -> None:
        """End the line in hand, if there is one."""
        if not self.run:
            return
        text = " ".join("".join(self.run).split())
        self.run.clear()
        if text:
            named = self.outside == self.outside_before and text.count(" ") < _MENU_WORDS
            if self.lists and named and not _SPEAKS.search(text):
                self.links.append(len(self.lines))
            self.lines.append(self.prefix + text)
            self.prefix = ""
        self.outside_before = self.outside

    def _end_list(self, first: int, outside: int, menu: bool) -> None:
        """Leave the links of a menu out; those of another list stay, whatever is around it."""
        if menu or self.outside == outside:
            for line in self.links[first:]:
                self.lines[line] = ""
        del self.links[first:]

    def _end_row(self, cells: list[int]) -> None:
        """Join the cells of a row if each is one line."""
        if not cells:
            return
        bounds = [*cells, len(self.lines)]
        if all(after - before <= 1 for before, after in pairwise(bounds)):
            row = [line.strip() for line in self.lines[cells[0] :] if line]
            if len(row) > 1:
                del self.lines[cells[0] :]
                self.lines.append(f"| {' | '.join(row)} |")
                while self.links and self.links[-1] >= cells[0]:
                    self.links.pop()
