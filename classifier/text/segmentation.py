"""The word lists behind sentence splitting, read from ``segmentation.toml``."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Segmentation:
    """Lower-case word lists; what each is for stands in the data file. Fingerprint: its SHA-256."""

    never_last: frozenset[str]
    starters: frozenset[str]
    pronouns: frozenset[str]
    bullets: frozenset[str]
    markers: frozenset[str]
    fingerprint: str

    @classmethod
    def load(cls) -> Segmentation:
        """Read the lists that ship with the package."""
        text = (files(__package__) / "segmentation.toml").read_text(encoding="utf-8")
        lists = {name: frozenset(table["words"]) for name, table in tomllib.loads(text).items()}
        return cls(**lists, fingerprint=hashlib.sha256(text.encode("utf-8")).hexdigest())
