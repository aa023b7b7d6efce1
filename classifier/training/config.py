"""What can be set when a model is trained."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from classifier.errors import ConfigError


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What can be set in ``train.toml``; the defaults made the shipped model.

    Attributes
    ----------
    C, page_C, context_C
        Inverse strength of the L2 penalty of the sentence and the page model of the first stage, and
        of the second stage, > 0.
    folds
        Folds of the grouped cross-validation, >= 2.
    own_bits
        Hashed columns are ``2 ** own_bits``, 8 to 22.
    word_order, kind_order
        Longest n-gram of words (>= 1), and of words replaced by their lexicon class (0 for none).
    cue_weight, layout_weight
        Scales of cues and layout beside n-grams, >= 0; 0 switches a block off.
    bootstrap_draws
        Draws behind the confidence intervals, >= 2.
    seed
        Seed of everything random.
    """

    C: float = 8.0
    page_C: float = 3.0
    context_C: float = 0.01
    folds: int = 5
    own_bits: int = 18
    word_order: int = 1
    kind_order: int = 3
    cue_weight: float = 1.0
    layout_weight: float = 0.3
    bootstrap_draws: int = 500
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse impossible values."""
        rules: dict[str, tuple[float, float]] = {
            "C": (1e-9, 1e9), "page_C": (1e-9, 1e9), "context_C": (1e-9, 1e9),
            "folds": (2, 100), "own_bits": (8, 22),
            "word_order": (1, 5), "kind_order": (0, 5),
            "cue_weight": (0, 100), "layout_weight": (0, 100),
            "bootstrap_draws": (2, 100_000), "seed": (0, 2**32 - 1),
        }  # fmt: skip
        for field in fields(self):
            value, (low, high) = getattr(self, field.name), rules[field.name]
            whole = field.type == "int"
            if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
                kind = "a whole number" if whole else "a number"
                raise ConfigError(f"'{field.name}' must be {kind}, not {value!r}")
            if not low <= value <= high:
                raise ConfigError(f"'{field.name}' must lie in [{low:g}, {high:g}], not {value!r}")

    @classmethod
    def from_toml(cls, path: str | Path) -> TrainConfig:
        """Read a configuration file; unknown keys and impossible values are ``ConfigError``."""
        try:
            table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(f"{path}: cannot be read: {error}") from None
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(table) - known)
        if unknown:
            raise ConfigError(
                f"{path}: unknown key '{unknown[0]}'; known are {', '.join(sorted(known))}"
            )
        try:
            return cls(**table)
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from None
