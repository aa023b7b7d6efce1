"""Grouped cross-validation folds, shuffled by a seed and balanced."""

from __future__ import annotations

import numpy as np

from classifier.analysis import Bool, Float, Int
from classifier.errors import DataError


def group_folds(groups: Int, folds: int, seed: int = 0, weights: Float | None = None) -> list[Bool]:
    """Held-out masks of a grouped k-fold split over samples.

    Groups are shuffled, the larger ones placed first (by powers of two of their weight, so that the
    seed decides among groups of like size), each in the fold that keeps the folds most alike.

    Parameters
    ----------
    groups
        (N,): group number of each sample; groups stay whole.
    folds
        At most so many folds, at least 2; there are never more than groups.
    seed
        Of the shuffling.
    weights
        (N, K): what is to be spread evenly, such as units and positives; >= 0. By default samples.

    Returns
    -------
    list of (N,) masks
        Each sample is held out by exactly one. The order of the samples does not matter to them.

    Raises
    ------
    DataError
        If there is only one group.
    """
    names, group = np.unique(groups, return_inverse=True)
    n = min(folds, len(names))
    if n < 2:
        raise DataError(
            "cross-validation needs at least two groups of pages, but there is only one"
        )
    spread = np.ones((len(groups), 1)) if weights is None else weights
    share = np.stack([np.bincount(group, column, len(names)) for column in spread.T], axis=1)
    share = share / np.maximum(share.sum(axis=0), 1e-12)
    order = np.random.default_rng(seed).permutation(len(names))
    size = np.floor(np.log2(np.maximum(share.sum(axis=1), 1e-12)))
    order = order[np.argsort(-size[order], kind="stable")]
    load, held = np.zeros((n, share.shape[1])), np.zeros(n)
    fold_of = np.zeros(len(names), dtype=np.int64)
    for position, number in enumerate(order.tolist()):
        # the sum of squared loads grows least where the load along the group's shares is least
        cost = np.round(load @ share[number], 12)
        empty = held == 0
        if len(names) - position <= empty.sum():  # no fold stays empty
            cost = np.where(empty, cost, np.inf)
        fold = int(np.lexsort((held, cost))[0])
        fold_of[number] = fold
        load[fold] += share[number]
        held[fold] += 1
    return [fold_of[group] == fold for fold in range(n)]
