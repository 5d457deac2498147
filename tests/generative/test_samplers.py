"""The samplers, on the law whose perfect denoiser is known."""

import math
import re

import numpy as np
import pytest
import torch

from generative.exact import gaussian_denoiser, gaussian_variance, gaussian_variances
from generative.samplers import SOLVERS, WITHIN_LOG_SNR, SamplerConfig, check_levels, draw
from generative.schedule import LEVELS, cosine_alpha_bar, training_levels

VARIANCES = np.array([0.01, 0.1, 1.0, 10.0])


def kept(solver, steps):
    """Share of the variance that the solver keeps, for several variances of the data."""
    return gaussian_variances(SamplerConfig(solver=solver, steps=steps), VARIANCES) / VARIANCES


def test_bias_at_few_steps_is_what_the_documentation_says():
    assert np.all(np.abs(kept("dpm++2m", 8) - 1) < 0.085)
    assert np.all(np.abs(kept("dpm++2m", 20) - 1) < 0.025)
    assert np.all(kept("ddim", 10) < 0.8) and np.all(kept("ddpm", 10) < 0.7)  # even spacing loses variance
    assert np.all(np.abs(kept("dpm++2m", 8) - 1) < np.abs(kept("ddim", 50) - 1) + 0.03)


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


@pytest.mark.parametrize("solver", SOLVERS)
def test_samples_have_the_mean_and_variance_that_are_promised(solver):
    n, mean, variance, config = 40_000, 0.7, 0.25, SamplerConfig(solver=solver, steps=13)
    generator = torch.Generator().manual_seed(3)
    x = draw(gaussian_denoiser(variance, mean), lambda: torch.randn(n, generator=generator), config).numpy()
    promised = gaussian_variance(config, variance)
    assert abs(x.var() - promised) < 4 * promised * math.sqrt(2 / n)
    # The mean's bias: alpha of the first level times the mean is left out of the start, at most alpha_0 / sigma ~ 0.02.
    assert abs(x.mean() - mean) < 0.02 * mean + 5 * math.sqrt(promised / n)
    wrong = draw(gaussian_denoiser(variance, mean + 0.1), lambda: torch.randn(n, generator=generator), config).numpy()
    assert abs(wrong.mean() - mean) > 0.02 * mean + 5 * math.sqrt(promised / n)


def test_noise_is_asked_for_once_or_once_a_step():
    for solver in SOLVERS:
        count = 0

        def noise():
            nonlocal count
            count += 1
            return torch.zeros(2)

        draw(gaussian_denoiser(1.0), noise, SamplerConfig(solver=solver, steps=9))
        assert count == (9 if solver == "ddpm" else 1)


def test_bad_configs_are_refused():
    for bad, text in (
        ({"steps": 0}, "steps must be 2"),
        ({"steps": 1}, "steps must be 2"),
        ({"solver": "ddim", "steps": 1001}, "1 to 1000"),
        ({"solver": "adams", "steps": 2}, "3 to 1000"),
        ({"solver": "flow-heun", "steps": 8}, "odd for flow-heun, got 8; take 7"),
        ({"solver": "euler"}, "solver must be one of dpm"),
        ({"guidance": float("nan")}, "finite"),
        ({"guidance": -1.0}, ">= 0"),
    ):
        with pytest.raises(ValueError, match=text):
            SamplerConfig(**bad)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("spacing", ["log-snr", "level", "flow"])
def test_a_solver_fits_where_training_has_seen_all_levels_that_it_looks_at(solver, spacing):
    seen = []
    for steps in (3, 9, 15, 101):
        config = SamplerConfig(solver=solver, steps=steps)
        draw(lambda x, level: seen.append(level) or 0 * x, lambda: torch.zeros(1), config)
    trained = training_levels(spacing)
    # Levels are whole numbers in training; level 999 is as pure noise as 998.
    fits = min(seen) > float(trained.min()) - 3 and max(seen) < float(trained.max()) + 1.5
    assert fits == (spacing != "log-snr" or solver in WITHIN_LOG_SNR)
    if fits:
        check_levels(solver, spacing)
    else:
        with pytest.raises(ValueError, match=f"solver {re.escape(solver)} begins at pure noise"):
            check_levels(solver, spacing)
