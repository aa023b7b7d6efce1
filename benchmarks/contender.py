"""What can take part in ``accuracy.py``."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np

from classifier.analysis import Float
from classifier.schema import Dataset
from gold import exact


class Contender(ABC):
    """Learns from labelled pages and scores gold segments.

    The constructor imports what the contender needs, so that a missing package is an ``ImportError``
    there.

    Attributes
    ----------
    thresholds
        Flag from this probability on, by label; ``None`` to have them chosen on held-out groups.
    """

    thresholds: Mapping[str, float] | None = None

    @abstractmethod
    def fit(self, data: Dataset) -> None:
        """Learn from the pages."""

    @abstractmethod
    def scores(self, data: Dataset) -> Float:
        """Probabilities of the segments in their order, page by page, (segments, labels)."""

    def page_scores(self, data: Dataset, scores: Float) -> Float:
        """Probabilities of the pages, (pages, labels): by default the highest of their segments."""
        found = np.zeros((len(data.pages), len(data.labels)))
        np.maximum.at(found, exact(data).segment_page, scores)
        return found
