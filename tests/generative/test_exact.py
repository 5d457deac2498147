"""The laws whose perfect denoiser is known: formulas against integrals, and against the Gaussian."""

import numpy as np
import pytest
import torch
from scipy import stats

from generative.exact import (
    Mixture,
    gaussian_denoiser,
    gaussian_mean,
    gaussian_variance,
    gaussian_variances,
    mixture_bias,
)
from generative.samplers import SOLVERS, SamplerConfig
from generative.schedule import scales_at

LAW = Mixture((1.0, -0.5), (0.2, 0.6), (0.3, 0.7))


def test_mixture_denoiser_is_the_posterior_mean():
    """By Bayes' rule on a grid of x_0, at a few noisy values."""
    clean = np.linspace(-6, 6, 200_001)
    m, s, w = LAW.means, LAW.deviations, LAW.weights
    prior = sum(b * stats.norm.pdf(clean, a, c) for a, c, b in zip(m, s, w, strict=True))
    x = np.array([-2.0, -0.3, 0.4, 1.1])
    for level in (50.0, 400.0, 800.0):
        alpha, sigma = scales_at(level)
        posterior = prior * np.exp(-((x[:, None] - alpha * clean) ** 2) / (2 * sigma**2))
        known = (posterior * clean).sum(1) / posterior.sum(1)
        got = LAW.denoiser()(torch.from_numpy(x), level).numpy()
        assert np.allclose(got, known, atol=1e-7)


def test_a_mixture_of_one_is_the_gaussian():
    one = Mixture((0.4,), (0.5,), (1.0,))
    x = torch.linspace(-3, 3, 7)
    assert torch.allclose(one.denoiser()(x, 300.0), gaussian_denoiser(0.25, 0.4)(x, 300.0), atol=1e-6)
    assert one.variance == 0.25
    assert np.allclose(one.quantiles(9), stats.norm.ppf((np.arange(9) + 0.5) / 9, 0.4, 0.5), atol=1e-6)


def test_bias_on_a_mixture_of_one_is_the_gaussians():
    """4000 quantiles stand for the normal law; they lack the tails, alike on both sides of the ratio."""
    config = SamplerConfig(steps=6)
    bias, away = mixture_bias(config, Mixture((0.0,), (0.5,), (1.0,)), 4000)
    kept = gaussian_variance(config, 0.25) / 0.25
    assert np.isclose(bias, kept - 1, atol=1e-6)
    assert np.isclose(away, abs(np.sqrt(kept) - 1) * np.sqrt(2 / np.pi), atol=1e-3)
    with pytest.raises(ValueError, match="deterministic"):
        mixture_bias(SamplerConfig(solver="ddpm"), LAW)


@pytest.mark.parametrize("solver", SOLVERS)
def test_many_variances_at_once_are_each_alone(solver):
    config = SamplerConfig(solver=solver, steps=7)
    many = gaussian_variances(config, [0.1, 1.0, 10.0])
    assert np.allclose(many, [gaussian_variance(config, v) for v in (0.1, 1.0, 10.0)], rtol=1e-12)
    assert abs(gaussian_mean(SamplerConfig(solver=solver, steps=301), 0.5) - 1) < 0.03
