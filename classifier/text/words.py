"""What is known of a word from its spelling alone, found once per distinct spelling.

The rest of ``text/`` works on arrays: a batch of tokens becomes row numbers of this table, and every
fact about the spelling is one indexed look-up.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from enum import IntFlag

import numpy as np
from spacy.strings import StringStore, hash_string  # type: ignore[attr-defined]

from classifier.analysis import Int, UInt64
from classifier.text.growing import extended
from classifier.text.segmentation import Segmentation


class Trait(IntFlag):
    """Facts about a spelling that sentence splitting and layout ask for."""

    SPACE = 1
    NEWLINE = 2
    BLANK_LINE = 4
    STOP = 8  # . ? ! … and runs of them
    PERIOD = 16  # "." alone: may belong to an abbreviation
    DOTTED = 32  # a longer token with a final full stop: "Dr.", "2010.", "C."
    NEVER_LAST = 64  # an abbreviation that needs a word after it
    INITIAL = 128  # a single capital with a full stop
    OPENER = 256
    CLOSER = 512
    BULLET = 1024  # breaks a line wherever it stands
    MARKER = 2048  # a list marker when it begins a line
    LOWER = 4096
    UPPER = 8192  # first letter is a capital
    CAPITALS = 16384  # all letters are capitals, two at least
    DIGIT = 32768
    STARTER = 65536  # a word that often begins a sentence
    CURRENCY = 131072
    PERCENT = 262144
    TRADEMARK = 524288
    LINK = 1048576
    PIPE = 2097152
    COLON = 4194304
    QUESTION = 8388608
    EXCLAMATION = 16777216
    WORD = 33554432  # has a letter or a digit
    PRONOUN = (
        67108864  # in lower case, a word that hardly ever follows the full stop of an abbreviation
    )


_QUOTES = "\"'“”‘’«»„‟`"
_OPENERS = "([{<¿¡"
_CLOSERS = ")]}>"
#: Endings stripped to make a stem, the longest first (the inflections of Porter 1980, step 1, and the
#: adverb and agent endings that marketing text is full of). Crude on purpose: stems are only hashed.
ENDINGS = frozenset((
    "ations", "ation", "ingly", "ments", "ment", "ness", "ings", "edly", "ing", "ers",
    "ies", "ied", "ily", "est", "ed", "er", "es", "ly", "s", "e", "y",
))  # fmt: skip


def stem(word: str) -> str:
    """Cut one inflectional ending off a lower-case word, leaving at least four letters."""
    for length in range(min(6, len(word) - 4), 0, -1):
        if word[-length:] in ENDINGS:
            return word[:-length]
    return word


def normalise(spelling: str) -> str:
    """Lower case with straight apostrophes: the form that lexicons and features know."""
    return spelling.lower().replace("’", "'")


def traits(spelling: str, segmentation: Segmentation) -> int:
    """All traits of one token's spelling."""
    if spelling.isspace():
        lines = len(spelling.splitlines()) - (not spelling.endswith(LINE_BREAKS))
        found = Trait.SPACE
        if lines:
            found |= Trait.NEWLINE
        return found | Trait.BLANK_LINE if lines > 1 else found
    first, lower, letters = spelling[0], normalise(spelling), spelling.isalpha()
    tests: tuple[tuple[Trait, bool], ...] = (
        (Trait.NEVER_LAST, lower.rstrip(".") in segmentation.never_last),
        (Trait.BULLET, spelling in segmentation.bullets),
        (
            Trait.MARKER,
            spelling in segmentation.bullets
            or spelling in segmentation.markers
            or (not letters and _is_number_or_sign(spelling)),
        ),
        (Trait.LOWER, first.islower()),
        (Trait.UPPER, first.isupper()),
        (Trait.CAPITALS, spelling.isupper() and sum(map(str.isalpha, spelling)) > 1),
        (Trait.PRONOUN, spelling in segmentation.pronouns),
        (Trait.STARTER, first.isupper() and lower in segmentation.starters),
        (
            Trait.CURRENCY,
            lower in ("usd", "eur", "gbp") or (not letters and unicodedata.category(first) == "Sc"),
        ),
        (Trait.WORD, letters or any(map(str.isalnum, spelling))),
    )
    if not letters:
        tests += _tests_of_signs(spelling)
    return sum([trait.value for trait, holds in tests if holds])


def _tests_of_signs(spelling: str) -> tuple[tuple[Trait, bool], ...]:
    """The traits that a spelling of letters only never has."""
    first, lower = spelling[0], spelling.lower()
    return (
        (Trait.STOP, not spelling.strip(".?!…")),
        (Trait.PERIOD, spelling == "."),
        (Trait.DOTTED, len(spelling) > 1 and spelling.endswith(".") and bool(spelling.strip("."))),
        (Trait.INITIAL, len(spelling) == 2 and first.isupper() and spelling[1] == "."),
        (Trait.OPENER, first in _OPENERS or first in _QUOTES),
        (Trait.CLOSER, not spelling.strip(_CLOSERS + _QUOTES)),
        (Trait.DIGIT, first.isdigit()),
        (Trait.PERCENT, "%" in spelling),
        (Trait.TRADEMARK, any(mark in spelling for mark in "®™©")),
        (
            Trait.LINK,
            "://" in lower or lower.startswith("www.") or ("@" in lower and len(lower) > 2),
        ),
        (Trait.PIPE, spelling == "|"),
        (Trait.COLON, spelling.endswith(":")),
        (Trait.QUESTION, "?" in spelling),
        (Trait.EXCLAMATION, "!" in spelling),
    )


LINE_BREAKS = ("\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029", "\x1c", "\x1d", "\x1e")


def _is_number_or_sign(spelling: str) -> bool:
    """Whether a spelling is a list number such as "1." or begins with a symbol."""
    number = spelling.rstrip(".)")
    return (number != spelling and number.isdigit() and len(number) <= 2) or unicodedata.category(
        spelling[0]
    ) == "So"


#: What is kept of a spelling: its hash, its traits, the hashes of its forms, its length and its number
#: as a symbol of the patterns.
COLUMNS = np.dtype(
    [
        ("spelling", np.uint64),
        ("traits", np.int64),
        ("word", np.uint64),
        ("stem", np.uint64),
        ("kind", np.uint64),
        ("length", np.int64),
        ("symbol", np.int64),
    ]
)


class Words:
    """A growing table: one row per distinct token spelling.

    Parameters
    ----------
    strings
        The string store of the pipeline, to look a spelling up by its hash.
    segmentation
        The lists behind the traits.
    classes
        Lexicon class of each lower-case word that has one.
    symbol
        The number of a word and its class in the patterns.

    Attributes
    ----------
    table
        Of ``COLUMNS``; rows that are not in use yet stand at its end.
    """

    def __init__(
        self,
        strings: StringStore,
        segmentation: Segmentation,
        classes: Mapping[str, str],
        symbol: Callable[[str, str], int],
    ) -> None:
        self._strings = strings
        self._segmentation = segmentation
        self._classes = classes
        self._symbol = symbol
        self._rows: dict[int, int] = {}
        self.table = np.zeros(0, dtype=COLUMNS)

    def rows(self, orth: UInt64) -> Int:
        """The row of each spelling, given by its hash, in the table."""
        distinct, inverse = np.unique(orth, return_inverse=True)
        keys = distinct.tolist()
        used = len(self._rows)
        new = [key for key in keys if key not in self._rows]
        described = np.array([self._described(key) for key in new], dtype=COLUMNS)
        self.table = extended(self.table, used, described)
        self._rows.update(zip(new, range(used, used + len(new)), strict=True))
        return np.array([self._rows[key] for key in keys], dtype=np.int64)[inverse]

    def spelling(self, row: int) -> str:
        """The spelling that a row is about."""
        return str(self._strings[int(self.table["spelling"][row])])

    def _described(self, key: int) -> tuple[int, ...]:
        spelling = self._strings[key]
        word, stem, kind = self.forms(spelling)
        hashes = (hash_string(form) for form in (word, stem, kind))
        return (
            key,
            traits(spelling, self._segmentation),
            *hashes,
            len(spelling),
            self._symbol(word, kind),
        )

    def forms(self, spelling: str) -> tuple[str, str, str]:
        """The word, stem and class that are hashed for a spelling."""
        lower = normalise(spelling)
        return lower, stem(lower), self._class_of(lower)

    def _class_of(self, lower: str) -> str:
        if not lower.isalpha() and any(map(str.isdigit, lower)):
            return "<NUM>"
        return self._classes.get(lower, lower)
