"""Where formulas meet the ends of their arguments: many points, huge rewards, infinite strength, what is no number."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theory import formulas, moments
from theory.accumulation import mean_field, ramp_counts, training_size
from theory.certificates import distance_bound
from theory.collapse import c4, w2_fourth, w2_squared
from theory.curation import choice_weight, curate, divergence
from theory.fourth import FourthMoments
from theory.polynomial import monomials, variables
from theory.rejection import second_moments

HALF, REWARD = np.array([0.5, 0.5]), np.array([0.0, 1.0])
POINTS = np.random.default_rng(22).normal(size=(2, 25, 2))


@given(st.floats(math.log(2), math.log(1e15)).map(lambda x: round(math.exp(x))))
def test_c4_to_full_precision(k: int) -> None:
    """c4(k) c4(k+1) = sqrt((k-1)/k), as Gamma((k+1)/2) = (k-1)/2 Gamma((k-1)/2): to a few roundings, any k."""
    assert 0 < c4(k) <= c4(k + 1) < 1
    assert c4(k) * c4(k + 1) == pytest.approx(math.sqrt((k - 1) / k), rel=1e-15)


@pytest.mark.parametrize("k", [10**4, 10**5, 10**6, 10**8])
@pytest.mark.parametrize("generations", [1, 7])
def test_many_points_make_both_errors_gaussian(k: int, generations: int) -> None:
    """mu ~ N(0, x), sigma - 1 ~ N(0, x/2), x = t/k: E W2^2 = 3x/2, E W2^4 = 3x^2 + x^2 + 3x^2/4; next order ~ x."""
    x = generations / k
    assert w2_squared(k, generations) / (1.5 * x) == pytest.approx(1, abs=5 * x + 1e-15 / x)
    assert w2_fourth(k, generations) / (4.75 * x * x) == pytest.approx(1, abs=10 * x + 1e-7)


@given(st.floats(math.log(2), math.log(1e5)).map(lambda x: round(math.exp(x))), st.integers(0, 300))
def test_the_fourth_moment_is_above_the_square(k: int, generations: int) -> None:
    assert w2_fourth(k, generations) >= w2_squared(k, generations) ** 2 * (1 - 1e-9)
    assert w2_fourth(20, 10**6) == math.inf


@pytest.mark.parametrize("advantage", [700.0, 800.0, 1e6])
@pytest.mark.parametrize(("p", "K"), [(0.3, 2), (0.3, 7), (1e-3, 3), (0.0, 4), (1.0, 4), (0.5, 1500)])
def test_huge_rewards_and_many_candidates(advantage: float, p: float, K: int) -> None:
    """Good points share the win, H = (1-(1-p)^K)/p; a bad one wins 1 of K if no other is good, (1-p)^(K-1).

    Rounding: logarithms of multinomials of K draws, 1e-16 times K log K; e^-advantage beyond e^-600 counts as 0.
    """
    bad, good = choice_weight(np.array([1 - p, p]), np.array([0.0, advantage]), K)
    assert bad == pytest.approx((1 - p) ** (K - 1), rel=1e-11, abs=1e-200)
    assert good == pytest.approx((1 - (1 - p) ** K) / p if p else K, rel=1e-11)


def test_a_thousand_points_need_no_recursion() -> None:
    assert choice_weight(np.full(1500, 1 / 1500), np.zeros(1500), 2) == pytest.approx(np.ones(1500), rel=1e-11)


def test_infinite_strength_and_rounds_are_ordinary_values() -> None:
    assert formulas.conditional_limit(math.inf, 0.5) == 1 / 1.5
    assert formulas.conditional_limit(math.inf, 0.0) == 1 == formulas.conditional_limit(0.0, 7.0)
    assert formulas.forgetting_exponent(math.inf) == 2
    assert formulas.tilted_path(-1.0, 2.0, math.inf, centre=1.0, tau2=4.0) == (1.0, 0.0)
    assert formulas.tilted_path(-1.0, 2.0, 0, centre=1.0, tau2=4.0) == (-1.0, 2.0)


def test_a_whole_factor_does_not_wrap_around() -> None:
    assert distance_bound(2, 1, 1, 70)[-1] == 2.0**71 - 1
    assert distance_bound(0, 0.3, 2.0, 3).tolist() == [2.0, 0.3, 0.3, 0.3]


def test_weights_may_be_read_only_once() -> None:
    assert monomials(iter((1, 2)), 4) == monomials((1, 2), 4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: moments(5, True, 1.0, 2), "k must be a whole number >= 0, got True"),
        (lambda: moments("5", 5, 1.0, 2), "n must be a whole number >= 1"),  # type: ignore[arg-type]
        (lambda: moments(10**400, 5, 1.0, 2), "n must be a whole number >= 1"),
        (lambda: moments(5, 5, "1", 2), "gamma must be >= 0"),  # type: ignore[arg-type]
        (lambda: FourthMoments(5, [4, 5], 0.1), r"n and k must have one shape and an entry, got \(\) and \(2,\)"),
        (lambda: FourthMoments(np.ones((2, 1)), np.ones(2) * 3, 0.1), "n and k must have one shape"),
        (lambda: FourthMoments([], [], 0.1), "n and k must have one shape and an entry"),
        (lambda: FourthMoments(5, 5, 0.1).path(2).standard_error("x", 3), "name must be 'delta2' or 'v'"),
        (lambda: FourthMoments(5, 5, 0.1).path(2).standard_error("v", 0), "runs must be a whole number >= 1"),
        (lambda: choice_weight(HALF, REWARD, 10**9), "K must leave few ways"),
        (lambda: curate(HALF, REWARD, 2, 0.5, np.array([1.0])), "reference must have 2 points like p, got 1"),
        (lambda: divergence(np.array([math.nan, 1]), HALF), "p must be a law"),
        (lambda: divergence(np.array([-1.0, 2.0]), HALF), "p must be a law"),
        (lambda: divergence(np.array([1.0]), HALF), "q must have 1 points like p, got 2"),
        (lambda: ramp_counts(3, 0), "per must be a whole number >= 1"),
        (lambda: training_size(3, -1), "n must be a whole number >= 0"),
        (lambda: mean_field(3, 1.0, per=-3), "per must be a whole number >= 1"),
        (lambda: second_moments(POINTS * math.nan, 1.0), "points must span a box"),
        (lambda: second_moments(np.where(POINTS > 1, math.inf, POINTS), 1.0), "points must span a box"),
        (lambda: second_moments(POINTS * 1e200, 1.0), "points must span a box"),
        (lambda: second_moments(POINTS * 1e-200, 1.0), "points must span a box"),
        (lambda: formulas.fourth_edge("ml"), "normalisation must be 'mle' or 'unbiased'"),
        (lambda: variables(1)[0] ** -1, "power must be >= 0"),
    ],
)
def test_refusals(call, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=message):
        call()
