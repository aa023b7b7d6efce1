"""What is known of a word from its spelling alone, found once per distinct spelling.

The rest of ``text/`` works on arrays: a batch of tokens becomes row numbers of this table, and every
fact about the spelling is one indexed look-up.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from enum import IntFlag

import numpy as np
from spacy.strings import StringStore, hash_string  # type: ignore[attr-defined]

from classifier.analysis import Int, UInt64
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


_QUOTES = "\"'“”‘’«»„‟`"
_OPENERS = "([{<¿¡"
_CLOSERS = ")]}>"
#: Endings stripped to make a stem, longest first (the inflections of Porter 1980, step 1, and the
#: adverb and agent endings that marketing text is full of). Crude on purpose: stems are only hashed.
_ENDINGS = ("ations", "ation", "ingly", "ments", "ment", "ness", "ings", "edly", "ing", "ers",
            "ies", "ied", "ily", "est", "ed", "er", "es", "ly", "s", "e", "y")  # fmt: skip


def stem(word: str) -> str:
    """Cut one inflectional ending off a lower-case word, leaving at least four letters."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def normalise(spelling: str) -> str:
    """Lower case with straight apostrophes: the form that lexicons and features know."""
    return spelling.lower().replace("’", "'")


def traits(spelling: str, segmentation: Segmentation) -> Trait:
    """All traits of one token's spelling."""
    if spelling.isspace():
        lines = len(spelling.splitlines()) - (not spelling.endswith(LINE_BREAKS))
        found = Trait.SPACE
        if lines:
            found |= Trait.NEWLINE
        return found | Trait.BLANK_LINE if lines > 1 else found
    first, lower = spelling[0], normalise(spelling)
    found = Trait(0)
    tests = (
        (Trait.STOP, not spelling.strip(".?!…")),
        (Trait.PERIOD, spelling == "."),
        (Trait.DOTTED, len(spelling) > 1 and spelling.endswith(".") and bool(spelling.strip("."))),
        (Trait.NEVER_LAST, lower.rstrip(".") in segmentation.never_last),
        (Trait.INITIAL, len(spelling) == 2 and first.isupper() and spelling[1] == "."),
        (Trait.OPENER, first in _OPENERS or first in _QUOTES),
        (Trait.CLOSER, not spelling.strip(_CLOSERS + _QUOTES)),
        (Trait.BULLET, spelling in segmentation.bullets),
        (Trait.MARKER, _is_marker(spelling, segmentation)),
        (Trait.LOWER, first.islower()),
        (Trait.UPPER, first.isupper()),
        (Trait.CAPITALS, spelling.isupper() and sum(map(str.isalpha, spelling)) > 1),
        (Trait.DIGIT, first.isdigit()),
        (Trait.STARTER, first.isupper() and lower in segmentation.starters),
        (Trait.CURRENCY, unicodedata.category(first) == "Sc" or lower in ("usd", "eur", "gbp")),
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
        (Trait.WORD, any(map(str.isalnum, spelling))),
    )
    for trait, holds in tests:
        if holds:
            found |= trait
    return found


LINE_BREAKS = ("\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029", "\x1c", "\x1d", "\x1e")


def _is_marker(spelling: str, segmentation: Segmentation) -> bool:
    number = spelling.rstrip(".)")
    return (
        spelling in segmentation.bullets
        or spelling in segmentation.markers
        or (number != spelling and number.isdigit() and len(number) <= 2)
        or unicodedata.category(spelling[0]) == "So"
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
    limit
        Rows after which the table is emptied between batches, so that memory stays bounded.
    """

    def __init__(
        self,
        strings: StringStore,
        segmentation: Segmentation,
        classes: Mapping[str, str],
        limit: int = 500_000,
    ) -> None:
        self._strings = strings
        self._segmentation = segmentation
        self._classes = classes
        self._limit = limit
        self._rows: dict[int, int] = {}
        self._traits: list[int] = []
        self._word: list[int] = []
        self._stem: list[int] = []
        self._kind: list[int] = []

    def look_up(self, orth: UInt64) -> tuple[Int, UInt64, UInt64, UInt64]:
        """Traits, word hash, stem hash and class hash of each token, each of ``orth``'s shape."""
        if len(self._rows) > self._limit:
            self._forget()
        distinct, inverse = np.unique(orth, return_inverse=True)
        rows = np.array([self._row(key) for key in distinct.tolist()], dtype=np.int64)
        pick = rows.tolist()
        columns = (
            np.array([self._traits[row] for row in pick], dtype=np.int64)[inverse],
            np.array([self._word[row] for row in pick], dtype=np.uint64)[inverse],
            np.array([self._stem[row] for row in pick], dtype=np.uint64)[inverse],
            np.array([self._kind[row] for row in pick], dtype=np.uint64)[inverse],
        )
        return columns

    def _row(self, orth: int) -> int:
        row = self._rows.get(orth)
        if row is None:
            row = self._rows[orth] = len(self._traits)
            spelling = self._strings[orth]
            self._traits.append(int(traits(spelling, self._segmentation)))
            columns = (self._word, self._stem, self._kind)
            for column, form in zip(columns, self.forms(spelling), strict=True):
                column.append(hash_string(form))
        return row

    def forms(self, spelling: str) -> tuple[str, str, str]:
        """The word, stem and class that are hashed for a spelling."""
        lower = normalise(spelling)
        return lower, stem(lower), self._class_of(lower)

    def _class_of(self, lower: str) -> str:
        if any(map(str.isdigit, lower)):
            return "<NUM>"
        return self._classes.get(lower, lower)

    def _forget(self) -> None:
        self._rows.clear()
        for column in (self._traits, self._word, self._stem, self._kind):
            column.clear()
