"""Exact moments: golden numbers, conservation, a simulation from single points, refusals."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from theory import HypothesisError, moments, spectral_radius, stationary

REGIMES = st.sampled_from(["fixed", "fresh", "none"])
COUNTS = st.integers(2, 5000)
GAMMAS = st.floats(0, 1e6) | st.just(math.inf)


def test_golden_moments() -> None:
    path = moments(50, 25, 0.3, 3)
    assert path.M == pytest.approx([0.02, 0.0214332676, 0.0209977605, 0.0208354088], abs=5e-11)
    golden = {0.0: 5 / 201, 0.1: 0.023099, 0.3: 0.020775, 1.0: 0.017352, 5.0: 0.014422}
    for gamma, value in golden.items():
        assert stationary(50, 25, gamma).M == pytest.approx(value, abs=5e-7)
    assert stationary(50, 30, 0.1, "none").M == pytest.approx(0.165753, abs=5e-7)
    assert stationary(1, 10, 0.060660, "none").S == pytest.approx(0.5, abs=5e-6)


@given(COUNTS, COUNTS, GAMMAS, REGIMES)
def test_conservation(n: int, k: int, gamma: float, regime) -> None:  # type: ignore[no-untyped-def]
    path = moments(n, k, gamma, 50, regime)
    assert np.abs(path.M + path.S - 1).max() < 1e-12


@given(st.integers(2, 200), st.integers(2, 200), st.floats(0.05, 50), REGIMES, st.sampled_from(["mle", "unbiased"]))
def test_the_path_ends_in_the_stationary_point(n: int, k: int, gamma: float, regime, normalisation) -> None:  # type: ignore[no-untyped-def]
    try:
        end = stationary(n, k, gamma, regime, normalisation)
    except HypothesisError:
        assert (
            normalisation == "unbiased"
            and regime == "none"
            and spectral_radius(n, k, gamma, regime, normalisation) >= 1 - 1e-9
        )
        return
    generations = min(math.ceil(-35 / math.log(end.radius)), 20000)
    path = moments(n, k, gamma, generations, regime, normalisation)
    if generations < 20000:
        assert path.M[-1] == pytest.approx(end.M, rel=1e-6)
        assert path.S[-1] == pytest.approx(end.S, rel=1e-6)


def _simulate(n, k, gamma, generations, regime, normalisation, bias, runs, rng):  # type: ignore[no-untyped-def]
    """The loop with single points, target N(0, 1): delta^2, v and delta x, (generations + 1, 3, runs)."""
    a = 1 / (1 + gamma)
    ddof = 0 if normalisation == "mle" else 1
    real = rng.normal(size=(runs, n))
    x = real.mean(axis=1)
    mean, var = x, real.var(axis=1, ddof=ddof)
    out = [np.stack([mean**2, var, mean * x * (regime == "fixed")])]
    for _ in range(generations):
        model = mean[:, None] + np.sqrt(bias * var)[:, None] * rng.normal(size=(runs, k))
        synthetic = np.where(rng.random((runs, k)) < a, model, rng.normal(size=(runs, k)))
        if regime == "fresh":
            real = rng.normal(size=(runs, n))
        training = synthetic if regime == "none" else np.concatenate([real, synthetic], axis=1)
        mean, var = training.mean(axis=1), training.var(axis=1, ddof=ddof)
        out.append(np.stack([mean**2, var, mean * x * (regime == "fixed")]))
    return np.array(out)


CASES = [
    (6, 4, 0.3, "fixed", "mle", 1.0),
    (6, 4, 0.0, "fixed", "unbiased", 0.8),
    (5, 8, 0.7, "fresh", "unbiased", 1.0),
    (4, 6, 0.1, "fresh", "mle", 0.7),
    (6, 5, 0.5, "none", "mle", 1.0),
]


@pytest.mark.parametrize(("n", "k", "gamma", "regime", "normalisation", "bias"), CASES)
def test_simulated_points_follow_the_moments(n, k, gamma, regime, normalisation, bias) -> None:  # type: ignore[no-untyped-def]
    """Generation 0 to 3; the bound is Bonferroni's at 1e-4 over all numbers of all cases."""
    runs, generations = 40_000, 3
    rng = np.random.default_rng([n, k, len(regime)])
    seen = _simulate(n, k, gamma, generations, regime, normalisation, bias, runs, rng)
    mean, error = seen.mean(axis=2), seen.std(axis=2, ddof=1) / math.sqrt(runs)
    bound = norm.isf(1e-4 / (2 * 3 * (generations + 1) * len(CASES)))

    def scores(**other) -> np.ndarray:  # type: ignore[no-untyped-def]
        setting = {"regime": regime, "normalisation": normalisation, "bias": bias, "gamma": gamma} | other
        path = moments(n, k, setting.pop("gamma"), generations, **setting)
        expected = np.stack([path.M, path.S, path.P], axis=1)
        gap = mean - expected
        gap[:, 2] *= regime == "fixed"
        return np.abs(gap / np.where(error > 0, error, 1.0))

    assert scores().max() < bound
    assert scores(normalisation="mle" if normalisation == "unbiased" else "unbiased").max() > bound
    assert scores(bias=0.9 * bias).max() > bound
    assert scores(gamma=gamma + 0.3).max() > bound
    if regime != "none":
        assert scores(regime="fresh" if regime == "fixed" else "fixed")[:, :2].max() > bound


def test_no_synthetic_points_means_the_fit_of_the_real_data() -> None:
    path = moments(20, 0, 0.5, 4)
    assert path.M == pytest.approx(np.full(5, 1 / 20))
    assert path.S == pytest.approx(np.full(5, 19 / 20))


def test_always_correcting_without_real_data_is_a_fresh_sample() -> None:
    path = moments(9, 30, math.inf, 3, "none")
    assert path.M[1:] == pytest.approx(np.full(3, 1 / 30), rel=1e-14)


def test_unbiased_without_real_data_explodes_only_below_the_threshold() -> None:
    """T11: k(1-a^2) = a separates; k = 20."""
    k = 20
    a = (-1 + math.sqrt(1 + 4 * k * k)) / (2 * k)
    threshold = 1 / a - 1
    assert threshold == pytest.approx(1 / (2 * k), rel=0.05)
    assert spectral_radius(2, k, threshold * 0.9, "none", "unbiased") > 1
    assert spectral_radius(2, k, threshold * 1.1, "none", "unbiased") < 1
    with pytest.raises(HypothesisError, match="do not settle"):
        stationary(2, k, threshold * 0.9, "none", "unbiased")


def test_no_real_data_and_no_correction_is_refused() -> None:
    with pytest.raises(HypothesisError, match="no attracting fixed point"):
        stationary(10, 10, 0.0, "none")
    drift = moments(10, 10, 0.0, 400, "none")  # but the path exists: all the variance turns into drift
    assert drift.M[-1] == pytest.approx(1.0) and drift.S[-1] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n": 0}, "n must be a whole number >= 1"),
        ({"k": 2.5}, "k must be a whole number"),
        ({"k": -1}, "k must be a whole number"),
        ({"k": math.nan}, "k must be a whole number"),
        ({"gamma": -0.1}, "gamma must be >= 0"),
        ({"gamma": math.nan}, "gamma must be >= 0"),
        ({"bias": 1.1}, "bias must lie in"),
        ({"generations": -1}, "generations must be"),
        ({"regime": "augment"}, "regime must be"),
        ({"normalisation": "ml"}, "normalisation must be"),
        ({"k": 1, "regime": "none"}, "must train on >= 2 points"),
        ({"n": 1, "normalisation": "unbiased"}, "n must be >= 2"),
    ],
)
def test_bad_settings_are_refused(change: dict, message: str) -> None:  # type: ignore[type-arg]
    setting = {"n": 10, "k": 5, "gamma": 0.5, "generations": 2} | change
    with pytest.raises(ValueError, match=message):
        moments(**setting)
