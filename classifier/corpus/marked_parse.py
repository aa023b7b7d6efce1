"""Parsing marked text, in which the corpus is written: a page is header lines, then coded units.

A line ``%% key: value`` is a header; ``%% id:`` starts a page. A unit is two code characters, a
joint and its text. First code: ``P`` promotional, ``.`` not; second: ``U`` unsupported claim, ``S``
supported claim, ``.`` none. Joint: a space starts a line of the page, ``+`` goes on in the line
above after one space. Blank lines are blank lines of the page, save before its first and after its
last unit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from classifier.corpus.problems import Problems
from classifier.read.lines import BOM, decode
from classifier.schema import CLAIMS, PROMOTIONAL, UNSUPPORTED_CLAIM, LabelledPage, Segment
from classifier.values import sound

#: Header keys, all needed, in the order in which they are written.
HEADER = ("id", "group", "genre", "family", "english", "year", "side")
SIDES = ("marketing", "neutral", "mixed")
_UNIT = re.compile(r"([P.])([.SU])([ +])(\S.*)", re.DOTALL)
#: Second code character to the guide's claim.
CLAIM_OF_CODE = dict(zip(".SU", CLAIMS, strict=True))


@dataclass(slots=True)
class _Draft:
    """A page under construction."""

    where: str
    header: dict[str, str]
    text: str = ""
    segments: list[Segment] = field(default_factory=list)
    blank: int = 0
    sound: bool = True


def parse(path: str, problems: Problems) -> list[LabelledPage]:
    """Return the sound pages of a file, and add what is wrong with the others to ``problems``.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    name = sound(path)
    drafts: list[_Draft] = []
    with open(path, "rb") as stream:
        offset = 0
        for number, data in enumerate(stream, 1):
            text, problem = decode(data.removeprefix(BOM) if number == 1 else data, offset)
            offset += len(data)
            problem = problem or _take(text.rstrip("\r\n"), drafts, f"{name}:{number}")
            if problem is not None:
                problems.add(f"{name}:{number}", problem)
                for draft in drafts[-1:]:
                    draft.sound = False
    return [page for draft in drafts if (page := _finished(draft, problems)) is not None]


def _take(line: str, drafts: list[_Draft], where: str) -> str | None:
    """Add a line to the last draft, or start one; return what is wrong with the line."""
    if line.startswith("%%"):
        return _take_header(line, drafts, where)
    page = drafts[-1] if drafts else None
    if not line.strip():
        if page is not None:
            page.blank += 1
        return None
    unit = _UNIT.fullmatch(line)
    if unit is None:
        return f"neither a header, a blank line nor a unit: {line[:60]!r}"
    if page is None:
        return "a unit before the first '%% id:'"
    first, second, joint, text = unit.groups()
    if joint == "+" and (page.blank or not page.segments):
        return "'+' goes on in the line above, but there is none"
    if page.segments:
        page.text += " " if joint == "+" else "\n" * (1 + page.blank)
    page.blank = 0
    start = len(page.text)
    page.text += text
    claim = CLAIM_OF_CODE[second]
    labels = {PROMOTIONAL} if first == "P" else set()
    labels |= {UNSUPPORTED_CLAIM} if claim == "unsupported" else set()
    page.segments.append(Segment(start, len(page.text), frozenset(labels), claim))
    return None


def _take_header(line: str, drafts: list[_Draft], where: str) -> str | None:
    key, colon, value = line[2:].partition(":")
    key, value = key.strip(), value.strip()
    problem = None
    if not colon or key not in HEADER:
        return f"unknown header {line[:60]!r}; known are {', '.join(HEADER)}"
    if key == "id":
        drafts.append(_Draft(where, {key: value}))
    elif not drafts:
        problem = f"header {key!r} before the first '%% id:'"
    elif drafts[-1].segments:
        problem = f"header {key!r} after the page's first unit; a page starts with '%% id:'"
    elif key in drafts[-1].header:
        problem = f"header {key!r} is repeated"
    else:
        drafts[-1].header[key] = value
    return problem or header_problem(key, value)


def header_problem(key: str, value: str) -> str | None:
    """Say what is wrong with a header's value; ``None`` for a sound one."""
    if not value:
        return f"header {key!r} is empty"
    if key == "year" and not re.fullmatch(r"[1-9][0-9]{0,3}", value):
        return f"header 'year' is {value!r}, not a year"
    if key == "side" and value not in SIDES:
        return f"header 'side' is {value!r}, not one of {', '.join(SIDES)}"
    return None


def _finished(draft: _Draft, problems: Problems) -> LabelledPage | None:
    header = draft.header
    missing = [key for key in HEADER if key not in header]
    for key in missing:
        problems.add(draft.where, f"header {key!r} is missing")
    if not draft.segments:
        problems.add(draft.where, "the page has no unit")
    if missing or not draft.segments or not draft.sound:
        return None
    columns = {key: header[key] for key in HEADER[2:]} | {"year": int(header["year"])}
    return LabelledPage(
        id=header["id"],
        group=header["group"],
        text=draft.text,
        segments=tuple(draft.segments),
        where=draft.where,
        columns=columns,
    )
