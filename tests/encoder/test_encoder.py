"""From pages to logits: cutting, the network, and what its place in a batch must not change."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_info, threadpool_limits
from tiny_encoder import CUTTING, SHAPE, WEIGHTS

from classifier.encoder.encoder import Encoder, one_blas_thread
from classifier.text import Analyser

TEXTS = [
    "Order the tea now!\nThe tea cures colds. It cures. Order now.",
    "",
    "tea " * 60 + ". Order now.",
    "The tea.\n" * 30,
    "Tea",
]


# ---------------------------------------------------------------------------------- cutting


@given(st.lists(st.lists(st.integers(4, 9), max_size=12), max_size=20), st.data())
def test_each_sentence_is_judged_once_within_the_limits(
    sentences: list[list[int]], data: st.DataObject
) -> None:
    begins = data.draw(st.lists(st.booleans(), min_size=len(sentences), max_size=len(sentences)))
    judged: list[int] = []
    for sequence in CUTTING.cut(sentences, begins):
        assert len(sequence.tokens) <= CUTTING.longest
        assert sequence.tokens[0] == CUTTING.start
        ends = sequence.separators
        assert all(sequence.tokens[end] == CUTTING.separator for end in ends)
        assert len(sequence.judged) == len(sequence.sentences) > 0
        first = sequence.sentences.start - sequence.judged.start
        for k, (before, end) in enumerate(pairwise([0, *ends])):
            own = sequence.tokens[before + 1 : end]
            mark = [CUTTING.new_line] if begins[first + k] else []
            assert own == mark + sentences[first + k][: CUTTING.longest_sentence]
        judged += sequence.sentences
    assert judged == list(range(len(sentences)))


def test_what_follows_is_in_sight_of_all_but_the_last_of_a_sequence() -> None:
    *sequences, last = CUTTING.cut([[5, 6, 7]] * 20, [False] * 20)
    assert sequences
    assert all(len(s.separators) - s.judged.stop >= CUTTING.after for s in sequences)
    assert last.sentences.stop == 20


# ---------------------------------------------------------------------------------- network


def test_the_network_is_bert(encoder: Encoder) -> None:
    """Against the formulas, number by number, on weights as they are stored: int8 by row."""
    (sequence,) = CUTTING.cut([[5, 6], [7]], [True, False])
    w = {
        name: stored(array) if name in SHAPE.matrices() else array.astype(float)
        for name, array in WEIGHTS.items()
    }
    hidden = [
        normal(w["tokens"][token] + w["positions"][place], w, "normal")
        for place, token in enumerate(sequence.tokens)
    ]
    size = SHAPE.hidden // SHAPE.heads
    for n in range(SHAPE.layers):
        parts = [w[f"{n}.attention"] @ x + w[f"{n}.attention_bias"] for x in hidden]
        query, key, value = (
            [part[i * SHAPE.hidden : (i + 1) * SHAPE.hidden] for part in parts] for i in range(3)
        )
        attended = []
        for mine in range(len(hidden)):
            heads = []
            for h in range(SHAPE.heads):
                own = slice(h * size, (h + 1) * size)
                scores = [math.exp(query[mine][own] @ k[own] / math.sqrt(size)) for k in key]
                total = sum(scores)
                heads.append(sum(s / total * v[own] for s, v in zip(scores, value, strict=True)))
            attended.append(np.concatenate(heads))
        for place, x in enumerate(hidden):
            y = w[f"{n}.attended"] @ attended[place] + w[f"{n}.attended_bias"]
            x = normal(x + y, w, f"{n}.attended_normal")
            inner = np.array([gelu(v) for v in w[f"{n}.inner"] @ x + w[f"{n}.inner_bias"]])
            y = w[f"{n}.outer"] @ inner + w[f"{n}.outer_bias"]
            hidden[place] = normal(x + y, w, f"{n}.outer_normal")
    rows = []
    for before, end in pairwise([0, *sequence.separators]):
        mean = sum(hidden[before + 1 : end]) / (end - before - 1)
        seen = np.concatenate([hidden[end], mean, hidden[0]])
        rows.append(w["head"] @ seen + w["head_bias"])
    np.testing.assert_allclose(encoder.network.logits(sequence), rows, atol=2e-3)


def stored(matrix: np.ndarray) -> np.ndarray:
    scale = np.abs(matrix).max(axis=1, keepdims=True) / 127
    return np.round(matrix / scale) * scale


def normal(x: np.ndarray, w: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    return (x - x.mean()) / x.std() * w[f"{name}_scale"] + w[f"{name}_shift"]


def gelu(x: float) -> float:
    return 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def test_a_sentence_without_tokens_has_a_logit(encoder: Encoder) -> None:
    (sequence,) = CUTTING.cut([[], [5]], [False, False])
    assert np.isfinite(encoder.network.logits(sequence)).all()


# ---------------------------------------------------------------------------------- pages


def test_logits_do_not_depend_on_the_batch(encoder: Encoder, analyser: Analyser) -> None:
    X = analyser.analyse(TEXTS)
    whole = encoder.logits(analyser.sentences(TEXTS, X), X)
    assert whole.shape == (X.n_sentences, 2)
    for page, text in enumerate(TEXTS):
        rows = X.sentence_page() == page
        Y = analyser.analyse([text])
        np.testing.assert_array_equal(whole[rows], encoder.logits(analyser.sentences([text], Y), Y))


def test_a_sentence_alone_is_a_page_of_its_own(encoder: Encoder, analyser: Analyser) -> None:
    sentences = analyser.sentences(TEXTS, analyser.analyse(TEXTS))
    found = encoder.logits_alone(sentences)
    for s in range(9):
        X = analyser.analyse([sentences[s]])
        np.testing.assert_array_equal(found[[s]], encoder.logits([sentences[s]], X))


def test_an_analyser_asks_the_encoder(encoder: Encoder, analyser: Analyser) -> None:
    X = Analyser(encode=encoder.logits).analyse(TEXTS)
    np.testing.assert_array_equal(X.encoded, encoder.logits(analyser.sentences(TEXTS, X), X))


def test_an_encoder_reads_through_disguise(encoder: Encoder) -> None:
    analyser = Analyser(encode=encoder.logits)
    plain, disguised = (analyser.analyse([f"The tea {word} colds."]) for word in ("cures", "cur3s"))
    np.testing.assert_array_equal(plain.encoded, disguised.encoded)


@pytest.mark.parametrize("text", ["ORDER The Téa", "order the tea"])
def test_case_and_accents_do_not_count(encoder: Encoder, text: str) -> None:
    assert encoder.tokenizer.encode(text, add_special_tokens=False).tokens == [
        "order",
        "the",
        "tea",
    ]


def test_who_reads_at_the_same_time_leaves_the_number_of_blas_threads_as_it_was() -> None:
    def blas_threads() -> set[int]:
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    with threadpool_limits(limits=2, user_api="blas"):
        before = blas_threads()
        first, second = one_blas_thread(), one_blas_thread()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert blas_threads() == {1}, "the second still reads"
        second.__exit__(None, None, None)
        assert blas_threads() == before
