"""The encoder's forward pass in numpy: BERT (Devlin et al. 2019) with a linear head on sentences.

One sequence at a time, in float32 on one thread: the same logits in any batch and with any number of
jobs. Plain arrays need no framework to load and cannot run code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifier.encoder.sequences import TokenSequence

Float32 = npt.NDArray[np.float32]
#: Of layer normalisation, as in BERT.
_EPSILON = np.float32(1e-12)
#: The tanh form of GELU (Hendrycks & Gimpel 2016, section 2), which numpy computes several times faster
#: than the error function and which differs from it by less than 0.001.
_GELU_SCALE, _GELU_CUBIC = np.float32(0.7978845608), np.float32(0.044715)


class Shape(NamedTuple):
    """Sizes of a network; ``heads`` divides ``hidden``."""

    layers: int
    hidden: int
    heads: int
    inner: int
    tokens: int
    positions: int
    labels: int

    def matrices(self) -> dict[str, tuple[int, int]]:
        """Shape of each matrix, (out, in); of embeddings (rows, hidden)."""
        found = {
            "tokens": (self.tokens, self.hidden),
            "positions": (self.positions, self.hidden),
        }
        for layer in range(self.layers):
            found |= {
                f"{layer}.attention": (3 * self.hidden, self.hidden),
                f"{layer}.attended": (self.hidden, self.hidden),
                f"{layer}.inner": (self.inner, self.hidden),
                f"{layer}.outer": (self.hidden, self.inner),
            }
        return found | {"head": (self.labels, 3 * self.hidden)}

    def vectors(self) -> dict[str, tuple[int]]:
        """Shape of each vector: biases, and scales and shifts of layer normalisation."""
        names = ("normal", *(f"{n}.{part}_normal" for n in range(self.layers) for part in _PARTS))
        found = {f"{name}_{of}": (self.hidden,) for name in names for of in ("scale", "shift")}
        rows = {name: shape[0] for name, shape in self.matrices().items()}
        biases = (name for name in rows if name not in ("tokens", "positions"))
        return found | {f"{name}_bias": (rows[name],) for name in biases}


_PARTS = ("attended", "outer")


class Network:
    """The weights, ready to use.

    Parameters
    ----------
    shape
        Its sizes.
    weights
        Float32 arrays by the names of ``Shape.matrices`` and ``Shape.vectors``.
    """

    def __init__(self, shape: Shape, weights: Mapping[str, Float32]) -> None:
        self.shape = shape
        self._weights = dict(weights)

    def logits(self, sequence: TokenSequence) -> Float32:
        """Logits of the judged sentences, (J, labels): from separator, mean of tokens, and start."""
        hidden = self._encode(sequence.tokens)
        begins = [0, *sequence.separators]
        rows = []
        for k in sequence.judged:
            low, high = begins[k] + 1, sequence.separators[k]
            mean = hidden[low:high].sum(axis=0) / max(high - low, 1)
            rows.append(np.concatenate([hidden[high], mean, hidden[0]]))
        return self._linear(np.stack(rows), "head")

    def _encode(self, tokens: Sequence[int]) -> Float32:
        w = self._weights
        x = self._normal(w["tokens"][np.asarray(tokens)] + w["positions"][: len(tokens)], "normal")
        for layer in range(self.shape.layers):
            attended = self._attend(self._linear(x, f"{layer}.attention"))
            x = self._normal(
                x + self._linear(attended, f"{layer}.attended"), f"{layer}.attended_normal"
            )
            inner = _gelu(self._linear(x, f"{layer}.inner"))
            x = self._normal(x + self._linear(inner, f"{layer}.outer"), f"{layer}.outer_normal")
        return x

    def _attend(self, of_all: Float32) -> Float32:
        """Scaled dot-product attention of all heads; ``of_all`` has queries, keys and values."""
        n, heads = len(of_all), self.shape.heads
        query, key, value = of_all.reshape(n, 3, heads, -1).transpose(1, 2, 0, 3)
        scores = query @ key.transpose(0, 2, 1)
        scores *= np.float32(query.shape[-1] ** -0.5)
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        mixed = np.ascontiguousarray((scores @ value).transpose(1, 0, 2), dtype=np.float32)
        return mixed.reshape(n, -1)

    def _linear(self, x: Float32, name: str) -> Float32:
        found: Float32 = x @ self._weights[name].T
        found += self._weights[f"{name}_bias"]
        return found

    def _normal(self, x: Float32, name: str) -> Float32:
        """Layer normalisation (Ba, Kiros & Hinton 2016)."""
        x = x - x.mean(axis=-1, keepdims=True)
        x /= np.sqrt((x * x).mean(axis=-1, keepdims=True) + _EPSILON)
        return x * self._weights[f"{name}_scale"] + self._weights[f"{name}_shift"]


def _gelu(x: Float32) -> Float32:
    cubic = x * x
    cubic *= _GELU_CUBIC
    cubic += 1
    cubic *= x
    cubic *= _GELU_SCALE
    np.tanh(cubic, out=cubic)
    cubic += 1
    cubic *= x
    cubic *= np.float32(0.5)
    return cubic
