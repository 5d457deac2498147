"""The schedule: what its levels are, and which of them are trained on."""

import math

import numpy as np
import torch

from generative.schedule import (
    LEVELS,
    cosine_alpha_bar,
    half_log_snr,
    level_at,
    noise_scales,
    scales_at,
    scales_of,
    training_levels,
)


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
    time = np.sort(1 / (1 + np.exp(-half_log_snr()[training_levels("flow").numpy()])))
    # Half the widest gap between levels in time, which is where the schedule ends at the clean side.
    gap = np.abs(np.diff(1 / (1 + np.exp(-half_log_snr())))).max()
    assert np.abs(time - (np.arange(LEVELS) + 0.5) / LEVELS).max() < max(gap, 1 - time.max())


def test_noise_scales_give_unit_variance():
    alpha, sigma = noise_scales(torch.arange(LEVELS))
    assert torch.allclose(alpha**2 + sigma**2, torch.ones(LEVELS))
    assert np.allclose(np.log((alpha / sigma).numpy())[:900], half_log_snr()[:900], atol=1e-3)


def test_levels_and_log_snr_are_inverse():
    lam = np.linspace(-9, 5, 100)
    for one in lam:
        assert np.allclose(scales_at(float(level_at(one))), scales_of(one), rtol=1e-9)
    assert level_at(100.0) == 0 and level_at(-np.inf) == LEVELS - 1
