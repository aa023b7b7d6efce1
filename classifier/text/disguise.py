"""Words that are written so that filters do not know them: "cur3s", "c.u.r.e", "с" for "c".

A chunk between white space is read in another way only where that gives a known English word and what
is written does not look like anything else: a quantity, an address, an acronym, a name with a number.
So all other text stays as it is, letter by letter. Offsets count into the text as given: a ``Reading``
says where each of its characters stands there.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import islice, product
from typing import NamedTuple

from classifier.text.words import ENDINGS, stem

#: A sign that takes no room: format characters, joiners, variation selectors, strokes through letters
#: (Unicode: general category Cf, and default ignorable code points of other categories).
_NO_WIDTH = re.compile(
    "[\xad\u034f\u0334-\u0338\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e007f]"
)
#: Pictures: arrows, dingbats and emoji, but no letterlike signs such as the trademark's.
_PICTURES = (
    "[\u2190-\u21ff\u2300-\u245f\u2500-\u27bf"
    "\u2900-\u2bff\U0001f000-\U0001f0ff\U0001f1e6-\U0001faff]+"
)
#: Compatibility forms of letters that are no letters of a word: trademarks, ordinals, "No".
_NO_LETTERS = "™℠ªº№℡"
#: ASCII and other signs that may stand between letters that are spelled apart.
_APART = r"[-._*·•~^=|]"
#: A first look, which nearly all chunks stop at.
_SUSPECT = re.compile(
    r"[0-9@$!|][A-Za-z]|[a-z]{2}[0-9$]|(?:[A-Za-z0-9@$!|][-._*~^=| ]){2}|[^\x00-\x7f‘’“”–—…]"
)
#: Where digits and signs have a meaning of their own: addresses, paths, markup, codes, file names.
_CODE = re.compile(r"://|www\.|[#/\\_=&<>{}\[\]%~^`+]|\w\.\w")
#: Letters of a word at least: of any, and where all are capitals ("A C E", "S1P" has fewer).
_SHORTEST, _SHORTEST_CAPITALS = 3, 4
#: Letters from which on a word is known by its stem, too; stems of shorter words are other words.
_STEMMED = 6
#: Letters of the words of a run on average, from which on it is not made of words by chance.
_DENSE = 2.5
#: Readings of one word that are tried at most.
_READINGS = 64
#: Characters of a chunk that is looked through, letters of a run of single ones, and of a word in it.
_CHUNK, _RUN, _LONGEST = 200, 200, 24
#: Runs of single letters whose words are remembered.
_REMEMBERED = 10_000


class Reading(NamedTuple):
    """A chunk read in another way.

    Attributes
    ----------
    text
        What is read.
    places
        Place in the chunk of each character of ``text``; then the chunk's length. What is not read
        belongs to the character before it.
    """

    text: str
    places: list[int]


class Disguise:
    """Reads chunks through their disguise."""

    def __init__(self) -> None:
        here = files(__package__)
        tables, words = ((here / name).read_bytes() for name in ("disguise.toml", "words.txt"))
        self.fingerprint = hashlib.sha256(tables + words).hexdigest()
        data = tomllib.loads(tables.decode("utf-8"))
        self._look_alikes = {c: k for k, listed in data["look_alikes"].items() for c in listed}
        self._substitutes: dict[str, str] = data["substitutes"]
        self._units = frozenset(data["units"]["words"])
        self._abbreviations = frozenset(data["abbreviations"]["words"])
        self._words = frozenset(words.decode("ascii").split())
        self.spelled = lru_cache(_REMEMBERED)(self._spelled)
        signs = re.escape("".join(self._substitutes))
        letter = f"[A-Za-z{signs}]"
        self._word = re.compile(
            rf"(?<!\w)(?:"
            rf"(?P<apart>{letter}(?P<by>{_APART}|{_PICTURES}| ){letter}(?:(?P=by){letter})+)"
            rf"|(?P<pictures>[A-Za-z0-9]{letter}*(?:{_PICTURES}{letter}+)+)"
            rf"|[A-Za-z0-9@$€¢£¥§]{letter}*[A-Za-z0-9$€]"
            rf")(?!\w)"
        )

    def read(self, chunk: str) -> Reading | None:
        """Read a chunk; ``None`` where it is to be taken as it stands."""
        if len(chunk) > _CHUNK or not _SUSPECT.search(chunk):
            return None
        folded, at = self._folded(chunk)
        code = bool(_CODE.search(folded))
        text, places, done = "", list[int](), 0
        for match in self._word.finditer(folded):
            first, last = match.span()
            # what takes no room belongs to the character before it, at the front to the word
            begin = max(done, at[first - 1] + 1) if first else 0
            found = self._found(match, code)
            if found is None or found[0] == chunk[begin : at[last]]:
                continue
            word, kept = found
            text += chunk[done:begin] + word
            places += [*range(done, begin), begin, *(at[first + i] for i in kept[1:])]
            done = at[last]
        if not text:
            return None
        return Reading(text + chunk[done:], [*places, *range(done, len(chunk) + 1)])

    def _spelled(self, letters: str) -> list[tuple[int, int]]:
        """The words that a run of letters with a space between each two spells, as parts of the run.

        Words of three letters count only where they make up the run together with others, since any
        three letters may be a word by chance; only the first and the last letter of the run may then
        stand for themselves ("vitamin C t e a").
        """
        lower = self._folded(letters)[0].lower()
        if not (lower.isascii() and lower.isalpha() and len(lower) == len(letters) <= _RUN):
            return []
        parts = self._parts(lower)
        edges = ((0, 1), (len(lower) - 1, len(lower)))
        inner = [b - a for a, b in parts if (a, b) not in edges]
        shortest = _SHORTEST if sum(inner) >= _DENSE * len(inner) else _SHORTEST + 1
        return [
            (a, b) for a, b in parts if b - a >= shortest and not self._is_acronym(letters[a:b])
        ]

    def _parts(self, letters: str) -> list[tuple[int, int]]:
        """The fewest known words and single letters that make up the letters."""
        if letters in self._words:
            return [(0, len(letters))]
        best: list[tuple[int, int]] = [(0, 0)]  # how many up to here, where the last begins
        for end in range(1, len(letters) + 1):
            best.append(
                min(
                    (best[begin][0] + 1, begin)
                    for begin in range(max(0, end - _LONGEST), end)
                    if end - begin == 1 or letters[begin:end] in self._words
                )
            )
        parts, end = list[tuple[int, int]](), len(letters)
        while end:
            parts.append((best[end][1], end))
            end = best[end][1]
        return parts[::-1]

    def _folded(self, chunk: str) -> tuple[str, list[int]]:
        """The chunk in the Latin alphabet, and the place of each character; then its length."""
        if chunk.isascii():
            return chunk, list(range(len(chunk) + 1))
        forms = [self._form(c) for c in chunk]
        latin = any(form.isascii() and form.isalpha() for form in forms)
        if latin:
            forms = [self._look_alikes.get(form, form) for form in forms]
        at = [i for i, form in enumerate(forms) for _ in form]
        return "".join(forms), [*at, len(chunk)]

    def _form(self, character: str) -> str:
        """A character without its typographic form; nothing for one that takes no room."""
        if character.isascii():
            return character
        if _NO_WIDTH.match(character):
            return ""
        plain = unicodedata.normalize("NFKC", character)
        is_letter = plain.isascii() and plain.isalpha() and character not in _NO_LETTERS
        return plain if is_letter else character

    def _found(self, match: re.Match[str], code: bool) -> tuple[str, Sequence[int]] | None:
        """The word that a stretch of the folded chunk hides, and which of its characters it is."""
        whole, by = match[0], match["by"]
        kept: Sequence[int] = range(len(whole))
        if by:
            kept = range(0, len(whole), 1 + len(by))
        elif match["pictures"]:
            kept = [i for i, c in enumerate(whole) if not re.match(_PICTURES, c)]
            if all(map(self._is_known, re.split(_PICTURES, whole))):
                return None
        written = "".join([whole[i] for i in kept])
        if by and (self._is_acronym(written) or (by == "." and self._is_abbreviation(written))):
            return None
        word = self._read(written, code and not by)
        return None if word is None else (word, kept)

    def _read(self, written: str, code: bool) -> str | None:
        """The known word that letters, digits and signs stand for."""
        if len(written) < _SHORTEST:
            return None
        if written.isalpha():
            return written if self._is_known(written) else None
        letters = "".join([c for c in written if c.isalpha()])
        if (
            code
            or len(letters) < max(2, (len(written) - 1) // 2)
            or not (letters.isupper() or letters[1:].islower())
            or (letters.isupper() and len(written) <= _SHORTEST_CAPITALS)
            or self._is_number_beside_word(written)
        ):
            return None
        readings = product(*(self._substitutes.get(c, c) for c in written))
        word = next(
            (w for w in map("".join, islice(readings, _READINGS)) if self._is_known(w)), None
        )
        if word is None or letters.isupper():
            return word and word.upper()
        # a digit has no case, and a sentence may begin with it, as with a capital
        return word if written[0].isalpha() else word.capitalize()

    def _is_number_beside_word(self, written: str) -> bool:
        """A quantity, a name with a number or two words with a sign between, which hide nothing."""
        signs = "".join(self._substitutes)
        head, tail = written.rstrip(signs), written.lstrip(signs)
        if head.isalpha():  # "omega3", "cells5" with its footnote, "STAT3", "cash$"
            return not head.islower() or self._is_known(head)
        if tail.isalpha():  # "5am", "5pack", "@home"
            counts = written[0].isdigit() and {tail.lower(), written.lower()} & self._units
            return bool(counts) or (written[0] in "123456789@" and self._is_known(tail))
        parts = re.split(r"[@!¡|]", written)
        return len(parts) > 1 and all(map(self._is_known, parts))

    def _is_known(self, word: str) -> bool:
        lower = word.lower()
        if lower in self._words or len(lower) < _STEMMED:
            return lower in self._words
        base = stem(lower)  # "supplementing", where "supplements" is known, but not "omegae"
        endings = ("", *ENDINGS) if lower[len(base) :] not in ("e", "y") else ()
        return any(base + ending in self._words for ending in endings)

    def _is_acronym(self, letters: str) -> bool:
        return len(letters) < _SHORTEST_CAPITALS and letters.isupper()

    def _is_abbreviation(self, letters: str) -> bool:
        """Whether letters with full stops between them are one: "C.A.R.E.", "b.i.d."."""
        return letters.isupper() or letters.lower() in self._abbreviations
