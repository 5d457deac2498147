"""The location loop with known variance: equal in law to single points, refusals, pairing."""

import numpy as np
import pytest

from loop.ensemble import EnsembleConfig, run_ensemble
from toy.known_variance import KnownVarianceEnsemble


def _points(n, k, gamma, generations, runs, rng):
    """theta of the last generation, (runs,), drawn point by point."""
    real = rng.standard_normal((runs, n))
    theta = real.mean(axis=1)
    for _ in range(generations):
        own = theta[:, None] + rng.standard_normal((runs, k))
        points = np.where(rng.random((runs, k)) < 1 / (1 + gamma), own, rng.standard_normal((runs, k)))
        theta = np.concatenate([real, points], axis=1).mean(axis=1)
    return theta


def test_the_law_is_that_of_single_points():
    """Second and fourth moments after 3 generations, 5 joint standard errors; another strength is told apart."""
    runs, n, k, gamma = 32_000, 6, 9, 0.4
    direct = _points(n, k, gamma, 3, runs, np.random.default_rng(0)) ** 2
    fused = run_ensemble(KnownVarianceEnsemble((gamma, 2.0), (k, k), n), EnsembleConfig(1, runs, 3))["error2"][-1]
    for power in (1, 2):
        x, y, other = (value**power for value in (direct, fused[:, 0], fused[:, 1]))
        error = np.hypot(x.std(), y.std()) / np.sqrt(runs)
        assert abs(x.mean() - y.mean()) < 5 * error
        assert abs(x.mean() - other.mean()) > 5 * error


def test_the_first_generation_is_given_or_fitted():
    given = run_ensemble(KnownVarianceEnsemble((0.0,), (5,), 10, first=3.0), EnsembleConfig(0, 64, 0))["error"]
    fitted = run_ensemble(KnownVarianceEnsemble((0.0,), (5,), 10), EnsembleConfig(0, 6400, 0))["error2"]
    assert (given == 3.0).all()
    assert abs(fitted.mean() - 0.1) < 5 * 0.1 * np.sqrt(2 / 6400)


def test_always_correcting_forgets_the_start():
    far, near = (
        run_ensemble(KnownVarianceEnsemble((np.inf,), (5,), 10, first=first), EnsembleConfig(0, 64, 1))["error"][-1]
        for first in (100.0, 0.0)
    )
    assert np.array_equal(far, near)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"gammas": (), "ks": ()}, "one gamma and one k per cell"),
        ({"gammas": (0.0,), "ks": (0,)}, "must be >= 1"),
        ({"gammas": (0.0,), "ks": (1,), "n": 0}, "must be >= 1"),
        ({"gammas": (-1.0,), "ks": (1,)}, "gamma must be >= 0"),
        ({"gammas": (float("nan"),), "ks": (1,)}, "gamma must be >= 0"),
    ],
)
def test_bad_settings_are_refused(setting, message):
    with pytest.raises(ValueError, match=message):
        KnownVarianceEnsemble(**setting)
