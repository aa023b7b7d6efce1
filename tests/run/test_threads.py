"""One analyser, many threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import classifier
from classifier.model.shipped import default_model
from classifier.run.scoring import Scorer


def test_threads_share_a_model() -> None:
    """Four threads, 400 calls, each over words that were never seen before."""
    texts = [
        f"Order zorb{n} today: vex{n} cures mip{n}, say qu{n}a and p{n}-t{n}." for n in range(400)
    ]
    shared = classifier.load_model()
    with ThreadPoolExecutor(4) as threads:
        found = [*threads.map(lambda text: classifier.score(text, shared, sentences="all"), texts)]
    alone = Scorer(default_model())
    assert found == [classifier.score(text, alone, sentences="all") for text in texts]
