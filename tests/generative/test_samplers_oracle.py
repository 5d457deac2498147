"""The schedule and single steps against the schedulers of `diffusers` (extra "oracles"), at equal levels.

Where definitions differ: theirs hold float32 tables, ours float64 (so 3e-4 on alpha_bar, whose last beta is 0.999).
Their DDIM and DDPM choose levels with a fixed gap and end at level 0's alpha_bar or at 1 by a flag; ours are even from
999 to 0 and end at 1. Their DPM-Solver++ spaces levels evenly in k or in noise unless told otherwise and lowers its
order at the end; ours is even in log-SNR and ends with the estimate of x_0. Both use the midpoint rule of order two.
"""

import math

import numpy as np
import pytest
import torch

from generative.samplers import ddim_step, ddpm_step, dpm_step
from generative.schedule import LEVELS, cosine_alpha_bar, half_log_snr

diffusers = pytest.importorskip("diffusers")

COMMON = {"num_train_timesteps": LEVELS, "beta_schedule": "squaredcos_cap_v2", "prediction_type": "sample"}
HERE, THERE = 800, 700


@pytest.fixture
def tensors():
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(16, 4, generator=generator) for _ in range(3)]


def test_alpha_bar():
    theirs = diffusers.DDPMScheduler(**COMMON).alphas_cumprod.double().numpy()
    assert np.allclose(theirs, cosine_alpha_bar(), rtol=3e-4, atol=0)


def test_ddim_step(tensors):
    x, clean, _ = tensors
    scheduler = diffusers.DDIMScheduler(**COMMON, clip_sample=False)
    scheduler.set_timesteps(LEVELS // (HERE - THERE))
    theirs = scheduler.step(clean, HERE, x, eta=0.0).prev_sample
    alpha_bar = cosine_alpha_bar()
    assert torch.allclose(ddim_step(x, clean, alpha_bar[HERE], alpha_bar[THERE]), theirs, atol=1e-5)


def test_ddpm_step(tensors):
    x, clean, _ = tensors
    scheduler = diffusers.DDPMScheduler(**COMMON, clip_sample=False, variance_type="fixed_small")
    scheduler.set_timesteps(timesteps=[HERE, THERE])
    theirs = scheduler.step(clean, HERE, x, generator=torch.Generator().manual_seed(1)).prev_sample
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(1))
    alpha_bar = cosine_alpha_bar()
    mean, deviation = ddpm_step(x, clean, alpha_bar[HERE], alpha_bar[THERE])
    assert torch.allclose(mean + deviation * noise, theirs, atol=1e-5)


def test_dpm_steps(tensors):
    x, clean, before = tensors
    scheduler = diffusers.DPMSolverMultistepScheduler(
        **COMMON, algorithm_type="dpmsolver++", solver_type="midpoint", solver_order=2
    )
    lam = float(half_log_snr()[HERE]) + np.array([-0.6, 0.0, 0.6])  # even in log-SNR, as ours
    scheduler.set_timesteps(3)
    scheduler.sigmas = torch.tensor([math.exp(-value) for value in lam], dtype=torch.float64)
    scheduler._step_index = 1
    first = scheduler.dpm_solver_first_order_update(clean, sample=x)
    assert torch.allclose(dpm_step(x, clean, lam[1], lam[2]), first.to(x.dtype), atol=1e-5)
    second = scheduler.multistep_dpm_solver_second_order_update([before, clean], sample=x)
    ours = dpm_step(x, 1.5 * clean - 0.5 * before, lam[1], lam[2])
    assert torch.allclose(ours, second.to(x.dtype), atol=1e-5)
