"""Weight-4 moments: golden numbers, consistency over wide ranges, a loop of single points, where they diverge."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from theory import FourthMoments, HypothesisError, moments

REGIMES = st.sampled_from(["fixed", "fresh", "none"])
NAMES = st.sampled_from(["mle", "unbiased"])
GAMMAS = st.floats(0, 1e6) | st.just(math.inf)


def test_golden_fourth_moments():
    path = FourthMoments(50, 25, 0.3).path(3)
    assert path.delta2 == pytest.approx([0.02, 0.0214332676, 0.0209977605, 0.0208354088], abs=5e-11)
    assert path.variance_error == pytest.approx([0.0396, 0.0424076725, 0.0415916835, 0.0412766824], abs=5e-11)
    golden = {0.0: 0.049237, 0.1: 0.045735, 0.3: 0.041157, 1.0: 0.034416, 5.0: 0.028640}
    for gamma, value in golden.items():
        assert FourthMoments(50, 25, gamma).stationary().variance_error == pytest.approx(value, abs=5e-7)


@example(2, 2, math.inf, "none", "unbiased", 0.0)
@settings(max_examples=60)
@given(st.integers(2, 10**5), st.integers(2, 10**5), GAMMAS, REGIMES, NAMES, st.floats(0, 1))
def test_second_moments_are_those_of_the_moment_map(n, k, gamma, regime, name, bias):
    found, known = FourthMoments(n, k, gamma, regime, name, bias).path(5), moments(n, k, gamma, 5, regime, name, bias)
    scale = max(known.S.max(), 1.0)
    assert np.abs(found.delta2 - known.M).max() < 1e-11 * scale
    assert np.abs(found.v - known.S).max() < 1e-11 * scale
    assert (found.v2 - found.v**2 > -1e-11 * scale**2).all()
    assert (found.delta4 - found.delta2**2 > -1e-11 * scale**2).all()
    assert (found.standard_error("v", 10) >= 0).all()


@settings(max_examples=40)
@given(st.integers(2, 300), st.integers(2, 300), st.floats(0.1, 50), st.sampled_from(["fixed", "fresh"]), NAMES)
def test_the_path_ends_in_the_stationary_point(n, k, gamma, regime, name):
    system = FourthMoments(n, k, gamma, regime, name)
    end, path = system.stationary(), system.path(400)
    assert path.variance_error[-1] == pytest.approx(float(end.variance_error), rel=1e-6, abs=1e-12)
    assert path.delta4[-1] == pytest.approx(float(end.delta4), rel=1e-6)


def test_arrays_of_sizes_are_the_single_ones():
    n, k = np.array([10, 20, 30]), np.array([5, 50, 7])
    together = FourthMoments(n, k, 0.2, "fresh", "unbiased", 0.9)
    for index in range(3):
        alone = FourthMoments(int(n[index]), int(k[index]), 0.2, "fresh", "unbiased", 0.9)
        assert together.path(4).v2[:, index] == pytest.approx(alone.path(4).v2, rel=1e-13)
        assert together.stationary().v2[index] == pytest.approx(float(alone.stationary().v2), rel=1e-12)


def test_single_points_follow_the_fourth_moments():
    """E delta^4 and E v^2 after 1 to 3 generations; Bonferroni at 1e-4; a loop without correction is told apart."""
    runs, n, k, gamma = 60_000, 6, 5, 0.5
    rng = np.random.default_rng(0)
    real = rng.standard_normal((runs, n))
    mean, var = real.mean(axis=1), real.var(axis=1)
    rows = []
    for _ in range(3):
        own = mean[:, None] + np.sqrt(var)[:, None] * rng.standard_normal((runs, k))
        points = np.where(rng.random((runs, k)) < 1 / (1 + gamma), own, rng.standard_normal((runs, k)))
        training = np.concatenate([real, points], axis=1)
        mean, var = training.mean(axis=1), training.var(axis=1)
        rows.append([mean**4, var**2])
    seen = np.array(rows)  # (3, 2, runs)
    error = seen.std(axis=2, ddof=1) / math.sqrt(runs)
    bound = norm.isf(1e-4 / (2 * 6))

    def worst(strength):
        path = FourthMoments(n, k, strength).path(3)
        expected = np.stack([path.delta4[1:], path.v2[1:]], axis=1)
        return np.abs((seen.mean(axis=2) - expected) / error).max()

    assert worst(gamma) < bound < worst(0.0)


@pytest.mark.parametrize(("name", "edge"), [("mle", 0.5), ("unbiased", 1.5)])
def test_without_real_data_the_square_diverges_below_the_edge(name, edge):
    k = 1000
    below, above = (FourthMoments(2, k, x * edge / k, "none", name) for x in (0.97, 1.03))
    with pytest.raises(HypothesisError, match="fourth moments do not settle"):
        below.stationary()
    assert above.stationary().v2 > 1


def test_the_fourth_moments_need_synthetic_points_and_whole_numbers():
    for change, message in [
        ({"k": 0}, "k must be >= 1"),
        ({"k": -1}, "k must be a whole number"),
        ({"n": 2.5}, "n must be a whole number"),
        ({"n": math.nan}, "n must be a whole number"),
        ({"gamma": -1.0}, "gamma must be >= 0"),
        ({"bias": 2.0}, "bias must lie in"),
        ({"regime": "augment"}, "regime must be"),
        ({"n": 1, "normalisation": "unbiased"}, "n must be >= 2"),
    ]:
        with pytest.raises(ValueError, match=message):
            FourthMoments(**({"n": 10, "k": 5, "gamma": 0.5} | change))
    with pytest.raises(ValueError, match="generations must be a whole number"):
        FourthMoments(10, 5, 0.5).path(-1)
