"""From an analysis to logits: both stages of a fitted classifier, given its numbers.

All that scoring needs, without scikit-learn, which takes longer to import than a page to score.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from classifier.analysis import Analysis, Float
from classifier.model.context import context_features
from classifier.model.hashing import Hashing, weighted_sum

#: Names of the fitted arrays, see ``PageClassifier``.
PARAMETERS = (
    "coef", "intercept", "page_coef", "page_intercept", "context_coef", "context_intercept",
)  # fmt: skip
#: A logit stands for a probability no closer to 0 or 1 than this; keeps separable labels finite.
EXTREME = 20.0


def decision(hashing: Hashing, parameters: Mapping[str, Float], X: Analysis) -> Float:
    """Logits (S, L) of both stages from their parameters."""
    p = parameters
    z, page_z = hashing.logits(X, p["coef"], p["page_coef"])
    surroundings = context_features(z + p["intercept"], page_z + p["page_intercept"], X)
    start = np.broadcast_to(p["context_intercept"], z.shape)
    logits = weighted_sum(surroundings, p["context_coef"], start)
    return np.clip(logits, -EXTREME, EXTREME)
