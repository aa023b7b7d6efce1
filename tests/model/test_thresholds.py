"""The threshold with the highest F1, against all thresholds tried one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.model.bundle import DECIMALS
from classifier.model.thresholds import best_f1

scores = st.floats(0, 1) | st.sampled_from([0.0, 1e-7, 0.25, 0.5, 0.5000001, 0.5000004, 1.0])
samples = st.lists(st.tuples(st.booleans(), scores), min_size=1, max_size=30)


def f1(truth: np.ndarray, flag: np.ndarray) -> float:
    return float(2 * (truth & flag).sum() / max(truth.sum() + flag.sum(), 1))


@settings(deadline=None, max_examples=300)
@given(samples)
def test_no_threshold_does_better(listed: list[tuple[bool, float]]) -> None:
    """On scores as they are written: six decimals."""
    truth = np.array([holds for holds, _ in listed])
    score = np.array([value for _, value in listed])
    chosen = best_f1(truth, score)
    written = np.round(score, DECIMALS)
    flag = written >= chosen.value
    assert f1(truth, flag) == pytest.approx(max(f1(truth, written >= value) for value in written))
    assert chosen.precision == pytest.approx((truth & flag).sum() / flag.sum())
    assert chosen.recall == pytest.approx((truth & flag).sum() / max(truth.sum(), 1))
    assert (chosen.n, chosen.positives) == (len(listed), truth.sum())
    assert 0 <= chosen.value <= 1
    assert chosen.value == round(chosen.value, DECIMALS)


@pytest.mark.parametrize(
    ("truth", "score", "value"),
    [
        ([1, 0], [0.8, 0.4], 0.6),  # half-way to the next score
        ([1, 1], [0.8, 0.4], 0.2),
        ([0, 0], [0.8, 0.4], 0.6),  # nothing to find: the highest of equals
        ([1, 0, 1, 0], [0.9, 0.7, 0.5, 0.1], 0.3),
        ([1, 0, 0, 1], [0.9, 0.9, 0.5, 0.9], 0.7),  # ties are flagged together
        ([1, 0], [0.3, 0.3], 0.15),
        ([1], [0.0], 0.0),
    ],
)
def test_known_cases(truth: list[int], score: list[float], value: float) -> None:
    found = best_f1(np.array(truth, dtype=bool), np.array(score)).value
    assert found == pytest.approx(value, abs=1.5e-6), "rounded up to six decimals"


def test_a_tolerance_prefers_the_higher_threshold() -> None:
    truth = np.array([1] * 60 + [0] * 20 + [1] * 14 + [0] * 6, dtype=bool)
    score = np.linspace(0.99, 0.0, 100)
    best, tolerant = best_f1(truth, score), best_f1(truth, score, 0.05)
    assert tolerant.value > best.value
    assert f1(truth, score >= tolerant.value) >= f1(truth, score >= best.value) - 0.05
