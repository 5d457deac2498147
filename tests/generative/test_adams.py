"""The solver "adams": exact where it says so, of order three, little bias at few evaluations on any known law."""

import numpy as np
import pytest
import torch
from scipy import integrate as quadrature

from generative import grids
from generative.adams import _integrals, _weights, integrate, plan, planned
from generative.exact import (
    Mixture,
    gaussian_denoiser,
    gaussian_mean,
    gaussian_variance,
    gaussian_variances,
    mixture_bias,
)
from generative.samplers import SamplerConfig
from generative.schedule import LAMBDA_RANGE

WIDE = np.geomspace(0.01, 30, 60)
"""Between and at the variances that the grids were fitted to."""

STEPS = (*grids.TABLE, 17, 24, 40, 100, 200)


def test_integrals_are_those_of_the_three_functions():
    ends = [(-np.inf, -1.3), (-1.3, 0.4), (0.4, 2.0), (2.0, np.inf)]
    for begin, end in ends:
        a, b = np.arctan(np.exp(begin)), np.arctan(np.exp(end))
        for k, f in enumerate((np.cos, np.sin, lambda t: np.sin(t) * np.log(np.tan(t)))):
            known = quadrature.quad(f, a, b, epsabs=1e-12)[0]
            assert np.isclose((_integrals(end) - _integrals(begin))[k], known, atol=1e-10)


def test_a_step_is_exact_on_its_functions():
    nodes = np.array([0.7, 0.1, -0.8])
    weights = _weights(nodes, 0.7, 1.9)
    alpha, sigma = 1 / np.sqrt(1 + np.exp(-2 * nodes)), 1 / np.sqrt(1 + np.exp(2 * nodes))
    exact = _integrals(1.9) - _integrals(0.7)
    for values, truth in zip((sigma, alpha, alpha * nodes), exact, strict=True):
        assert np.isclose(np.dot(weights, values), truth, atol=1e-13)


@pytest.mark.parametrize("steps", STEPS)
def test_the_unit_gaussian_comes_out_exactly(steps):
    """Up to rounding: levels are read back from log-SNR by interpolation, weights solve a small system."""
    assert abs(gaussian_variance(SamplerConfig(solver="adams", steps=steps), 1.0) - 1) < 1e-9


@pytest.mark.parametrize("steps", STEPS)
def test_the_mean_of_a_point_comes_out_but_for_the_first_step(steps):
    """u is in the span of sigma and alpha; only the guess of x at node 1, made from one u, is not exact, and the step
    is done over, so its error enters through u there alone: third order in the angle of node 1."""
    first = np.arctan(np.exp(grids.grid(steps)[1]))
    config = SamplerConfig(solver="adams", steps=steps)
    assert abs(gaussian_mean(config, 1e-12) - 1) < first**3


def test_order_is_three():
    """Nodes in the middle of equal cells of the angle, so all steps shrink alike. With error C h^3 (1 + c h), halving h
    divides it by 8 (1 + c h / 2) to first order, and halving again halves that ratio's distance from 8;
    0.05 for the rest."""
    errors = []
    for n in (24, 48, 96):
        lam = np.log(np.tan((np.arange(n) + 0.5) / n * np.pi / 2))
        v = torch.tensor([0.2, 0.3, 0.5, 4.0, 6.0], dtype=torch.float64)
        got = integrate(gaussian_denoiser(v), torch.ones_like(v), plan(lam)).numpy() ** 2
        errors.append(np.abs(got / v.numpy() - 1))
    early, late = errors[0] / errors[1], errors[1] / errors[2]
    assert np.all(np.abs(late / 8 - 1) < 0.75 * np.abs(early / 8 - 1) + 0.05)


@pytest.mark.parametrize(("steps", "most"), [(5, 0.05), (6, 0.035), (8, 0.021), (12, 0.01), (16, 0.005)])
def test_bias_over_all_variances_is_as_documented(steps, most):
    config = SamplerConfig(solver="adams", steps=steps)
    assert np.abs(gaussian_variances(config, WIDE) / WIDE - 1).max() < most
    assert max(abs(gaussian_mean(config, v) - 1) for v in (0.01, 0.1, 0.5, 1.0)) < 0.01


def test_bias_is_a_fraction_of_the_second_order_solvers():
    for steps in (5, 6, 8, 12, 16):
        old, new = (
            np.abs(gaussian_variances(SamplerConfig(solver=s, steps=steps), WIDE) / WIDE - 1).max()
            for s in ("dpm++2m", "adams")
        )
        assert new < 0.4 * old


@pytest.mark.parametrize(
    "law",
    [
        Mixture((0.98, -0.98), (0.2, 0.2), (0.5, 0.5)),
        Mixture((3.0, -1 / 3), (0.1, 0.3), (0.1, 0.9)),
        Mixture((-1.2, 0.1, 1.4), (0.15, 0.3, 0.1), (0.4, 0.3, 0.3)),
    ],
)
def test_mixtures_that_no_grid_was_fitted_to_are_drawn_better(law):
    for steps in (8, 16):
        old, new = (mixture_bias(SamplerConfig(solver=s, steps=steps), law, 400) for s in ("dpm++2m", "adams"))
        assert abs(new[0]) < abs(old[0]) and new[1] < 0.5 * old[1], (steps, old, new)


def test_grids_rise_within_the_trained_range():
    for steps in (*range(3, 60), 200, 1000):
        lam = grids.grid(steps)
        assert len(lam) == steps and np.all(np.diff(lam) > 0)
        assert lam[0] >= LAMBDA_RANGE[0] - 1e-9 and lam[-1] <= LAMBDA_RANGE[1] + 1e-9


def test_any_shape_and_type_one_noise_one_evaluation_a_step():
    seen = []

    def denoise(x, level):
        seen.append(level)
        return 0.5 * x

    noise = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(0))
    out = integrate(denoise, noise, planned(8))
    assert out.shape == noise.shape and out.dtype == noise.dtype and len(seen) == 8
    assert all(a > b for a, b in zip(seen[:-1], seen[1:], strict=True))
    assert torch.equal(out, integrate(denoise, noise, planned(8)))
