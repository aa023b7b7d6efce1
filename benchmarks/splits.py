"""Measure how much a split that ignores sites or subjects flatters the model.

    python benchmarks/splits.py data/corpus TRAIN.jsonl... > benchmarks/splits.md

The same pages, the same number of folds, the same estimator: only what stays together differs. Only the
invented corpus has families; a page whose site also stands in a held-out family is then left out of
training, too.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from joblib import Parallel, delayed

from classifier.analysis import Bool, Float, Int
from classifier.corpus.labelled import read_labelled
from classifier.model.estimator import PageClassifier
from classifier.model.folds import group_folds
from classifier.report.tables import markdown
from classifier.schema import Dataset
from classifier.text import Analyser
from gold import average_precision, from_corpus, part
from ours import Prepared, estimator, prepare

FOLDS = 10


def main(paths: Sequence[str]) -> None:
    data = read_labelled(paths)
    invented = np.array([from_corpus(page) for page in data.pages])
    rows = []
    for source, mask in (("corpus", invented), ("real pages", ~invented)):
        if mask.any():
            rows += rows_of(source, part(data, mask))
    print("# What a random split hides\n")
    print("Command: `python benchmarks/splits.py data/corpus TRAIN.jsonl...`\n")
    print(f"Average precision per sentence of the shipped configuration over {FOLDS} folds of the")
    print("same pages, by what a fold keeps together. Intervals: 95 % bootstrap over sites.\n")
    header = ["pages", "kept together", "groups", *data.labels]
    print("\n".join(markdown(header, rows)))


def rows_of(source: str, data: Dataset) -> list[list[str]]:
    """One row per way to split."""
    analyser = Analyser()
    prepared = prepare(analyser, data)
    truth, page = prepared.alignment.truth, prepared.alignment.segment_page
    rows = []
    for name, (together, apart) in ways(prepared).items():
        scores = out_of_fold(estimator(analyser), prepared, together, apart)
        found = [
            average_precision(t, s, prepared.groups[page])
            for t, s in zip(truth.T, scores.T, strict=True)
        ]
        rows.append([source, name, str(len(np.unique(together))), *found])
        print(source, name, "done", file=sys.stderr)
    return rows


def ways(prepared: Prepared) -> dict[str, tuple[Int, Int]]:
    """By name, what a fold keeps together, and what training then may share with no held-out page."""
    pages, sites = prepared.data.pages, prepared.groups
    single = np.random.default_rng(0).permutation(len(pages))
    found = {"page": (single, single), "site": (sites, sites)}
    if all(map(from_corpus, pages)):
        families = [str(page.columns["family"]) for page in pages]
        found["family"] = np.unique(families, return_inverse=True)[1], sites
    return found


def out_of_fold(classifier: PageClassifier, prepared: Prepared, together: Int, apart: Int) -> Float:
    """Scores of the gold segments by models that did not see what is held out."""
    masks = group_folds(together, FOLDS)
    grouped = replace(prepared, groups=together)
    found = Parallel(n_jobs=-1)(
        delayed(held_out_logits)(classifier, grouped, mask, np.isin(apart, apart[mask]))
        for mask in masks
    )
    logits = np.zeros(prepared.alignment.y.shape)
    page = prepared.X.sentence_page()
    for mask, of_fold in zip(masks, found, strict=True):
        logits[mask[page]] = of_fold
    return prepared.scores(logits)


def held_out_logits(
    classifier: PageClassifier, prepared: Prepared, held_out: Bool, unseen: Bool
) -> Float:
    """Logits of the held-out pages by a model that was trained on all but the unseen ones."""
    fitted = prepared.fit(classifier, ~unseen)
    return fitted.decision_function(prepared.X.take(np.flatnonzero(held_out)))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
