"""Folds over groups: whole groups, balanced, decided by the seed and not by the order of the rows."""

from __future__ import annotations

import numpy as np
import pytest

from classifier.errors import DataError
from classifier.model.folds import group_folds

GROUPS = np.repeat(np.arange(40), 5)


def fold_of(masks: list[np.ndarray]) -> np.ndarray:
    assert np.sum(masks, axis=0).tolist() == [1] * len(masks[0]), "each sample is held out once"
    return np.argmax(masks, axis=0)


@pytest.mark.parametrize(("folds", "expected"), [(2, 2), (5, 5), (60, 40)])
def test_groups_stay_whole(folds: int, expected: int) -> None:
    found = fold_of(group_folds(GROUPS, folds))
    assert len(set(found.tolist())) == expected
    assert all(len(set(found[group == GROUPS].tolist())) == 1 for group in range(40))


def test_the_seed_decides() -> None:
    first, second, again = (fold_of(group_folds(GROUPS, 5, seed)) for seed in (0, 1, 0))
    assert (first == again).all()
    assert (first != second).mean() > 0.5


def test_the_order_of_the_samples_does_not_matter() -> None:
    order = np.random.default_rng(1).permutation(len(GROUPS))
    np.testing.assert_array_equal(
        fold_of(group_folds(GROUPS[order], 5, 3)), fold_of(group_folds(GROUPS, 5, 3))[order]
    )


@pytest.mark.parametrize("seed", range(5))
def test_units_and_rare_positives_are_spread(seed: int) -> None:
    """Ten of forty groups have positives; one group is as large as eight others."""
    sizes = np.full(40, 5.0)
    sizes[7] = 40
    positives = np.where(np.arange(40) % 4 == 0, 3.0, 0.0)
    weights = np.stack([sizes, positives], axis=1)
    masks = group_folds(np.arange(40), 5, seed, weights)
    loads = np.array([weights[mask].sum(axis=0) for mask in masks])
    assert (loads[:, 1] == 6).all()
    assert loads[:, 0].max() <= 1.3 * loads[:, 0].mean()


def test_one_group_cannot_be_split() -> None:
    with pytest.raises(DataError, match="at least two groups"):
        group_folds(np.zeros(4, dtype=int), 2)
