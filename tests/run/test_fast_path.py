"""The fast path equals the slow reference on any text, in any batch, with any number of workers.

The reference knows no disguise (``tests/text/test_disguise.py``), so that such texts are left out.
"""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from reference import Reference, predict

from classifier.analysis import Analysis, same
from classifier.run.scorer import Scorer
from classifier.run.scoring import score_pages
from classifier.schema import Dataset, Page
from classifier.text import Analyser

#: White space, signs of emoticons, contractions, abbreviations.
PIECES = (
    *" \t\n\r\v\f\x1c\x85\u00a0\u2028\u3000", "  ", "\n\n", "\r\n", " \n \n", "\u200b", "\ufeff",
    *":;)(-'’=<>3D8P/|.*^_[]\"!?,", ")-:", "):", ":)", ":-(", "8-D", "(:", "._.", "and/or", "’s",
    "'s", "it", "It", "can't", "n't", "Dr.", "Ph.D.", "10a.m.", "e.g.", "D.", "°C.", "w/o", "Corp.",
    "order", "Order", "now", "cures", "insomnia", "studies", "show", "that", "free", "shipping",
    "non-toxic", "life.The", "50%", "$10", "www.velour.example", "İ", "ß", "中文", "👩‍⚕️", "e\u0301",
)  # fmt: skip
texts = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)
spaced = st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join)
any_text = texts | spaced | st.text(max_size=80)
CORPUS = Path(__file__).parents[2] / "data" / "samples"


@pytest.fixture(scope="module")
def reference(analyser: Analyser) -> Reference:
    return Reference(analyser)


@pytest.fixture(scope="module")
def articles() -> list[str]:
    """Real prose and markup, and the same with its chunks shuffled."""
    found = [path.read_text("utf-8")[:6000] for path in sorted(CORPUS.glob("*.*"))]
    assert found
    shuffler = random.Random(0)
    chunks = [text.split(" ") for text in found]
    return found + [" ".join(shuffler.sample(own, len(own))) for own in chunks]


def equal(found: Analysis, expected: Analysis) -> bool:
    """The same arrays, but for the order of cues: sentence by sentence, not rule by rule."""
    assert found.n_pages == expected.n_pages
    pages = np.arange(found.n_pages)
    return same(found.take(pages), expected.take(pages))


@settings(deadline=None, max_examples=150)
@given(st.lists(any_text, min_size=1, max_size=4))
def test_analysis(reference: Reference, analyser: Analyser, texts: list[str]) -> None:
    assume(all(analyser.plain(text, [(0, len(text))]) == [text] for text in texts))
    assert equal(analyser.analyse(texts), reference.analyse(texts))


@pytest.mark.parametrize("text", ["a) - :(x", "We pay ( less) - :(x now", "b) -  :(x", "b) -\n:(x"])
def test_emoticons_across_chunks(reference: Reference, analyser: Analyser, text: str) -> None:
    """A chunk is tokenized without its neighbours, whatever signs stand there."""
    assert equal(analyser.analyse([text]), reference.analyse([text]))


@settings(deadline=None, max_examples=300)
@given(
    st.text("aesxdmoADMX", min_size=1, max_size=4),
    st.text("!\"'),.:;?]}’”…-*", max_size=2),
    st.sampled_from(["", " ", " (", ")", "D", " :", "-"]),
)
def test_a_word_and_a_sign(
    reference: Reference, analyser: Analyser, word: str, signs: str, after: str
) -> None:
    text = f"{word}{signs}{after}"
    assert equal(analyser.analyse([text]), reference.analyse([text]))


def test_analysis_of_articles(
    reference: Reference, analyser: Analyser, articles: list[str]
) -> None:
    assert equal(analyser.analyse(articles), reference.analyse(articles))


@settings(deadline=None, max_examples=40)
@given(st.lists(any_text, min_size=1, max_size=4))
def test_scores(scorer: Scorer, texts: list[str]) -> None:
    X = scorer.analyser.analyse(texts)
    for found, expected in zip(scorer.model.predict(X), predict(scorer.model, X), strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def test_scores_of_articles(scorer: Scorer, articles: list[str]) -> None:
    X = scorer.analyser.analyse(articles)
    for found, expected in zip(scorer.model.predict(X), predict(scorer.model, X), strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


@settings(deadline=None, max_examples=40)
@given(st.lists(any_text, min_size=2, max_size=6), st.data())
def test_batches_change_not_a_bit(scorer: Scorer, texts: list[str], data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(1, len(texts) - 1))))
    whole = scorer.model.predict(scorer.analyser.analyse(texts))
    parts = [
        scorer.model.predict(scorer.analyser.analyse(texts[a:b]))
        for a, b in pairwise([0, *cuts, len(texts)])
    ]
    for all_at_once, *in_parts in zip(whole, *parts, strict=True):
        np.testing.assert_array_equal(all_at_once, np.concatenate(in_parts))


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_workers_change_nothing(
    n_jobs: int, bundle: Path, scorer: Scorer, dataset: Dataset, articles: list[str]
) -> None:
    pages = [
        Page(str(i), text) for i, text in enumerate([p.text for p in dataset.pages] + articles)
    ]
    one_by_one = [scorer.score_batch([page], "all")[0] for page in pages]
    assert list(score_pages(pages, bundle, sentences="all", n_jobs=n_jobs)) == one_by_one


def test_forgetting_changes_nothing(analyser: Analyser, articles: list[str]) -> None:
    forgetful = Analyser(limit=0)
    for text in articles:
        assert same(forgetful.analyse([text]), analyser.analyse([text]))
        assert len(forgetful._chunks) <= len(text.split())


def test_a_text_that_cannot_be_tokenized_leaves_no_trace() -> None:
    analyser = Analyser()
    with pytest.raises(UnicodeEncodeError):
        analyser.analyse(["good \ud800 word"])
    assert same(analyser.analyse(["good word"]), Analyser().analyse(["good word"]))


@settings(deadline=None, max_examples=100)
@given(st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=12))
def test_no_affixes_in_letters(reference: Reference, word: str) -> None:
    """What cutting plain chunks without the tokenizer relies on."""
    tokenizer = reference.nlp.tokenizer
    assert tokenizer.suffix_search(word) is None
    assert not list(tokenizer.infix_finditer(word))
