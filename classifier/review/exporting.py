"""Decisions as labelled pages, which ``train``, ``evaluate`` and ``certify`` read."""

from __future__ import annotations

import orjson

from classifier.corpus.labelled_writer import write_labelled
from classifier.errors import DataError
from classifier.review.store import Store
from classifier.schema import LabelledPage, Segment


def labelled_pages(store: Store) -> tuple[list[LabelledPage], tuple[str, ...]]:
    """The pages with decided sentences, and the labels of the store.

    Only sentences that somebody decided are segments: those that nobody looked at say nothing, and those
    that a reviewer was unsure of neither. The site is the group.

    Returns
    -------
    pages, labels
        In the order of import.
    """
    names = store.db.execute("SELECT DISTINCT label FROM page_label ORDER BY label")
    labels = tuple(row["label"] for row in names)
    pages: dict[int, tuple[str, str, str]] = {}
    segments: dict[int, list[Segment]] = {}
    rows = store.db.execute(
        'SELECT p.page, p.id, p.site, p.text, s.start, s."end", d.labels, d.claim FROM sentence s'
        " JOIN page p ON p.page = s.page JOIN item i ON i.item = s.item"
        " JOIN decision d ON d.decision = i.current"
        " WHERE d.labels IS NOT NULL AND p.text IS NOT NULL ORDER BY p.page, s.start"
    )
    for row in rows:
        pages[row["page"]] = (row["id"], row["site"], row["text"])
        held = frozenset(orjson.loads(row["labels"]))
        segments.setdefault(row["page"], []).append(
            Segment(row["start"], row["end"], held, row["claim"])
        )
    taken: set[str] = set()
    made = []
    for number, (page_id, group, text) in pages.items():
        name = page_id if page_id not in taken else f"{page_id}#{number}"  # two texts of one id
        taken.add(name)
        made.append(LabelledPage(name, group, text, tuple(segments[number])))
    return made, labels


def export(store: Store, path: str) -> tuple[int, int]:
    """Write the decisions as labelled pages in JSON lines.

    Returns
    -------
    pages, segments
        How many were written.

    Raises
    ------
    DataError
        Nothing was decided, or all texts were purged.
    InputError
        ``path`` is of another format.
    """
    pages, labels = labelled_pages(store)
    if not pages:
        raise DataError(f"{store.path} holds no decision on a text that is still there")
    write_labelled(pages, path, labels)
    return len(pages), sum(len(page.segments) for page in pages)
