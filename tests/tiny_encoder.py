"""An encoder of a few random weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from classifier.encoder.files import write_encoder
from classifier.encoder.network import Shape
from classifier.encoder.sequences import Cutting

WORDS = [
    *("[UNK]", "[CLS]", "[SEP]", "[unused1]", ".", "!", "tea", "order", "now", "cures", "the"),
    "##s",
]
SHAPE = Shape(2, 8, 2, 16, len(WORDS), 24, 2)
CUTTING = Cutting(24, 8, 6, 1, WORDS.index("[CLS]"), WORDS.index("[SEP]"), WORDS.index("[unused1]"))
_RNG = np.random.default_rng(0)
WEIGHTS = {
    name: _RNG.normal(size=size).astype(np.float32)
    for name, size in {**SHAPE.matrices(), **SHAPE.vectors()}.items()
}


def write(place: Path) -> None:
    """Its files."""
    about = {"labels": ["promotional", "unsupported_claim"], "origin": "Random numbers."}
    write_encoder(place, SHAPE, CUTTING, WORDS, WEIGHTS, about)
