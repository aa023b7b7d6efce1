"""Finds promotional text and unsupported therapeutic claims in health marketing.

>>> import classifier
>>> model = classifier.load()                            # the shipped model, or a directory
>>> model("Order now! Our tea cures arthritis.").flags
('promotional', 'unsupported_claim')

``model`` is a ``TextClassifier``, an estimator of scikit-learn that can be fitted to other texts. To
score without scikit-learn there are ``load_model``, ``score`` and ``explain``; for streams of records
see ``classifier.run.scoring.score_pages`` and ``classifier.read.pages.read_pages``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from classifier.values import RELEASE

if TYPE_CHECKING:
    from pathlib import Path

    from classifier.api.estimator import TextClassifier
    from classifier.run.explaining import Explained
    from classifier.run.scorer import Scorer
    from classifier.schema import Verdict

__version__ = RELEASE
__all__ = ["TextClassifier", "__version__", "explain", "load", "load_model", "score"]


def __getattr__(name: str) -> Any:
    """``TextClassifier``, which brings scikit-learn and is therefore imported when it is asked for."""
    if name == "TextClassifier":
        from classifier.api.estimator import TextClassifier

        return TextClassifier
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load(path: str | Path | None = None) -> TextClassifier:
    """Open a bundle at a path, or a shipped model, as a fitted ``TextClassifier``.

    Raises
    ------
    BundleError
        As ``load_model``.
    """
    from classifier.api.estimator import TextClassifier

    return TextClassifier.load(path)


def load_model(path: str | Path | None = None) -> Scorer:
    """Open a bundle at a path, or a shipped model: ``"default"``, or ``"fast"`` without the encoder.

    Raises
    ------
    BundleError
        If the bundle is missing, damaged, or made for another text pipeline.
    """
    from classifier.model.shipped import bundle_at
    from classifier.run.scorer import Scorer

    return Scorer(bundle_at(path))


def score(text: str, model: Scorer, *, sentences: str = "flagged") -> Verdict:
    """Score one text. ``sentences`` is ``"flagged"``, ``"all"`` or ``"none"``."""
    from classifier.schema import Page

    return model.score_batch([Page(id="-", text=text)], sentences)[0]


def explain(
    text: str,
    model: Scorer,
    *,
    label: str | None = None,
    every: bool = False,
    words: bool = False,
) -> Explained:
    """Score one text and say why; see ``classifier.run.explaining.explain_page``."""
    from classifier.run.explaining import explain_page
    from classifier.schema import Page

    return explain_page(model, Page(id="-", text=text), label=label, every=every, words=words)
