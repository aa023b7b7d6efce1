"""Measure what each part of the model is worth, by leaving it out.

    python benchmarks/ablation.py --dev DEV.jsonl data/corpus TRAIN.jsonl... > benchmarks/ablation.md

Every row is the shipped configuration less one part, trained on the same pages. What no setting switches
off is hidden from the model: its columns are set to zero.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch

import numpy as np

from classifier.analysis import Analysis, Float
from classifier.model import estimator as model
from classifier.model.features import Features, SentenceFeatures
from classifier.report.tables import markdown
from classifier.schema import LabelledPage
from classifier.text import Analyser
from gold import average_precision, command_line, difference, from_corpus, read, texts
from ours import Prepared, estimator, prepare


class WithoutPageOpinion(SentenceFeatures):
    """The page model of the first stage sees nothing, and so has no opinion."""

    def transform(self, X: Analysis) -> Features:
        """Empty page rows."""
        found = super().transform(X)
        return Features(own=found.own, page=found.page * 0)


def without_cues(X: Analysis) -> Analysis:
    """No cue on any sentence; word classes stay."""
    none = np.zeros(0, dtype=np.int64)
    return replace(
        X,
        cues=np.zeros_like(X.cues),
        cue_rule=none,
        cue_sentence=none,
        cue_start=none,
        cue_end=none,
    )


def without_layout(X: Analysis) -> Analysis:
    """No layout facts, headings or list lead-ins."""
    none = np.full(X.n_sentences, -1)
    return replace(X, layout=np.zeros_like(X.layout), heading=none, lead=none)


@dataclass(frozen=True)
class Variant:
    """The shipped configuration, but for what is named here."""

    hide: Callable[[Analysis], Analysis] = lambda X: X
    settings: Mapping[str, Any] = field(default_factory=dict)
    features: type[SentenceFeatures] = SentenceFeatures
    alone_weight: float = model.ALONE_WEIGHT
    context: bool = True
    pages: Callable[[LabelledPage], bool] = lambda page: True


SHIPPED = "as shipped"
VARIANTS = {
    SHIPPED: Variant(),
    "without cues": Variant(hide=without_cues),
    "without layout": Variant(hide=without_layout),
    "without class n-grams": Variant(settings={"kind_order": 0}),
    "without page opinion": Variant(features=WithoutPageOpinion),
    "without the copies alone": Variant(alone_weight=0.0),
    "first stage only, no context": Variant(context=False),
    "words and stems only, no context": Variant(
        hide=lambda X: without_cues(without_layout(X)), settings={"kind_order": 0}, context=False
    ),
    "without the corpus": Variant(pages=lambda page: not from_corpus(page)),
    "the corpus only": Variant(pages=from_corpus),
}


def main() -> None:
    train_data, dev_data = read(command_line(__doc__ or "").parse_args())
    analyser = Analyser()
    train, dev = prepare(analyser, train_data), prepare(analyser, dev_data)
    scores = {}
    for name, variant in VARIANTS.items():
        scores[name] = fitted_scores(variant, analyser, train, dev)
        print(name, "done", file=sys.stderr)
    truth, page = dev.alignment.truth, dev.alignment.segment_page
    rows = []
    for name, found in scores.items():
        row = [name]
        for t, s, shipped in zip(truth.T, found.T, scores[SHIPPED].T, strict=True):
            gap = "-" if name == SHIPPED else difference(t, s, shipped, page)
            row += [average_precision(t, s, page), gap]
        rows.append(row)
    print("# What each part is worth\n")
    print("Command: `python benchmarks/ablation.py --dev DEV.jsonl data/corpus TRAIN.jsonl...`\n")
    print(
        f"Average precision on the {len(truth)} sentences of {len(dev_data.pages)} pages; trained"
    )
    print(f"on up to {len(train_data.pages)} pages with {len(texts(train_data))} sentences. Gap:")
    print(f"less '{SHIPPED}'. Intervals: 95 % bootstrap over pages; of gaps on the same draws.\n")
    header = ["", *(f"{label}: {what}" for label in dev_data.labels for what in ("AP", "gap"))]
    print("\n".join(markdown(header, rows)))


def fitted_scores(variant: Variant, analyser: Analyser, train: Prepared, dev: Prepared) -> Float:
    """Scores of the DEV segments by the variant."""
    pages = np.array([variant.pages(page) for page in train.data.pages])
    hidden = replace(train, X=variant.hide(train.X))
    with patch.object(model, "ALONE_WEIGHT", variant.alone_weight):
        made = estimator(analyser, variant.features, **variant.settings)
        fitted = hidden.fit(made, pages)
    X = variant.hide(dev.X)
    if variant.context:
        return dev.scores(fitted.decision_function(X))
    own = fitted.features_.transform(X).own
    return dev.scores(own @ fitted.coef_ + fitted.intercept_)


if __name__ == "__main__":
    main()
