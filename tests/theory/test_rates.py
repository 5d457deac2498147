"""Rates: golden numbers, the order of the bounds, edge cases, refusals."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from theory import (
    Hypothesis,
    HypothesisError,
    Limit,
    half_life,
    lam_max_euclidean,
    lam_max_exact,
    lam_max_published,
    lam_max_tight,
    rate_euclidean,
    rate_exact,
    rate_exponential_family,
    rate_from_spectrum,
    rate_published,
    rate_tight,
    relative_gap,
    shares,
    updates,
)

LAMS = st.floats(0, 1e6) | st.just(math.inf)
GAMMAS = st.floats(0, 1e6) | st.just(math.inf)
GAPS = st.floats(0, 100)
# Exponents first, so that every size is drawn: a flat draw from (0, 1e300) never meets a small number.
WIDE = st.floats(-300, 300).map(lambda power: 10.0**power) | st.sampled_from([0.0, 1e-300, 1e12])
WIDE_LAMS = WIDE | st.just(math.inf)
WIDE_GAMMAS = WIDE | st.just(math.inf)
ULP = 2.0**-52
TINY = 1e-305  # below about 1e-308 floats lose digits: what is smaller than this is compared as if it were 0


@pytest.mark.parametrize(
    ("lam", "gamma", "exact", "published"),
    [(0.5, 0.0, 1 / 3, 1.0), (0.5, 0.3, 10 / 39, 10 / 13), (0.5, 1.0, 1 / 6, 0.5), (0.25, 0.1, 2 / 11, 10 / 33)],
)
def test_golden_rates(lam: float, gamma: float, exact: float, published: float) -> None:
    assert rate_exponential_family(lam, gamma).value == pytest.approx(exact, rel=1e-14)
    assert rate_published(lam, gamma, 0.0).value == pytest.approx(published, rel=1e-14)


@example(math.inf, 43345.0, 0.0, 2.2250738585072014e-308)  # subnormal products lose digits
@given(LAMS, GAMMAS, GAPS, st.floats(0, 1))
def test_the_bounds_are_ordered(lam: float, gamma: float, e: float, share: float) -> None:
    """exact <= tight <= Euclidean <= published for every mu <= 1 + e, wherever each applies."""
    assume(not (math.isinf(lam) and gamma == 0))
    rounding = 1 + 1e-12
    exact = rate_from_spectrum(lam, gamma, share * (1 + e)).value
    tight = rate_tight(lam, gamma, e)
    euclidean = rate_euclidean(lam, gamma, e).value
    assert 0 <= exact <= tight.value * rounding
    assert tight.value <= shares(lam, gamma)[1] * rounding
    assert tight.value <= euclidean * rounding
    if e < 1:
        assert euclidean <= rate_published(lam, gamma, e).value * rounding
    assert [item.name for item in tight.hypotheses[:2]] == ["lam >= 0", "gamma >= 0"]
    assert tight.hypotheses[-1] == Hypothesis("e >= 0", e, 0.0, True)
    assert all(item.holds for item in tight.hypotheses)


@given(GAMMAS, st.floats(0, 0.999), st.floats(1e-3, 1))
def test_published_limit_is_where_the_factor_reaches_one(gamma: float, e: float, margin: float) -> None:
    limit = lam_max_published(gamma, e)
    inside = rate_published(limit * (1 - margin), gamma, e)
    outside = rate_published(limit * (1 + margin), gamma, e)
    assert limit <= 1 and inside.contracts and not inside.reason
    assert (
        outside.reason and outside.value >= 0 and (outside.value >= 1 or gamma == math.inf or outside.value == math.inf)
    )
    assert all(item.holds for item in inside.hypotheses)
    assert not outside.hypotheses[-1].holds


@given(GAMMAS, st.floats(0, 3), st.floats(1e-3, 0.99))
def test_euclidean_limit_is_where_the_bound_reaches_one(gamma: float, e: float, margin: float) -> None:
    limit = lam_max_euclidean(gamma, e)
    assume(limit < 1e6 and gamma < 1e6)
    assert rate_euclidean(limit * (1 - margin), gamma, e).contracts
    assert not rate_euclidean(limit * (1 + margin), gamma, e).contracts


@pytest.mark.parametrize("e", [0.1, 0.5, 0.9])
def test_enough_correction_lifts_the_euclidean_limit(e: float) -> None:
    enough = 2 * e / (1 - e)
    assert lam_max_euclidean(enough * 1.0001, e) == math.inf
    assert math.isfinite(lam_max_euclidean(enough * 0.9999, e))
    assert rate_euclidean(math.inf, enough * 1.01, e).contracts
    assert not rate_euclidean(math.inf, enough * 0.99, e).contracts


def test_no_limit_at_e_zero_without_correction() -> None:
    assert lam_max_euclidean(0.0, 0.0) == math.inf
    assert lam_max_euclidean(math.inf, 2.0) == 1.0
    assert lam_max_published(math.inf, 0.0) == 1.0


def test_extreme_strengths_are_ordinary() -> None:
    for rate in (rate_exponential_family, lambda x, y: rate_tight(x, y, 0.3), lambda x, y: rate_euclidean(x, y, 0.3)):
        assert rate(0.0, 2.0).value == 0
        assert rate(3.0, math.inf).value == 0
    assert rate_exponential_family(math.inf, 3.0).value == 0.25
    assert rate_from_spectrum(math.inf, 3.0, 0.2).value == 0.25
    assert rate_from_spectrum(math.inf, 3.0, 0.0).value == 0
    assert rate_tight(math.inf, 3.0, 7.0).value == pytest.approx(0.25)
    assert rate_published(0.0, 0.0, 0.5).value == 0
    assert rate_published(math.inf, 3.0, 0.0).value == math.inf


@pytest.mark.parametrize("call", [rate_exponential_family, lambda x, y: rate_tight(x, y, 0.0), shares])
def test_no_real_data_and_no_correction_is_refused(call) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(HypothesisError, match="no real data and no correction: no attracting fixed point"):
        call(math.inf, 0.0)


def test_published_bound_never_turns_negative() -> None:
    rate = rate_published(1.5, 1.0, 0.0)  # the bare formula gives a u/(1-u) = -1.5
    assert rate.value == math.inf and rate.reason == "lambda too large for the published bound"
    with pytest.raises(HypothesisError, match="L\\*eps >= alpha: theorem 4.3 does not apply; use rate_exact"):
        rate_published(0.1, 1.0, 1.0)


@pytest.mark.parametrize("bad", [-1.0, math.nan, -math.inf])
def test_negative_and_nan_are_refused(bad: float) -> None:
    for call in (
        lambda: rate_exponential_family(bad, 1.0),
        lambda: rate_exponential_family(1.0, bad),
        lambda: rate_tight(1.0, 1.0, bad),
        lambda: rate_from_spectrum(1.0, 1.0, bad),
        lambda: half_life(bad),
        lambda: relative_gap(bad, 1.0, 1.0),
        lambda: lam_max_published(bad, 0.0),
        lambda: lam_max_euclidean(bad, 0.0),
    ):
        with pytest.raises(ValueError, match="must be"):
            call()


@pytest.mark.parametrize("alpha", [0.0, -1.0, math.nan, math.inf])
def test_no_strict_maximum_is_refused(alpha: float) -> None:
    with pytest.raises(HypothesisError, match="no strict maximum"):
        relative_gap(1.0, 1.0, alpha)


def test_gaussian_in_mean_and_covariance_gets_no_certificate() -> None:
    with pytest.raises(HypothesisError, match="natural parameters"):
        relative_gap(0.5, math.inf, 1.0)
    assert relative_gap(0.5, 0.0, 1.0) == 0.0
    assert relative_gap(2.0, 0.3, 0.5) == pytest.approx(1.2)


def test_exact_rate_is_the_spectral_radius_of_the_jacobian() -> None:
    rng = np.random.default_rng(0)
    for d in (1, 3, 6):
        x, y = rng.normal(size=(2, d, d))
        A, B = -(x @ x.T + 0.1 * np.eye(d)), -(y @ y.T)
        lam, gamma = 2.0, 0.5
        DG = lam / (1 + gamma) * np.linalg.solve(A + lam * B, B)
        radius = np.abs(np.linalg.eigvals(DG)).max()
        assert rate_exact(lam, gamma, A, B).value == pytest.approx(radius, rel=1e-10)
        assert rate_exact(lam, gamma, A, A).value == pytest.approx(rate_exponential_family(lam, gamma).value)
        assert abs(rate_exponential_family(lam, gamma).value - radius) > 1e-3  # rejects "always s a"


def test_exact_rate_refuses_what_is_no_maximum() -> None:
    with pytest.raises(HypothesisError, match="negative definite"):
        rate_exact(1.0, 1.0, np.diag([-1.0, 0.0]), -np.eye(2))
    with pytest.raises(HypothesisError, match="negative semidefinite"):
        rate_exact(1.0, 1.0, -np.eye(2), np.diag([-1.0, 0.5]))
    with pytest.raises(ValueError, match="symmetric"):
        rate_exact(1.0, 1.0, [[-1.0, 0.5], [0.0, -1.0]], -np.eye(2))
    with pytest.raises(ValueError, match="same shape"):
        rate_exact(1.0, 1.0, -1.0, -np.eye(2))
    with pytest.raises(ValueError, match="finite"):
        rate_exact(1.0, 1.0, math.nan, -1.0)
    with pytest.raises(ValueError, match="square"):
        rate_exact(1.0, 1.0, np.zeros((2, 3)), -np.eye(2))


@given(st.floats(1e-300, 1, exclude_max=True))
def test_error_halves_in_one_half_life(rate: float) -> None:
    assume(rate < 1 - 1e-9)
    assert rate ** half_life(rate) == pytest.approx(0.5, rel=1e-9)


def test_half_life_at_the_ends() -> None:
    assert half_life(0.0) == 0 and half_life(1.0) == math.inf and half_life(2.0) == math.inf


def test_records_say_where_they_come_from() -> None:
    assert (rate_published(0.1, 1.0, 0.0).status, rate_published(0.1, 1.0, 0.0).tag) == ("theorem", "2nd")
    assert rate_euclidean(0.1, 0.0, 0.0).tag == "2nd" and rate_euclidean(0.1, 0.1, 0.0).tag == "D"
    assert rate_exponential_family(0.1, 1.0).status == "derived"


@pytest.mark.parametrize(
    ("gamma", "limit"), [(0.0, 0.5), (0.1, 0.523810), (0.3, 0.565217), (1.0, 0.666667), (5.0, 0.857143)]
)
def test_golden_published_limits(gamma: float, limit: float) -> None:
    assert lam_max_published(gamma, 0.0) == pytest.approx(limit, abs=5e-7)


@given(WIDE_LAMS, WIDE_GAMMAS, WIDE)
def test_exact_rate_is_a_share_of_a_for_all_strengths(lam: float, gamma: float, mu: float) -> None:
    assume(not (math.isinf(lam) and gamma == 0))
    rate = rate_from_spectrum(lam, gamma, mu)
    a = shares(lam, gamma)[1]
    assert 0 <= rate.value <= a
    assert rate.contracts or rate.reason
    assert all(item.holds for item in rate.hypotheses)


@given(WIDE_LAMS, WIDE_LAMS, WIDE_GAMMAS, WIDE_GAMMAS, WIDE, WIDE)
def test_exact_rate_is_monotone(lam: float, lam2: float, gamma: float, gamma2: float, mu: float, mu2: float) -> None:
    """Grows with lam and mu, falls with gamma; four roundings make each value, so two differ by at most 8 ulp."""
    lam, lam2 = sorted((lam, lam2))
    gamma, gamma2 = sorted((gamma, gamma2))
    mu, mu2 = sorted((mu, mu2))
    assume(not (math.isinf(lam2) and gamma == 0))
    value = rate_from_spectrum(lam, gamma, mu).value
    up = 1 + 8 * ULP
    assert value <= rate_from_spectrum(lam2, gamma, mu).value * up + TINY
    assert value <= rate_from_spectrum(lam, gamma, mu2).value * up + TINY
    assert rate_from_spectrum(lam, gamma2, mu).value <= value * up + TINY


@given(st.floats(0, 1e3), GAMMAS, st.floats(0, 1e3))
def test_exact_rate_is_the_update_rule_s_eigenvalue(lam: float, gamma: float, mu: float) -> None:
    """1 - s has lost (1 + lam) ulp in the update rule, a few ulp are lost besides."""
    s, a = shares(lam, gamma)
    expected = updates.jacobian_eigenvalue(mu, s=s, a=a)
    assert rate_from_spectrum(lam, gamma, mu).value == pytest.approx(expected, rel=(lam + 9) * ULP, abs=TINY)


def test_exact_rate_keeps_its_digits_for_large_lam_and_small_mu() -> None:
    assert rate_from_spectrum(1e12, 1.0, 1e-12).value == pytest.approx(0.25, rel=1e-15)
    assert rate_from_spectrum(1e300, 1.0, 1e300).value == 0.5
    assert rate_from_spectrum(1e-300, 0.0, 3.0).value == pytest.approx(3e-300, rel=1e-15)


def test_a_rate_that_rounds_to_one_says_so() -> None:
    for rate in (
        rate_exponential_family(1e17, 0.0),
        rate_from_spectrum(1e17, 0.0, 1.0),
        rate_tight(1e17, 0.0, 0.5),
        rate_euclidean(1e17, 0.0, 0.0),
    ):
        assert rate.value == 1 and "less than a float resolves" in rate.reason
        assert all(item.holds for item in rate.hypotheses)


@given(WIDE_GAMMAS, GAPS)
def test_exact_and_tight_rates_have_no_limit(gamma: float, e: float) -> None:
    assert lam_max_exact(gamma) == lam_max_tight(gamma, e)
    limit = lam_max_exact(gamma)
    assert limit.value == math.inf and limit.covers(1e300)
    assert limit.covers(math.inf) == (gamma > 0)
    assert bool(limit.reason) == (gamma == 0)


def test_a_finite_limit_covers_what_lies_below() -> None:
    assert Limit(0.5, False).covers(0.499) and not Limit(0.5, False).covers(0.5)


@given(st.floats(-300, 300).map(lambda power: 10.0**power), GAPS)
def test_euclidean_limit_for_all_strengths(gamma: float, e: float) -> None:
    """Against fractions; the difference of two terms amplifies the rounding of each by their size over it."""
    g, gap = Fraction(gamma), Fraction(e)
    excess = (2 + g) * gap - g
    found = lam_max_euclidean(gamma, e)
    size = float(((2 + g) * gap + g) / (1 + g))
    error = 8 * ULP * size
    if excess > 0 and float(excess / (1 + g)) > 4 * error:
        assert 1 / found == pytest.approx(float(excess / (1 + g)), abs=2 * error)
    elif excess < 0 and float(-excess / (1 + g)) > 4 * error:
        assert found == math.inf


def test_bertrand_condition_stands_in_the_published_rate_without_correction() -> None:
    named = [item for item in rate_published(0.3, 0.0, 0.5).hypotheses if "Bertrand" in item.name]
    assert named == [Hypothesis("lam*(1+e) < 1/2, as gamma = 0: Bertrand et al.", 0.3 * 1.5, 0.5, True)]
    assert not any("Bertrand" in item.name for item in rate_published(0.3, 0.1, 0.5).hypotheses)


@given(st.floats(0, 0.999), st.floats(0, 1, exclude_max=True), st.floats(1e-3, 1e3))
def test_ferbach_rate_is_the_euclidean_one_without_correction(e: float, share: float, alpha: float) -> None:
    """lam(alpha + eps L)/(alpha + lam(alpha - eps L)), below 1 for lam < alpha/(2 eps L)."""
    lam = share * min(1 / (2 * e) if e else 1e3, 1e3)
    gap = e * alpha
    rate = rate_euclidean(lam, 0.0, e)
    assert rate.value == pytest.approx(lam * (alpha + gap) / (alpha + lam * (alpha - gap)), rel=1e-10, abs=TINY)
    assert rate.tag == "2nd" and rate_euclidean(lam, 0.0, e + 1).tag == "D"  # beyond their hypothesis it is ours


def test_hypotheses_that_fail_travel_with_the_error() -> None:
    with pytest.raises(HypothesisError) as caught:
        rate_published(0.1, 1.0, 5.0)
    assert caught.value.failed == (Hypothesis("L*eps < alpha, as e < 1", 5.0, 1.0, False),)
