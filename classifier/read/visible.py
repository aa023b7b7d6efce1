"""What a visitor of an HTML page can read, one line per block."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

#: Elements of which nothing is shown (HTML Living Standard, 15.3.1, with scripts on), or nothing that
#: the page says: what stands in for a film, what a visitor types.
_UNSEEN = (
    *("audio", "canvas", "datalist", "defs", "desc", "dialog", "iframe", "metadata", "meter"),
    *("noembed", "noframes", "noscript", "progress", "rp", "script", "style", "symbol"),
    *("template", "textarea", "video"),
)
#: Elements that start and end a line (HTML Living Standard, 15.3), and buttons.
_BLOCKS = (
    *("address", "article", "aside", "blockquote", "body", "br", "button", "caption", "center"),
    *("dd", "details", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer"),
    *("form", "head", "header", "hgroup", "hr", "html", "legend", "main", "optgroup", "option"),
    *("p", "search", "section", "select", "summary", "table", "tbody", "tfoot", "thead"),
)
#: What else an element does to the lines.
_KINDS: Mapping[str, str] = {
    **dict.fromkeys(_UNSEEN, "unseen"),
    **dict.fromkeys(_BLOCKS, "block"),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "heading"),
    **dict.fromkeys(("menu", "ol", "ul"), "list"),
    **dict.fromkeys(("td", "th"), "cell"),
    **{"a": "link", "li": "item", "nav": "nav", "pre": "pre", "title": "title", "tr": "row"},
    **{"img": "image", "input": "input", "meta": "meta"},
}
_PREFIXES: Mapping[str, str] = {"heading": "\n", "item": "- "}
_WITHIN = frozenset({"image", "input", "meta", "title", "unseen"})
#: What stands in a line for the start and the end of an element (noncharacters of Unicode), and where
#: two elements in a row are told apart, though no space is between them. Letters may come one by one.
_START, _END = "\ufdd0", "\ufdd1"
_SEAM = re.compile(f"{_END}(?<=\\w{_END}){_END}*{_START}+(?=\\w\\w|[$€£¥])")
#: Attributes that may change what an element does, other than its names.
_TELLING = frozenset({"hidden", "open", "popover", "role", "style"})
_ROLES: Mapping[str, str] = {"button": "block", "navigation": "nav"}
#: Elements that no attribute hides: pages fade in, or name a state there.
_WHOLE = frozenset({"html", "body", "main"})
_HIDING = re.compile(r"(?<![\w-])(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))")
#: What is out of sight while assistive software is kept from it; on other roles that says nothing.
_OVERLAYS = frozenset({"alertdialog", "dialog", "menu", "tabpanel"})
#: Ids and classes, in small letters: of what only assistive software reads; of cookie banners, what
#: sites call theirs and the products that many use; of links that look like buttons.
_NAMES = re.compile(
    r"(?P<unseen>(?<![\w-])(?:screen-reader-text|skip|skip-(?:link|nav|to)[\w-]*|sr-only|visually-hidden)"
    r"(?![\w-])|(?:cookie|consent|gdpr|ccpa)s?(?:[_-]?(?:consent|cookie|info|law|policy)s?){0,2}"
    r"[_-]?(?:banner|bar|consent|dialog|law|manager|message|modal|notice|overlay|popup|preferences|settings|wall)"
    r"|(?<![\w-])(?:borlabs|cc-window|cky-|cmplz|cookieyes|cybotcookiebot|didomi|iubenda-cs|klaro"
    r"|onetrust|osano-cm|qc-cmp2|termly|trustarc|truste-|usercentrics))"
    r"|(?P<block>\b(?:btn|button|cta)\b)"
)
#: What is set between the links of a menu.
_SIGNS = re.compile(r"[^\w★☆]{1,3}")
#: Type of an input to the attribute that says its caption.
_CAPTIONS = {"button": "value", "image": "alt", "reset": "value", "submit": "value"}
#: Words that a link of a menu has at most.
_MENU_WORDS = 4
#: What a link says, in small letters, that is more than a name: a sentence, a price, a call to action.
_SPEAKS = re.compile(
    r"[.!?%$€£¥]|\b(?:free|money.back|sale|subscribe)\b"
    r"|\b(?:add|book|buy|call|claim|get|join|order|save|schedule|shop|sign|start|try)\s+\w"
)
#: Elements that may stay open. Browsers stop at 512; libxml2 walks up through all at an end tag.
_DEPTH = 1000
#: Characters that are parsed before the open elements are counted.
_PIECE = 1 << 14


def visible_text(source: str) -> str:
    """Return what a visitor of an HTML page, or of a fragment, can read; empty when that is nothing.

    A line is a block: the title and the description of the page, unless a block repeats them, then
    in their order headings (after an empty line), paragraphs, list items (``- item``), rows of tables
    (``| cell | cell |``, cells of several lines as their lines), captions of buttons. Texts that stand
    for images are part of their line. ``details`` count as open, since a click shows them.

    Left out is what scripts, styles and elements hold that their attributes hide (what a stylesheet
    hides stays), words for screen readers, cookie banners, and links of menus: of a ``nav``, or of a
    list that has nothing else, those that say no more than a name.

    Raises
    ------
    ValueError
        Elements lie more than ``_DEPTH`` deep.
    """
    from lxml.etree import HTMLParser

    lines = _Lines()
    parser = HTMLParser(target=lines)
    for start in range(0, len(source), _PIECE):
        parser.feed(source[start : start + _PIECE])
        if len(lines.kinds) > _DEPTH:
            raise ValueError(f"elements lie more than {_DEPTH:,} deep")
    return str(parser.close()) if source else ""


def _is_out_of_sight(overlay: Mapping[str, str]) -> bool:
    """Whether an overlay is kept from assistive software too, or is about cookies."""
    names = "id", "class", "aria-label"
    return overlay.get("aria-hidden") == "true" or any(
        word in overlay.get(name, "").lower() for name in names for word in ("cookie", "consent")
    )


class _Lines:
    """Gathers the lines of a page from the events of lxml's parser; ``close`` returns them."""

    def __init__(self) -> None:
        self.title: list[str] = []
        self.description = ""
        #: What each open element does to the lines, and how many are open of each kind.
        self.kinds: list[str] = []
        self.open = dict.fromkeys(_KINDS.values(), 0)
        #: How many elements were open at the one that hides what comes; 0 when none does.
        self.hidden = 0
        #: What tags with the ids and classes met so far do to the lines, if more than their tags.
        self.named: dict[tuple[str, str, str], str] = {}
        #: Pieces of the line in hand, and what it begins with.
        self.run: list[str] = []
        self.prefix = ""
        #: Finished lines, headings with a line feed before them; empty where a link was left out.
        self.lines: list[str] = []
        #: Pieces of text in lists that were not in a link: so far, and before the line in hand.
        self.outside = self.outside_before = 0
        #: Lines in open lists that are left out if these are menus.
        self.links: list[int] = []
        #: How many of both there were when each open list began.
        self.lists: list[tuple[int, int]] = []
        #: Of each open row of a table the first line of each cell.
        self.rows: list[list[int]] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Enter an element."""
        if self.hidden:
            self.kinds.append("")
            return
        kind = self._kind(tag, attributes) if attributes else _KINDS.get(tag, "")
        self.kinds.append(kind)
        if not kind:
            self.run.append(_START)
        elif kind == "link":
            self._bound_link(_START)
            self.open[kind] += 1
        elif kind in _WITHIN:
            self._start_within(kind, attributes)
        else:
            if self.run:
                self._break()
            if kind != "block":
                self._start_block(kind)

    def end(self, tag: str) -> None:
        """Leave the element entered last."""
        kind = self.kinds.pop()
        if self.hidden:
            if len(self.kinds) < self.hidden:
                self.hidden = 0
        elif not kind:
            self.run.append(_END)
        elif kind == "link":
            self._bound_link(_END)
            self.open[kind] -= 1
        elif kind not in _WITHIN:
            if self.run:
                self._break()
            if kind != "block":
                self._end_block(kind)

    def data(self, text: str) -> None:
        """Take text, or a piece of it."""
        if self.hidden:
            if self.kinds[-1] == "title" and len(self.kinds) == 3:  # of the page, not of a drawing
                self.title.append(text)
            return
        if text.isspace():
            if not self.run and not self.open["pre"]:
                return  # between blocks, which is where most of it is
        elif self.lists and (self.open["heading"] or not self.open["link"]):
            self.outside += 1
        if not self.open["pre"]:
            self.run.append(text)
            return
        first, *others = text.split("\n")
        self.run.append(first)
        for line in others:
            self._break()
            self.run.append(line)

    def close(self) -> str:
        """Return the text of the page."""
        self._break()
        lines = [line for line in self.lines if line]
        blocks = {line.strip() for line in lines}
        about = (" ".join(text.split()) for text in ("".join(self.title), self.description))
        return "\n".join([text for text in about if text and text not in blocks] + lines).strip()

    def _kind(self, tag: str, attributes: Mapping[str, str]) -> str:
        """What an element with attributes does to the lines."""
        get = attributes.get
        kind = _KINDS.get(tag, "")
        if not _TELLING.isdisjoint(attributes):
            role = get("role", "")
            if tag == "dialog" and "open" in attributes:
                kind = "block"
            if tag not in _WHOLE and (
                "hidden" in attributes
                or "popover" in attributes
                or (role in _OVERLAYS and _is_out_of_sight(attributes))
                or _HIDING.search(get("style", "").lower())
            ):
                return "unseen"
            if kind in ("", "block", "link", "list"):
                kind = _ROLES.get(role, kind)
        names = tag, get("id", ""), get("class", "")
        named = self.named.get(names)
        if named is None:
            found = _NAMES.search(" ".join(names[1:]).lower())
            named = str(found.lastgroup) if found else ""
            if tag in _WHOLE or (named == "block" and tag != "a"):
                named = ""
            self.named[names] = named
        return named or kind

    def _bound_link(self, mark: str) -> None:
        """Start or end a link, which has a line for itself in a menu."""
        if self.open["nav"]:
            self._break()
        else:
            self.run.append(mark)

    def _start_within(self, kind: str, attributes: Mapping[str, str]) -> None:
        """Enter what does not break the line, or not always."""
        get = attributes.get
        if kind == "image" and get("alt"):
            self.data(f" {get('alt')} ")
        elif kind == "input" and (caption := get(_CAPTIONS.get(get("type", "").lower(), ""))):
            self._break()
            self.data(caption)
            self._break()
        elif kind == "meta" and get("name", "").lower() == "description":
            self.description = self.description or get("content", "")
        elif kind in ("title", "unseen"):
            self.hidden = len(self.kinds)

    def _start_block(self, kind: str) -> None:
        self.open[kind] += 1
        self.prefix = _PREFIXES.get(kind, self.prefix)
        if kind == "row":
            self.rows.append([])
        elif kind == "cell" and self.rows:
            self.rows[-1].append(len(self.lines))
        elif kind in ("list", "nav"):
            self.lists.append((len(self.links), self.outside))
            self.outside_before = self.outside

    def _end_block(self, kind: str) -> None:
        if kind in _PREFIXES:
            self.prefix = ""
        elif kind == "row":
            self._end_row(self.rows.pop())
        elif kind in ("list", "nav"):
            first, outside = self.lists.pop()
            if self.open["nav"] or self.outside == outside:
                for line in self.links[first:]:
                    self.lines[line] = ""
            del self.links[first:]
        self.open[kind] -= 1

    def _break(self) -> None:
        """End the line in hand, if there is one."""
        text = "".join(self.run)
        self.run.clear()
        if not text.isascii():
            text = _SEAM.sub(" ", text).replace(_START, "").replace(_END, "")
        text = " ".join(text.split())
        if not text:
            return
        in_link = self.lists and (self.outside == self.outside_before or _SIGNS.fullmatch(text))
        if in_link and text.count(" ") < _MENU_WORDS and not _SPEAKS.search(text.lower()):
            self.links.append(len(self.lines))
        self.lines.append(self.prefix + text)
        self.prefix = ""
        self.outside_before = self.outside

    def _end_row(self, cells: list[int]) -> None:
        """Join the cells of a row if each is one line."""
        bounds = pairwise([*cells, len(self.lines)])
        if cells and all(after - before <= 1 for before, after in bounds):
            row = [line.strip() for line in self.lines[cells[0] :] if line]
            if len(row) > 1:
                del self.lines[cells[0] :]
                self.lines.append(f"| {' | '.join(row)} |")
                while self.links and self.links[-1] >= cells[0]:
                    self.links.pop()
