"""Which language a text is in."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from classifier.text.language import language

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parent / "languages.jsonl").read_text(encoding="utf-8").splitlines()
]

ENGLISH = [
    *("Order now!", "Shop now", "Add to cart", "Buy", "Cures cancer", "Get rid of pain"),
    *("Vitamin C serum", "GABA 500mg", "Kratom Maeng Da", "Lion's mane", "Dr. Müller, Zürich"),
    *("Ashwagandha relieves stress", "Kefir boosts immunity", "ORDER TODAY AND SAVE"),
    *("The questionnaire covers\nInsomnia", "Matricaria recutita, Melissa officinalis, Passiflora"),
    "Book a consultation with Dr. Jürgen Weißmüller at Praxis am Königsplatz.",
    "Our Crème de Beauté Éclat gives your skin the glow it deserves.",
    "Traditional Chinese medicine calls this herb 黄芪, and it is said to strengthen qi.",
]


def test_two_hundred_texts_in_twenty_languages_are_not_english() -> None:
    assert set(Counter(row["language"] for row in ROWS).values()) == {10}
    assert len({row["language"] for row in ROWS}) == 20
    found = [language(row["text"]) for row in ROWS]
    assert sum(code not in ("en", "und") for code in found) >= 0.98 * len(ROWS)
    named = sum(code == row["language"] for code, row in zip(found, ROWS, strict=True))
    assert named >= 0.95 * len(ROWS)


@pytest.mark.parametrize("text", ENGLISH)
def test_short_english_is_english(text: str) -> None:
    assert language(text) == "en"


@pytest.mark.parametrize("text", ["", "  ", "123 - 456", "€ 19.99", "!!!", "😀"])
def test_a_text_without_letters_is_undetermined(text: str) -> None:
    assert language(text) == "und"


@pytest.mark.parametrize("row", ROWS[::10], ids=lambda row: row["language"])
def test_a_long_text_is_told_by_its_parts(row: dict[str, str]) -> None:
    assert language(" ".join([row["text"]] * 400)) not in ("en", "und")


def test_a_foreign_greeting_does_not_make_a_long_english_page_foreign() -> None:
    page = (
        "Willkommen in unserem Haus. " + "This is what our patients say about the treatment. " * 200
    )
    assert language(page) == "en"
