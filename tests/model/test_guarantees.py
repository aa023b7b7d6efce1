"""Promises of precision and recall: exact where groups are single, cautious where they are not."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from classifier.errors import DataError
from classifier.model.guarantees import (
    FEW_GROUPS,
    GRID,
    METRICS,
    TARGETS,
    Guarantee,
    guarantee,
    lower_bound,
    possible_promises,
    threshold_for,
)


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


def test_the_cheapest_threshold_is_chosen() -> None:
    rng = np.random.default_rng(1)
    score = rng.random(4000)
    found = guarantee(rng.random(4000) < score, score, np.arange(4000))
    known = {"sentence": found}
    precise, complete = (threshold_for(known, metric, 0.8) for metric in METRICS)
    place = GRID.index(precise)
    assert found.precision_bound[place] >= 0.8 > found.precision_bound[place - 1]
    place = GRID.index(complete)
    assert found.recall_bound[place] >= 0.8 > found.recall_bound[place + 1]
    with pytest.raises(DataError, match=r"precision 0\.999 cannot be promised.*4000 units of 4000"):
        threshold_for(known, "precision", 0.999)


def bounded(low: float, high: float) -> Guarantee:
    """Bounds of precision that rise from ``low`` to ``high`` over the grid, and of recall that fall."""
    rising = tuple(np.linspace(low, high, len(GRID)))
    zeros = (0,) * len(GRID)
    return Guarantee(9, 4, 3, 0.95, GRID, zeros, rising, rising, rising[::-1], rising[::-1])


def test_sentences_and_pages_keep_a_promise_at_one_threshold() -> None:
    """It is that of the one for which it is harder, and the message names that one."""
    sentences, pages = bounded(0.5, 1.0), bounded(0.2, 0.9)
    both = {"sentence": sentences, "page": pages}
    for metric in METRICS:
        alone = threshold_for({"page": pages}, metric, 0.7)
        assert alone != threshold_for({"sentence": sentences}, metric, 0.7)
        assert threshold_for(both, metric, 0.7) == alone
        with pytest.raises(DataError, match=f"{metric} 0.95 cannot be promised for each page"):
            threshold_for(both, metric, 0.95)
    assert set(possible_promises(both)) == {
        (metric, target) for metric in METRICS for target in TARGETS if target <= 0.9
    }


def test_grids_without_a_common_threshold() -> None:
    known = bounded(0.5, 1.0)
    other = Guarantee(9, 4, 3, 0.95, (0.01,), (1,), (1.0,), (1.0,), (1.0,), (1.0,))
    with pytest.raises(DataError, match="no threshold was tried for all"):
        threshold_for({"sentence": known, "page": other}, "precision", 0.5)


# ---------------------------------------------------------------------------------- simulations

Sites = tuple[np.ndarray, np.ndarray, np.ndarray]


def sites(rng: np.random.Generator, n: int, spread: float) -> Sites:
    """Truth, score and site of units on ``n`` sites that share an error of their own.

    The score is calibrated over all sites and wrong on each: a site's logits are shifted by a normal
    deviate of standard deviation ``spread``.
    """
    of = rng.integers(2, 25, n)
    site = np.repeat(np.arange(n), of)
    z = rng.normal(-1, 2, len(site))
    truth = rng.random(len(site)) < 1 / (1 + np.exp(-z - rng.normal(0, spread, n)[site]))
    return truth, 1 / (1 + np.exp(-z)), site


def observed(truth: np.ndarray, score: np.ndarray, threshold: float, metric: str) -> float:
    flag = score >= threshold
    return (flag & truth).sum() / (flag if metric == "precision" else truth).sum()


@pytest.mark.parametrize(("groups", "spread"), [(10, 0.3), (10, 4.0), (20, 4.0), (60, 4.0)])
def test_bounds_of_the_whole_grid_hold_together(groups: int, spread: float) -> None:
    """Also from few sites: a sample in which any bound of a metric is too high is as rare as promised.

    What is true is taken from 3,000 further sites. Of 100 samples, more than 10 with a bound too high
    would have a probability of 1 % if the confidence were 95 %. Bounds that take units for independent
    are too high in at least 15 at the larger spread.
    """
    rng = np.random.default_rng(groups)
    everything = sites(rng, 3000, spread)
    true = {
        metric: np.array([observed(*everything[:2], x, metric) for x in GRID]) for metric in METRICS
    }
    samples = [guarantee(*sites(rng, groups, spread)) for _ in range(100)]
    for metric in METRICS:
        bounds = np.array([list(found.lower_bounds(metric).values()) for found in samples])
        assert (bounds > true[metric] + 1e-9).any(axis=1).sum() <= 10, metric


def by_unit(truth: np.ndarray, score: np.ndarray, site: np.ndarray) -> dict[str, Sites]:
    """Sentences, and pages of up to three sentences of a site with the probability of any of them."""
    place = np.arange(len(site)) - np.searchsorted(site, site)
    page = np.unique(site * 100 + place // 3, return_inverse=True)[1]
    count = page[-1] + 1
    any_true, none = np.zeros(count, dtype=bool), np.ones(count)
    np.logical_or.at(any_true, page, truth)
    np.multiply.at(none, page, 1 - score)
    of_page = np.zeros(count, dtype=int)
    of_page[page] = site
    return {"sentence": (truth, score, site), "page": (any_true, 1 - none, of_page)}


def test_promises_hold_on_fresh_sites() -> None:
    """Scores are learnt on some sites, promises made on others, and kept on sites never seen.

    The score is the share of positives of a binned signal on the training sites. A round counts as
    broken when any promise of a metric is, whatever its target. At most 5 % should be; more than 5 of
    40 would then have a probability of 1.4 %. Bounds that take units for independent break 6.
    """
    rng = np.random.default_rng(3)
    edges = np.linspace(0, 1, 41)[1:-1]
    made: Counter[str] = Counter()
    broken: Counter[tuple[str, str]] = Counter()
    for _ in range(40):
        truth, signal, _ = sites(rng, 80, 2.0)
        place = np.digitize(signal, edges)
        positives, units = (np.bincount(x, minlength=40) for x in (place[truth], place))
        share = (positives + 1) / (units + 2)
        promised, fresh = (
            by_unit(truth, share[np.digitize(signal, edges)], site)
            for truth, signal, site in (sites(rng, 40, 2.0), sites(rng, 600, 2.0))
        )
        known = {unit: guarantee(*sample) for unit, sample in promised.items()}
        for metric in METRICS:
            thresholds = {}
            for target in np.arange(0.3, 0.96, 0.02):
                with suppress(DataError):
                    thresholds[target] = threshold_for(known, metric, target)
            made[metric] += bool(thresholds)
            for unit, (truth, score, _) in fresh.items():
                broken[metric, unit] += any(
                    observed(truth, score, threshold, metric) < target
                    for target, threshold in thresholds.items()
                )
    assert min(made.values()) >= 30, "else nothing is tried"
    assert max(broken.values()) <= 5
