"""Which units count as repeated, and which groups are joined for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from classifier.corpus.duplicates import (
    LEAST_WORDS,
    MOST_GROUPS,
    duplicates,
    join_groups,
    shingles,
)
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
        (SHORT, SHORT.upper(), True),
        ("Add to your cart", "add to your CART!", True),
        ("Add to your cart", "Add to our cart", False),
        (LONG, "", False),
        ("...", "...", False),
    ],
)
def test_pairs(first: str, second: str, found: bool) -> None:
    listed = list(duplicates(data_of(("g", [first]), ("h", [second]))))
    assert bool(listed) == found
    for pair in listed:
        shared, all_of_both = shingles(first) & shingles(second), shingles(first) | shingles(second)
        expected = len(shared) / len(all_of_both) if all_of_both else 1
        assert pair.similarity == pytest.approx(expected)
        assert (pair.page, pair.other_page) == (1, 0)
        assert pair.by_chance == (len(first.split()) < LEAST_WORDS)


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


OTHER = "grind two spoons of the root and stir them into a cup of warm milk at night"


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        ([("a", [LONG]), ("b", [FAR]), ("c", [OTHER])], [{0}, {1}, {2}]),
        ([("a", [LONG]), ("b", [FAR]), ("a", [OTHER])], [{0, 2}, {1}]),
        ([("a", [LONG]), ("b", [LONG]), ("c", [FAR])], [{0, 1}, {2}]),
        ([("a", [LONG]), ("b", [NEAR]), ("c", [FAR])], [{0, 1}, {2}]),
        ([("a", [LONG]), ("b", [LONG, OTHER]), ("c", [OTHER])], [{0, 1, 2}]),  # through a third
        ([("a", [LONG]), ("b", [OTHER]), ("a", [FAR]), ("b", [FAR])], [{0, 1, 2, 3}]),
        ([("a", [LONG]), ("a", [LONG]), ("b", [FAR])], [{0, 1}, {2}]),
        ([("a", [SHORT]), ("b", [SHORT.upper()]), ("c", [LONG])], [{0}, {1}, {2}]),
        ([("a", [SHORT + " at last"]), ("b", [SHORT + ", at last!"])], [{0, 1}]),
        ([(name, [LONG]) for name in "abc"], [{0, 1, 2}]),
        ([(name, [LONG]) for name in "abcd"], [{0}, {1}, {2}, {3}]),  # boilerplate
        ([(name, [SHORT]) for name in "abcd"], [{0}, {1}, {2}, {3}]),
        (
            [("a", [LONG, OTHER]), ("b", [LONG, OTHER]), ("c", [LONG]), ("d", [LONG])],
            [{0, 1}, {2}, {3}],
        ),
    ],
)
def test_groups_that_share_text_are_joined(
    pages: list[tuple[str, list[str]]], expected: list[set[int]]
) -> None:
    numbers = join_groups(data_of(*pages)).groups.tolist()
    found = [{i for i, n in enumerate(numbers) if n == number} for number in dict.fromkeys(numbers)]
    assert found == expected


def test_short_records_count() -> None:
    """A record is one unit: a review of two words that two authors copied is a leak."""
    data = replace(data_of(("a", ["Love it!"]), ("b", ["love it"]), ("c", ["!"])), unit="record")
    assert join_groups(data).groups.tolist() == [0, 0, 1]


@pytest.mark.parametrize("unit", ["record", "sentence"])
def test_without_groups_pages_that_say_the_same_are_one_group(unit: str) -> None:
    """However many and short they are: nothing else is joined by that."""
    pages = [("", [SHORT.upper() if n % 2 else SHORT]) for n in range(2 * MOST_GROUPS)]
    listed = data_of(*pages, ("", [LONG]), ("", ["!"]), ("", ["?"])).pages
    own = tuple(replace(page, group=page.id) for page in listed)
    found = join_groups(Dataset(own, ("a",), unit=unit, grouped=False))
    assert len(set(found.groups[: len(pages)].tolist())) == 1
    assert len(set(found.groups.tolist())) == 4
    assert list(found.summary()) == ["5 pages say the same as another and are one group with it"]


@pytest.mark.parametrize(("unit", "groups"), [("record", 1), ("sentence", 5)])
def test_without_groups_no_record_is_boilerplate(unit: str, groups: int) -> None:
    listed = data_of(*[("", [f"{LONG} {number}"]) for number in range(5)]).pages
    own = tuple(replace(page, group=page.id) for page in listed)
    found = join_groups(Dataset(own, ("a",), unit=unit, grouped=False))
    assert len(set(found.groups.tolist())) == groups
    assert bool(found.boilerplate) == (unit == "sentence")


def test_a_notice_on_all_sites_joins_none_and_is_named() -> None:
    sites = [(f"site{n}", [f"Page number {n} of its own words", LONG]) for n in range(58)]
    found = join_groups(data_of(*sites))
    assert len(set(found.groups.tolist())) == 58
    (line,) = found.summary()
    assert line.startswith(f"1 repeated units stand in more than {MOST_GROUPS} groups each")
    assert "(58 groups)" in line
    assert LONG not in line, "shortened"
    (line,) = found.report()
    assert line.startswith("boilerplate, which joins no groups: 'the cold pressed oil")


def test_joins_are_named() -> None:
    found = join_groups(data_of(("a", [LONG, OTHER]), ("b", [NEAR]), ("c", [FAR]), ("d", [OTHER])))
    (line,) = found.summary()
    assert line.startswith("3 groups became one (a, b, d), because of: 'the cold pressed oil")
    assert "page p0" in line
    assert "page p1" in line
    assert line.endswith(", 1 more")
    first, *reasons = found.report()
    assert first == "3 groups became one: a, b, d"
    assert [reason.split("'")[1][:9] for reason in reasons] == ["the cold ", "grind two"]
    assert "page p0" in reasons[1]
    assert "page p3" in reasons[1]


def test_the_reason_that_joins_most_comes_first() -> None:
    pages = [("a", [LONG, OTHER]), ("b", [LONG, OTHER]), ("c", [OTHER]), ("d", [FAR])]
    (line,) = join_groups(data_of(*pages)).summary()
    assert "because of: 'grind two" in line


def test_the_summary_is_short_and_the_report_whole() -> None:
    pages = [(f"g{n}", [f"{n // 2} " * 9]) for n in range(40)]
    found = join_groups(data_of(*pages, ("g0", [LONG]), ("g39", [LONG])))
    *most, last = found.summary()
    assert [line.split(" (")[0] for line in most] == [
        "4 groups became one",
        *["2 groups became one"] * 4,
    ]
    assert last == "and 14 more joins, of 28 groups; 'classifier data check' lists all"
    assert sum(line.startswith("- because of") for line in found.report()) == 21
