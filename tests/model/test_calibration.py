"""From logits to probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from classifier.model.calibration import (
    apply_page,
    apply_sigmoid,
    fit_page,
    fit_sigmoid,
    page_features,
)

FEW = settings(deadline=None, max_examples=30)
numbers = st.floats(-20, 20)
shares = st.floats(0, 1)


def sample(seed: int, n: int, slope: float, bias: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    z = rng.normal(size=n) * 2
    return z, (rng.random(n) < expit(slope * z + bias)).astype(float)


@pytest.mark.parametrize(("slope", "bias"), [(1.0, 0.0), (0.5, -1.0), (3.0, 2.0)])
def test_sigmoid_finds_the_true_parameters(slope: float, bias: float) -> None:
    z, y = sample(0, 20_000, slope, bias)
    np.testing.assert_allclose(fit_sigmoid(z, y), [slope, bias], rtol=0.1, atol=0.1)


@pytest.mark.parametrize(
    ("z", "y"),
    [
        ([-2.0, -1.0, 1.0, 2.0], [1, 1, 0, 0]),  # the wrong way round: no weight below 0
        ([-2.0, -1.0, 1.0, 2.0], [0, 0, 1, 1]),  # separable: finite
        ([0.0, 0.0, 0.0], [0, 1, 0]),
        ([5.0, -5.0], [1, 1]),
        ([5.0, -5.0], [0, 0]),
    ],
)
def test_sigmoid_stays_sane(z: list[float], y: list[int]) -> None:
    a, b = fit_sigmoid(np.array(z), np.array(y, dtype=float))
    assert np.isfinite([a, b]).all()
    assert 0 <= a < 20


def test_mean_score_is_the_base_rate() -> None:
    z, y = sample(1, 500, 0.2, -2.0)
    p = apply_sigmoid(z[:, None], fit_sigmoid(z, y)[None])
    assert p.mean() == pytest.approx(y.mean(), abs=0.01)


@FEW
@given(st.lists(st.tuples(numbers, st.booleans()), min_size=1, max_size=20))
def test_sigmoid_never_turns_the_order_round(samples: list[tuple[float, bool]]) -> None:
    z, y = np.array(samples, dtype=float).T
    p = apply_sigmoid(np.sort(z)[:, None], fit_sigmoid(z, y)[None])[:, 0]
    assert ((p >= 0) & (p <= 1)).all()
    assert (np.diff(p) >= 0).all()


def test_apply_sigmoid_by_column() -> None:
    z = np.array([[0.0, 1.0], [2.0, -1.0]])
    found = apply_sigmoid(z, np.array([[1.0, 0.0], [2.0, 1.0]]))
    np.testing.assert_allclose(found, expit([[0.0, 3.0], [2.0, -1.0]]))


def test_page_features() -> None:
    p = np.array([0.5, 0.5, 0.2])
    found = page_features(p, np.array([0, 2, 2, 3]))
    np.testing.assert_allclose(found[0], logit([0.75, 0.5]))
    np.testing.assert_allclose(found[2], logit([0.2, 0.2]))
    assert np.isfinite(page_features(np.array([1.0, 0.0]), np.array([0, 1, 2]))).all()


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [([1.0, 0.0, 0.0], 0.75), ([0.0, 1.0, 0.0], 0.5), ([0.0, 0.0, 0.0], 0.5)],
)
def test_apply_page(parameters: list[float], expected: float) -> None:
    p = np.array([[0.5], [0.5]])
    found = apply_page(p, np.array([0, 2, 2]), np.array([parameters]))
    np.testing.assert_allclose(found, [[expected], [0.0]])


@FEW
@given(st.lists(st.tuples(st.lists(shares, max_size=5), st.booleans()), min_size=1, max_size=8))
def test_page_weights_are_not_negative(pages: list[tuple[list[float], bool]]) -> None:
    p = np.array([share for page, _ in pages for share in page])
    page_bounds = np.cumsum([0] + [len(page) for page, _ in pages])
    a, b, c = fit_page(p, page_bounds, np.array([float(truth) for _, truth in pages]))
    assert np.isfinite([a, b, c]).all()
    assert min(a, b) >= 0


@FEW
@given(st.lists(shares, min_size=1, max_size=6), shares, st.tuples(*[st.floats(0, 5)] * 2, numbers))
def test_one_more_sentence_never_lowers_a_page(
    page: list[float], more: float, parameters: tuple[float, float, float]
) -> None:
    before, after = (
        apply_page(np.array(p)[:, None], np.array([0, len(p)]), np.array([parameters]))[0, 0]
        for p in (page, [*page, more])
    )
    assert after >= before - 1e-9


def test_page_fit_without_any_sentence() -> None:
    found = fit_page(np.zeros(0), np.array([0, 0, 0]), np.zeros(2))
    np.testing.assert_allclose(found, [0.5, 0.5, 0.0])
