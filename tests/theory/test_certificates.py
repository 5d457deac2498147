"""Bounds with all constants known."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theory import HypothesisError, moments
from theory.certificates import distance_bound, markov_radius, noise_radius


def test_golden_bounds():
    tau = noise_radius(50, 25, 0.0, 30, 3.0)
    assert distance_bound(1 / 3, tau, 3.0, 30)[-1] == pytest.approx(0.54, abs=0.005)
    assert distance_bound(1.0, tau, 3.0, 30)[-1] == pytest.approx(13.9, abs=0.05)


@given(st.floats(0, 1), st.floats(0, 10), st.floats(0, 10), st.integers(0, 200))
def test_the_bound_obeys_its_recursion(factor, tau, start, generations):
    found = distance_bound(factor, tau, start, generations)
    assert len(found) == generations + 1 and found[0] == start
    assert found[1:] == pytest.approx(factor * found[:-1] + tau, rel=1e-9, abs=1e-12)


@given(st.integers(1, 10**5), st.integers(1, 10**5), st.floats(0, 1e6) | st.just(math.inf), st.floats(1e-9, 0.5))
def test_the_radius_grows_with_certainty_and_with_the_horizon(n, k, gamma, level):
    found = noise_radius(n, k, gamma, 10, 2.0, level)
    assert 0 < found <= noise_radius(n, k, gamma, 10, 2.0, level / 2)
    assert found <= noise_radius(n, k, gamma, 20, 2.0, level)
    assert found <= noise_radius(n, k, gamma, 10, 5.0, level) * (1 + 1e-12)


def test_markov_holds_with_equality_of_moments():
    path = moments(20, 10, 0.5, 6)
    assert markov_radius(path, 0.1, trace=3.0) ** 2 * 0.1 == pytest.approx(3 * path.M)
    assert np.all(markov_radius(path, 0.01) > markov_radius(path, 0.1))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: noise_radius(0, 5, 0.5, 3, 1.0), "n must be a whole number >= 1"),
        (lambda: noise_radius(5, 0, 0.5, 3, 1.0), "k must be a whole number >= 1"),
        (lambda: noise_radius(5, 5, -0.5, 3, 1.0), "gamma must be >= 0"),
        (lambda: noise_radius(5, 5, 0.5, 0, 1.0), "generations must be a whole number"),
        (lambda: noise_radius(5, 5, 0.5, 3, -1.0), "start must be >= 0"),
        (lambda: noise_radius(5, 5, 0.5, 3, math.inf), "start must be >= 0"),
        (lambda: noise_radius(5, 5, 0.5, 3, 1.0, 0.0), "level must lie in"),
        (lambda: noise_radius(5, 5, 0.5, 3, 1.0, math.nan), "level must lie in"),
        (lambda: markov_radius(moments(5, 5, 0.5, 2), 1.0), "level must lie in"),
        (lambda: markov_radius(moments(5, 5, 0.5, 2), 0.1, trace=-1.0), "trace must be positive"),
        (lambda: distance_bound(-0.1, 1.0, 1.0, 3), "factor must be >= 0"),
        (lambda: distance_bound(math.inf, 1.0, 1.0, 3), "factor must be >= 0"),
        (lambda: distance_bound(0.5, -1.0, 1.0, 3), "tau must be >= 0"),
        (lambda: distance_bound(0.5, 1.0, 1.0, -3), "generations must be a whole number"),
    ],
)
def test_bad_settings_are_refused(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert not isinstance(caught.value, HypothesisError)
