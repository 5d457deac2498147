"""What the checks of further models stand on: the coupled and the curated Gaussian loops."""

import numpy as np
import pytest

from loop.ensemble import EnsembleConfig, run_ensemble
from theory.formulas import tilted_path
from toy.checks import CHECKS as ALL
from toy.curated_gaussian import CuratedGaussianEnsemble
from toy.gaussian_ensemble import GaussianEnsemble
from toy.model_checks import CHECKS
from toy.moved_point import MovedPointEnsemble, sensitivity


def test_they_stand_among_the_simulated_checks():
    """`test_toy_checks.py` runs them all with their controls."""
    assert set(CHECKS) <= set(ALL)


def test_the_moved_point_is_one_of_the_points():
    """Start: exactly shift/n; and the loop with its points drawn one by one has the law of the fused loop, 5 SE."""
    loop = MovedPointEnsemble((0.0,), (0.5,), 10, 1, shift=2.0)
    assert np.allclose(sensitivity(loop, EnsembleConfig(0, 64, 0)), 1.0)
    own = run_ensemble(MovedPointEnsemble((0.3,), (0.5,), 10, 2), EnsembleConfig(0, 6400, 3))["first_mean"][-1] ** 2
    fused = run_ensemble(GaussianEnsemble((0.3,), (0.5,), 10, 2), EnsembleConfig(1, 6400, 3))["mean_error2"][-1]
    error = np.hypot(own.std(), fused.std()) / 80
    assert abs(own.mean() - fused.mean()) < 5 * error
    assert abs(own.mean() - 1.5 * fused.mean()) > 5 * error


def test_perfect_curation_of_the_golden_setting():
    """tau^2 = 4, centre 1 from N(0, 1): after 20 rounds mean .833333, variance .166667; k = 10^6, 64 runs."""
    loop = CuratedGaussianEnsemble((0.0, 1.0), (1.0, 1.0), 10**6, 1, "replace")
    curves = run_ensemble(loop, EnsembleConfig(0, 64, 20))
    for name, value in (("mean", 0.833333), ("variance", 0.166667)):
        error = curves[name][-1, :, 0].std() / 8
        assert abs(curves[name][-1, :, 0].mean() - value) < 5 * error + 1e-6
        assert abs(curves[name][-1, :, 1].mean() - value) > 5 * error, "correction holds it back"
        expected = loop.expected(20)[name]
        assert expected[-1, 0] == pytest.approx(value, abs=1e-6) and np.isnan(expected[:, 1]).all()
    assert tilted_path(0.0, 1.0, 20, centre=1.0, tau2=4.0)[0] == pytest.approx(loop.expected(20)["mean"][-1, 0])


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"tau2": -1.0}, "tau2 must be > 0"),
        ({"centre": float("nan")}, "centre finite"),
        ({"dimension": 2}, "dimension must be 1"),
    ],
)
def test_bad_settings_are_refused(more, message):
    with pytest.raises(ValueError, match=message):
        CuratedGaussianEnsemble((0.0,), (1.0,), **more)
