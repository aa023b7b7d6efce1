"""Measure how the model gains from more labelled sites.

    python benchmarks/learning_curve.py --dev DEV.jsonl data/corpus TRAIN.jsonl... > learning_curve.md

Groups are put in random order; a share takes the first of them, so smaller shares lie in larger ones.
"""

import sys

import numpy as np
from sklearn.metrics import average_precision_score

from classifier.analysis import Bool, Int
from classifier.report.tables import markdown
from classifier.text import Analyser
from gold import command_line, exact, part, read
from ours import estimator, prepare

SHARES = (16, 8, 4, 2, 1)
#: Random orders that are averaged.
ORDERS = 2


def main() -> None:
    train_data, dev_data = read(command_line(__doc__ or "").parse_args())
    analyser = Analyser()
    train, dev = prepare(analyser, train_data), prepare(analyser, dev_data)
    truth = dev.alignment.truth
    rows = []
    for share in SHARES:
        sizes, found = [], []
        for seed in range(ORDERS if share > 1 else 1):
            pages = first_groups(train.groups, share, seed)
            fitted = train.fit(estimator(analyser), pages)
            scores = dev.scores(fitted.decision_function(dev.X))
            found.append(average_precision_score(truth, scores, average=None))
            taken = part(train_data, pages)
            sizes.append((len(set(train.groups[pages])), len(taken.pages), len(exact(taken).truth)))
        groups, n_pages, sentences = np.mean(sizes, axis=0)
        row = [f"1/{share}", f"{groups:.0f}", f"{n_pages:.0f}", f"{sentences:.0f}"]
        rows.append(row + [f"{value:.3f}" for value in np.mean(found, axis=0)])
        print(row[0], "done", file=sys.stderr)
    print("# Learning curve\n")
    print(
        "Command: `python benchmarks/learning_curve.py --dev DEV.jsonl data/corpus TRAIN.jsonl...`"
    )
    print(
        f"\nAverage precision on the {len(truth)} sentences of {len(dev_data.pages)} pages; the mean"
    )
    print(f"of {ORDERS} random orders of the groups, below the whole.\n")
    header = ["share", "groups", "pages", "sentences", *dev_data.labels]
    print("\n".join(markdown(header, rows)))


def first_groups(groups: Int, share: int, seed: int) -> Bool:
    """The pages of the first ``1 / share`` of the groups in random order."""
    order = np.random.default_rng(seed).permutation(np.unique(groups))
    return np.isin(groups, order[: max(len(order) // share, 2)])


if __name__ == "__main__":
    main()
