"""An encoder on disk: the round trip, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_encoder import WEIGHTS

from classifier.encoder.encoder import Encoder
from classifier.encoder.files import (
    DESCRIPTION,
    VOCABULARY,
    encoder_files,
    read_encoder,
    read_encoder_from,
)
from classifier.errors import BundleError

Edit = Callable[[dict[str, Any]], object]


def test_round_trip(encoder: Encoder, tmp_path: Path) -> None:
    for name, content in encoder.files.items():
        (tmp_path / name).write_bytes(content)
    again = read_encoder_from(tmp_path)
    assert (again.labels, again.cutting, again.sha256) == (
        encoder.labels, encoder.cutting, encoder.sha256,
    )  # fmt: skip
    assert set(encoder_files({p.name: 0 for p in tmp_path.iterdir()})) == set(encoder.files)


@pytest.mark.parametrize(
    ("edit", "field"),
    [
        (lambda d: d.update(format_version=2), "format_version"),
        (lambda d: d.pop("shape"), "shape"),
        (lambda d: d["shape"].pop("layers"), "shape"),
        (lambda d: d["shape"].update(layers=0), "shape"),
        (lambda d: d["shape"].update(layers=1.5), "shape"),
        (lambda d: d["shape"].update(heads=3), "shape"),
        (lambda d: d["shape"].update(tokens=10**6), "shape"),
        (lambda d: d.update(cutting=None), "cutting"),
        (lambda d: d["cutting"].update(longest=25), "cutting"),
        (lambda d: d["cutting"].update(longest_sentence=23), "cutting"),
        (lambda d: d["cutting"].update(separator=12), "cutting"),
        (lambda d: d.update(labels=["a"]), "labels"),
        (lambda d: d.update(labels=[1, 2]), "labels"),
        (lambda d: d.pop("origin"), "origin"),
        (lambda d: d.update(parts=2), "parts"),
    ],
)
def test_a_description_that_no_training_writes(edit: Edit, field: str, encoder: Encoder) -> None:
    found = json.loads(encoder.files[DESCRIPTION])
    edit(found)
    files = {**encoder.files, DESCRIPTION: json.dumps(found).encode()}
    with pytest.raises(BundleError, match=f"field '{field}'"):
        read_encoder(files, Path("here"))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (DESCRIPTION, None, "is missing"),
        (DESCRIPTION, b"{", "cannot be read"),
        (DESCRIPTION, b"[" * 100_000, "cannot be read"),
        (VOCABULARY, None, "is missing"),
        (VOCABULARY, b"\xff", "is not UTF-8"),
        (VOCABULARY, b"tea\n" * 12, "different tokens"),
        ("encoder-0.npz", None, "is missing"),
        ("encoder-0.npz", b"PK", "cannot be read"),
    ],
)
def test_a_damaged_file(name: str, content: bytes | None, words: str, encoder: Encoder) -> None:
    files = {key: value for key, value in encoder.files.items() if key != name}
    if content is not None:
        files[name] = content
    with pytest.raises(BundleError, match=words):
        read_encoder(files, Path("here"))


def test_no_more_of_a_file_is_read_than_an_encoder_has(encoder: Encoder, tmp_path: Path) -> None:
    for name, content in encoder.files.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / VOCABULARY).write_bytes(b"a\n" * 1_100_000)
    with pytest.raises(BundleError, match="larger than"):
        read_encoder_from(tmp_path)


def test_weights_are_stored_to_one_part_in_127(encoder: Encoder) -> None:
    for name in encoder.network.shape.matrices():
        stored = encoder.network._weights[name]
        step = np.abs(WEIGHTS[name]).max(axis=1, keepdims=True) / 127
        assert (np.abs(stored - WEIGHTS[name]) <= step / 2 + 1e-6).all()
