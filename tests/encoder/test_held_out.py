"""Logits of pages that an encoder was not trained on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.encoder.encoder import Encoder
from classifier.encoder.held_out import HeldOut, hash_of, read_held_out, with_logits
from classifier.errors import DataError
from classifier.text import Analyser

TEXTS = ["Order the tea now! The tea cures colds.", "The tea.\nOrder now."]


@pytest.fixture
def known(analyser: Analyser, tmp_path: Path) -> HeldOut:
    """Made-up logits of the second text."""
    n = analyser.analyse(TEXTS[1:]).n_sentences
    logits = np.arange(2.0 * n).reshape(n, 2).astype(np.float32) + 0.123
    page = np.array([hash_of(TEXTS[1])], dtype=np.uint64)
    path = tmp_path / "held-out.npz"
    HeldOut(page, np.array([n]), logits, -logits).save(path)
    return read_held_out(path)


def test_known_pages_keep_their_logits_and_others_are_read(
    known: HeldOut, encoder: Encoder, analyser: Analyser
) -> None:
    X = analyser.analyse(TEXTS)
    wanted = np.ones(X.n_sentences, dtype=bool)
    found, number = with_logits(X, TEXTS, analyser.sentences(TEXTS, X), wanted, encoder, known)
    second = X.sentence_page() == 1
    assert number == 1
    np.testing.assert_allclose(found.encoded[second], known.logits)
    np.testing.assert_allclose(found.encoded_alone[second], known.alone)
    first = analyser.analyse(TEXTS[:1])
    own = encoder.logits(analyser.sentences(TEXTS[:1], first), first)
    np.testing.assert_array_equal(found.encoded[~second], own)
    np.testing.assert_array_equal(found.alone().encoded, found.encoded_alone)


def test_they_are_rounded_and_the_same_logits_give_the_same_bytes(
    known: HeldOut, tmp_path: Path
) -> None:
    np.testing.assert_array_equal(known.logits, np.round(known.logits, 2))
    for name in ("a.npz", "b.npz"):
        known.save(tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_other_sentences_are_an_error(known: HeldOut, encoder: Encoder, analyser: Analyser) -> None:
    X = analyser.analyse(TEXTS)
    wanted = np.ones(X.n_sentences, dtype=bool)
    cut = replace(
        known, sentences=known.sentences - 1, logits=known.logits[1:], alone=known.alone[1:]
    )
    with pytest.raises(DataError, match="another text pipeline"):
        with_logits(X, TEXTS, analyser.sentences(TEXTS, X), wanted, encoder, cut)
    narrow = replace(known, logits=known.logits[:, :1], alone=known.alone[:, :1])
    with pytest.raises(DataError, match="the encoder's labels"):
        with_logits(X, TEXTS, analyser.sentences(TEXTS, X), wanted, encoder, narrow)


@pytest.mark.parametrize("content", [b"", b"PK", b"page"])
def test_a_file_that_is_none(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "held-out.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match="cannot be read"):
        read_held_out(path)


def test_arrays_that_do_not_fit(known: HeldOut, tmp_path: Path) -> None:
    path = tmp_path / "held-out.npz"
    replace(known, sentences=known.sentences + 1).save(path)
    with pytest.raises(DataError, match="do not fit"):
        read_held_out(path)
