"""The noise schedule of Gaussian diffusion: 1000 levels of the cosine schedule, and which of them to train on.

A noisy sample is x_k = alpha_k x_0 + sigma_k e, alpha^2 + sigma^2 = 1, at levels k = 0 .. 999 (0: almost clean). What a
level means is its log-SNR alone, lambda = log(alpha/sigma): any other Gaussian path, x = a x_0 + b e, is this one times
sqrt(a^2 + b^2) at the level where lambda = log(a/b). So one network serves them all; `flow.py` has the straight path.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Spacing = Literal["log-snr", "level", "flow"]
Denoise = Callable[[Tensor, float], Tensor]
"""A model as the samplers see it: (noisy sample of any shape, level) -> estimate of x_0."""
Noise = Callable[[], Tensor]
Floats = NDArray[np.float64]

LEVELS = 1000

LAMBDA_RANGE = (-4.0, 4.5)
"""Where the solvers that are spaced in log-SNR look at the model: the perfect x_0 of a Gaussian needs no more."""


@lru_cache(maxsize=1)
def cosine_alpha_bar() -> Floats:
    """alpha_bar of the 1000 levels, (1000,): cos^2 schedule of Nichol & Dhariwal 2021, every beta at most 0.999."""
    time = np.arange(LEVELS + 1) / LEVELS
    f = np.cos((time + 0.008) / 1.008 * np.pi / 2) ** 2
    beta = np.minimum(1 - f[1:] / f[:-1], 0.999)
    alpha_bar = np.cumprod(1 - beta)
    alpha_bar.setflags(write=False)
    return alpha_bar


@lru_cache(maxsize=1)
def half_log_snr() -> Floats:
    """lambda = log(alpha/sigma) of the 1000 levels, (1000,), falling from 5.06 to -9.9."""
    alpha_bar = cosine_alpha_bar()
    result = 0.5 * (np.log(alpha_bar) - np.log1p(-alpha_bar))
    result.setflags(write=False)
    return result


def level_at(lam: Floats | float) -> Floats:
    """The level, fractions allowed, at each half log-SNR; the first or last one beyond the schedule's ends."""
    return np.asarray(np.interp(lam, half_log_snr()[::-1], np.arange(LEVELS, dtype=float)[::-1]))


def scales_of(lam: Floats | float) -> tuple[Floats, Floats]:
    """alpha and sigma at each half log-SNR; their squares sum to 1."""
    return 1 / np.sqrt(1 + np.exp(-2 * np.asarray(lam))), 1 / np.sqrt(1 + np.exp(2 * np.asarray(lam)))


def scales_at(level: float) -> tuple[float, float]:
    """alpha and sigma of one noise level, fractions allowed (interpolated in log-SNR)."""
    lam = float(np.interp(level, np.arange(LEVELS), half_log_snr()))
    return 1 / math.sqrt(1 + math.exp(-2 * lam)), 1 / math.sqrt(1 + math.exp(2 * lam))


def noise_scales(level: Tensor) -> tuple[Tensor, Tensor]:
    """alpha and sigma of whole noise levels, (B,) int64 -> two (B,) float32."""
    alpha_bar = torch.from_numpy(cosine_alpha_bar().copy()).to(level.device)[level]
    return alpha_bar.sqrt().float(), (1 - alpha_bar).sqrt().float()


def training_levels(spacing: Spacing) -> Tensor:
    """1000 equally likely noise levels to train on, (1000,) int64.

    "level": each level once, as DDPM and MDM do. "log-snr": even in lambda over the range that the solvers spaced in
    lambda visit, which spends about twice as many samples where a caption decides the action (lambda < -1). "flow":
    even in the time t of the straight path, lambda = log(t/(1-t)), as flow matching does.
    """
    if spacing == "level":
        return torch.arange(LEVELS)
    middle = (np.arange(LEVELS) + 0.5) / LEVELS
    lam = np.log(middle / (1 - middle)) if spacing == "flow" else np.linspace(*LAMBDA_RANGE, LEVELS)
    return torch.from_numpy(np.round(level_at(lam)).astype(np.int64))
