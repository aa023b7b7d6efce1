"""Promises of precision and recall: exact where groups are single, cautious where they are not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from classifier.errors import DataError
from classifier.model.guarantees import FEW_GROUPS, GRID, guarantee, lower_bound


@pytest.mark.parametrize(("hits", "n"), [(90, 100), (180, 200), (31, 40)])
def test_single_groups_give_clopper_pearson(hits: int, n: int) -> None:
    """To the jackknife's factor n / (n - 1)."""
    outcomes = np.repeat([1, 0], [hits, n - hits])
    exact = beta.ppf(0.05, hits, n - hits + 1)
    assert lower_bound(outcomes, np.ones(n, dtype=int), 0.05) == pytest.approx(exact, abs=5e-3)


@pytest.mark.parametrize(
    ("hits", "of", "expected"),
    [
        ([], [], 0.0),
        ([5], [5], 0.0),  # one group shows nothing about another
        ([0, 0, 0], [4, 4, 4], 0.0),
        ([1] * 50, [1] * 50, 0.05 ** (1 / 50)),
    ],
)
def test_edges(hits: list[int], of: list[int], expected: float) -> None:
    found = lower_bound(np.array(hits, dtype=int), np.array(of, dtype=int), 0.05)
    assert found == pytest.approx(expected)


def test_units_of_one_group_count_for_less() -> None:
    """The same 360 of 400, scattered or in whole groups."""
    of = np.full(100, 4)
    scattered = np.where(np.arange(100) < 40, 3, 4)
    clustered = np.where(np.arange(100) < 10, 0, 4)
    assert lower_bound(clustered, of, 0.05) < lower_bound(scattered, of, 0.05) - 0.02


def test_the_spread_of_few_groups_is_not_trusted() -> None:
    """Twice the groups bring more than twice the units would, until there are enough."""
    found = [lower_bound(np.full(n, 9), np.full(n, 10), 0.05) for n in (5, 15, 30, FEW_GROUPS)]
    assert found == sorted(found)
    assert found[0] < 0.6
    assert found[-1] > 0.85


def test_coverage() -> None:
    """The true ratio lies below the bound about as seldom as promised; groups are beta-binomial."""
    rng = np.random.default_rng(0)
    misses = 0
    for _ in range(400):
        of = rng.integers(1, 10, 200)
        hits = rng.binomial(of, rng.beta(0.9 * 4, 0.1 * 4, 200))
        misses += lower_bound(hits, of, 0.05) > 0.9
    assert misses / 400 <= 0.08


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60))
def test_bounds_are_sound(seed: int, groups: int) -> None:
    rng = np.random.default_rng(seed)
    n = 200
    score = rng.random(n)
    truth = rng.random(n) < score
    found = guarantee(truth, score, rng.integers(0, groups, n))
    assert found.threshold == GRID
    assert (found.n, found.positives) == (n, truth.sum())
    for place, threshold in enumerate(GRID):
        flag = score >= threshold
        assert found.flagged[place] == flag.sum()
        if flag.any():
            assert found.precision[place] == pytest.approx(truth[flag].mean(), abs=1e-6)
        assert 0 <= found.precision_bound[place] <= found.precision[place]
        assert 0 <= found.recall_bound[place] <= found.recall[place]


def test_keeping() -> None:
    rng = np.random.default_rng(1)
    score = rng.random(4000)
    found = guarantee(rng.random(4000) < score, score, np.arange(4000))
    precise = found.keeping("precision", 0.8)
    complete = found.keeping("recall", 0.8)
    place = GRID.index(precise)
    assert found.precision_bound[place] >= 0.8 > found.precision_bound[place - 1]
    place = GRID.index(complete)
    assert found.recall_bound[place] >= 0.8 > found.recall_bound[place + 1]
    with pytest.raises(DataError, match=r"precision 0\.999 cannot be promised.*4000 units of 4000"):
        found.keeping("precision", 0.999)
