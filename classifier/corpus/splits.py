"""The fixed grouped splits of a labelled corpus."""

from __future__ import annotations

import hashlib
from collections import defaultdict

from classifier.schema import Dataset

#: Shares of the groups in the fixed splits; a group's place is a hash of its name, so that pages can
#: be added later and none ever changes sides.
SPLITS = {"train": 0.7, "validation": 0.15, "test": 0.15}


def split_of(group: str) -> str:
    """Which fixed split a group belongs to; depends on its name alone."""
    place = int.from_bytes(hashlib.sha256(group.encode("utf-8")).digest()[:8], "big") / 2**64
    for name, share in SPLITS.items():
        place -= share
        if place < 0:
            return name
    return name


def splits(data: Dataset) -> dict[str, dict[str, list[str]]]:
    """Page ids of the fixed grouped split, and of each family for leave-one-family-out folds."""
    by_split: dict[str, list[str]] = {name: [] for name in SPLITS}
    by_family: dict[str, list[str]] = defaultdict(list)
    for page in data.pages:
        by_split[split_of(page.group)].append(page.id)
        by_family[str(page.columns.get("family", ""))].append(page.id)
    return {"split": by_split, "leave_one_family_out": dict(sorted(by_family.items()))}
