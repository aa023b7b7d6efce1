"""Why a sentence is flagged, in one plain line, by the rules of ``reasons.toml``.

The line names wording of the text and facts about the page, and is no account of the model, which
weighs every word: ``classifier explain`` is.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

#: Wordings that a clause quotes at most.
QUOTED = 3
#: Said first where no clause speaks for one of the labels.
NOTHING = "no rule names its wording: the model goes by all its words and what stands around them"


@dataclass(frozen=True, slots=True)
class Clause:
    """One part of the line; ``reasons.toml`` says what the fields mean."""

    id: str
    say: str
    label: str = ""
    group: str = ""
    cues: tuple[str, ...] = ()
    on_page: tuple[str, ...] = ()
    not_near: tuple[str, ...] = ()
    layout: tuple[str, ...] = ()
    severity: int = 0
    example: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What clauses ask about a sentence.

    Attributes
    ----------
    labels
        Labels that it is listed for.
    cues
        Cue to the words that matched, in the sentence.
    near, page
        Cues within two sentences of it, itself included, and of the whole page.
    layout
        Layout facts that hold.
    severity, severity_reason
        The level, 0 where there is none, and what its rule says.
    """

    labels: Collection[str]
    cues: Mapping[str, Sequence[str]]
    near: Collection[str] = ()
    page: Collection[str] = ()
    layout: Collection[str] = ()
    severity: int = 0
    severity_reason: str = ""


@cache
def load_clauses() -> tuple[Clause, ...]:
    """Read the clauses that ship with the package."""
    table = tomllib.loads((files(__package__) / "reasons.toml").read_text(encoding="utf-8"))
    return tuple(_clause(fields) for fields in table["clause"])


def _clause(fields: Mapping[str, Any]) -> Clause:
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()}
    return Clause(**values)


def holding(facts: Facts) -> list[Clause]:
    """The clauses that are said of a sentence, in order."""
    said: list[Clause] = []
    groups: set[str] = set()
    for clause in load_clauses():
        if clause.group not in groups and _holds(clause, facts):
            said.append(clause)
            groups |= {clause.group} - {""}
    return said


def reason(facts: Facts) -> str:
    """The line, without a capital and a full stop."""
    said = holding(facts)
    parts = [
        clause.say.format(words=_words(clause, facts), severity=_small(facts.severity_reason))
        for clause in said
    ]
    return "; ".join(parts if any(clause.label for clause in said) else [NOTHING, *parts])


def _holds(clause: Clause, facts: Facts) -> bool:
    return (
        (not clause.label or clause.label in facts.labels)
        and (not clause.cues or any(cue in facts.cues for cue in clause.cues))
        and (not clause.on_page or any(cue in facts.page for cue in clause.on_page))
        and not any(cue in facts.near for cue in clause.not_near)
        and (not clause.layout or any(fact in facts.layout for fact in clause.layout))
        and facts.severity >= clause.severity
    )


def _words(clause: Clause, facts: Facts) -> str:
    """The wordings, quoted, each once."""
    found = dict.fromkeys(
        " ".join(words.split()) for cue in clause.cues for words in facts.cues.get(cue, ())
    )
    return ", ".join(f"“{words}”" for words in list(found)[:QUOTED])


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]
