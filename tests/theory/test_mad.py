"""MAD's fresh loop: admissible sizes, and the first fit in many dimensions."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theory import FourthMoments, HypothesisError
from theory.formulas import fresh_gain, mad_threshold_variance
from theory.mad import first_fit_distance, largest_admissible


@pytest.mark.parametrize(("bias", "alone", "both"), [(0.7, 29, 65), (0.85, 71, 147), (0.9, 115, 230)])
def test_golden_admissible_sizes(bias, alone, both):
    assert largest_admissible(100, bias) == alone
    assert largest_admissible(100, bias, "both") == both


@settings(max_examples=30)
@given(st.integers(4, 10**6), st.floats(0.0, 0.9))
def test_the_largest_is_admissible_and_one_more_is_not(n_r, bias):
    k = largest_admissible(n_r, bias)
    pair = FourthMoments(np.full(2, n_r), np.array([max(k, 1), k + 1]), 0.0, "fresh", "unbiased", bias).stationary()
    allowed = 2 / (n_r - 1)
    assert (pair.variance_error[0] <= allowed) == (k >= 1)
    assert pair.variance_error[1] > allowed
    if n_r >= 1000:
        assert k <= mad_threshold_variance(bias) + 1


def test_few_real_points_admit_more_than_many():
    """Not monotone in n_r: the limit for many points is neither a bound nor approached from one side."""
    assert [largest_admissible(n, 0.0) for n in (4, 8, 1000)] == [16, 7, 4]
    assert largest_admissible(10, 0.9) < largest_admissible(4, 0.9) < largest_admissible(1000, 0.9)


@pytest.mark.parametrize(("n_r", "criterion"), [(2, "variance"), (3, "variance"), (5, "both")])
def test_too_few_real_points_have_no_largest_size(n_r, criterion):
    with pytest.raises(HypothesisError, match="not below that of a collapsed model"):
        largest_admissible(n_r, 0.5, criterion)


def test_less_bias_admits_more():
    found = [largest_admissible(1000, bias) for bias in (0.0, 0.3, 0.6, 0.9)]
    assert found == sorted(found) and found[0] < found[-1]


def test_effective_size_never_doubles():
    for k in (1, 10, 900, 10**6):
        M = float(FourthMoments(100, k, 0.0, "fresh", "unbiased").stationary().delta2)
        assert 1 <= 1 / (100 * M) < 2
    assert fresh_gain(0.9) == pytest.approx(1.9)


def test_first_fit_distance_is_marchenko_pastur():
    assert first_fit_distance(100, 100) == pytest.approx(1 + 100 * (2 - 16 / (3 * math.pi)), rel=1e-9)
    n = 10**6  # small c: (d + d c^2/...)/n: d/n from the mean, d c/4 from the spread, relative error O(c)
    assert first_fit_distance(100, n) == pytest.approx(100 / n + 100 * 1e-4 / 4, rel=1e-3)
    values = [first_fit_distance(50, n) for n in (10, 25, 50, 100, 1000)]
    assert values == sorted(values, reverse=True)


@given(st.integers(1, 300), st.integers(1, 300))
def test_first_fit_distance_is_finite_on_both_sides_of_one(d, n):
    """Between the mean's part d/n and twice d more: the eigenvalues have mean 1."""
    assert d / n < first_fit_distance(d, n) < d / n + 2 * d


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: largest_admissible(1, 0.5), "n_r must be a whole number >= 2"),
        (lambda: largest_admissible(100, -0.1), "bias must lie in"),
        (lambda: largest_admissible(100, math.nan), "bias must lie in"),
        (lambda: largest_admissible(100, 1.5), "bias must lie in"),
        (lambda: largest_admissible(100, 0.9999), "too many points to search"),
        (lambda: largest_admissible(100, 0.5, "mean"), "criterion must be"),
        (lambda: first_fit_distance(0, 10), "d must be a whole number"),
        (lambda: first_fit_distance(10, 0), "n must be a whole number"),
    ],
)
def test_bad_sizes_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_honest_sampling_has_no_largest_size():
    with pytest.raises(HypothesisError, match="there is no largest one"):
        largest_admissible(100, 1.0)
