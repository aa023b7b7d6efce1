"""Decisions: appended, undone by appending, never changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from classifier.errors import DataError
from classifier.review.importing import item_of
from classifier.review.store import Store, now
from classifier.schema import CLAIMS, UNSUPPORTED_CLAIM

#: What a reviewer can say of a sentence. ``missed`` is ``relabel`` of one that nothing flagged.
KINDS = ("accept", "reject", "relabel", "missed", "unsure")
UNDO = "undo"


class Decision(NamedTuple):
    """What a reviewer says of a sentence.

    Attributes
    ----------
    kind
        One of ``KINDS``.
    labels
        The labels that hold, whatever was flagged; none for ``unsure``. ``accept`` and ``reject`` need
        not say them.
    claim
        The guide's three-way ``claim``, where the reviewer said it: of a claim that is rejected,
        ``none`` or ``supported``.
    note
        In the reviewer's words.
    """

    kind: str
    labels: tuple[str, ...] = ()
    claim: str | None = None
    note: str = ""


def decide(
    store: Store, page: int, span: tuple[int, int], decision: Decision, reviewer: str
) -> dict[str, Any]:
    """Keep a decision on the sentence of a page at ``span``, and what follows from it for the queue.

    Returns
    -------
    dict
        ``item``; ``pages``, how many have it; ``open``, the sentences of this page left to decide.

    Raises
    ------
    DataError
        There is no such page or sentence, or the decision contradicts itself.
    """
    with store.transaction() as db:
        found = db.execute("SELECT * FROM page WHERE page = ?", (page,)).fetchone()
        if found is None:
            raise DataError(f"there is no page {page} in this store")
        names = db.execute("SELECT label FROM page_label WHERE page = ?", (page,))
        known = {row["label"] for row in names}
        sentence = _sentence(db, found, span, decision)
        flags = tuple(orjson.loads(sentence["flags"]))
        labels, claim = _checked(decision, flags, known)
        made = db.execute(
            "INSERT INTO decision"
            " (item, page, start, kind, labels, claim, flags, model, note, reviewer, at)"
            f" VALUES (?{', ?' * 10})",
            (
                *(sentence["item"], page, span[0], decision.kind),
                None if labels is None else orjson.dumps(labels).decode(),
                *(claim, sentence["flags"], found["model"], decision.note, reviewer, now()),
            ),
        ).lastrowid
        return _settle(db, sentence["item"], made, page)


def undo(store: Store, reviewer: str) -> dict[str, Any] | None:
    """Undo the reviewer's last decision that is not undone yet; ``None`` where there is none.

    Returns what ``decide`` does, with ``page`` and ``start`` of the sentence.
    """
    with store.transaction() as db:
        last = db.execute(
            "SELECT * FROM decision d WHERE reviewer = ? AND kind <> 'undo' AND NOT EXISTS"
            " (SELECT 1 FROM decision WHERE undoes = d.decision) ORDER BY decision DESC LIMIT 1",
            (reviewer,),
        ).fetchone()
        if last is None:
            return None
        db.execute(
            "INSERT INTO decision (item, page, start, kind, flags, model, note, reviewer, at, undoes)"
            " VALUES (?, ?, ?, 'undo', ?, ?, '', ?, ?, ?)",
            (
                *(last["item"], last["page"], last["start"], last["flags"], last["model"]),
                *(reviewer, now(), last["decision"]),
            ),
        )
        before = db.execute(
            "SELECT max(decision) FROM decision d WHERE item = ? AND kind <> 'undo' AND NOT EXISTS"
            " (SELECT 1 FROM decision WHERE undoes = d.decision)",
            (last["item"],),
        ).fetchone()[0]
        place = {"page": last["page"], "start": last["start"]}
        return _settle(db, last["item"], before, last["page"]) | place


def _sentence(
    db: sqlite3.Connection, page: sqlite3.Row, span: tuple[int, int], decision: Decision
) -> sqlite3.Row:
    """The sentence's row; made for one that nothing flagged and a reviewer points out."""
    query = 'SELECT * FROM sentence WHERE page = ? AND start = ? AND "end" = ?'
    values = (page["page"], *span)
    found: sqlite3.Row | None = db.execute(query, values).fetchone()
    if found is not None:
        return found
    start, end = span
    text = page["text"] or ""
    overlap = db.execute(
        'SELECT 1 FROM sentence WHERE page = ? AND start < ? AND "end" > ?',
        (page["page"], end, start),
    ).fetchone()
    fits = end <= len(text) and text[start:end].strip()
    if decision.kind != "missed" or not fits or overlap:
        raise DataError(f"page {page['page']} has no sentence at [{start}, {end})")
    item, _ = item_of(db, text[start:end], page["site"])
    db.execute("INSERT INTO sentence VALUES (?, ?, ?, ?, 0, '[]', '{}', 0, NULL)", (*values, item))
    made: sqlite3.Row = db.execute(query, values).fetchone()
    return made


def _checked(
    decision: Decision, flags: Sequence[str], known: set[str]
) -> tuple[list[str] | None, str | None]:
    """The labels that hold and the claim, as they are kept."""
    kind, claim = decision.kind, decision.claim
    if kind not in KINDS:
        raise DataError(f"field 'kind' holds {kind!r}, not one of {', '.join(KINDS)}")
    if claim is not None and claim not in CLAIMS:
        raise DataError(f"field 'claim' holds {claim!r}, not one of {', '.join(CLAIMS)}")
    if kind == "unsure":
        return None, None
    labels = list(flags) if kind == "accept" else [] if kind == "reject" else list(decision.labels)
    unknown = set(labels) - known
    if unknown:
        raise DataError(f"field 'labels' holds {min(unknown)!r}, no label of this page's model")
    unsupported = UNSUPPORTED_CLAIM in labels
    if claim is not None and (claim == "unsupported") != unsupported:
        raise DataError(f"field 'claim' holds {claim!r}, which contradicts the labels")
    return labels, "unsupported" if unsupported else claim


def _settle(db: sqlite3.Connection, item: int, current: int | None, page: int) -> dict[str, Any]:
    """Put a decision in force, and count what is left to decide on the pages that have the item."""
    before = db.execute("SELECT current FROM item WHERE item = ?", (item,)).fetchone()["current"]
    db.execute("UPDATE item SET current = ? WHERE item = ?", (current, item))
    change = (before is None) - (current is None)
    if change:
        db.execute(
            "UPDATE page SET open = open - ? * n FROM (SELECT page AS has, count(*) AS n FROM sentence"
            " WHERE item = ? AND listed GROUP BY page) WHERE page = has",
            (change, item),
        )
    pages = db.execute("SELECT count(DISTINCT page) FROM sentence WHERE item = ?", (item,))
    left = db.execute("SELECT open FROM page WHERE page = ?", (page,))
    return {"item": item, "pages": pages.fetchone()[0], "open": left.fetchone()["open"]}
