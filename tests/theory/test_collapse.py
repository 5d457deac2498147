"""The fully synthetic loop: exponents, log det, c4, W2."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theory import c4, logdet_drift, logdet_variance, lyapunov_exponents
from theory.collapse import w2_fourth, w2_squared

SIZES = st.tuples(st.integers(1, 6), st.integers(1, 10**6)).map(lambda pair: (pair[0], pair[0] + pair[1]))
NAMES = st.sampled_from(["mle", "unbiased"])


@given(SIZES, NAMES, st.floats(1e-6, 1))
def test_exponents_fall_sum_to_the_drift_and_shift_with_the_bias(size, name, bias):
    d, k = size
    found = lyapunov_exponents(k, d, name)
    assert (np.diff(found) < 0).all() and (found < 0).all()
    assert found.sum() == pytest.approx(logdet_drift(k, d, name), rel=1e-12)
    assert lyapunov_exponents(k, d, name, bias) - found == pytest.approx(np.full(d, math.log(bias)), abs=1e-9)
    assert logdet_variance(k, d) > 0


def test_golden_collapse():
    assert lyapunov_exponents(12, 3, "unbiased") == pytest.approx([-0.093655, -0.198630, -0.315877], abs=5e-7)
    assert logdet_drift(50, 2, "unbiased") == pytest.approx(-0.0621442, abs=5e-8)
    assert logdet_drift(50, 2) == pytest.approx(-0.1025497, abs=5e-8)
    assert c4(20) == pytest.approx(0.9869343, abs=5e-8)
    assert w2_squared(20, 40) == pytest.approx(2.81816, abs=5e-6)


@given(st.integers(2, 10**7))
def test_c4_rises_to_one(k):
    assert 0 < c4(k) < 1
    assert c4(k) == pytest.approx(1 - 1 / (4 * k) - 7 / (32 * k * k), abs=1 / k**3 + 1e-15)
    assert c4(k) <= c4(k + 1) * (1 + 1e-13)


@given(st.integers(3, 1000), st.integers(0, 50))
def test_w2_moments_are_ordered_and_start_at_the_truth(k, generations):
    assert w2_fourth(k, generations) >= w2_squared(k, generations) ** 2 * (1 - 1e-9)
    assert w2_squared(k, 0) == 0 and w2_fourth(k, 0) == pytest.approx(0, abs=1e-12)


def test_w2_moments_of_simulated_loops():
    """k = 15, 8 generations, 200,000 runs: within 5 standard errors; t/k alone is told apart."""
    rng, runs, k = np.random.default_rng(1), 200_000, 15
    mean, sd = np.zeros(runs), np.ones(runs)
    for _ in range(8):
        mean = mean + sd * rng.standard_normal(runs) / math.sqrt(k)
        sd = sd * np.sqrt(rng.chisquare(k - 1, runs) / (k - 1))
    square = mean**2 + (sd - 1) ** 2
    for values, expected in ((square, w2_squared(k, 8)), (square**2, w2_fourth(k, 8))):
        assert abs(values.mean() - expected) < 5 * values.std() / math.sqrt(runs)
    assert abs(square.mean() - 8 / k) > 5 * square.std() / math.sqrt(runs)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: lyapunov_exponents(3, 3), "k must be a whole number >= 4"),
        (lambda: lyapunov_exponents(5, 0), "d must be a whole number >= 1"),
        (lambda: lyapunov_exponents(5, 2, bias=0.0), "bias must lie in"),
        (lambda: lyapunov_exponents(5, 2, bias=math.nan), "bias must lie in"),
        (lambda: lyapunov_exponents(5, 2, "ml"), "normalisation must be"),  # type: ignore[arg-type]
        (lambda: logdet_variance(2, 2), "k must be a whole number >= 3"),
        (lambda: c4(1), "k must be a whole number >= 2"),
        (lambda: c4(math.nan), "k must be a whole number >= 2"),  # type: ignore[arg-type]
        (lambda: w2_squared(10, -1), "generations must be a whole number"),
        (lambda: w2_fourth(1, 3), "k must be a whole number >= 2"),
    ],
)
def test_bad_sizes_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
