"""The arrays of a model, and the shapes that follow from its labels and features."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from classifier import archive
from classifier.analysis import Float
from classifier.archive import Expected
from classifier.errors import BundleError
from classifier.model.context import context_names
from classifier.model.hashing import Hashing

#: Expected arrays; W and V = own_width and page_width of Hashing, K = context features, L = labels.
#: All float32 or float64.
SHAPES = {
    "coef": ("W", "L"),
    "intercept": ("L",),
    "page_coef": ("V", "L"),
    "page_intercept": ("L",),
    "context_coef": ("K", "L"),
    "context_intercept": ("L",),
    "calibration": ("L", 2),
    "page_calibration": ("L", 3),
}
#: Numbers in all arrays together, 256 MB in memory: 22 bits of columns with 7 labels, or 18 with 100.
MOST_NUMBERS = 2**25


def shapes(
    features: Mapping[str, Any], labels: tuple[str, ...], encoder: tuple[str, ...] = ()
) -> dict[str, tuple[int, ...]]:
    """The shape of each array that a checked manifest implies; ``encoder`` are its encoder's labels.

    Raises
    ------
    BundleError
        If they hold more than ``MOST_NUMBERS`` numbers together.
    """
    hashing = Hashing(**features)
    sizes: dict[str | int, int] = {
        "W": hashing.own_width,
        "V": hashing.page_width,
        "K": len(context_names(labels, encoder)),
        "L": len(labels),
        2: 2,
        3: 3,
    }
    found = {name: tuple(sizes[s] for s in symbols) for name, symbols in SHAPES.items()}
    numbers = sum(math.prod(shape) for shape in found.values())
    if numbers > MOST_NUMBERS:
        raise BundleError(
            f"{len(labels)} labels and 2 ** {hashing.own_bits} hashed columns make {numbers} "
            f"parameters; a bundle holds at most {MOST_NUMBERS}: lower own_bits"
        )
    return found


def largest_archive(expected: Mapping[str, tuple[int, ...]]) -> int:
    """Bytes that an archive of these shapes has at most."""
    return archive.largest_archive({name: Expected(shape) for name, shape in expected.items()})


def read_archive(
    content: bytes, expected: Mapping[str, tuple[int, ...]], path: Path
) -> dict[str, Float]:
    """The arrays of an archive, in float64; see ``classifier.archive.read_archive``."""
    arrays = {name: Expected(shape) for name, shape in expected.items()}
    found = archive.read_archive(content, arrays, path)
    return {name: array.astype(np.float64) for name, array in found.items()}
