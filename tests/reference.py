"""Scoring, slow and obvious: one text, one word, one n-gram at a time. What the fast path must equal."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from itertools import groupby, pairwise

import naive
import numpy as np
import spacy
from spacy.lang.tokenizer_exceptions import emoticons
from spacy.strings import hash_string

from classifier.analysis import CUES, Analysis, joined
from classifier.model.bundle import Model
from classifier.model.calibration import apply_page, apply_sigmoid
from classifier.model.decision import EXTREME
from classifier.text import Analyser
from classifier.text.patterns import Matches, alternatives, longest, words_of
from classifier.text.tokenizer import pieces
from classifier.text.words import Trait, normalise, stem, traits

ENDS = "ends"


class Reference:
    """An analyser and a scorer that remember nothing."""

    def __init__(self, analyser: Analyser) -> None:
        self.nlp = spacy.blank("en")
        self.nlp.tokenizer.rules = {
            text: case for text, case in self.nlp.tokenizer.rules.items() if text not in emoticons
        }
        self.rules, self.classes = analyser.lexicons.rules, analyser.lexicons.classes
        self.segmentation = analyser._segmentation
        self.tree: dict[str, dict] = {}
        for owner, rule in enumerate(self.rules):
            for pattern in rule.patterns:
                for sequence in alternatives(pattern):
                    node = self.tree
                    for item in sequence:
                        node = node.setdefault(item, {})
                    node.setdefault(ENDS, set()).add(owner)
        self.items: dict[str, set[str]] = {}
        for item in {item for items in self._items(self.tree) for item in items}:
            for word in words_of(item):
                self.items.setdefault(word, set()).add(item)

    def _items(self, node: dict) -> Iterator[list[str]]:
        yield [key for key in node if key != ENDS]
        for key, child in node.items():
            if key != ENDS:
                yield from self._items(child)

    def analyse(self, texts: list[str]) -> Analysis:
        """Each text by itself."""
        pages = [self._page(text) for text in texts]
        together = pages[0]
        for page in pages[1:]:
            together = joined(together, page)
        return together

    def _page(self, text: str) -> Analysis:
        tokens, spellings = self._tokens(text)
        starts = naive.sentence_starts(tokens)
        sentence_bounds = np.array([*(i for i, start in enumerate(starts) if start), len(starts)])
        page_bounds = np.array([0, sum(starts)])
        table, heading, lead = naive.layout(tokens, starts)
        words = [normalise(spelling) for spelling in spellings]
        kinds = [self._kind(word) for word in words]
        limit = np.repeat(sentence_bounds[1:], np.diff(sentence_bounds))
        found = self._matches(
            words, kinds, naive.opens(tokens, starts), naive.closes(tokens, starts), limit
        )
        start = np.array([token.start for token in tokens], dtype=np.int64)
        end = np.array([token.end for token in tokens], dtype=np.int64)
        sentence = np.searchsorted(sentence_bounds, found.first, side="right") - 1
        cues = np.zeros((len(table), len(CUES)))
        for s, rule in zip(sentence, found.owner, strict=True):
            cues[s, CUES.index(self.rules[rule].cue)] = 1.0

        def hashed(forms: list[str]) -> np.ndarray:
            return np.array([hash_string(form) for form in forms], dtype=np.uint64)

        return Analysis(
            page_bounds, sentence_bounds,
            start[sentence_bounds[:-1]], end[sentence_bounds[1:] - 1],
            hashed(words), hashed([stem(word) for word in words]), hashed(kinds),
            found.owner, sentence, start[found.first], end[found.last - 1],
            table, cues, heading, lead, np.zeros((len(table), 0)), np.zeros((len(table), 0)),
        )  # fmt: skip

    def _tokens(self, text: str) -> tuple[list[naive.Token], list[str]]:
        tokens, spellings = [], []
        breaks, end = 0, 0
        for start, spelling in self._spellings(text):
            here = traits(spelling, self.segmentation)
            if here & Trait.SPACE:
                breaks |= here
                continue
            first = not tokens
            tokens.append(naive.Token(
                here, start, start + len(spelling),
                bool(breaks & Trait.NEWLINE) and not first,
                bool(breaks & Trait.BLANK_LINE) and not first,
                first or start > end,
            ))  # fmt: skip
            spellings.append(spelling)
            breaks, end = 0, start + len(spelling)
        return tokens, spellings

    def _spellings(self, text: str) -> Iterator[tuple[int, str]]:
        """Tokens and runs of white space, each with its place; every chunk by itself."""
        for is_space, characters in groupby(enumerate(text), lambda placed: placed[1].isspace()):
            places, signs = zip(*characters, strict=True)
            chunk = "".join(signs)
            if is_space:
                yield places[0], chunk
                continue
            place = places[0]
            for part in pieces(chunk):
                yield from ((place + token.idx, token.text) for token in self.nlp(part))
                place += len(part)

    def _kind(self, word: str) -> str:
        return "<NUM>" if any(map(str.isdigit, word)) else self.classes.get(word, word)

    def _matches(self, words, kinds, start, end, limit) -> Matches:
        def walk(node: dict, place: int, last: int) -> Iterator[tuple[int, int]]:
            yield from ((owner, place) for owner in node.get(ENDS, ()))
            if "<END>" in node and end[place]:
                yield from ((owner, place) for owner in node["<END>"][ENDS])
            if place < last:
                fits = {"<ANY>", self.classes.get(words[place]), kinds[place]} - {words[place]}
                for item in fits | self.items.get(words[place], set()):
                    if item in node:
                        yield from walk(node[item], place + 1, last)

        found = set()
        for first in range(len(words)):
            for root in [self.tree, self.tree.get("<START>", {})][: 1 + start[first]]:
                found |= {(owner, first, last) for owner, last in walk(root, first, limit[first])}
        return longest(Matches(*np.array(sorted(found), dtype=np.int64).reshape(-1, 3).T))


def predict(model: Model, X: Analysis) -> tuple[np.ndarray, np.ndarray]:
    """What ``model.predict(X)`` says."""
    p = model.parameters
    z = np.array([_own(model, X, s) for s in range(X.n_sentences)]).reshape(-1, len(model.labels))
    page_z = []
    for first, last in pairwise(X.page_bounds.tolist()):
        on_page = (X.cue_sentence >= first) & (X.cue_sentence < last)
        page_z.append(_product(_unit(
            {rule: math.log1p(n) for rule, n in Counter(X.cue_rule[on_page].tolist()).items()}
        ), p["page_coef"]))  # fmt: skip
    page_z = np.array(page_z).reshape(-1, len(model.labels))
    seen = naive.context_features(z + p["intercept"], page_z + p["page_intercept"], X)
    logits = [_product(dict(enumerate(row)), p["context_coef"]) for row in seen.tolist()]
    logits = np.array(logits).reshape(z.shape) + p["context_intercept"]
    sentences = apply_sigmoid(np.clip(logits, -EXTREME, EXTREME), p["calibration"])
    return sentences, apply_page(sentences, X.page_bounds, p["page_calibration"])


def _own(model: Model, X: Analysis, s: int) -> list[float]:
    f, words = model.features, slice(*X.sentence_bounds[s : s + 2].tolist())
    units = {name: getattr(X, name)[words].tolist() for name in ("word", "stem", "kind")}
    keys = [_mix(key + _GOLDEN) for key in units["stem"]]
    keys += [_mix(3 * key) for key in units["word"] if f["word_order"] >= 1]
    for seed, unit in ((3, "word"), (5, "kind")):
        padded = [_EDGE, *units[unit], _EDGE]
        for n in range(2, f[f"{unit}_order"] + 1):
            for i in range(len(padded) - n + 1):
                key = 16 * seed + n
                for member in padded[i : i + n]:
                    key = _mix(key * _GOLDEN + member)
                keys.append(key)
    row = _unit(Counter(key >> 64 - f["own_bits"] for key in keys))
    size = 2 ** f["own_bits"]
    row |= {size + rule: f["cue_weight"] for rule in X.cue_rule[X.cue_sentence == s].tolist()}
    size += f["n_rules"]
    row |= {size + i: f["layout_weight"] * value for i, value in enumerate(X.layout[s])}
    return _product(row, model.parameters["coef"])


_GOLDEN, _EDGE = 0x9E3779B97F4A7C15, 0x5851F42D4C957F2D


def _mix(key: int) -> int:
    """splitmix64's finaliser in whole numbers."""
    key %= 2**64
    key = (key ^ key >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    key = (key ^ key >> 27) * 0x94D049BB133111EB % 2**64
    return key ^ key >> 31


def _unit(row: dict[int, float]) -> dict[int, float]:
    length = math.sqrt(sum(value * value for value in row.values())) or 1.0
    return {column: value / length for column, value in row.items()}


def _product(row: dict[int, float], coef: np.ndarray) -> list[float]:
    return [math.fsum(v * coef[c, k] for c, v in row.items()) for k in range(coef.shape[1])]
