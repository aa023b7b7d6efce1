"""What is wrong with a labelled corpus that could be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from classifier.corpus.duplicates import Duplicate, alike_by_chance, unit_key
from classifier.schema import Dataset, LabelledPage, Segment

#: Columns that every page of our corpus carries, and the values allowed where they are closed.
PAGE_COLUMNS: dict[str, frozenset[str] | None] = {
    "genre": None,
    "family": None,
    "english": None,
    "year": None,
    "side": frozenset({"marketing", "neutral", "mixed"}),
}


def problems(data: Dataset, duplicates: Iterable[Duplicate]) -> Iterator[str]:
    """Everything that is wrong with a corpus that could be read, one line each.

    Units that are alike by chance are no problem.
    """
    with_columns = any(column in page.columns for page in data.pages for column in PAGE_COLUMNS)
    for page in data.pages if with_columns else ():
        for column, allowed in PAGE_COLUMNS.items():
            value = page.columns.get(column)
            if value in (None, ""):
                yield f"{page.where}: page {page.id}: field '{column}' is missing"
            elif allowed is not None and value not in allowed:
                expected = ", ".join(sorted(allowed))
                yield f"{page.where}: page {page.id}: field '{column}' is {value!r}, not {expected}"
    if data.unit == "sentence":
        for page in data.pages:
            yield from _uncovered(page)
    yield from _contradictions(data)
    for found in duplicates:
        if found.by_chance:
            continue
        page, other = data.pages[found.page], data.pages[found.other_page]
        across = "another group" if page.group != other.group else "the same group"
        yield (
            f"{page.where}: page {page.id} at {found.segment.start}: unit repeats page {other.id} at "
            f"{found.other_segment.start} of {across} ({other.where}, similarity "
            f"{found.similarity:.2f})"
        )


def _uncovered(page: LabelledPage) -> Iterator[str]:
    """Words of a page that no segment holds: a slip of the labeller."""
    done = 0
    for segment in [*page.segments, Segment(len(page.text), len(page.text), frozenset())]:
        gap = page.text[done : segment.start]
        if any(map(str.isalpha, gap)):
            yield f"{page.where}: page {page.id} at {done}: text without a label: {gap.strip()[:60]!r}"
        done = segment.end


def _contradictions(data: Dataset) -> Iterator[str]:
    """The same unit labelled in two ways, unless it is alike by chance."""
    seen: dict[str, tuple[LabelledPage, Segment]] = {}
    for page in data.pages:
        for segment in page.segments:
            key = unit_key(page.text[segment.start : segment.end])
            if alike_by_chance(key, data.unit):
                continue
            other_page, other = seen.setdefault(key, (page, segment))
            if (other.labels, other.claim) != (segment.labels, segment.claim):
                yield (
                    f"{page.where}: page {page.id} at {segment.start}: labelled otherwise than the "
                    f"same words on page {other_page.id} at {other.start} ({other_page.where})"
                )
