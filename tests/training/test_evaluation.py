"""The alignment rule, the metrics and their intervals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    f1_score,
    precision_score,
    recall_score,
    roc_auc_score,
)

from classifier.analysis import CUES, LAYOUT, Analysis, bounds
from classifier.corpus.alignment import Alignment, align
from classifier.errors import DataError
from classifier.run.scorer import Scorer
from classifier.schema import Dataset, LabelledPage, Segment
from classifier.training import metrics
from classifier.training.evaluation import evaluate, evaluate_model
from classifier.training.metrics import CALIBRATION_BINS, calibration_error, flag_metrics, interval

Span = tuple[int, int]
flags = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30)


def analysis_of(*pages: list[Span]) -> Analysis:
    """Sentences at the given offsets, with nothing in them."""
    spans = [span for page in pages for span in page]
    n = len(spans)
    start, end = np.array(spans, dtype=np.int64).reshape(-1, 2).T
    none, hashes = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.uint64)
    return Analysis(
        page_bounds=bounds(np.array([len(page) for page in pages])),
        sentence_bounds=np.zeros(n + 1, dtype=np.int64), start=start, end=end,
        word=hashes, stem=hashes, kind=hashes,
        cue_rule=none, cue_sentence=none, cue_start=none, cue_end=none,
        layout=np.zeros((n, len(LAYOUT))), cues=np.zeros((n, len(CUES))),
        heading=np.full(n, -1), lead=np.full(n, -1),
        encoded=np.zeros((n, 0)), encoded_alone=np.zeros((n, 0)),
    )  # fmt: skip


def gold(start: int, end: int, *labels: str) -> Segment:
    return Segment(start, end, frozenset(labels))


def data_of(*pages: list[Segment], **options: object) -> Dataset:
    listed = [
        LabelledPage(f"p{i}", f"g{i}", "x" * 100, tuple(page)) for i, page in enumerate(pages)
    ]
    return Dataset(tuple(listed), ("a", "b"), **options)


# ---------------------------------------------------------------------------------- alignment

#: Sentences, segments, and which sentences each segment is matched by.
OVERLAPS = [
    ([(0, 10), (11, 20)], [(0, 10), (11, 20)], [[0], [1]]),
    ([(0, 10), (11, 20)], [(0, 20)], [[0, 1]]),
    ([(0, 20)], [(0, 10), (11, 20)], [[0], [0]]),
    ([(0, 10)], [(5, 20)], [[0]]),  # exactly half of the shorter
    ([(0, 10)], [(6, 20)], [[]]),
    ([(0, 100)], [(90, 94)], [[0]]),  # the shorter of the two counts
    ([(0, 10)], [(10, 20)], [[]]),
    ([(0, 10), (10, 13), (13, 30)], [(8, 20)], [[1, 2]]),
    ([], [(0, 4)], [[]]),
    ([(0, 3)], [], []),
]


@pytest.mark.parametrize(("sentences", "segments", "expected"), OVERLAPS)
def test_overlap(sentences: list[Span], segments: list[Span], expected: list[list[int]]) -> None:
    found = align(analysis_of(sentences), data_of([gold(*span) for span in segments]))
    edges = zip(found.match_bounds[:-1], found.match_bounds[1:], strict=True)
    assert [found.match_sentence[a:b].tolist() for a, b in edges] == expected


@pytest.fixture(scope="module")
def alignment() -> Alignment:
    """Page 0: two sentences in one segment, one in none. Page 1: empty. Page 2: one missed."""
    X = analysis_of([(0, 9), (10, 19), (20, 29)], [], [(0, 50)])
    segments = [gold(0, 19, "a")], [], [gold(0, 20, "a"), gold(20, 50, "b"), gold(60, 80, "b")]
    return align(X, data_of(*segments))


def test_labels_of_sentences(alignment: Alignment) -> None:
    nan = np.nan
    np.testing.assert_array_equal(alignment.y, [[1, 0], [1, 0], [nan, nan], [1, 1]])


def test_truth_of_segments_and_pages(alignment: Alignment) -> None:
    assert alignment.truth.tolist() == [[True, False], [True, False], [False, True], [False, True]]
    assert alignment.segment_page.tolist() == [0, 2, 2, 2]
    assert alignment.page_truth(3).tolist() == [[True, False], [False, False], [True, True]]


def test_scores_of_segments(alignment: Alignment) -> None:
    sentences = np.array([[0.1, 0.4], [0.3, 0.2], [0.9, 0.9], [0.6, 0.7]])
    expected = [[0.3, 0.4], [0.6, 0.7], [0.6, 0.7], [0.0, 0.0]]
    np.testing.assert_array_equal(alignment.scores(sentences), expected)


def test_nothing_matches() -> None:
    found = align(analysis_of([]), data_of([gold(0, 4, "a")]))
    assert found.scores(np.zeros((0, 2))).tolist() == [[0.0, 0.0]]


# ---------------------------------------------------------------------------------- metrics


@settings(deadline=None, max_examples=60)
@given(flags)
def test_flag_metrics(listed: list[tuple[bool, bool]]) -> None:
    truth, flag = np.array(listed).T
    assert flag_metrics(truth, flag) == pytest.approx(
        {
            "precision": precision_score(truth, flag, zero_division=0),
            "recall": recall_score(truth, flag, zero_division=0),
            "f1": f1_score(truth, flag, zero_division=0),
        }
    )


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=30))
def test_calibration_error_bin_by_bin(listed: list[tuple[bool, float]]) -> None:
    bins: dict[int, list[tuple[bool, float]]] = {}
    for truth, score in listed:
        place = min(int(score * CALIBRATION_BINS), CALIBRATION_BINS - 1)
        bins.setdefault(place, []).append((truth, score))
    gaps = [abs(np.mean([s for _, s in b]) - np.mean([t for t, _ in b])) for b in bins.values()]
    expected = np.average(gaps, weights=[len(b) for b in bins.values()])
    truth, score = np.array(listed).T
    assert calibration_error(truth, score) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("truth", "score", "expected"),
    [([1, 0], [1.0, 0.0], 0.0), ([0, 1], [1.0, 0.0], 1.0), ([1, 0], [0.5, 0.5], 0.0), ([], [], 0)],
)
def test_calibration_error(truth: list[int], score: list[float], expected: float) -> None:
    assert calibration_error(np.array(truth), np.array(score)) == pytest.approx(expected)


TRUTH = np.array([[1, 0], [0, 0], [1, 0], [0, 0], [1, 0], [0, 0]], dtype=bool)
SCORES = np.array([[0.9, 0.2], [0.6, 0.1], [0.4, 0.3], [0.3, 0.8], [0.7, 0.1], [0.1, 0.1]])


def scored_units(**options: object) -> tuple[Dataset, Alignment]:
    """Three pages of two units each, every unit a sentence of its own."""
    names = np.array(["a", "b"])
    rows = [frozenset(names[row].tolist()) for row in TRUTH]
    pages = [[Segment(0, 9, rows[i]), Segment(10, 19, rows[i + 1])] for i in (0, 2, 4)]
    data = data_of(*pages, **options)
    return data, align(analysis_of(*[[(0, 9), (10, 19)]] * 3), data)


def test_report() -> None:
    data, alignment = scored_units()
    pages = np.array([[0.9, 0.2], [0.5, 0.8], [0.7, 0.1]])
    report = evaluate(data, alignment, SCORES, pages, {"a": 0.5, "b": 0.5}, draws=20)
    assert (report["pages"], report["units"], report["groups"]) == (3, 6, 3)
    found = report["labels"]["a"]["sentence"]
    truth, score = TRUTH[:, 0], SCORES[:, 0]
    assert (found["n"], found["positives"]) == (6, 3)
    assert found["average_precision"] == pytest.approx(average_precision_score(truth, score))
    assert found["roc_auc"] == pytest.approx(roc_auc_score(truth, score))
    assert found["f1"] == pytest.approx(f1_score(truth, score >= 0.5))
    best = max(f1_score(truth, score >= value) for value in score)
    assert found["best_f1"] == pytest.approx(best)
    assert set(found["intervals"]) == {"average_precision", "f1"}
    page = report["labels"]["a"]["page"]
    assert (page["n"], page["positives"], page["recall"]) == (3, 3, pytest.approx(2 / 3))


def test_a_label_without_positives_has_no_ranking_metrics() -> None:
    data, alignment = scored_units()
    report = evaluate(data, alignment, SCORES, SCORES[::2], {"a": 0.5, "b": 0.5}, draws=5)
    found = report["labels"]["b"]["sentence"]
    assert set(found) == {"n", "positives", "precision", "recall", "f1", "calibration_error"}
    assert found["positives"] == found["f1"] == 0


def test_thresholds_by_segment() -> None:
    """Cross-fitting gives each fold a threshold of its own."""
    data, alignment = scored_units()
    own = [SCORES[:, 0] + np.where(TRUTH[:, 0], -0.01, 0.01), np.ones(6)]
    report = evaluate(data, alignment, SCORES, SCORES[::2], own, draws=5)
    assert report["labels"]["a"]["sentence"]["f1"] == pytest.approx(1)


def test_exclusive_labels() -> None:
    rows = np.array([0, 1, 0, 1, 1, 0])
    pages = [[gold(0, 9, "ab"[row])] for row in rows]
    data = data_of(*pages, exclusive=True, unit="record")
    alignment = align(analysis_of(*[[(0, 9)]] * 6), data)
    report = evaluate(data, alignment, SCORES, SCORES, {}, draws=20)
    predicted = SCORES.argmax(axis=1)
    assert report["accuracy"] == pytest.approx(accuracy_score(rows, predicted))
    assert report["macro_f1"] == pytest.approx(f1_score(rows, predicted, average="macro"))
    low, high = report["macro_f1_interval"]
    assert 0 <= low <= high <= 1
    assert set(report["labels"]["a"]) == {"record"}


# ---------------------------------------------------------------------------------- intervals


def test_interval_draws_whole_groups() -> None:
    group = np.array([2, 0, 1, 0, 2, 2])
    drawn = []

    def spy(rows: np.ndarray) -> float:
        drawn.append(np.bincount(group[rows], minlength=3).tolist())
        return float(len(rows))

    low, high = interval(spy, None, group, draws=50)
    sizes = np.bincount(group)
    assert all(count % size == 0 for row in drawn for count, size in zip(row, sizes, strict=True))
    assert all(
        sum(count // size for count, size in zip(row, sizes, strict=True)) == 3 for row in drawn
    )
    assert len(drawn) == 50
    assert 3 <= low < high <= 9


def test_interval_is_deterministic_and_holds_the_estimate() -> None:
    rng = np.random.default_rng(5)
    values, group = rng.random(200), np.arange(200) // 4

    def mean(rows: np.ndarray) -> float:
        return float(values[rows].mean())

    low, high = interval(mean, None, group, draws=200)
    assert (low, high) == interval(mean, None, group, draws=200)
    assert low < values.mean() < high
    assert high - low < 0.2


@pytest.mark.parametrize(
    ("truth", "group"), [([1, 1, 1], [0, 1, 2]), ([0, 0], [0, 0]), ([1, 0], [0, 1])]
)
def test_draws_with_one_class_are_left_out(truth: list[int], group: list[int]) -> None:
    seen = []

    def spy(rows: np.ndarray) -> float:
        seen.append(rows)
        return 1.0

    labels = np.array(truth, dtype=bool)
    found = interval(spy, labels, np.array(group), draws=10)
    assert all(labels[rows].any() and not labels[rows].all() for rows in seen)
    assert found == ((1.0, 1.0) if len(set(truth)) == 2 else None)


# ---------------------------------------------------------------------------------- models


def test_evaluate_model(scorer: Scorer, dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "interval", lambda *_: None)  # slow, and tested above
    report = evaluate_model(scorer.model, scorer.analyser, dataset)
    assert report["units"] == sum(len(page.segments) for page in dataset.pages)
    for label in dataset.labels:
        assert report["labels"][label]["sentence"]["average_precision"] > 0.9, "seen in training"
    turned = replace(dataset, labels=dataset.labels[::-1])
    assert evaluate_model(scorer.model, scorer.analyser, turned) == report, "any order of labels"


@pytest.mark.parametrize(
    "change", [{"labels": ("promotional",)}, {"labels": ("x", "y")}, {"unit": "record"}]
)
def test_data_that_do_not_fit_the_model(
    change: dict[str, object], scorer: Scorer, dataset: Dataset
) -> None:
    with pytest.raises(DataError, match="the model tiny@"):
        evaluate_model(scorer.model, scorer.analyser, replace(dataset, **change))
