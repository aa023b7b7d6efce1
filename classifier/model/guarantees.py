"""Thresholds that keep a promise: at least this precision, or this recall, on pages of other sites.

For every threshold of a fixed grid a lower confidence bound of precision and of recall is computed from
scores that the model gave to groups it had not seen. The bounds hold for the whole grid at once, so
whoever picks a threshold afterwards, for whatever target, still has the stated confidence.

Samples of one group (a site) are alike, so they count for fewer than they are: the bound is the exact
binomial one of Clopper & Pearson (1934) at the effective sample size of Korn & Graubard (1998). The
grid is paid for by Bonferroni's correction, as in Learn then Test (Angelopoulos et al. 2021).

Sentences and pages are bounded apart, each with the stated confidence. A threshold that is promised is
one from which both are flagged, and both bounds must reach the target there.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import product

import numpy as np

from classifier.analysis import Bool, Float, Int
from classifier.errors import DataError

#: Thresholds that are bounded, fixed before any data are seen: 0.025, 0.05, ... 0.975.
GRID = tuple(round(step / 40, 3) for step in range(1, 40))
#: Probability with which all bounds of one metric and label hold together.
CONFIDENCE = 0.95
#: With few groups their spread is badly estimated, and counts less the fewer they are. Simulated with
#: beta-binomial sites of 1 to 40 units: the spread alone makes a bound of 95 % confidence too high in
#: 14 % of samples of 15 sites (intra-class correlation 0.5), in 8 % of 40, in 5 to 6 % of 100 and more.
FEW_GROUPS = 60
#: What can be promised.
METRICS = ("precision", "recall")
#: Targets that reports try.
TARGETS = (0.7, 0.8, 0.9, 0.95)


@dataclass(frozen=True, slots=True)
class Guarantee:
    """What the thresholds of one label are known to keep, for sentences or for pages.

    Attributes
    ----------
    n, positives, groups
        Units that were scored, those that bear the label, and their groups.
    confidence
        Probability with which all bounds of a metric hold together.
    threshold
        The grid.
    flagged
        Units at or above each threshold.
    precision, recall
        Observed at each threshold; precision is 0 where nothing is flagged.
    precision_bound, recall_bound
        Their lower confidence bounds.
    """

    n: int
    positives: int
    groups: int
    confidence: float
    threshold: tuple[float, ...]
    flagged: tuple[int, ...]
    precision: tuple[float, ...]
    precision_bound: tuple[float, ...]
    recall: tuple[float, ...]
    recall_bound: tuple[float, ...]

    def lower_bounds(self, metric: str) -> dict[float, float]:
        """The lower confidence bound of a metric, by threshold."""
        bounds = self.precision_bound if metric == "precision" else self.recall_bound
        return dict(zip(self.threshold, bounds, strict=True))


def threshold_for(known: Mapping[str, Guarantee], metric: str, target: float) -> float:
    """The threshold at which all of ``known`` keep ``target`` at the least cost.

    For precision that is the lowest of the grid, for recall the highest.

    Parameters
    ----------
    known
        Guarantees of one label by what is flagged, such as ``sentence`` and ``page``; at least one.
    metric, target
        ``"precision"`` or ``"recall"``, and what it is to be at least, in (0, 1).

    Raises
    ------
    DataError
        If no threshold is known to keep it.
    """
    bounds = {unit: guarantee.lower_bounds(metric) for unit, guarantee in known.items()}
    shared = sorted(set.intersection(*map(set, bounds.values())))
    lowest = {x: min(by_threshold[x] for by_threshold in bounds.values()) for x in shared}
    kept = [x for x, bound in lowest.items() if bound >= target]
    if kept:
        return min(kept) if metric == "precision" else max(kept)
    if not shared:
        raise DataError(f"{metric} {target:g} cannot be promised: no threshold was tried for all")
    best = max(shared, key=lowest.__getitem__)
    unit = min(bounds, key=lambda unit: bounds[unit][best])
    weakest = known[unit]
    raise DataError(
        f"{metric} {target:g} cannot be promised for each {unit}: the most that {weakest.n} units of "
        f"{weakest.groups} groups show with {weakest.confidence:.0%} confidence is "
        f"{lowest[best]:.3f}, at threshold {best:g}; ask for less, or run 'classifier certify' with "
        "more labelled pages of your own"
    )


def possible_promises(known: Mapping[str, Guarantee]) -> dict[tuple[str, float], float]:
    """The threshold of each metric and target that reports try and that can be promised."""
    found = {}
    for metric, target in product(METRICS, TARGETS):
        with suppress(DataError):
            found[metric, target] = threshold_for(known, metric, target)
    return found


def guarantee(truth: Bool, score: Float, group: Int) -> Guarantee:
    """Bound precision and recall over the grid.

    Parameters
    ----------
    truth, score, group
        (n,): whether each unit bears the label, its score by a model that did not see its group, and
        its group.
    """
    count = int(group.max(initial=-1)) + 1
    error = (1 - CONFIDENCE) / len(GRID)
    positives = np.bincount(group[truth], minlength=count)
    sizes, precise, complete = [], [], []
    for threshold in GRID:
        flag = score >= threshold
        flagged = np.bincount(group[flag], minlength=count)
        hits = np.bincount(group[flag & truth], minlength=count)
        sizes.append(int(flagged.sum()))
        precise.append(_observed_and_bound(hits, flagged, error))
        complete.append(_observed_and_bound(hits, positives, error))
    precision, precision_bound = zip(*precise, strict=True)
    recall, recall_bound = zip(*complete, strict=True)
    return Guarantee(
        n=len(truth),
        positives=int(truth.sum()),
        groups=len(np.unique(group)),
        confidence=CONFIDENCE,
        threshold=GRID,
        flagged=tuple(sizes),
        precision=precision,
        precision_bound=precision_bound,
        recall=recall,
        recall_bound=recall_bound,
    )


def lower_bound(hits: Int, of: Int, error: float) -> float:
    """Lower confidence bound of ``sum(hits) / sum(of)`` when groups, not units, are the sample.

    Parameters
    ----------
    hits, of
        (G,): successes and units of each group.
    error
        Probability that the true ratio is below the bound.

    Returns
    -------
    float
        In [0, 1]; 0 when fewer than two groups have units.
    """
    from scipy.stats import beta, t  # takes a while, and scoring does without it

    hits, of = hits[of > 0].astype(float), of[of > 0].astype(float)
    groups, n = len(of), of.sum()
    if groups < 2 or hits.sum() == 0:
        return 0.0
    ratio = hits.sum() / n
    share = (of**2).sum() / n**2  # what a unit counts if all units of a group are one (Kish 1965)
    # without a single failure, nothing shows that failures do not come in groups
    if ratio < 1:
        left_out = (hits.sum() - hits) / (n - of)
        spread = (groups - 1) / groups * ((left_out - ratio) ** 2).sum()  # jackknife over groups
        seen = min(max(spread / (ratio * (1 - ratio)), 1 / n), 1.0)
        trust = min(groups / FEW_GROUPS, 1.0)
        share = trust * seen + (1 - trust) * max(share, seen)
    effective = (t.ppf(error, n - 1) / t.ppf(error, groups - 1)) ** 2 / share
    successes = ratio * effective
    return float(beta.ppf(error, successes, effective - successes + 1))


def _observed_and_bound(hits: Int, of: Int, error: float) -> tuple[float, float]:
    """The ratio and its lower bound with six decimals, the bound rounded down."""
    observed = round(float(hits.sum() / max(of.sum(), 1)), 6)
    return observed, float(np.floor(lower_bound(hits, of, error) * 1e6) / 1e6)
