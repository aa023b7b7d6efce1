"""What the first stage thinks of a sentence's surroundings, as features of the second stage.

"We accept Visa" under an order button, a bare list of diseases under "We treat": such sentences are
what they are because of the page around them. The second stage sees the first stage's logits of the
sentence, of its neighbours in both directions, of its heading and list lead-in, and of the page as a
whole (stacked sequential learning, Cohen & Carvalho 2005), beside the cues of sentence and page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import expit

from classifier.analysis import CUES, LAYOUT, Analysis, Float, Int

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
    "highest",  # highest probability of the eight sentences on either side
    "page_own",  # own logit times the mean of the others
    "item_lead",  # logit of the lead-in, for list items only
    "heading_next",  # for headings: mean probability of the three sentences below
    "page",  # logit of the page, from its cues
    "own_and_page",  # product of both logits, each cut off below -1: high where both speak for it
    "own_alone",  # own logit where the page is this one sentence: there it must carry all
)
#: Those that the logits of an encoder give too; an encoder has no opinion of pages.
OF_ENCODER = tuple(name for name in PER_LABEL if name not in ("page", "own_and_page"))
#: Sentences on either side that make a window, and within which the highest is looked for. The latter
#: is bounded because the highest of a whole page grows with its length.
WINDOW, REACH = 3, 8
#: What the features that come from an encoder's logits are called, one by one and together.
ENCODER = "encoder"
#: What a person calls the others.
GROUPS = {
    "sentence alone": ("own", "own_alone"),
    "neighbours": ("previous_1", "previous_2", "next_1", "next_2", "window", "highest",
                   "heading_next"),
    "heading and lead-in": ("heading", "lead", "item_lead"),
    "page": ("page_mean", "page_own", "page", "own_and_page"),
}  # fmt: skip


def context_names(labels: tuple[str, ...], encoder: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Names of the columns of ``context_features``, for labels of the model and of its encoder."""
    of_labels = tuple(f"{label}.{name}" for label in labels for name in PER_LABEL)
    products = tuple(f"{label}.own*{other}.page" for label in labels for other in labels)
    of_page = (*(f"page.{cue}" for cue in CUES), "alone")
    of_encoder = tuple(f"{ENCODER}.{label}.{name}" for label in encoder for name in OF_ENCODER)
    return of_labels + products + LAYOUT + CUES + of_page + of_encoder


def context_group(name: str) -> str:
    """What a person calls the column ``name`` of ``context_names``.

    Products with the page's opinion are the page's: without it they would be 0.
    """
    if name.startswith(f"{ENCODER}."):
        return ENCODER
    if name in LAYOUT:
        return "layout"
    if name in CUES:
        return "cues here"
    if name.removeprefix("page.") in CUES:
        return "cues on the page"
    last = name.rpartition(".")[2]
    return next((group for group, names in GROUPS.items() if last in names), "page")


def context_features(z: Float, page_z: Float, X: Analysis) -> Float:
    """Second-stage features (S, len(context_names)).

    ``z`` (S, L) are the first stage's logits of sentences, ``page_z`` (P, L) those of pages; those of
    an encoder are in ``X``.
    """
    of_page = page_z[X.sentence_page()]
    blocks = [_columns(_of_label(z[:, k], of_page[:, k], X), PER_LABEL) for k in range(z.shape[1])]
    encoded = [_columns(_of_label(own, own, X), OF_ENCODER) for own in X.encoded.T]
    products = (z[:, :, None] * of_page[:, None, :]).reshape(len(z), z.shape[1] ** 2)
    sentences = np.maximum(np.diff(X.page_bounds), 1)
    cue_shares = np.column_stack([page_sum(cue, X.page_bounds) for cue in X.cues.T])
    on_page = (cue_shares / sentences[:, None])[X.sentence_page()]
    alone = (np.diff(X.page_bounds) == 1).astype(float)[X.sentence_page()]
    return np.column_stack([*blocks, products, X.layout, X.cues, on_page, alone, *encoded])


def _columns(found: Mapping[str, Float], names: Sequence[str]) -> Float:
    return np.column_stack([found[name] for name in names])


def _of_label(z: Float, page_z: Float, X: Analysis) -> dict[str, Float]:
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
    return {
        "own": z,
        "previous_1": _at(z, number - 1, number - 1 >= first),
        "previous_2": _at(z, number - 2, number - 2 >= first),
        "next_1": _at(z, number + 1, number + 1 < last),
        "next_2": _at(z, number + 2, number + 2 < last),
        "heading": _at(z, X.heading, X.heading >= 0),
        "lead": lead,
        "window": window,
        "page_mean": page_mean,
        "highest": _highest_near(p, first, last),
        "page_own": z * page_mean,
        "item_lead": lead * is_item,
        "heading_next": sum(below) / np.maximum(n_below, 1) * is_heading,
        "page": page_z,
        "own_and_page": np.maximum(z, -1.0) * np.maximum(page_z, -1.0),
        "own_alone": z * (size == 1),
    }


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


def _highest_near(p: Float, first: Int, last: Int) -> Float:
    """For each sentence the highest ``p`` within ``REACH`` on its page, itself left out; 0 if alone."""
    number = np.arange(len(p))
    highest = np.zeros(len(p))
    for step in (*range(-REACH, 0), *range(1, REACH + 1)):
        place = number + step
        highest = np.maximum(highest, _at(p, place, (place >= first) & (place < last)))
    return highest
