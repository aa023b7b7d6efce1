"""What is known of a word from its spelling alone."""

from __future__ import annotations

import numpy as np
import pytest
from spacy.strings import StringStore, hash_string

from classifier.text.segmentation import Segmentation
from classifier.text.words import Trait, Words, normalise, stem, traits


@pytest.fixture(scope="module")
def segmentation() -> Segmentation:
    return Segmentation.load()


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("relieves", "reliev"),
        ("relieved", "reliev"),
        ("relieving", "reliev"),
        ("treatments", "treat"),
        ("healing", "heal"),
        ("calmness", "calm"),
        ("discounted", "discount"),
        ("oils", "oils"),  # less than four letters would be left
        ("ing", "ing"),
        ("herb", "herb"),
        ("", ""),
    ],
)
def test_stem_cuts_one_ending(word: str, expected: str) -> None:
    assert stem(word) == expected


@pytest.mark.parametrize(
    ("spelling", "expected"), [("Don’t", "don't"), ("CBD", "cbd"), ("Ünlü", "ünlü"), ("50%", "50%")]
)
def test_normalise(spelling: str, expected: str) -> None:
    assert normalise(spelling) == expected


#: Spelling, traits that must hold, traits that must not.
TRAITS = [
    (" ", Trait.SPACE, Trait.NEWLINE | Trait.BLANK_LINE),
    ("\n", Trait.SPACE | Trait.NEWLINE, Trait.BLANK_LINE),
    ("\r\n", Trait.NEWLINE, Trait.BLANK_LINE),
    ("\n  ", Trait.NEWLINE, Trait.BLANK_LINE),
    ("\n\n", Trait.NEWLINE | Trait.BLANK_LINE, Trait.WORD),
    ("\n \t\n", Trait.NEWLINE | Trait.BLANK_LINE, Trait.WORD),
    ("\r\n\r\n", Trait.BLANK_LINE, Trait.WORD),
    ("\u2028", Trait.NEWLINE, Trait.BLANK_LINE),
    ("\u00a0", Trait.SPACE, Trait.NEWLINE),
    (".", Trait.STOP | Trait.PERIOD, Trait.DOTTED | Trait.WORD),
    ("...", Trait.STOP, Trait.PERIOD | Trait.DOTTED),
    ("…", Trait.STOP, Trait.PERIOD),
    ("?!", Trait.STOP | Trait.QUESTION | Trait.EXCLAMATION, Trait.WORD),
    ("Dr.", Trait.DOTTED | Trait.NEVER_LAST | Trait.UPPER, Trait.STOP | Trait.INITIAL),
    ("e.g.", Trait.DOTTED | Trait.NEVER_LAST | Trait.LOWER, Trait.STOP),
    ("C.", Trait.DOTTED | Trait.INITIAL | Trait.UPPER, Trait.NEVER_LAST),
    ("c.", Trait.DOTTED, Trait.INITIAL),
    ("“", Trait.OPENER | Trait.CLOSER, Trait.WORD),
    ("(", Trait.OPENER, Trait.CLOSER),
    (")", Trait.CLOSER, Trait.OPENER),
    ("•", Trait.BULLET | Trait.MARKER, Trait.WORD),
    ("-", Trait.MARKER, Trait.BULLET),
    ("1.", Trait.MARKER | Trait.DOTTED | Trait.DIGIT, Trait.BULLET),
    ("12)", Trait.MARKER, Trait.DOTTED),
    ("2010.", Trait.DOTTED | Trait.DIGIT, Trait.MARKER),
    ("2010", Trait.DIGIT | Trait.WORD, Trait.MARKER | Trait.DOTTED),
    ("😀", Trait.MARKER, Trait.WORD | Trait.BULLET),
    ("SALE", Trait.UPPER | Trait.CAPITALS, Trait.LOWER),
    ("A", Trait.UPPER | Trait.STARTER, Trait.CAPITALS),
    ("The", Trait.STARTER, Trait.CAPITALS),
    ("the", Trait.LOWER, Trait.STARTER),
    ("$", Trait.CURRENCY, Trait.WORD),
    ("€", Trait.CURRENCY, Trait.PERCENT),
    ("GBP", Trait.CURRENCY | Trait.CAPITALS, Trait.DIGIT),
    ("20%", Trait.PERCENT | Trait.DIGIT, Trait.CURRENCY),
    ("Calmex®", Trait.TRADEMARK | Trait.WORD, Trait.LINK),
    ("https://okapi.example", Trait.LINK, Trait.COLON),
    ("www.okapi.example", Trait.LINK, Trait.DOTTED),
    ("shop@okapi.example", Trait.LINK, Trait.TRADEMARK),
    ("@okapi", Trait.LINK, Trait.CURRENCY),
    ("@", Trait(0), Trait.LINK),
    ("|", Trait.PIPE, Trait.WORD | Trait.CLOSER),
    (":", Trait.COLON, Trait.STOP),
]


@pytest.mark.parametrize(("spelling", "held", "absent"), TRAITS)
def test_traits(spelling: str, held: Trait, absent: Trait, segmentation: Segmentation) -> None:
    found = traits(spelling, segmentation)
    assert found & held == held
    assert not found & absent


def test_segmentation_lists_are_lower_case_and_without_final_stop(
    segmentation: Segmentation,
) -> None:
    for words in (segmentation.never_last, segmentation.starters):
        assert words
        assert all(word == word.lower() and not word.endswith(".") for word in words)


class TestTable:
    SPELLINGS = ("Relieves", "relieves", "RELIEVED", "covid-19", "50", "zinc", "Zinc")

    def test_what_is_kept(self, segmentation: Segmentation) -> None:
        strings = StringStore()
        orth = np.array([strings.add(word) for word in self.SPELLINGS], dtype=np.uint64)
        classes = {"relieves": "<BENEFIT>", "covid-19": "<CONDITION>"}
        words = Words(strings, segmentation, classes, lambda word, kind: len(word + kind))
        first = words.rows(orth[:2])
        rows = words.rows(orth)
        assert rows[:2].tolist() == first.tolist(), "a row stays where it is"
        assert rows.tolist() == words.rows(orth).tolist()
        found = words.table[rows]
        lower = [spelling.lower() for spelling in self.SPELLINGS]
        kinds = ["<BENEFIT>", "<BENEFIT>", "relieved", "<NUM>", "<NUM>", "zinc", "zinc"]
        assert found["word"].tolist() == [hash_string(text) for text in lower]
        assert found["stem"].tolist() == [hash_string(stem(text)) for text in lower]
        assert found["kind"].tolist() == [hash_string(name) for name in kinds]
        assert found["length"].tolist() == [len(text) for text in self.SPELLINGS]
        assert found["traits"].tolist() == [traits(s, segmentation) for s in self.SPELLINGS]
        assert found["symbol"].tolist() == [len(a + b) for a, b in zip(lower, kinds, strict=True)]
