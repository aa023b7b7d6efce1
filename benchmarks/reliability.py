"""How often a score keeps its word: reliability of the shipped model's scores, label by label.

python benchmarks/reliability.py DEV.jsonl [--model DIR] > benchmarks/reliability.md
"""

import argparse

import numpy as np

from classifier.analysis import Bool, Float
from classifier.corpus.labelled import read_labelled
from classifier.model.shipped import bundle_at
from classifier.report.tables import markdown
from classifier.run.scorer import Scorer
from classifier.training.evaluation import scored
from classifier.training.metrics import calibration_error, reliability

#: Draws of labels for scores that are perfectly calibrated.
DRAWS = 1000


def by_chance(score: Float) -> tuple[float, float]:
    """Mean and 95th percentile of the error of these scores if each were the label's probability.

    Labels are drawn independently; those of one page are alike, so that the truth is higher.
    """
    random_state = np.random.default_rng(0)
    errors = [
        calibration_error(random_state.random(len(score)) < score, score) for _ in range(DRAWS)
    ]
    return float(np.mean(errors)), float(np.percentile(errors, 95))


def section(title: str, truth: Bool, score: Float) -> list[str]:
    """One label of sentences or pages."""
    mean, high = by_chance(score)
    rows = [
        [f"{b.low:.2f} to {b.high:.2f}", f"{b.n}", f"{b.score:.3f}", f"{b.share:.3f}"]
        for b in reliability(truth, score)
    ]
    return [
        f"## {title}",
        "",
        f"Expected calibration error {calibration_error(truth, score):.3f}; {mean:.3f} on average, "
        f"and at most {high:.3f} in 95 of 100 cases, were each score the probability itself.",
        "",
        *markdown(["score", "n", "mean score", "share with the label"], rows),
        "",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dev", help="labelled pages to measure on")
    parser.add_argument("--model", default=bundle_at(None))
    options = parser.parse_args()
    scorer = Scorer(options.model)
    data, gold, sentences, pages = scored(
        scorer.model, scorer.analyser, read_labelled([options.dev])
    )
    page_truth = gold.page_truth(len(data.pages))
    lines = [
        "# Reliability",
        "",
        f"`python benchmarks/reliability.py DEV.jsonl`, model `{scorer.model.name}`, "
        f"{len(gold.truth)} sentences of {len(data.pages)} pages.",
        "",
    ]
    for column, label in enumerate(data.labels):
        sentence_score = gold.scores(sentences)[:, column]
        lines += section(f"{label}, sentences", gold.truth[:, column], sentence_score)
        lines += section(f"{label}, pages", page_truth[:, column], pages[:, column])
    print("\n".join(lines).rstrip())


if __name__ == "__main__":
    main()
