"""What the first stage thinks of a sentence's surroundings, as features of the second stage.

"We accept Visa" under an order button, a bare list of diseases under "We treat": such sentences are
what they are because of the page around them. The second stage sees the first stage's logits of the
sentence, of its neighbours in both directions, of its heading and list lead-in, and of the page as a
whole (stacked sequential learning, Cohen & Carvalho 2005).
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from classifier.analysis import LAYOUT, Analysis, Float, Int

#: Features per label of the first stage, all from its logits ``z``; probabilities are ``expit(z)``.
PER_LABEL = (
    "own",
    "previous_1",
    "previous_2",
    "next_1",
    "next_2",
    "heading",
    "lead",
    "window",  # mean probability of the three sentences on either side
    "page_mean",  # mean probability of the page's other sentences
    "page_max",  # highest probability of the page's other sentences
    "page_own",  # own logit times the mean of the others
    "item_lead",  # logit of the lead-in, for list items only
    "heading_next",  # for headings: mean probability of the three sentences below
)
#: Sentences on either side that make a window.
WINDOW = 3


def context_names(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the columns of ``context_features``."""
    return tuple(f"{label}.{name}" for label in labels for name in PER_LABEL) + LAYOUT


def context_features(z: Float, X: Analysis) -> Float:
    """Second-stage features (S, len(context_names)) from first-stage logits ``z`` (S, L)."""
    blocks = [_of_label(z[:, label], X) for label in range(z.shape[1])]
    return np.column_stack([*blocks, X.layout])


def _of_label(z: Float, X: Analysis) -> Float:
    n = len(z)
    page = X.sentence_page()
    first, last = X.page_bounds[page], X.page_bounds[page + 1]
    number = np.arange(n)
    p = expit(z)
    size = last - first
    page_mean = (page_sum(p, X.page_bounds)[page] - p) / np.maximum(size - 1, 1)
    steps = range(1, WINDOW + 1)
    above = [_at(p, number - k, number - k >= first) for k in steps]
    below = [_at(p, number + k, number + k < last) for k in steps]
    n_above = np.minimum(number - first, WINDOW)
    n_below = np.minimum(last - 1 - number, WINDOW)
    window = (sum(above) + sum(below)) / np.maximum(n_above + n_below, 1)
    is_item = X.layout[:, LAYOUT.index("is_list_item")]
    is_heading = X.layout[:, LAYOUT.index("is_heading")]
    lead = _at(z, X.lead, X.lead >= 0)
    columns = {
        "own": z,
        "previous_1": _at(z, number - 1, number - 1 >= first),
        "previous_2": _at(z, number - 2, number - 2 >= first),
        "next_1": _at(z, number + 1, number + 1 < last),
        "next_2": _at(z, number + 2, number + 2 < last),
        "heading": _at(z, X.heading, X.heading >= 0),
        "lead": lead,
        "window": window,
        "page_mean": page_mean,
        "page_max": _max_of_others(p, X.page_bounds),
        "page_own": z * page_mean,
        "item_lead": lead * is_item,
        "heading_next": sum(below) / np.maximum(n_below, 1) * is_heading,
    }
    return np.column_stack([columns[name] for name in PER_LABEL])


def page_sum(values: Float, page_bounds: Int) -> Float:
    """Sum per page, (P,). Each page is summed by itself, so its value never depends on the batch."""
    result = np.zeros(len(page_bounds) - 1)
    filled = np.diff(page_bounds) > 0
    if filled.any():
        result[filled] = np.add.reduceat(values, page_bounds[:-1][filled])
    return result


def _at(z: Float, index: Int, exists: np.typing.NDArray[np.bool_]) -> Float:
    """``z[index]`` where it exists; 0, the logit of "no opinion", elsewhere."""
    return np.where(exists, z[np.where(exists, index, 0)], 0.0)


def _max_of_others(p: Float, page_bounds: Int) -> Float:
    """For each sentence the highest ``p`` among the other sentences of its page, 0 if it is alone."""
    result = np.zeros(len(p))
    counts = np.diff(page_bounds)
    filled = counts > 0
    if not filled.any():
        return result
    starts = page_bounds[:-1][filled]
    top = np.repeat(np.maximum.reduceat(p, starts), counts[filled])
    is_top = p == top
    ties = np.repeat(np.add.reduceat(is_top.astype(np.int64), starts), counts[filled])
    rest = np.where(is_top, 0.0, p)
    second = np.repeat(np.maximum.reduceat(rest, starts), counts[filled])
    return np.where(is_top & (ties == 1), second, top)
