"""Which language a text is in, so that only English is judged."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

ENGLISH = "en"
#: Code of a text whose language cannot be told (ISO 639-2); such a text is judged as English.
UNDETERMINED = "und"

#: Function words of English that other languages hardly use.
_FUNCTION_WORDS = frozenset(
    (
        *("and", "are", "at", "been", "by", "can", "could", "does", "from", "get"),
        *("has", "have", "how", "if", "it", "its", "not", "of", "our", "should"),
        *("than", "that", "the", "their", "them", "these", "they", "this", "those", "to"),
        *("was", "we", "were", "what", "when", "which", "who", "why", "with", "would"),
        *("you", "your"),
    )
)
#: Share of words that must be such for a text to be English without asking the detector. Set by
#: hand; ``benchmarks/language.md`` counts the errors.
_CERTAIN = 0.12
#: Words that this share takes at least.
_FEWEST = 8
#: Characters that are looked at in each of three places of a long text.
_WINDOW = 1_000
#: Share of letters outside the Latin script from which on a text is not English.
_FOREIGN_SCRIPT = 0.5
#: In the Latin script: probability that the detector must give a language, and how many times that
#: of English, before a text counts as written in it. Set by hand after a look at
#: ``tests/text/languages.jsonl`` and at every single sentence of the corpus.
_CONFIDENT, _ODDS = 0.5, 20.0
#: Latin stands in English texts as lists of plants, and nobody sells in it.
_LATIN = "la"
#: Letters below which a text in the Latin script is not told: names and headings look foreign.
_FEWEST_LETTERS = 25

_WORD = re.compile(r"[^\W\d_]+")
#: The last letter of the last Latin block in common use (Unicode: Latin Extended-B), and the block
#: Latin Extended Additional, in which Vietnamese is written.
_LATIN_END, _LATIN_MORE = "\u024f", ("\u1e00", "\u1eff")


def language(text: str, plain: Callable[[str], str] | None = None) -> str:
    """Return the language that ``text`` is written in, as its ISO 639-1 code.

    Three places of at most 1,000 characters are looked at. English is recognised by its function
    words; only a text with few of them is given to the detector (py3langid: a naive Bayes model
    over byte sequences that comes with its package).

    Parameters
    ----------
    text
        Any text.
    plain
        How words in disguise are read; asked where the text looks foreign, since letters in full width
        or with signs between them do, too.

    Returns
    -------
    str
        ``"en"`` also for short texts in the Latin script that no other language claims clearly
        (``"Order now!"``, product names); ``"und"`` where there are no letters. Both are judged.
    """
    sample = _sample(text)
    found = _language(sample)
    if plain is None or found in (ENGLISH, UNDETERMINED):
        return found
    read = plain(sample)
    return found if read == sample else _language(read)


def _language(sample: str) -> str:
    words = _WORD.findall(sample)
    if not words:
        return UNDETERMINED
    known = sum(word.lower() in _FUNCTION_WORDS for word in words)
    if len(words) >= _FEWEST and known >= _CERTAIN * len(words):
        return ENGLISH
    letters = "".join(words)
    latin = sum(map(_is_latin, letters))
    foreign = len(letters) - latin >= _FOREIGN_SCRIPT * len(letters)
    if not foreign and len(letters) < _FEWEST_LETTERS:
        return ENGLISH
    found = dict(detector().rank(" ".join(words)))
    english = found.pop(ENGLISH)
    best: str = max(found, key=found.__getitem__)
    if foreign or (best != _LATIN and found[best] >= _CONFIDENT and found[best] >= _ODDS * english):
        return best
    return ENGLISH


def _sample(text: str) -> str:
    if len(text) <= 3 * _WINDOW:
        return text
    middle = (len(text) - _WINDOW) // 2
    return f"{text[:_WINDOW]} {text[middle : middle + _WINDOW]} {text[-_WINDOW:]}"


def _is_latin(letter: str) -> bool:
    return letter <= _LATIN_END or _LATIN_MORE[0] <= letter <= _LATIN_MORE[1]


@lru_cache(maxsize=1)
def detector() -> Any:
    """The detector, loaded once per process where a text needs it (about a second)."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    detector = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    detector.set_languages([code for code in detector.labels if len(code) == 2])
    return detector
