"""Laws whose perfect denoiser is known in closed form: what a sampler itself does to a law, with no network in between.

E[x_0 | x_k] of a Gaussian and of a mixture in one dimension, elementwise. The samplers' bias follows from the first
exactly, without a draw; the second is a law that no linear method can be tuned to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy import special
from torch import Tensor

from generative.samplers import SamplerConfig, draw
from generative.schedule import Denoise, Floats, scales_at


def gaussian_denoiser(variance: float | Tensor, mean: float | Tensor = 0.0) -> Denoise:
    """The exact x_0 estimate E[x_0 | x_k] when the data are N(mean, variance), elementwise."""

    def denoise(x: Tensor, level: float) -> Tensor:
        alpha, sigma = scales_at(level)
        gain = alpha * variance / (alpha**2 * variance + sigma**2)
        return mean + gain * (x - alpha * mean)

    return denoise


def gaussian_variances(config: SamplerConfig, variances: Sequence[float] | Floats) -> Floats:
    """Variance of the samples that the solver draws with the exact denoiser of each N(0, v): its bias, exactly.

    The samplers are linear in their noises here, so feeding each noise as its own coordinate returns the
    coefficients, and the sum of their squares is the variance. Nothing is drawn.
    """
    v = torch.as_tensor(np.asarray(variances, dtype=float))[:, None]
    calls = config.steps if config.solver == "ddpm" else 1
    units = iter(torch.eye(calls, dtype=torch.float64))
    weights = draw(gaussian_denoiser(v), lambda: next(units).expand(len(v), calls), config)
    return (weights**2).sum(1).numpy()


def gaussian_variance(config: SamplerConfig, variance: float) -> float:
    """`gaussian_variances` of one variance."""
    return float(gaussian_variances(config, [variance])[0])


def gaussian_mean(config: SamplerConfig, variance: float) -> float:
    """Mean of the samples that the solver draws with the exact denoiser of N(1, variance); 1 without bias."""
    zero = torch.zeros(1, dtype=torch.float64)
    return float(draw(gaussian_denoiser(variance, 1.0), lambda: zero, config))


def mixture_denoiser(means: Tensor, deviations: Tensor, weights: Tensor) -> Denoise:
    """E[x_0 | x_k] for mixtures of Gaussians in one dimension, elementwise.

    Each component's own estimate, weighted by how likely x_k makes it (Bayes' rule). Components lie along the last
    axis, (..., K), the rest broadcasts against x.
    """

    def denoise(x: Tensor, level: float) -> Tensor:
        alpha, sigma = scales_at(level)
        spread = alpha**2 * deviations**2 + sigma**2
        away = x.double()[..., None] - alpha * means
        share = torch.softmax(weights.log() - spread.log() / 2 - away**2 / (2 * spread), dim=-1)
        return (share * (means + alpha * deviations**2 / spread * away)).sum(-1).to(x.dtype)

    return denoise


@dataclass(frozen=True)
class Mixture:
    """Gaussians in one dimension: their means, standard deviations and weights (which sum to 1)."""

    means: tuple[float, ...]
    deviations: tuple[float, ...]
    weights: tuple[float, ...]

    @property
    def variance(self) -> float:
        m, s, w = map(np.array, (self.means, self.deviations, self.weights))
        return float(w @ (m**2 + s**2) - (w @ m) ** 2)

    def denoiser(self) -> Denoise:
        m, s, w = (torch.tensor(a, dtype=torch.float64) for a in (self.means, self.deviations, self.weights))
        return mixture_denoiser(m, s, w)

    def quantiles(self, count: int) -> Floats:
        """The quantiles at (i + 1/2)/count, (count,), by interpolation of the distribution function."""
        m, s, w = map(np.array, (self.means, self.deviations, self.weights))
        grid = np.linspace((m - 9 * s).min(), (m + 9 * s).max(), 100_001)
        below = special.ndtr((grid[:, None] - m) / s) @ w
        return np.interp((np.arange(count) + 0.5) / count, below, grid)


def mixture_bias(config: SamplerConfig, law: Mixture, count: int = 2000) -> tuple[float, float]:
    """What a deterministic solver does to a mixture, its denoiser exact.

    The solver is a map of the line; it is applied to `count` quantiles of the normal law in place of random numbers.

    Returns:
        The relative bias of the variance, and the Wasserstein-1 distance to the truth in its standard deviations.

    Raises:
        ValueError: the solver draws more than one noise.
    """
    if config.solver == "ddpm":
        raise ValueError("mixture_bias needs a deterministic solver, got 'ddpm'; choose another")
    normal = torch.from_numpy(special.ndtri((np.arange(count) + 0.5) / count))
    got = np.sort(draw(law.denoiser(), lambda: normal, config).numpy())
    truth = law.quantiles(count)
    return float(got.var() / truth.var() - 1), float(np.abs(got - truth).mean() / truth.std())
