"""Patterns found by hashes of words, held against those that the text layer finds itself."""

from __future__ import annotations

import numpy as np
import pytest

from classifier.analysis import bounds
from classifier.text import Analyser
from classifier.text.finder import Finder
from classifier.text.patterns import PatternTree

TEXTS = [
    "Order your jar today, only $20! It's proven to treat gout, and you'll sleep better.\n\nBuy 2 now",
    "This oil does n't cure eczema. It may help with stress; 9 in 10 felt better within a week!",
    "",
    "Covid-19 and flu: our B12 drops boost your immunity, or your money back.",
]


def test_finds_the_cues_of_the_lexicons(analyser: Analyser) -> None:
    rules = analyser.lexicons.rules
    edged = [
        number
        for number, rule in enumerate(rules)
        if any(edge in pattern for pattern in rule.patterns for edge in ("<START>", "<END>"))
    ]
    patterns = [(n, p) for n, rule in enumerate(rules) for p in rule.patterns if n not in edged]
    X = analyser.analyse(TEXTS)
    matches, place = Finder(patterns, analyser.lexicons.classes).find(X, np.arange(len(X)))
    same = ~np.isin(X.cue_rule, edged)
    assert same.sum() > 10
    assert sorted(zip(matches.owner, place, strict=True)) == sorted(
        zip(X.cue_rule[same], X.cue_sentence[same], strict=True)
    )


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("covid-19", [1]),
        ("tea", [0, 1]),
        ("<HERB>", [0, 1]),
        ("<NUM> days", [0]),
        ("<NUM>", [0, 1]),
        ("<START> our", [1]),
        ("tea <END>", []),
        ("for <GAP2> <NUM>", [0]),
        ("days our", []),  # never across sentences
        ("( x", []),
        ("tea?  ?", [2]),
    ],
)
def test_find(pattern: str, expected: list[int], analyser: Analyser) -> None:
    X = analyser.analyse(["Tea for 9 days", "Our tea ends covid-19.", "Really?"])
    matches, place = Finder([(7, pattern)], {"tea": "<HERB>"}).find(X, np.arange(len(X)))
    assert place.tolist() == expected
    assert set(matches.owner.tolist()) <= {7}


def test_looks_at_no_other_sentence(analyser: Analyser) -> None:
    X = analyser.analyse(["Tea. Tea. Oil. Tea and tea."])
    matches, place = Finder([(0, "tea")], {}).find(X, np.array([1, 3]))
    assert place.tolist() == [0, 1, 1]
    words = [word for number in (1, 3) for word in X.word[slice(*X.sentence_bounds[number:][:2])]]
    assert {words[first] for first in matches.first} == {X.word[0]}
    assert bounds(np.array([2, 4]))[1] > matches.first[0]


def test_begins_anew_after_an_interruption(
    analyser: Analyser, monkeypatch: pytest.MonkeyPatch
) -> None:
    X = analyser.analyse(["Tea ends gout."])
    finder = Finder([(0, "ends gout")], {})
    with monkeypatch.context() as broken:
        broken.setattr(PatternTree, "_accepted", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            finder.find(X, np.arange(1))
    assert len(finder.find(X, np.arange(1))[1]) == 1
