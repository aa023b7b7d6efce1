"""The spaCy components, and that they tell what ``Analyser`` tells."""

from __future__ import annotations

import subprocess
import sys

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from classifier.text import Analyser
from classifier.text.components import CUES_KEY, Cues, WebSentences

FRESH = """
import spacy
nlp = spacy.blank("en")
nlp.add_pipe("health_sentences")
nlp.add_pipe("health_cues")
doc = nlp("Our drops\\nThey cure insomnia. Order now!")
assert [s.text.strip() for s in doc.sents] == ["Our drops", "They cure insomnia.", "Order now!"]
assert any(span.label_.startswith("disease_claim.") for span in doc.spans["health_cues"])
again = spacy.blank("en").from_config(nlp.config)
assert again.pipe_names == ["health_sentences", "health_cues"]
"""

TEXTS = [
    "",
    "  \n ",
    "\n\n Velour Teas\n\nThey cure insomnia. Order now!",
    "• Studies show it heals.  • Free shipping \n\n| a | b |\n",
    "One.The next (said Dr. Vale.) And 😀 no more…",
]


def test_components_work_in_a_fresh_process() -> None:
    """Only the entry points can make the names known there."""
    subprocess.run([sys.executable, "-c", FRESH], check=True, timeout=60)


@pytest.fixture(scope="module")
def nlp() -> Language:
    nlp = spacy.blank("en")
    nlp.add_pipe("health_sentences")
    nlp.add_pipe("health_cues")
    return nlp


@pytest.mark.parametrize("text", TEXTS)
def test_sentences_agree_with_the_analyser(text: str, nlp: Language, analyser: Analyser) -> None:
    doc, X = nlp(text), analyser.analyse([text])
    expected = [text[a:b] for a, b in zip(X.start, X.end, strict=True)]
    assert [sent.text.strip() for sent in doc.sents if sent.text.strip()] == expected
    if expected:
        assert len(list(doc.sents)) == len(expected), "white space is no sentence of its own"


@pytest.mark.parametrize("text", TEXTS)
def test_cues_agree_with_the_analyser(text: str, nlp: Language, analyser: Analyser) -> None:
    doc, X = nlp(text), analyser.analyse([text])
    rules = [analyser.lexicons.rules[number].id for number in X.cue_rule]
    expected = sorted(zip(X.cue_start.tolist(), X.cue_end.tolist(), rules, strict=True))
    found = [(span.start_char, span.end_char, span.label_) for span in doc.spans[CUES_KEY]]
    assert sorted(found) == expected
    assert found == sorted(found, key=lambda cue: cue[:2])


def test_annotations_and_tokens_of_the_doc_play_no_part() -> None:
    doc = Doc(Vocab(), words=["Our drops", "cure", "gout", ". Order now!"])
    doc[2].is_sent_start = True
    doc = Cues()(WebSentences()(doc))
    assert [sent.text for sent in doc.sents] == ["Our drops cure gout", ". Order now!"]
    assert any(span.text == "cure gout" for span in doc.spans[CUES_KEY])
