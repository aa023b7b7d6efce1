"""What a check is given: an estimator, and texts to put it to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sklearn.base import clone

_PRODUCTS = (
    "fennel", "ginger", "nettle", "thyme", "yarrow", "sorrel", "clover", "borage", "tansy", "hyssop",
)  # fmt: skip
_SAYINGS = {
    "advert": "Order our {} tea today and save money!",
    "claim": "{} cures insomnia within a week.",
    "fact": "The leaves of {} are dried for nine days.",
}
#: Methods that answer for each text.
METHODS = ("predict", "predict_proba", "decision_function")


@dataclass
class Trial:
    """An estimator that was not fitted, invented texts of three classes, and what it makes of them."""

    estimator: Any

    @cached_property
    def X(self) -> list[str]:
        """Thirty texts."""
        return [saying.format(name) for name in _PRODUCTS for saying in _SAYINGS.values()]

    @cached_property
    def y(self) -> list[str]:
        """Their classes."""
        return [kind for _ in _PRODUCTS for kind in _SAYINGS]

    @cached_property
    def two(self) -> list[int]:
        """Two classes, 1 for adverts."""
        return [int(kind == "advert") for kind in self.y]

    def fit(self, X: Any = None, y: Any = None) -> Any:
        """Fit a clone, by default on all texts."""
        return clone(self.estimator).fit(self.X if X is None else X, self.y if y is None else y)

    @cached_property
    def fitted(self) -> Any:
        """A clone that knows three classes."""
        return self.fit()

    @cached_property
    def binary(self) -> Any:
        """A clone that knows two classes, which are numbers."""
        return self.fit(y=self.two)


def refuses(call: Callable[[], Any], errors: Any = (ValueError, TypeError)) -> None:
    """Raise ``AssertionError`` unless the call raises one of the errors."""
    try:
        call()
    except errors:
        return
    raise AssertionError(f"nothing was raised; expected {errors}")
