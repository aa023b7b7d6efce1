"""The queue: which pages, in which order; counts and the histogram. All in SQL, a screen at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from classifier.errors import DataError
from classifier.review.store import Store

#: Orders by name: the column that pages are sorted by, ascending, and what a reader sees.
ORDERS: Mapping[str, tuple[str, str]] = {
    "worst": ("worst", "worst first"),
    "uncertain": ("margin", "most uncertain first"),
    "random": ("draw", "at random"),
    "site": ("site", "by site"),
    "id": ("id", "by id"),
}
#: States by name: the condition, and what a reader sees. The sign keeps SQLite from an index on them, so
#: that it takes the one of the order, which gives the first screen without sorting.
STATES: Mapping[str, tuple[str, str]] = {
    "open": ("+open > 0", "to decide"),
    "decided": ("+listed > 0 AND +open = 0", "decided"),
    "unflagged": ("+listed = 0", "nothing flagged"),
    "all": ("1", "all"),
}
#: Pages of a screen, and bars of the histogram.
SCREEN, BARS = 50, 20


@dataclass(frozen=True, slots=True)
class Query:
    """What a reviewer asks the queue for; empty fields ask for nothing.

    Attributes
    ----------
    order, state
        Of ``ORDERS`` and ``STATES``.
    label, decision
        Pages whose ``label`` is ``flag``, ``review`` or ``pass``; flagged or up for review where
        ``decision`` is empty.
    low, high
        Range of the score of ``label``, or of any label where that is empty.
    severity
        The least severity.
    language, site
        Exactly these.
    text
        Words that the text or the id holds as they stand, in either case of ASCII letters.
    """

    order: str = "worst"
    state: str = "open"
    label: str = ""
    decision: str = ""
    low: float = 0.0
    high: float = 1.0
    severity: int = 0
    language: str = ""
    site: str = ""
    text: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Query:
        """Read it from the parameters of an address; others are ignored.

        Raises
        ------
        DataError
            A parameter has an impossible value.
        """
        values: dict[str, Any] = {}
        for name, default in cls().values().items():
            if given.get(name):
                try:
                    values[name] = type(default)(given[name])
                except ValueError:
                    raise DataError(f"{name} holds {given[name]!r}, which is no number") from None
        query = cls(**values)
        for name, known in (("order", ORDERS), ("state", STATES)):
            if getattr(query, name) not in known:
                raise DataError(
                    f"{name} holds {getattr(query, name)!r}, not one of {', '.join(known)}"
                )
        return query

    def values(self) -> dict[str, Any]:
        """All fields by name."""
        return {name: getattr(self, name) for name in self.__slots__}

    def address(self, **changes: Any) -> str:
        """The parameters of an address that asks for this; fields that ask for nothing are left out."""
        default = Query().values()
        return urlencode(
            {k: v for k, v in (self.values() | changes).items() if v != default.get(k)}
        )

    def condition(self, *, state: bool = True) -> tuple[str, list[Any]]:
        """SQL condition on ``page``, and its values."""
        parts = [STATES[self.state][0]] if state else ["1"]
        values: list[Any] = []
        scored = ["l.page = page.page"]
        of_label: list[Any] = []
        if self.label:
            scored.append("l.label = ?")
            of_label.append(self.label)
        if self.decision:
            scored.append("l.decision = ?")
            of_label.append(self.decision)
        elif self.label and (self.low, self.high) == (0.0, 1.0):
            scored.append("l.decision <> 'pass'")
        if (self.low, self.high) != (0.0, 1.0):
            scored.append("l.score BETWEEN ? AND ?")
            of_label += [self.low, self.high]
        if len(scored) > 1:
            parts.append(f"EXISTS (SELECT 1 FROM page_label l WHERE {' AND '.join(scored)})")
            values += of_label
        for column in ("language", "site"):
            if getattr(self, column):
                parts.append(f"{column} = ?")
                values.append(getattr(self, column))
        if self.severity:
            parts.append("severity >= ?")
            values.append(self.severity)
        if self.text:
            parts.append("(text LIKE ? ESCAPE '\\' OR id LIKE ? ESCAPE '\\')")
            pattern = self.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            values += [f"%{pattern}%"] * 2
        return " AND ".join(parts), values


def screen(store: Store, query: Query, number: int) -> list[sqlite3.Row]:
    """The pages of screen ``number``, from 0, without their texts."""
    where, values = query.condition()
    column = ORDERS[query.order][0]
    return store.db.execute(
        f"SELECT page, id, site, language, severity, listed, open, substr(text, 1, 240) AS begin"
        f" FROM page WHERE {where} ORDER BY {column}, page LIMIT {SCREEN} OFFSET ?",
        (*values, number * SCREEN),
    ).fetchall()


def counts(store: Store, query: Query) -> dict[str, int]:
    """How many pages the filters leave in each state."""
    where, values = query.condition(state=False)
    sums = ", ".join(f'total({condition}) AS "{name}"' for name, (condition, _) in STATES.items())
    row = store.db.execute(f"SELECT {sums} FROM page WHERE {where}", values).fetchone()
    return {name: int(row[name]) for name in STATES}


def histogram(store: Store, query: Query, label: str) -> list[int]:
    """Pages by their score of a label, in ``BARS`` classes of equal width."""
    where, values = query.condition()
    rows = store.db.execute(
        f"SELECT min({BARS - 1}, CAST(score * {BARS} AS INTEGER)) AS bar, count(*) AS n FROM page"
        f" JOIN page_label s ON s.label = ? AND s.page = page.page WHERE {where} GROUP BY bar",
        (label, *values),
    )
    found = {row["bar"]: row["n"] for row in rows}
    return [found.get(bar, 0) for bar in range(BARS)]


def following(store: Store, query: Query, page: int | None) -> int | None:
    """The page after ``page``, from the top again after the last; ``None`` if there is no other."""
    where, values = query.condition()
    column = ORDERS[query.order][0]
    after = store.one(f"SELECT {column} AS place FROM page WHERE page = ?", page) if page else None
    if after is not None:
        found = store.one(
            f"SELECT page FROM page WHERE ({column}, page) > (?, ?) AND {where}"
            f" ORDER BY {column}, page LIMIT 1",
            *(after["place"], page, *values),
        )
        if found:
            return int(found["page"])
    first = store.one(
        f"SELECT page FROM page WHERE {where} AND page IS NOT ? ORDER BY {column}, page LIMIT 1",
        *(*values, page),
    )
    return int(first["page"]) if first else None


def choices(store: Store) -> dict[str, list[str]]:
    """Labels, languages and the sites with most pages, for the filters."""
    queries = {
        "labels": "SELECT DISTINCT label FROM page_label",
        "languages": "SELECT DISTINCT language FROM page WHERE language IS NOT NULL ORDER BY 1",
        "sites": "SELECT site FROM page GROUP BY site ORDER BY count(*) DESC, site LIMIT 200",
    }
    return {name: [row[0] for row in store.db.execute(query)] for name, query in queries.items()}
