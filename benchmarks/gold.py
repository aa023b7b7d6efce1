"""Labelled pages as the benchmarks see them: the command line, gold segments as units, intervals.

Everything is measured on gold segments. Intervals are 95 % bootstraps over pages.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from sklearn.metrics import average_precision_score

from classifier.analysis import Bool, Float, Int
from classifier.corpus.alignment import Alignment
from classifier.corpus.labelled import read_labelled
from classifier.schema import Dataset, LabelledPage
from classifier.training.metrics import interval

#: Draws of the bootstrap.
DRAWS = 1000


def command_line(description: str) -> argparse.ArgumentParser:
    """``--dev DEV TRAIN...``, as all benchmarks of accuracy take it."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dev", required=True, help="labelled pages to measure on")
    parser.add_argument("train", nargs="+", help="labelled pages to train on")
    return parser


def read(options: argparse.Namespace) -> tuple[Dataset, Dataset]:
    """Training and DEV pages; each DEV page is a group, so that intervals are over pages."""
    train, dev = read_labelled(options.train), read_labelled([options.dev])
    pages = tuple(replace(page, group=page.id) for page in dev.pages)
    return train, replace(dev, pages=pages)


def from_corpus(page: LabelledPage) -> bool:
    """Whether the page is of the invented corpus, whose pages have a family."""
    return "family" in page.columns


def texts(data: Dataset) -> list[str]:
    """The gold segments, page by page."""
    return [page.text[s.start : s.end] for page in data.pages for s in page.segments]


def exact(data: Dataset) -> Alignment:
    """The gold segments aligned with themselves, for who takes them as sentences."""
    rows = [[label in s.labels for label in data.labels] for p in data.pages for s in p.segments]
    truth = np.array(rows, dtype=bool).reshape(-1, len(data.labels))
    number = np.arange(len(truth))
    page = np.repeat(np.arange(len(data.pages)), [len(page.segments) for page in data.pages])
    return Alignment(truth.astype(float), truth, page, np.arange(len(truth) + 1), number)


def part(data: Dataset, pages: Bool) -> Dataset:
    """The pages of a mask."""
    return replace(data, pages=tuple(p for p, kept in zip(data.pages, pages, strict=True) if kept))


def average_precision(truth: Bool, score: Float, page: Int) -> str:
    """``value [low, high]`` of one label."""
    return _cell(lambda rows: float(average_precision_score(truth[rows], score[rows])), truth, page)


def difference(truth: Bool, score: Float, reference: Float, page: Int) -> str:
    """Average precision less that of the reference, on the same draws of pages."""

    def gap(rows: Int) -> float:
        of_both = [average_precision_score(truth[rows], s[rows]) for s in (score, reference)]
        return float(of_both[0] - of_both[1])

    return _cell(gap, truth, page, "+.3f")


def _cell(metric: Callable[[Int], float], truth: Bool, page: Int, form: str = ".3f") -> str:
    value = metric(np.arange(len(truth)))
    low, high = interval(metric, truth, page, DRAWS) or (float("nan"), float("nan"))
    return f"{value:{form}} [{low:{form}}, {high:{form}}]"
