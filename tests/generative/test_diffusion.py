"""The schedule and the samplers, on the one law whose perfect denoiser is known."""

import math

import numpy as np
import pytest
import torch

from generative.diffusion import (
    LEVELS,
    SamplerConfig,
    cosine_alpha_bar,
    draw,
    gaussian_denoiser,
    gaussian_variance,
    half_log_snr,
    noise_scales,
    training_levels,
)

VARIANCES = (0.01, 0.1, 1.0, 10.0)


def kept(solver, steps):
    """Share of the variance that the solver keeps, for several variances of the data."""
    return np.array([gaussian_variance(SamplerConfig(solver=solver, steps=steps), v) / v for v in VARIANCES])


def test_schedule_is_the_clipped_cosine():
    alpha_bar = cosine_alpha_bar()
    time = np.arange(1, LEVELS) / LEVELS
    f = np.cos((time + 0.008) / 1.008 * np.pi / 2) ** 2 / math.cos(0.008 / 1.008 * math.pi / 2) ** 2
    assert np.allclose(alpha_bar[:-1], f, rtol=1e-9)  # all but the last level, where beta is clipped
    assert np.isclose(alpha_bar[-1], alpha_bar[-2] * 0.001)
    assert np.all(np.diff(half_log_snr()) < 0)


def test_training_levels_are_even_in_what_they_say():
    assert torch.equal(training_levels("level"), torch.arange(LEVELS))
    lam = half_log_snr()[training_levels("log-snr").numpy()]
    assert np.allclose(lam, np.linspace(-4, 4.5, LEVELS), atol=0.15)  # rounding to whole levels, coarse at the ends
    share = np.mean(lam < -1), np.mean(half_log_snr() < -1)
    assert np.isclose(share[0], 3 / 8.5, atol=0.005) and share[1] < 0.25


def test_noise_scales_give_unit_variance():
    alpha, sigma = noise_scales(torch.arange(LEVELS))
    assert torch.allclose(alpha**2 + sigma**2, torch.ones(LEVELS))
    assert np.allclose(np.log((alpha / sigma).numpy())[:900], half_log_snr()[:900], atol=1e-3)


@pytest.mark.parametrize(
    ("solver", "steps", "within"), [("dpm++2m", 300, 0.015), ("ddim", 1000, 0.02), ("ddpm", 1000, 0.05)]
)
def test_many_steps_draw_the_gaussian(solver, steps, within):
    assert np.all(np.abs(kept(solver, steps) - 1) < within)


def test_bias_at_few_steps_is_what_the_documentation_says():
    assert np.all(np.abs(kept("dpm++2m", 8) - 1) < 0.085)
    assert np.all(np.abs(kept("dpm++2m", 20) - 1) < 0.025)
    assert np.all(kept("ddim", 10) < 0.8) and np.all(kept("ddpm", 10) < 0.7)  # even spacing loses variance
    assert np.all(np.abs(kept("dpm++2m", 8) - 1) < np.abs(kept("ddim", 50) - 1) + 0.03)


def test_errors_fall_with_the_order_of_the_solver():
    """Halving the step: about 1/2 of a first-order error, 1/4 of a second-order one (variance 1)."""
    first = [abs(gaussian_variance(SamplerConfig(solver="ddim", steps=s), 1.0) - 1) for s in (50, 100)]
    second = [abs(gaussian_variance(SamplerConfig(steps=s), 1.0) - 1) for s in (20, 40)]
    assert 0.4 < first[1] / first[0] < 0.65
    assert second[1] / second[0] < 0.32


def test_ddim_follows_its_closed_form():
    """With N(0, 1) data x_0 = alpha x, so every DDIM step multiplies by cos of the angle it turns: exact product."""
    steps = 25
    levels = np.round(np.linspace(LEVELS - 1, 0, steps)).astype(int)
    angle = np.arccos(np.sqrt(np.append(cosine_alpha_bar()[levels], 1.0)))
    exact = np.prod(np.cos(np.diff(angle))) ** 2
    assert np.isclose(gaussian_variance(SamplerConfig(solver="ddim", steps=steps), 1.0), exact, rtol=1e-9)


def test_ddpm_follows_its_closed_form():
    """Ancestral steps on N(0, v): the variance recursion of the posterior, written out by hand."""
    steps, v = 40, 0.5
    levels = np.round(np.linspace(LEVELS - 1, 0, steps)).astype(int)
    abar = np.append(cosine_alpha_bar()[levels], 1.0)
    var = 1.0
    for here, there in zip(abar[:-1], abar[1:], strict=True):
        gain = math.sqrt(here) * v / (here * v + 1 - here)
        beta = 1 - here / there
        mean = math.sqrt(there) * beta / (1 - here) * gain + math.sqrt(here / there) * (1 - there) / (1 - here)
        var = mean**2 * var + (beta * (1 - there) / (1 - here) if there < 1 else 0.0)
    assert np.isclose(gaussian_variance(SamplerConfig(solver="ddpm", steps=steps), v), var, rtol=1e-9)


@pytest.mark.parametrize("solver", ["dpm++2m", "ddim", "ddpm"])
def test_samples_have_the_mean_and_variance_that_are_promised(solver):
    n, mean, variance, config = 40_000, 0.7, 0.25, SamplerConfig(solver=solver, steps=12)
    generator = torch.Generator().manual_seed(3)
    x = draw(gaussian_denoiser(variance, mean), lambda: torch.randn(n, generator=generator), config).numpy()
    promised = gaussian_variance(config, variance)
    assert abs(x.var() - promised) < 5 * promised * math.sqrt(2 / n)
    # The mean's bias: alpha of the first level times the mean is left out of the start, at most alpha_0 / sigma ~ 0.02.
    assert abs(x.mean() - mean) < 0.02 * mean + 5 * math.sqrt(promised / n)
    wrong = draw(gaussian_denoiser(variance, mean + 0.1), lambda: torch.randn(n, generator=generator), config).numpy()
    assert abs(wrong.mean() - mean) > 0.02 * mean + 5 * math.sqrt(promised / n)


def test_noise_is_asked_for_once_or_once_a_step():
    for solver, calls in (("dpm++2m", 1), ("ddim", 1), ("ddpm", 9)):
        count = 0

        def noise():
            nonlocal count
            count += 1
            return torch.zeros(2)

        draw(gaussian_denoiser(1.0), noise, SamplerConfig(solver=solver, steps=9))
        assert count == calls


def test_bad_configs_are_refused():
    for bad, text in (
        ({"steps": 0}, "steps must be 2"),
        ({"steps": 1}, "steps must be 2"),
        ({"solver": "ddim", "steps": 1001}, "1 to 1000"),
        ({"solver": "euler"}, "dpm\\+\\+2m, ddim or ddpm"),
        ({"guidance": float("nan")}, "finite"),
        ({"guidance": -1.0}, ">= 0"),
    ):
        with pytest.raises(ValueError, match=text):
            SamplerConfig(**bad)
