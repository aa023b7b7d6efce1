"""Marked text as labelled pages, and back; the format is told in ``marked_parse``."""

from __future__ import annotations

import re
from collections.abc import Iterable

from classifier.corpus.marked_parse import CLAIM_OF_CODE, HEADER, header_problem, parse
from classifier.corpus.problems import Problems
from classifier.schema import PROMOTIONAL, UNSUPPORTED_CLAIM, LabelledPage, Segment
from classifier.values import sound
from classifier.write.destination import destination

_CODE_OF_CLAIM = {claim: code for code, claim in CLAIM_OF_CODE.items()}
#: What may lie between two units: one space, or line ends alone.
_GAP = re.compile(r" |\n+")
_LINE_END = re.compile(r"[\n\r]")


def read_marked(path: str) -> list[LabelledPage]:
    """Read a file of marked text.

    Returns
    -------
    list of LabelledPage
        With columns genre, family, english, year (int) and side.

    Raises
    ------
    DataError
        Something in the file breaks the format, or an id is there twice; the message names the
        lines.
    OSError
        The file cannot be read.
    """
    problems = Problems()
    pages = parse(path, problems)
    seen: dict[str, str] = {}
    for page in pages:
        if page.id in seen:
            problems.add(page.where, f"the id {page.id!r} was already used at {seen[page.id]}")
        seen.setdefault(page.id, page.where)
    problems.raise_if_any()
    return pages


def write_marked(pages: Iterable[LabelledPage], path: str) -> None:
    """Write pages as marked text, which ``read_marked`` reads back the same but for ``where``.

    Raises
    ------
    DataError
        A page lacks a header column or has a value that no header line can hold, bears other labels
        than the guide's, or its text is not made of segments with a space or line ends between
        them. Nothing is written then.
    InputError
        ``path`` cannot be written.
    """
    problems = Problems()
    blocks = [_block(page, problems) for page in pages]
    problems.raise_if_any()
    with destination(path) as stream:
        stream.write("\n".join(blocks).encode())


def _block(page: LabelledPage, problems: Problems) -> str:
    where = f"page {page.id!r}"
    header = {"id": page.id, "group": page.group} | dict(page.columns)
    lines: list[str] = []
    for key in HEADER:
        value = "" if header.get(key) is None else str(header[key])
        if _LINE_END.search(value) or value != value.strip():
            problems.add(where, f"header {key!r} cannot hold {value!r}")
        elif (problem := header_problem(key, value)) is not None:
            problems.add(where, problem)
        lines.append(f"%% {key}: {value}\n")
    for key in page.columns:
        if key not in HEADER[2:]:
            problems.add(where, f"there is no header for column {key!r}")
    block = "".join([*lines, *_units(page, where, problems)])
    if sound(block) != block:
        problems.add(where, "the page has lone surrogates, which are no characters")
    return block


def _units(page: LabelledPage, where: str, problems: Problems) -> Iterable[str]:
    """Yield the lines of a page's units; each ends in a line feed."""
    end = 0
    line = ""
    for segment in page.segments:
        gap = page.text[end : segment.start]
        if not (_GAP.fullmatch(gap) if line else gap == ""):
            problems.add(where, f"a unit cannot follow {gap!r} (offset {end})")
        if line:
            yield line + "\n" * max(1, gap.count("\n"))
        joint = "+" if gap == " " else " "
        line = _code(segment, where, problems) + joint + page.text[segment.start : segment.end]
        end = segment.end
        if _LINE_END.search(line) or line[3:4].strip() == "":
            problems.add(where, f"a unit cannot start with space or hold line ends: {line[3:60]!r}")
    if not line or page.text[end:]:
        problems.add(where, f"no unit covers the text from offset {end}")
    yield line + "\n"


def _code(segment: Segment, where: str, problems: Problems) -> str:
    unsupported = UNSUPPORTED_CLAIM in segment.labels
    claim = segment.claim or ("unsupported" if unsupported else "none")
    known = segment.labels <= {PROMOTIONAL, UNSUPPORTED_CLAIM} and claim in _CODE_OF_CLAIM
    if not known or unsupported != (claim == "unsupported"):
        labels = ", ".join(sorted(segment.labels))
        problems.add(where, f"no code for labels ({labels}) with claim {segment.claim!r}")
        return ".."
    return ("P" if PROMOTIONAL in segment.labels else ".") + _CODE_OF_CLAIM[claim]
