"""Closed forms: the same on every kind of number, and inside their ranges from one end of them to the other."""

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from theory import formulas, updates

SHARES = st.fractions(0, 1, max_denominator=10**6)
INNER = st.floats(1e-9, 1 - 1e-9)
KINDS = {
    "wrong_weight": (formulas.wrong_weight, 2),
    "shrink_limit": (formulas.shrink_limit, 2),
    "kde_limit": (formulas.kde_limit, 2),
    "sensitivity_limit": (formulas.sensitivity_limit, 2),
    "fresh_gain": (formulas.fresh_gain, 1),
    "mad_threshold_variance": (formulas.mad_threshold_variance, 1),
    "conditional_limit": (formulas.conditional_limit, 2),
    "contraction": (updates.contraction, 2),
    "wrong_target_step": (lambda m, s: updates.wrong_target_step(m, target=1, aimed=2, s=s, a=s), 2),
    "sensitivity_step": (lambda D, s: updates.sensitivity_step(D, s=s, r=s, real=1), 2),
    "kde_step": (lambda phi, r: updates.kde_step(phi, target=1, kernel=r, r=r), 2),
}


@pytest.mark.parametrize("name", KINDS)
@given(st.lists(st.fractions(Fraction(1, 50), Fraction(49, 50), max_denominator=99), min_size=2, max_size=2))
def test_floats_arrays_fractions_and_symbols_agree(name, values):
    formula, count = KINDS[name]
    values = values[:count]
    exact = formula(*values)
    assert isinstance(exact, Fraction)
    assert formula(*map(float, values)) == pytest.approx(float(exact), rel=1e-12)
    assert formula(*(np.array([float(v)] * 3) for v in values)) == pytest.approx(np.full(3, float(exact)), rel=1e-12)
    symbolic = formula(*(sp.Rational(v.numerator, v.denominator) for v in values))
    assert symbolic == sp.Rational(exact.numerator, exact.denominator)


@given(INNER, st.floats(0, 1))
def test_limits_stay_in_their_ranges(s, a):
    r = s * a
    assert 0 <= formulas.wrong_weight(s, a) <= 1
    assert 0 < formulas.shrink_limit(s, a) <= 1
    assert 0 < formulas.sensitivity_limit(s, r) <= 1 + 1e-12
    assert 0 <= formulas.kde_limit(a, r) <= 1 + 1e-12
    assert 1 < formulas.fresh_gain(s) < 2


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_correction_never_makes_the_real_error_worse(gamma, lam):
    assert 0 < formulas.conditional_limit(gamma, lam) <= 1
    assert formulas.conditional_limit(0.0, lam) == 1


@given(st.integers(2, 10**6), st.integers(1, 10**6), st.floats(1.0, 1e9))
def test_gamma_above_one_beats_the_real_data(n, k, gamma):
    N, s = n + k, k / (n + k)
    assert n * formulas.stationary_fixed(N, n, s, s / (1 + gamma), k) < 1
    assert n * formulas.stationary_fixed(N, n, s, s, k) == pytest.approx(formulas.uncorrected_limit(s, n), rel=1e-8)
    assert 1 < formulas.uncorrected_limit(s, n) < 1.5


def test_shrinking_and_transport_end_where_they_should():
    s, a, v, sd = 0.6, 0.7, 3.0, 3.0
    for _ in range(200):
        v, sd = updates.shrink_step(v, s=s, a=a), updates.transport_step(sd, s=s, a=a, sqrt=math.sqrt)
    assert v == pytest.approx(formulas.shrink_limit(s, a), rel=1e-12) and v < 1
    assert sd == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize(("k", "gamma"), [(10, 0.060660), (100, 0.0050891)])
def test_golden_half_sample_rule(k, gamma):
    assert formulas.half_sample_gamma(k, sqrt=math.sqrt) == pytest.approx(gamma, abs=5e-7)


@given(st.integers(10, 10**7))
def test_the_edges_without_real_data_are_about_one_over_2k(k):
    for formula in (formulas.half_sample_gamma, formulas.explosion_gamma):
        assert formula(float(k), sqrt=math.sqrt) * 2 * k == pytest.approx(1, abs=4 / k + 1e-5)


@pytest.mark.parametrize(("generations", "peak"), [(1, 50), (5, 148), (10, 251), (50, 923)])
def test_the_error_rises_then_falls_with_synthetic_data(generations, peak):
    k = np.arange(1.0, 5000.0)
    excess = formulas.excess_error(50.0, k, generations)
    assert k[excess.argmax()] == peak
    assert (np.diff(excess[: peak - 1]) > 0).all() and (np.diff(excess[peak:]) < 0).all()
    assert (excess >= 0).all() and (excess < 0.5 / 50).all()


@given(st.integers(1, 40), st.floats(0, 0.99), st.floats(0, 2))
def test_kernel_smoothing_only_adds(generation, r, width):
    before, after = (formulas.kde_second_moment(t, r=r, width=width) for t in (generation, generation + 1))
    assert 1 <= before <= after <= 1 + width**2 / (1 - r) + 1e-9


def test_golden_kernel_loop_and_sensitivity():
    assert formulas.kde_second_moment(30, r=2 / 3 / 1.3, width=0.4) == pytest.approx(1.328421, abs=5e-7)
    assert formulas.sensitivity_limit(1 / 3, 1 / 3 / 1.3) == pytest.approx(0.896552, abs=5e-7)
    assert formulas.sensitivity_limit(0.9, 0.9) == pytest.approx(1.0, abs=1e-15)
