"""Measure whether the invented corpus teaches what real pages teach.

    python benchmarks/transfer.py REAL_TRAIN.jsonl REAL_DEV.jsonl > benchmarks/transfer.md

Trains the project's model on the corpus alone, on labelled real pages alone, and on both, and measures
each on other real pages by the rules of ``classifier.training.evaluation``. "Equal" draws whole sites
of the corpus at random (seed 0) until they hold as many units as the real pages.
"""

import random
import sys
from dataclasses import replace

from classifier.corpus.labelled import read_labelled
from classifier.report.tables import markdown
from classifier.schema import Dataset
from classifier.text import Analyser
from classifier.training.config import TrainConfig
from classifier.training.evaluation import evaluate_model
from classifier.training.training import train


def main(real_path: str, dev_path: str) -> None:
    real, dev = read_labelled([real_path]), read_labelled([dev_path])
    corpus = read_labelled(["data/corpus"])
    sources = {
        "corpus, equal": equal(corpus, units(real)),
        "real, equal": real,
        "corpus, all": corpus,
        "corpus and real": replace(corpus, pages=corpus.pages + real.pages),
    }
    analyser = Analyser()
    found = {}
    for name, data in sources.items():
        model = train(data, TrainConfig(bootstrap_draws=2), n_jobs=-1)
        found[name] = evaluate_model(model, analyser, dev)["labels"]
        print(name, "done", file=sys.stderr)
    rows = []
    for name, data in sources.items():
        row = [name, str(units(data))]
        for label in dev.labels:
            now, reference = found[name][label]["sentence"], found["real, equal"][label]["sentence"]
            low, high = now["intervals"]["average_precision"]
            ratio = now["average_precision"] / reference["average_precision"]
            row += [f"{now['average_precision']:.3f} [{low:.3f}, {high:.3f}]", f"{ratio:.2f}"]
            row += [f"{now['best_f1']:.3f}"]
        rows.append(row)
    header = ["trained on", "units"]
    header += [
        f"{label}: {metric}" for label in dev.labels for metric in ("AP", "ratio", "best F1")
    ]
    print("# Transfer from the corpus to real pages\n")
    print("Command: `python benchmarks/transfer.py REAL_TRAIN.jsonl REAL_DEV.jsonl`\n")
    print(
        f"Sentences of {len(dev.pages)} real pages ({units(dev)} units) of sites that no training set"
    )
    print(
        "holds. AP: average precision with 95 % bootstrap interval over sites. Ratio: AP divided by"
    )
    print("that of the equal number of real sentences.\n")
    print("\n".join(markdown(header, rows)))


def units(data: Dataset) -> int:
    return sum(len(page.segments) for page in data.pages)


def equal(data: Dataset, n: int) -> Dataset:
    """Whole groups drawn at random until they hold ``n`` units."""
    groups = sorted({page.group for page in data.pages})
    random.Random(0).shuffle(groups)
    chosen: set[str] = set()
    count = 0
    for group in groups:
        if count >= n:
            break
        chosen.add(group)
        count += sum(len(page.segments) for page in data.pages if page.group == group)
    return replace(data, pages=tuple(page for page in data.pages if page.group in chosen))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
