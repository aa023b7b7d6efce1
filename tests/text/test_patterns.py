"""The pattern tree against a slow and obvious matcher."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.analysis import bounds
from classifier.text import patterns as patterns_module
from classifier.text.patterns import Matches, PatternTree, alternatives, longest, words_of

CLASSES = {"calm": "<BODY>", "sleep": "<BODY>", "boost": "<BENEFIT>", "b12": "<REMEDY>"}
WORDS = ("calm", "sleep", "boost", "b12", "now", "for", "10", "?", "(", "!")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("order now", [("order", "now")]),
        ("order your? now", [("order", "your", "now"), ("order", "now")]),
        ("a <GAP2> b", [("a", "b"), ("a", "<ANY>", "b"), ("a", "<ANY>", "<ANY>", "b")]),
        ("ready ?", [("ready", "?")]),
        ("(a|b)? c", [("(a|b)", "c"), ("c",)]),
        ("<START> <BODY>? now", [("<START>", "<BODY>", "now"), ("<START>", "now")]),
    ],
)
def test_alternatives(pattern: str, expected: list[tuple[str, ...]]) -> None:
    assert alternatives(pattern) == expected


@pytest.mark.parametrize(
    ("item", "expected"),
    [("a", ["a"]), ("(a|b)", ["a", "b"]), ("(a)", ["a"]), ("(", ["("]), ("()", ["()"])],
)
def test_words_of(item: str, expected: list[str]) -> None:
    assert words_of(item) == expected


@dataclass(frozen=True)
class Words:
    """Words in sentences, and where ``<START>`` and ``<END>`` hold."""

    sentences: list[list[str]]
    start: list[bool]
    end: list[bool]

    @property
    def flat(self) -> list[str]:
        return [word for sentence in self.sentences for word in sentence]


def naive(patterns: list[str], words: Words) -> set[tuple[int, int, int]]:
    """Try every pattern at every word, item by item; then keep the first and longest of overlaps."""
    found = set()
    offset = 0
    for sentence in words.sentences:
        limit = offset + len(sentence)
        for owner, pattern in enumerate(patterns):
            for first in range(offset, limit):
                for last in ends(pattern.split(), first, first, limit, words):
                    if last > first:
                        found.add((owner, first, last))
        offset = limit
    kept: list[tuple[int, int, int]] = []
    for owner, first, last in sorted(found, key=lambda m: (m[0], m[1], -m[2])):
        if not kept or kept[-1][0] != owner or first >= kept[-1][2]:
            kept.append((owner, first, last))
    return set(kept)


def ends(items: list[str], first: int, at: int, limit: int, words: Words) -> set[int]:
    """Where a match of the items can end that began at ``first`` and has come to ``at``."""
    if not items:
        return {at}
    item, rest = items[0], items[1:]
    if item == "<START>":
        return ends(rest, first, at, limit, words) if words.start[at] else set()
    if item == "<END>":
        return {at} if words.end[at] else set()
    if item.startswith("<GAP"):
        places = range(at, min(at + int(item[4]), limit) + 1)
        return {end for place in places for end in ends(rest, first, place, limit, words)}
    found = set()
    if len(item) > 1 and item.endswith("?"):
        found |= ends(rest, first, at, limit, words)
        item = item[:-1]
    if at < limit and fits(item, words.flat[at]):
        found |= ends(rest, first, at + 1, limit, words)
    return found


def fits(item: str, word: str) -> bool:
    if item == "<ANY>":
        return True
    if item == "<NUM>":
        return any(map(str.isdigit, word))
    if item.startswith("<"):
        return CLASSES.get(word) == item
    return word in (item[1:-1].split("|") if item.startswith("(") and len(item) > 2 else [item])


def compiled(patterns: list[str], words: Words) -> Matches:
    tree = PatternTree(enumerate(patterns), CLASSES)
    kinds = ["<NUM>" if fits("<NUM>", word) else CLASSES.get(word, word) for word in words.flat]
    symbols = [tree.symbol(*pair) for pair in zip(words.flat, kinds, strict=True)]
    counts = np.array([len(sentence) for sentence in words.sentences], dtype=np.int64)
    return tree.match(
        np.array(symbols, dtype=np.int64),
        np.array(words.start, dtype=bool),
        np.array(words.end, dtype=bool),
        np.repeat(bounds(counts)[1:], counts),
    )


def as_set(matches: Matches) -> set[tuple[int, int, int]]:
    columns = (matches.owner, matches.first, matches.last)
    listed = list(zip(*(column.tolist() for column in columns), strict=True))
    assert len(set(listed)) == len(listed)
    return set(listed)


word = st.sampled_from(WORDS)
group = st.lists(word, min_size=1, max_size=3, unique=True).map(lambda w: f"({'|'.join(w)})")
class_item = st.sampled_from([*sorted(set(CLASSES.values())), "<NUM>", "<ANY>"])
item = word | group | class_item
optional = (group | class_item | st.sampled_from(["calm", "now"])).map("{}?".format)
gap = st.integers(0, 3).map("<GAP{}>".format)


@st.composite
def pattern(draw: st.DrawFn) -> str:
    items = draw(st.lists(item | optional | gap, max_size=3))
    items.insert(draw(st.integers(0, len(items))), draw(item))  # at least one must be there
    opening = draw(st.sampled_from([[], ["<START>"]]))
    closing = draw(st.sampled_from([[], ["<END>"]]))
    return " ".join(opening + items + closing)


@st.composite
def sequences(draw: st.DrawFn) -> Words:
    sentences = draw(st.lists(st.lists(word, min_size=1, max_size=8), max_size=4))
    n = sum(map(len, sentences))
    flags = st.lists(st.booleans(), min_size=n + 1, max_size=n + 1)
    return Words(sentences, draw(flags)[:n], draw(flags))


@settings(deadline=None, max_examples=300)
@given(st.lists(pattern(), min_size=1, max_size=6), sequences())
def test_tree_finds_what_the_naive_matcher_finds(patterns: list[str], words: Words) -> None:
    assert as_set(compiled(patterns, words)) == naive(patterns, words)


@settings(deadline=None, max_examples=50)
@given(st.lists(pattern(), min_size=1, max_size=6), sequences())
def test_limits_change_nothing(patterns: list[str], words: Words) -> None:
    """Few walks at a time, an automaton begun anew for each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(patterns_module, "_MOST_STEPS", 5)
        patch.setattr(patterns_module, "_MOST_WALKS", 3)
        patch.setattr(patterns_module, "_MOST_STATES", 4)
        assert as_set(compiled(patterns, words)) == naive(patterns, words)


def one(sentence: str) -> Words:
    words = sentence.split()
    first, last = [True] + [False] * (len(words) - 1), [False] * len(words) + [True]
    return Words([words], first, last)


@pytest.mark.parametrize(
    ("pattern", "sentence", "expected"),
    [
        ("boost <GAP2> calm", "boost for now calm", {(0, 0, 4)}),
        ("boost <GAP2> calm", "boost for now ! calm", set()),
        ("boost <GAP2> calm", "boost calm for calm", {(0, 0, 4)}),
        ("<BODY>", "calm sleep", {(0, 0, 1), (0, 1, 2)}),
        ("<NUM> <BODY>", "b12 sleep", {(0, 0, 2)}),
        ("<REMEDY>", "b12", {(0, 0, 1)}),
        ("<START> now", "now now", {(0, 0, 1)}),
        ("now <END>", "now now", {(0, 1, 2)}),
        ("now for?", "now for now", {(0, 0, 2), (0, 2, 3)}),
        ("now ?", "now ?", {(0, 0, 2)}),
        ("(calm|now) !", "now !", {(0, 0, 2)}),
        ("unknown", "now", set()),
        ("<ANY> unknown", "now calm", set()),
    ],
)
def test_known_cases(pattern: str, sentence: str, expected: set[tuple[int, int, int]]) -> None:
    words = one(sentence)
    assert as_set(compiled([pattern], words)) == naive([pattern], words) == expected


def test_longest_keeps_owners_apart() -> None:
    rows = [(1, 0, 2), (1, 1, 5), (0, 1, 5), (1, 2, 3), (1, 2, 4), (0, 1, 2)]
    kept = longest(Matches(*(np.array(column) for column in zip(*rows, strict=True))))
    assert as_set(kept) == {(0, 1, 5), (1, 0, 2), (1, 2, 4)}


@pytest.mark.parametrize("patterns", [[], ["<ANY>"]])
def test_trees_without_words(patterns: list[str]) -> None:
    words = one("calm now")
    assert as_set(compiled(patterns, words)) == naive(patterns, words)
