"""Which units count as repeated, and which groups are joined for it."""

from __future__ import annotations

import pytest

from classifier.corpus.duplicates import Duplicate, duplicates, joined_groups, shingles
from classifier.schema import Dataset, LabelledPage, Segment

LONG = "the cold pressed oil rests for nine days in tanks of steel before it is bottled"
NEAR = "The cold-pressed oil rests for nine days in tanks of steel, before it is sold"
FAR = "the cold pressed oil rests for two hours in jars of clay before it is bottled"
SHORT = "Free shipping on all orders today"


def data_of(*pages: tuple[str, list[str]]) -> Dataset:
    """Pages of a group, each with units on lines of their own."""
    listed = []
    for number, (group, units) in enumerate(pages):
        segments, start = [], 0
        for unit in units:
            segments.append(Segment(start, start + len(unit), frozenset()))
            start += len(unit) + 1
        listed.append(LabelledPage(f"p{number}", group, "\n".join(units), tuple(segments)))
    return Dataset(tuple(listed), ("a",))


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("one two three four five six seven", 0), ("a b c d e f g h", 4), (LONG, 12)],
)
def test_shingles(text: str, count: int) -> None:
    assert len(shingles(text)) == count
    assert shingles(text.upper().replace(" ", ", ")) == shingles(text)


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        (LONG, LONG, True),
        (LONG, LONG.upper() + "!", True),
        (LONG, NEAR, True),
        (LONG, FAR, False),
        (SHORT, SHORT, False),
        (LONG, "", False),
    ],
)
def test_pairs(first: str, second: str, found: bool) -> None:
    listed = list(duplicates(data_of(("g", [first]), ("h", [second]))))
    assert bool(listed) == found
    for pair in listed:
        shared = shingles(first) & shingles(second)
        expected = len(shared) / len(shingles(first) | shingles(second))
        assert pair.similarity == pytest.approx(expected)
        assert (pair.page, pair.other_page) == (1, 0)


def test_each_unit_names_its_closest_earlier_one() -> None:
    data = data_of(("g", [NEAR]), ("g", ["a title", LONG]), ("h", [SHORT, LONG]))
    found = {(pair.page, pair.other_page): pair for pair in duplicates(data)}
    assert set(found) == {(1, 0), (2, 1)}
    pair = found[2, 1]
    assert pair.segment == data.pages[2].segments[1]
    assert pair.other_segment == data.pages[1].segments[1]
    assert pair.similarity == 1


def test_units_of_one_page_are_not_compared() -> None:
    assert not list(duplicates(data_of(("g", [LONG, LONG]))))


def pair_of(page: int, other: int) -> Duplicate:
    segment = Segment(0, 1, frozenset())
    return Duplicate(page, segment, other, segment, 1.0)


@pytest.mark.parametrize(
    ("groups", "pairs", "expected"),
    [
        ("abc", [], [{0}, {1}, {2}]),
        ("aba", [], [{0, 2}, {1}]),
        ("abc", [(1, 0)], [{0, 1}, {2}]),
        ("abcd", [(1, 0), (2, 1)], [{0, 1, 2}, {3}]),  # through a third
        ("abab", [(3, 2)], [{0, 1, 2, 3}]),  # a pair of pages joins their whole groups
        ("aab", [(1, 0)], [{0, 1}, {2}]),
    ],
)
def test_joined_groups(groups: str, pairs: list[tuple[int, int]], expected: list[set[int]]) -> None:
    data = data_of(*[(group, [SHORT]) for group in groups])
    numbers = joined_groups(data.pages, [pair_of(*pair) for pair in pairs]).tolist()
    found = [{i for i, n in enumerate(numbers) if n == number} for number in dict.fromkeys(numbers)]
    assert found == expected
