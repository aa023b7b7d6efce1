"""The tokenizer: spaCy's for English, without its emoticons, and in time that grows with the text.

A text is cut at white space into chunks, and each chunk is tokenized by itself. spaCy's rules for
emoticons are left out: health pages hardly hold any, and two of them may overlap across a space, so
that a chunk could not be tokenized without its neighbours.

spaCy strips signs off the ends of a chunk one at a time, and looks at all that is left each time, which
takes quadratic time for a run of signs. So long runs are cut into pieces first.
"""

from __future__ import annotations

import re
from typing import Any

import spacy
from spacy.lang.tokenizer_exceptions import emoticons
from spacy.language import Language
from spacy.tokenizer import Tokenizer
from spacy.vocab import Vocab

#: Signs in a row from which on a run is cut, and characters of a piece at most. No word, address or
#: number of English text is longer.
RUN, LONGEST_PIECE = 16, 1000
_PIECE = re.compile(rf"[\W_]{{{RUN}}}|(?:(?![\W_]{{{RUN}}}).){{1,{LONGEST_PIECE}}}", re.DOTALL)


def blank_pipeline() -> Language:
    """A blank English pipeline with this tokenizer and an empty vocabulary."""
    nlp = spacy.blank("en", vocab=Vocab())  # without spaCy's attributes of words
    own: Any = nlp.tokenizer
    nlp.tokenizer = Tokenizer(
        nlp.vocab,
        {text: case for text, case in own.rules.items() if text not in emoticons},
        own.prefix_search,
        own.suffix_search,
        own.infix_finditer,
        own.token_match,
        own.url_match,
        max_cache_size=1,  # every chunk comes once
    )
    return nlp


def pieces(chunk: str) -> list[str]:
    """Cut a chunk into parts that are tokenized one by one; most chunks are one part."""
    return [chunk] if len(chunk) < RUN else _PIECE.findall(chunk)
