"""Gaussian diffusion: the cosine schedule and three samplers for a model that predicts the clean sample.

A noisy sample is x_k = alpha_k x_0 + sigma_k e, alpha^2 + sigma^2 = 1, at levels k = 0 .. 999 (0: almost clean). The
samplers see the model only as `denoise(x, level) -> x_0 estimate` and work on tensors of any shape. They are not exact
at few steps; `gaussian_variance` states the bias of each on the one law where the perfect denoiser is known.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Spacing = Literal["log-snr", "level"]
Solver = Literal["dpm++2m", "ddim", "ddpm"]
Denoise = Callable[[Tensor, float], Tensor]
Noise = Callable[[], Tensor]
Floats = NDArray[np.float64]

LEVELS = 1000


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


LAMBDA_RANGE = (-4.0, 4.5)
"""Where DPM-Solver++ starts and makes its last evaluation: the perfect x_0 of a Gaussian needs no more (see tests)."""


@dataclass(frozen=True, kw_only=True)
class SamplerConfig:
    """How samples are drawn.

    steps: model evaluations (two passes each when guidance is not 1).
    guidance: scale of classifier-free guidance; 1 is the model itself, without bias.
    solver: "dpm++2m" deterministic, second order, levels uniform in log-SNR; "ddim" deterministic, first order, levels
        uniform in k; "ddpm" ancestral with the posterior's variance, levels uniform in k (1000 steps: MDM's sampler).
        The last two begin at level 999, so train with levels "level" for them.
    """

    steps: int = 8
    guidance: float = 1.0
    solver: Solver = "dpm++2m"

    def __post_init__(self) -> None:
        if self.solver not in ("dpm++2m", "ddim", "ddpm"):
            raise ValueError(f"solver must be dpm++2m, ddim or ddpm, got {self.solver!r}")
        least, most = (2, LEVELS) if self.solver == "dpm++2m" else (1, LEVELS)
        if not least <= self.steps <= most:
            raise ValueError(f"steps must be {least} to {most} for {self.solver}, got {self.steps}")
        if not (math.isfinite(self.guidance) and self.guidance >= 0):
            raise ValueError(f"guidance must be finite and >= 0 (1 = none), got {self.guidance!r}")


def training_levels(spacing: Spacing) -> Tensor:
    """1000 equally likely noise levels to train on, (1000,) int64.

    "level": each level once, as DDPM and MDM do. "log-snr": even in lambda over the range that DPM-Solver++ visits,
    which spends about twice as many samples where a caption decides the action (lambda < -1).
    """
    if spacing == "level":
        return torch.arange(LEVELS)
    lam = np.linspace(*LAMBDA_RANGE, LEVELS)
    level = np.interp(lam, half_log_snr()[::-1], np.arange(LEVELS, dtype=float)[::-1])
    return torch.from_numpy(np.round(level).astype(np.int64))


def noise_scales(level: Tensor) -> tuple[Tensor, Tensor]:
    """alpha and sigma of whole noise levels, (B,) int64 -> two (B,) float32."""
    alpha_bar = torch.from_numpy(cosine_alpha_bar().copy())[level]
    return alpha_bar.sqrt().float(), (1 - alpha_bar).sqrt().float()


def scales_at(level: float) -> tuple[float, float]:
    """alpha and sigma of one noise level, fractions allowed (interpolated in log-SNR)."""
    lam = float(np.interp(level, np.arange(LEVELS), half_log_snr()))
    return 1 / math.sqrt(1 + math.exp(-2 * lam)), 1 / math.sqrt(1 + math.exp(2 * lam))


def draw(denoise: Denoise, noise: Noise, config: SamplerConfig) -> Tensor:
    """One sample per element of what `noise()` returns (standard normal, called once, for "ddpm" once a step)."""
    if config.solver == "dpm++2m":
        return _dpm(denoise, noise(), config.steps)
    return _respaced(denoise, noise, config.steps, ancestral=config.solver == "ddpm")


def _dpm(denoise: Denoise, x: Tensor, steps: int) -> Tensor:
    """DPM-Solver++(2M) of Lu et al. 2022 in data prediction; ends with the x_0 estimate at the last level."""
    lam = np.linspace(*LAMBDA_RANGE, steps)
    level = np.interp(lam, half_log_snr()[::-1], np.arange(LEVELS, dtype=float)[::-1])
    alpha, sigma = 1 / np.sqrt(1 + np.exp(-2 * lam)), 1 / np.sqrt(1 + np.exp(2 * lam))
    before = None
    for i in range(steps - 1):
        clean = denoise(x, float(level[i]))
        # Steps of lambda are equal, so the extrapolation to the step's middle is 3/2, -1/2.
        middle = clean if before is None else 1.5 * clean - 0.5 * before
        shrink = -math.expm1(lam[i] - lam[i + 1])
        x = float(sigma[i + 1] / sigma[i]) * x + float(alpha[i + 1] * shrink) * middle
        before = clean
    return denoise(x, float(level[-1]))


def _respaced(denoise: Denoise, noise: Noise, steps: int, *, ancestral: bool) -> Tensor:
    """DDIM (Song et al. 2021) or ancestral DDPM (Ho et al. 2020, small variance) on evenly spaced levels."""
    levels = np.round(np.linspace(LEVELS - 1, 0, steps)).astype(int) if steps > 1 else np.array([LEVELS - 1])
    alpha_bar = np.append(cosine_alpha_bar()[levels], 1.0)
    x = noise()
    for i, level in enumerate(levels):
        clean = denoise(x, float(level))
        here, there = alpha_bar[i], alpha_bar[i + 1]
        if ancestral:
            step = here / there  # alpha of this (long) step
            keep = math.sqrt(step) * (1 - there) / (1 - here)
            x = math.sqrt(there) * (1 - step) / (1 - here) * clean + keep * x
            if i + 1 < steps:
                x = x + math.sqrt((1 - there) / (1 - here) * (1 - step)) * noise()
        else:
            x = math.sqrt(there) * clean + math.sqrt((1 - there) / (1 - here)) * (x - math.sqrt(here) * clean)
    return x


def gaussian_denoiser(variance: float, mean: float = 0.0) -> Denoise:
    """The exact x_0 estimate E[x_0 | x_k] when the data are N(mean, variance), elementwise."""

    def denoise(x: Tensor, level: float) -> Tensor:
        alpha, sigma = scales_at(level)
        gain = alpha * variance / (alpha**2 * variance + sigma**2)
        return mean + gain * (x - alpha * mean)

    return denoise


def gaussian_variance(config: SamplerConfig, variance: float) -> float:
    """Variance of the samples that the solver draws with the exact denoiser of N(0, variance): its bias, exactly.

    The samplers are linear in their noises here, so feeding each noise as its own coordinate returns the
    coefficients, and the sum of their squares is the variance. Nothing is drawn.
    """
    calls = config.steps if config.solver == "ddpm" else 1
    units = iter(torch.eye(calls, dtype=torch.float64))
    weights = draw(gaussian_denoiser(variance), lambda: next(units), config)
    return float((weights**2).sum())
