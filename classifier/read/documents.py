"""PDF, Word and Excel files: the file is one record, its text is extracted, one line per block.

Lists and tables look as they do in HTML: ``- item`` and ``| cell | cell |``. Word and Excel files are
zip archives of XML (ECMA-376), of which all text is taken, that of text boxes and footnotes too, and
numbers as they are stored. They are read here, event by event: python-docx passes over content controls.
"""

from __future__ import annotations

import io
import logging
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import BinaryIO, cast
from xml.etree import ElementTree

from classifier.read.lines import bounded_read, too_long
from classifier.read.record import Options, failed, whole
from classifier.schema import Page, RawPage
from classifier.values import sound

#: Format to the library that it needs, which the extra ``documents`` installs.
NEEDED: Mapping[str, str] = {"pdf": "pypdf"}
#: Bytes that a file may have; pictures are most of a large one.
_FILE = 1 << 26
#: Characters of a parser's message that are shown; it may quote the file.
_SHOWN = 200
#: How a file of the older binary formats begins, and one that is encrypted ([MS-CFB], 2.2).
_COMPOUND = b"\xd0\xcf\x11\xe0"
#: Bytes that a page of a PDF may have, unpacked: pypdf takes quadratic time for what is shown on one.
_PDF_PAGE = 1 << 22
#: Operators that the pages of a PDF may run, in the forms that they show too.
_PDF_OPERATORS = 2_000_000
#: Work that pypdf may do on a page.
_PDF_LIMITS = {
    "stream_parsing_work_maximum_count": 500_000,
    "xform_maximum_invocations_per_extraction": 500,
    "page_tree_maximum_entries": 10_000,
    "page_tree_maximum_page_entries": 100_000,
}
_SHEET = re.compile(r"xl/worksheets/sheet(\d+)\.xml")
_SHARED = re.compile(r"xl/sharedStrings\.xml")
_WORD = re.compile(r"word/(document|footnotes|endnotes)\d*\.xml")
#: Breaks inside a Word paragraph.
_BREAKS = {"tab": "\t", "br": "\n", "cr": "\n"}
#: Elements without text of their own: what is in Choice again, for old readers; tab stops; how a word
#: sounds.
_PASSED_OVER = ("Fallback", "tabs", "rPh")

#: Cells of a row of a table, each as its lines.
Row = list[list[str]]


def read(stream: BinaryIO, name: str, options: Options, *, format: str) -> Iterator[Page | RawPage]:
    """Yield the one record of a file, unparsed: its id is the path."""
    data = bounded_read(stream, _FILE)
    if data is None:
        yield failed(name, f"the file is {too_long(_FILE)}")
    else:
        yield RawPage(id=name, where=name, data=data, format=format)


def hint(paths: Iterable[str]) -> str:
    """Say how files of no known format could be read; empty where the extra would not help."""
    if not any(path.lower().endswith(tuple(f".{name}" for name in NEEDED)) for path in paths):
        return ""
    listed = ", ".join(f".{name}" for name in NEEDED)
    return f"; {listed} needs an extra: pip install 'health-marketing-classifier[documents]'"


def parse(data: bytes, name: str, options: Options, *, format: str) -> Page:
    """Return the page that a file makes, with ``carry_text`` set, since offsets point into its text.

    What is encrypted or broken, unpacks to more than ``options.line_limit`` bytes, or has no text, is
    a page with an error.
    """
    try:
        text = _bounded(EXTRACTORS[format](data, options.line_limit), options.max_chars)
    except ImportError as error:
        return failed(name, f"it cannot be read here ({error})")
    except Exception as error:  # the one guard around a parser fed with anything
        why = " ".join(str(error).split())[:_SHOWN]
        return failed(name, f"no sound {format} file ({type(error).__name__}: {sound(why)})")
    if not text.strip():
        return failed(name, f"no text was found in the {format} file; are its pages pictures?")
    return whole(name, text, options.max_chars, carry_text=True)


def _bounded(lines: Iterable[str], max_chars: int) -> str:
    """Join lines, no further than shows that they are too many."""
    taken: list[str] = []
    size = 0
    for line in lines:
        taken.append(sound(line.replace("\0", "")))
        size += len(line) + 1
        if size > max_chars + 1:
            break
    return "\n".join(taken)


def _pdf_lines(data: bytes, limit: int) -> Iterator[str]:
    import pypdf

    logger = logging.getLogger("pypdf")
    if not logger.handlers:  # or else its warnings, which quote the file, go to stderr
        logger.addHandler(logging.NullHandler())
    operators = 0

    def count(*_: object) -> None:
        nonlocal operators
        operators += 1
        if operators > _PDF_OPERATORS:
            raise ValueError("its pages are too much to read")

    limits = _PDF_LIMITS | {"zlib_maximum_output_length": limit, "lzw_maximum_output_length": limit}
    with pypdf.apply_configuration(pypdf.get_configuration().with_overwrites(**limits)):
        reader = pypdf.PdfReader(io.BytesIO(data))
        for page in reader.pages:
            contents = page.get_contents()
            size = len(contents.get_data()) if contents is not None else 0
            limit -= size
            if limit < 0 or size > _PDF_PAGE:
                raise ValueError("its pages are too much to read")
            yield page.extract_text(visitor_operand_before=count).strip()


def _word_lines(data: bytes, limit: int) -> Iterator[str]:
    for source in _members(data, _WORD, limit):
        yield from _word_part(source)


def _word_part(source: BinaryIO) -> Iterator[str]:
    """Yield paragraphs and rows in the order in which they end."""
    lines: list[list[str]] = [[]]  # of the part itself, then of each open cell
    paragraphs: list[list[str]] = []  # several, because a text box stands inside a paragraph
    rows: list[Row] = []
    for begins, tag, element in _events(source):
        if tag == "p" and begins:
            paragraphs.append([])
        elif tag == "p":
            lines[-1] += "".join(paragraphs.pop()).strip().split("\n")
        elif tag == "tr" and begins:
            rows.append([])
        elif tag == "tr":
            lines[-1] += _row_lines(rows.pop())
        elif tag == "tc" and begins:
            lines.append([])
        elif tag == "tc":
            rows[-1].append([line for line in lines.pop() if line])
        elif tag == "t" and paragraphs and not begins:
            paragraphs[-1].append(element.text or "")
        elif tag in _BREAKS and paragraphs and begins:
            paragraphs[-1].append(_BREAKS[tag])
        elif _is_listed(tag, element) and paragraphs and not paragraphs[-1]:
            paragraphs[-1].append("- ")
        if len(lines) == 1:
            yield from lines[0]
            lines[0].clear()


def _is_listed(tag: str, element: ElementTree.Element) -> bool:
    """Whether an element of a paragraph makes it a list item: its numbering, or a style that has one."""
    style = next(iter(element.attrib.values()), "") if tag == "pStyle" else ""
    return tag == "numPr" or style.startswith(("ListBullet", "ListNumber"))


def _excel_lines(data: bytes, limit: int) -> Iterator[str]:
    shared: list[str] = []
    for source in _members(data, _SHARED, limit):
        shared += (cell or "" for cell, _ in _cells(source, "si"))
    for source in _members(data, _SHEET, limit):
        row: Row = []
        left = limit
        for cell, kind in _cells(source, "c"):
            if cell is None:
                yield from _row_lines(row)
                row, left = [], limit
                continue
            text = shared[int(cell)] if kind == "s" and cell else cell
            left -= len(text)
            if left < 0:
                raise ValueError(f"a row is {too_long(limit)}")
            row.append([line for line in text.split("\n") if line.strip()])


def _row_lines(cells: Row) -> list[str]:
    """A row as one line; as its lines where a cell has several, or only one has any."""
    full = [cell for cell in cells if cell]
    if len(full) > 1 and all(len(cell) == 1 for cell in full):
        return ["| " + " | ".join(cell[0] for cell in full) + " |"]
    return [line for cell in full for line in cell]


def _members(data: bytes, names: re.Pattern[str], limit: int) -> Iterator[BinaryIO]:
    """Open the files of an archive whose names fit, in the order of their numbers and names."""
    if data.startswith(_COMPOUND):
        raise ValueError("it is encrypted, or of the format before 2007")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        found = [member for member in archive.infolist() if names.fullmatch(member.filename)]
        size = sum(member.file_size for member in found)
        if size > limit:
            raise ValueError(f"it unpacks to {size:,} bytes, more than the {limit:,} allowed")
        for member in sorted(found, key=lambda member: (len(member.filename), member.filename)):
            with archive.open(member) as source:
                yield cast(BinaryIO, source)


def _events(source: BinaryIO) -> Iterator[tuple[bool, str, ElementTree.Element]]:
    """Yield whether an element begins, its name without the namespace, and the element."""
    passed_over = 0
    for event, element in ElementTree.iterparse(source, ("start", "end")):
        begins, tag = event == "start", element.tag.rpartition("}")[2]
        if tag in _PASSED_OVER:
            passed_over += 1 if begins else -1
        elif not passed_over:
            yield begins, tag, element
        if not begins:
            element.clear()


def _cells(source: BinaryIO, name: str) -> Iterator[tuple[str | None, str]]:
    """Yield the text and the type of each element ``name``, and ``None`` where a row ends."""
    parts: list[str] = []
    for begins, tag, element in _events(source):
        if begins:
            continue
        if tag in ("t", "v"):
            parts.append(element.text or "")
        elif tag == name:
            yield "".join(parts), element.get("t", "")
            parts = []
        elif tag == "row":
            yield None, ""


#: Format to what yields its lines, from its bytes and how many of them unpacked are too many.
EXTRACTORS: Mapping[str, Callable[[bytes, int], Iterator[str]]] = {
    "pdf": _pdf_lines,
    "docx": _word_lines,
    "xlsx": _excel_lines,
}
