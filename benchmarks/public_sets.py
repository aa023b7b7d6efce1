"""Measure ``train`` on other people's labels, beside baselines, with settings as they are and chosen.

    python benchmarks/public_sets.py HEALTH_ADVICE.csv PUBMED.csv PRESS.csv [SEARCH ...]

Tables with a ``text`` and a ``label`` of several classes: HealthAdvice (Li, Wang & Yu 2021), and claim
strength in PubMed conclusions (Yu, Li & Wang 2019) and in press releases (Yu, Wang, Guo & Li 2020).
Macro-F1 is cross-validated in five folds; settings are chosen within the training part of each. The
last row is trained on PubMed and measured on press releases.
"""

import sys
import time
from dataclasses import replace

import numpy as np
from sklearn.metrics import f1_score

from classifier.corpus.labelled import read_labelled
from classifier.report.tables import markdown
from classifier.schema import Dataset
from classifier.text import Analyser
from classifier.training.baselines import BASELINES, baseline_scores
from classifier.training.config import TrainConfig
from classifier.training.evaluation import evaluate_model
from classifier.training.search import SEARCHES
from classifier.training.training import train

CONFIG = TrainConfig(bootstrap_draws=2)


def main(paths: list[str], searches: list[str]) -> None:
    names = ("HealthAdvice", "claim strength, PubMed", "claim strength, press")
    sets = {name: read_labelled([path]) for name, path in zip(names, paths, strict=True)}
    pubmed, press = sets[names[1]], sets[names[2]]
    rows = [[name, *within(name, data, searches)] for name, data in sets.items()]
    rows.append(["PubMed to press", *across(pubmed, press, searches)])
    print("# Other people's labels\n")
    print(
        f"Command: `python benchmarks/public_sets.py ... {' '.join(searches)}`; sets: its docstring.\n"
    )
    print(
        "Macro-F1, of `train --search` as named and of its baselines; five grouped folds, seed 0.\n"
    )
    header = ["", "units", *(f"search {search}" for search in searches), *BASELINES]
    print("\n".join(markdown(header, rows)))


def within(name: str, data: Dataset, searches: list[str]) -> list[str]:
    """Cross-validated."""
    cells = [str(len(data.pages))]
    for search in searches:
        began = time.process_time()
        model = train(
            data, CONFIG, search=search, with_baselines=search == searches[-1], progress=say
        )
        metrics = model.about["metrics"]
        cells.append(f"{metrics['macro_f1']:.3f}")
        say(f"{name}, {search}: {metrics['macro_f1']:.4f}, {time.process_time() - began:.0f} s CPU")
    return cells + [f"{metrics['baselines'][one]['macro_f1']:.3f}" for one in BASELINES]


def across(data: Dataset, other: Dataset, searches: list[str]) -> list[str]:
    """Trained on one set, measured on the other."""
    cells = [str(len(other.pages))]
    for search in searches:
        found = evaluate_model(train(data, CONFIG, search=search), Analyser(split=False), other)
        cells.append(f"{found['macro_f1']:.3f}")
        say(f"across, {search}: {found['macro_f1']:.4f}")
    texts, unseen = (np.array([p.text for p in of.pages], dtype=object) for of in (data, other))
    truth, gold = (
        np.array([[k in p.segments[0].labels for k in data.labels] for p in of.pages])
        for of in (data, replace(other, labels=data.labels))
    )
    for scores in baseline_scores(texts, truth, unseen, True):
        f1 = f1_score(gold.argmax(axis=1), scores.argmax(axis=1), average="macro", zero_division=0)
        cells.append(f"{f1:.3f}")
    return cells


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(sys.argv[1:4], sys.argv[4:] or list(SEARCHES))
