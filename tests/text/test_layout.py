"""What a sentence looks like on the page."""

from __future__ import annotations

import math

import pytest

from classifier.analysis import LAYOUT
from classifier.text import Analyser
from classifier.text.layout import HEADING_WORDS

PAGE = """\
Velour Teas

Our story began in a shed. It was small!

## What you get

Each box holds:
- Two tins, 20% off
- A spoon
* Recipes by ANNA VALE
Is it vegan?
| Dose | Price |
| 10 ml | $ 12 |
Visit www.velour.example today
“Calmex® is mild.” We agree."""

#: Column, and the sentences of ``PAGE`` for which it is 1; it is 0 for all others.
FACTS = [
    ("starts_line", {0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}),
    ("ends_line", {0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13}),
    ("blank_before", {0, 1, 3, 4}),
    ("blank_after", {0, 2, 3, 13}),
    ("is_heading", {0, 3, 8, 11}),
    ("is_list_item", {3, 5, 6, 7}),
    ("ends_colon", {4}),
    ("ends_question", {8}),
    ("ends_exclamation", {2}),
    ("ends_period", {1, 2, 12, 13}),
    ("has_currency", {10}),
    ("has_percent", {5}),
    ("has_trademark", {12}),
    ("has_link", {11}),
    ("has_quote", {12}),
    ("is_table_row", {9, 10}),
]


@pytest.fixture(scope="module")
def columns(analyser: Analyser) -> dict[str, list[float]]:
    table = analyser.analyse([PAGE]).layout
    return dict(zip(LAYOUT, table.T.tolist(), strict=True))


@pytest.mark.parametrize(("column", "holds"), FACTS)
def test_facts(column: str, holds: set[int], columns: dict[str, list[float]]) -> None:
    values = columns[column]
    assert set(values) <= {0.0, 1.0}
    assert {number for number, value in enumerate(values) if value} == holds


def test_every_column_is_tested() -> None:
    numbers = {"words_log", "upper_share", "title_share", "digit_share", "position"}
    assert {column for column, _ in FACTS} | numbers == set(LAYOUT)


@pytest.mark.parametrize(
    ("column", "number", "value"),
    [
        ("words_log", 0, math.log(3)),
        ("words_log", 6, math.log(4)),
        ("upper_share", 7, 2 / 5),
        ("upper_share", 0, 0.0),
        ("title_share", 0, 1.0),
        ("title_share", 1, 1 / 7),
        ("digit_share", 5, 1 / 7),
        ("position", 0, 0.0),
        ("position", 13, 1.0),
    ],
)
def test_numbers(column: str, number: int, value: float, columns: dict[str, list[float]]) -> None:
    assert columns[column][number] == pytest.approx(value)


#: Text, then the number of the sentence that heads each, and of its lead-in; -1 for none.
SURROUNDINGS = [
    ("We treat\n- migraine\n- gout", [-1, 0, 0], [-1, 0, 0]),
    ("We treat:\n- migraine\n- gout\nCall us today.", [-1, -1, -1, -1], [-1, 0, 0, -1]),
    ("Drops help with:\nPoor sleep\nStress", [-1, -1, -1], [-1, 0, 0]),
    ("Benefits\n\n- calm\n- sleep\n\nRisks\n\nNone are known.", [-1, 0, 0, 0, 3], [-1, 0, 0, -1, -1]),
    ("It is mild. It helps with: • gout • pain", [-1, -1, -1, -1], [-1, -1, 1, 1]),
    ("| a | b |\n| 1 | 2 |", [-1, -1], [-1, -1]),
    ("- calm\n- sleep", [-1, -1], [-1, -1]),
    ("We treat:\n1. migraine\n2) gout", [-1, -1, -1], [-1, 0, 0]),
    ("One long sentence that is no heading.\n\nAnother one.", [-1, -1], [-1, -1]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "heading", "lead"), SURROUNDINGS)
def test_heading_and_lead(
    text: str, heading: list[int], lead: list[int], analyser: Analyser
) -> None:
    X = analyser.analyse([text])
    assert (X.heading.tolist(), X.lead.tolist()) == (heading, lead)


#: Text of one line, and whether it is a list item and a heading.
LINES = [
    ("Boil water", False, True),
    ("- Boil water", True, False),
    ("• Boil water", True, False),
    ("1. Boil water", True, False),
    ("12) Boil water", True, False),
    ("🌿 Boil water", True, False),
    ("2010. Boil water", False, True),
    ("1.5 litres of water", False, True),
    ('5" of water', False, True),
    ("10 litres of water", False, True),
    ("12.", False, False),
    ("Boil water - 1.", False, False),
]


@pytest.mark.parametrize(("line", "is_item", "is_heading"), LINES)
def test_list_items(line: str, is_item: bool, is_heading: bool, analyser: Analyser) -> None:
    table = analyser.analyse([f"Tea\n{line}\nRest"]).layout
    found = dict(zip(LAYOUT, table[1], strict=True))
    assert (found["is_list_item"], found["is_heading"]) == (is_item, is_heading)


def test_a_numbered_line_on_its_own_is_a_heading(analyser: Analyser) -> None:
    table = analyser.analyse(["It is mild.\n\n1. How it works\n\nIt calms."]).layout
    assert table[1, LAYOUT.index("is_heading")] == table[1, LAYOUT.index("is_list_item")] == 1


@pytest.mark.parametrize(("words", "heading"), [(1, 1), (HEADING_WORDS, 1), (HEADING_WORDS + 1, 0)])
def test_a_long_line_is_no_heading(words: int, heading: int, analyser: Analyser) -> None:
    table = analyser.analyse(["calm " * words + "\n\nIt is mild."]).layout
    assert table[0, LAYOUT.index("is_heading")] == heading


def test_surroundings_stay_on_the_page(analyser: Analyser) -> None:
    X = analyser.analyse(["We treat:", "- migraine\n- gout", "Benefits\n\nCalm nights."])
    assert X.heading.tolist() == [-1, -1, -1, -1, 3]
    assert X.lead.tolist() == [-1, -1, -1, -1, -1]


@pytest.mark.parametrize("texts", [[], [""], ["", " \n"], ["!"]])
def test_shapes_without_words(texts: list[str], analyser: Analyser) -> None:
    X = analyser.analyse(texts)
    assert X.n_pages == len(texts)
    assert X.layout.shape == (X.n_sentences, len(LAYOUT))
    assert len(X.heading) == len(X.lead) == X.n_sentences == texts.count("!")
