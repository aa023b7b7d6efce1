"""How far the desk is, and how good what was flagged is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson

from classifier.review.store import Store

#: Of the normal distribution, for two-sided intervals of 95 %.
Z95 = 1.959964


@dataclass(slots=True)
class OfLabel:
    """A label's flags: how many distinct sentences were decided, and how many of these overruled.

    ``sampled`` and ``right`` count those on the pages of the random sample; ``interval`` is that of
    their precision, ``None`` where nothing was sampled.
    """

    decided: int = 0
    overruled: int = 0
    sampled: int = 0
    right: int = 0
    interval: tuple[float, float] | None = None


@dataclass(slots=True)
class Summary:
    """What the summary page says.

    Attributes
    ----------
    pages, listed_pages, done_pages
        All; with anything to decide; with nothing left.
    items, decided, unsure, missed
        Distinct sentences to decide, decided, of these unsure; sentences that a reviewer pointed out.
    reviewers
        Name and number of decisions that are not undone.
    sample_pages
        Pages at the head of the random order that are decided without a gap: a random sample, whatever
        else was decided in other orders.
    labels
        By label.
    """

    pages: int = 0
    listed_pages: int = 0
    done_pages: int = 0
    items: int = 0
    decided: int = 0
    unsure: int = 0
    missed: int = 0
    reviewers: list[tuple[str, int]] = field(default_factory=list)
    sample_pages: int = 0
    labels: dict[str, OfLabel] = field(default_factory=dict)


def summary(store: Store) -> Summary:
    """Count."""
    pages = store.db.execute(
        "SELECT count(*) AS pages, total(listed > 0) AS listed, total(listed > 0 AND open = 0) AS done"
        " FROM page"
    ).fetchone()
    items = store.db.execute(
        "SELECT count(*) AS items, count(i.current) AS decided, total(d.kind = 'unsure') AS unsure"
        " FROM item i LEFT JOIN decision d ON d.decision = i.current"
        " WHERE EXISTS (SELECT 1 FROM sentence s WHERE s.item = i.item AND s.listed)"
    ).fetchone()
    missed = store.db.execute(
        "SELECT count(*) AS n FROM item i JOIN decision d ON d.decision = i.current"
        " WHERE d.kind = 'missed'"
    ).fetchone()
    reviewers = store.db.execute(
        "SELECT reviewer, count(*) AS n FROM decision d WHERE kind <> 'undo' AND NOT EXISTS"
        " (SELECT 1 FROM decision WHERE undoes = d.decision) GROUP BY reviewer ORDER BY reviewer"
    )
    gap = store.one("SELECT min(draw) AS draw FROM page WHERE open > 0")
    edge = 1.0 if gap is None or gap["draw"] is None else gap["draw"]
    sample = store.db.execute(
        "SELECT count(*) AS n FROM page WHERE draw < ? AND listed > 0", (edge,)
    ).fetchone()
    return Summary(
        pages=pages["pages"],
        listed_pages=int(pages["listed"]),
        done_pages=int(pages["done"]),
        items=items["items"],
        decided=items["decided"],
        unsure=int(items["unsure"]),
        missed=missed["n"],
        reviewers=[(row["reviewer"], row["n"]) for row in reviewers],
        sample_pages=sample["n"],
        labels=_labels(store, edge),
    )


def _labels(store: Store, edge: float) -> dict[str, OfLabel]:
    names = store.db.execute("SELECT DISTINCT label FROM page_label").fetchall()
    found = {row["label"]: OfLabel() for row in names}
    sampled: dict[str, dict[int, list[bool]]] = {label: {} for label in found}
    rows = store.db.execute(
        "SELECT d.labels, d.flags, min(CASE WHEN p.draw < ? THEN p.page END) AS page FROM item i"
        " JOIN decision d ON d.decision = i.current JOIN sentence s ON s.item = i.item AND s.listed"
        " JOIN page p ON p.page = s.page WHERE d.labels IS NOT NULL GROUP BY i.item",
        (edge,),
    )
    for row in rows:
        held = orjson.loads(row["labels"])
        for label in orjson.loads(row["flags"]):
            count, right = found[label], label in held
            count.decided += 1
            count.overruled += not right
            if row["page"] is not None:
                sampled[label].setdefault(row["page"], []).append(right)
    for label, count in found.items():
        of_pages = list(sampled[label].values())
        count.sampled = sum(map(len, of_pages))
        count.right = sum(map(sum, of_pages))
        count.interval = interval(of_pages)
    return found


def interval(pages: Sequence[Sequence[bool]]) -> tuple[float, float] | None:
    """95 % interval of a proportion over sentences that were drawn by pages.

    Wilson's interval (JASA 22, 1927) with the effective sample size of Korn and Graubard (Survey
    Methodology 24, 1998): the variance of the ratio over pages tells how much less sentences of one page
    say than as many independent ones.

    Parameters
    ----------
    pages
        For each page drawn, whether each of its sentences has the property.

    Returns
    -------
    tuple or None
        Lower and upper end; ``None`` without sentences.
    """
    n, m = sum(map(len, pages)), len(pages)
    if not n:
        return None
    p = sum(map(sum, pages)) / n
    effective = float(n)
    if m > 1 and 0 < p < 1:
        variance = m / (m - 1) * sum((sum(page) - p * len(page)) ** 2 for page in pages) / n**2
        effective = min(n, p * (1 - p) / variance) if variance else n
    centre = p + Z95**2 / (2 * effective)
    half = Z95 * math.sqrt(p * (1 - p) / effective + Z95**2 / (4 * effective**2))
    whole = 1 + Z95**2 / effective
    return max(0.0, (centre - half) / whole), min(1.0, (centre + half) / whole)
