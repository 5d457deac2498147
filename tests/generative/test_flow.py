"""The straight path: it is the diffusion's at equal log-SNR, and what its solvers do to a Gaussian."""

import math

import numpy as np
import pytest
import torch

from generative.exact import gaussian_denoiser, gaussian_variances
from generative.flow import euler, gaussian_velocity, heun, level_at_time, time_at_level, velocity
from generative.samplers import SamplerConfig
from generative.schedule import scales_at


def test_levels_and_times_are_inverse():
    for t in (0.001, 0.1, 0.5, 0.9, 0.99):
        assert math.isclose(time_at_level(level_at_time(t)), t, rel_tol=1e-9)
        alpha, sigma = scales_at(level_at_time(t))
        assert math.isclose(alpha / sigma, t / (1 - t), rel_tol=1e-9)
    assert level_at_time(0) == 999


@pytest.mark.parametrize(("variance", "mean"), [(0.1, 0.0), (1.0, 0.7), (10.0, -2.0)])
def test_velocity_of_the_denoiser_is_the_closed_form(variance, mean):
    y = torch.linspace(-3, 3, 13, dtype=torch.float64)
    for t in (0.01, 0.3, 0.5, 0.8, 0.99):
        got = velocity(gaussian_denoiser(variance, mean), y, t)
        assert torch.allclose(got, gaussian_velocity(y, t, variance, mean), rtol=1e-9, atol=1e-12)


def test_the_closed_form_moves_the_law_of_the_path():
    """y = t m + s(t) z with s^2 = t^2 v + (1-t)^2 solves dy/dt = velocity: its time derivative, by hand."""
    v, m, z = 0.3, 0.6, 1.4
    for t in (0.1, 0.5, 0.95):
        s = math.sqrt(t**2 * v + (1 - t) ** 2)
        slope = m + (t * v - (1 - t)) / s * z
        y = torch.tensor(t * m + s * z, dtype=torch.float64)
        assert math.isclose(float(gaussian_velocity(y, t, v, m)), slope, rel_tol=1e-12)


def test_euler_follows_its_closed_form():
    """On N(0, v) every step multiplies; the last ends on the estimate of the data."""
    v, n = 0.2, 10
    factor = 1.0
    for i in range(n):
        t = i / n
        factor *= 1 + (t * v - (1 - t)) / (t**2 * v + (1 - t) ** 2) / n
    # At t = 0 the last level stands for pure noise, alpha = 5e-5.
    assert math.isclose(
        gaussian_variances(SamplerConfig(solver="flow-euler", steps=n), [v])[0], factor**2, rel_tol=1e-4
    )


def test_points_are_drawn_without_error():
    """On a point the path is straight: one step of either is exact, whatever the noise."""
    noise = torch.randn(5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    for solver, evaluations in ((euler, 1), (euler, 4), (heun, 1), (heun, 5)):
        out = solver(lambda x, level: torch.full_like(x, 0.7), noise, evaluations)
        assert torch.allclose(out, torch.full_like(out, 0.7), atol=1e-12)


def test_evaluations_are_counted():
    for solver, evaluations in (("flow-euler", 6), ("flow-heun", 7)):
        seen = []

        def denoise(x, level, seen=seen):
            seen.append(level)
            return x

        (euler if solver == "flow-euler" else heun)(denoise, torch.zeros(2), evaluations)
        assert len(seen) == evaluations
    with pytest.raises(ValueError, match="must be odd"):
        SamplerConfig(solver="flow-heun", steps=8)
    assert np.isfinite(gaussian_variances(SamplerConfig(solver="flow-heun", steps=7), [1.0])).all()
