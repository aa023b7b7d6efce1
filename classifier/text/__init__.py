"""All that knows spaCy: tokens, sentences, cues, layout."""

from classifier.text.analyser import Analyser

__all__ = ["Analyser"]
