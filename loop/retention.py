"""Retention, strength and bias of a corrector from the moments of batches, each with its interval.

Every estimate is a smooth function of batch means, and its error is read off the spread between independent batches:
valid for correctors of either scope and for perturbations of any kind, with Student's t for the number of batches.
Derived here [D] unless a line says otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop.student import quantile, two_sided

Array = NDArray[np.float64]
ROUNDING = 1e-9  # differences of quantities of order 1 below this are rounding, not findings
Interval = tuple[float, float]


def settle(value: float) -> float:
    """`value`, or 0 where it is nothing but rounding."""
    return 0.0 if abs(value) < ROUNDING else value


def strength(rho: float) -> float:
    """gamma = 1/rho - 1: inf at rho = 0 (all is forgotten), nan below (the output moves the other way)."""
    if abs(rho) < ROUNDING:
        return math.inf
    return math.nan if rho < 0 else 1 / rho - 1 if abs(rho - 1) > ROUNDING else 0.0


def strengths(rho: Interval) -> Interval:
    """The interval of gamma that belongs to an interval of rho; the part of it with rho >= 0."""
    low, high = rho
    return strength(high), math.inf if low < 0 <= high else strength(low)


@dataclass(frozen=True)
class Retention:
    """What a corrector leaves of one perturbation: rho = slope of the output's moment on the input's, through 0.

    rho, gamma: each with a two-sided interval by Fieller. inputs, outputs: displacement of the direction's moment
    before and after the correction, one per amplitude. residual: largest departure of the outputs from the line, in
    units of the largest input; p_residual: of its exceeding the tolerance by chance. bias: displacement of the same
    moment where the input is the truth. draws, bias_draws: (R,) influence of each batch on rho and bias, mean 0.
    """

    name: str
    rho: float
    rho_se: float
    rho_interval: Interval
    gamma: float
    gamma_interval: Interval
    inputs: tuple[float, ...]
    outputs: tuple[float, ...]
    residual: float
    p_residual: float
    linear: bool
    bias: float
    bias_se: float
    draws: Array = field(repr=False, compare=False)
    bias_draws: Array = field(repr=False, compare=False)

    def row(self) -> dict[str, Any]:
        return {
            "direction": self.name, "rho": self.rho, "rho_se": self.rho_se,
            "rho_low": self.rho_interval[0], "rho_high": self.rho_interval[1],
            "gamma": self.gamma, "gamma_low": self.gamma_interval[0], "gamma_high": self.gamma_interval[1],
            "residual": self.residual, "p_residual": self.p_residual, "linear": self.linear,
            "bias": self.bias, "bias_se": self.bias_se, "inputs": self.inputs, "outputs": self.outputs,
        }  # fmt: skip


@dataclass(frozen=True)
class Bias:
    """Displacement of one moment of the truth by the corrector: E_{C#p*} T - E_{p*} T, with its interval.

    standardised: in standard deviations of T under the truth.
    """

    name: str
    truth: float
    bias: float
    se: float
    interval: Interval
    standardised: float

    def row(self) -> dict[str, Any]:
        return {
            "moment": self.name, "truth": self.truth, "bias": self.bias, "bias_se": self.se,
            "bias_low": self.interval[0], "bias_high": self.interval[1], "standardised": self.standardised,
        }  # fmt: skip


def standard_error(draws: Array) -> Array:
    """Of the mean of R batches, (R, ...) -> (...)."""
    found: Array = np.std(draws, axis=0, ddof=1) / np.sqrt(len(draws))
    return found


def fieller(numerator: Array, denominator: Array, level: float) -> Interval:
    """Interval for E numerator/E denominator from R pairs: {rho : |mean(N - rho D)| <= t se(N - rho D)}.

    (-inf, inf) where E D is not told from 0. Source: Fieller 1954; exact for normal pairs.
    """
    n, d = float(numerator.mean()), float(denominator.mean())
    (s_nn, s_nd), (_, s_dd) = (np.cov(numerator, denominator) / len(numerator)).tolist()
    t2 = quantile(level, len(numerator) - 1) ** 2
    a, b, c = d * d - t2 * s_dd, n * d - t2 * s_nd, n * n - t2 * s_nn
    if a <= 0:
        return -math.inf, math.inf
    root = math.sqrt(max(b * b - a * c, 0.0))
    return (b - root) / a, (b + root) / a


def p_largest(mean: Array, draws: Array, tolerance: float = 0.0) -> float:
    """p-value of `all |E m_k| <= tolerance`, Bonferroni over the K components; they are of order 1.

    Args:
        mean: (K,). draws: (R, K) influences, mean 0. tolerance: 0 tests for exactly zero.
    """
    excess = np.maximum(np.abs(mean) - tolerance, 0.0)
    error = standard_error(draws)
    found = excess > ROUNDING
    scores = np.divide(excess, error, out=np.where(found, np.inf, 0.0), where=error > ROUNDING)
    return min(1.0, mean.size * two_sided(float(scores.max()), len(draws) - 1))


def retention(
    name: str, amplitudes: Array, x: Array, y: Array, bias: Array, *, level: float, error_rate: float, tolerance: float
) -> Retention:
    """The retention of one direction.

    rho = sum_e e y_e / sum_e e x_e, averages over batches inside: the amplitudes e are the instrument. They are fixed
    numbers, so the ratio is not pulled towards 0 by the noise of x, as a least-squares slope is; for x_e = c e it is
    that slope. Amplitudes of both signs cancel an even curvature: the slope is then the local one up to O(e^2).
    The departures from the line are q_e = y_e - rho x_e with rho estimated: their influences are
    d_r - x (e.d_r)/(e.x), d_r = y_r - rho x_r, which are free of the slope's own error to first order.

    Args:
        amplitudes: (A,). x, y: (R, A) displacement of the moment before and after, per batch and amplitude.
        bias: (R,) displacement of the moment of the truth itself, per batch.
    """
    numerator, denominator = y @ amplitudes, x @ amplitudes
    scale = float(denominator.mean())
    mean_x, mean_y = x.mean(axis=0), y.mean(axis=0)
    rho = settle(float(numerator.mean()) / scale) if scale else math.nan
    off = y - rho * x
    draws = (numerator - rho * denominator) / scale
    largest = float(np.abs(mean_x).max())
    departures = (off - draws[:, None] * mean_x) / largest
    residuals = departures.mean(axis=0)
    p = p_largest(residuals, departures - residuals, tolerance)
    interval = fieller(numerator, denominator, level)
    return Retention(
        name, rho, settle(float(standard_error(draws))), interval, strength(rho), strengths(interval),
        tuple(mean_x.tolist()), tuple(mean_y.tolist()), settle(float(np.abs(residuals).max())), p, p >= error_rate,
        float(bias.mean()), float(standard_error(bias)), draws, bias - bias.mean(),
    )  # fmt: skip


def biases(names: Sequence[str], truth: Array, moved: Array, deviation: Array, level: float) -> tuple[Bias, ...]:
    """One entry per moment; truth, moved: (R, K) batch means before and after; deviation: (K,) of one sample."""
    shift = moved - truth
    mean, error = shift.mean(axis=0), standard_error(shift)
    half = quantile(level, len(shift) - 1) * error
    return tuple(
        Bias(name, float(truth[:, k].mean()), float(mean[k]), float(error[k]),
             (float(mean[k] - half[k]), float(mean[k] + half[k])), float(mean[k] / deviation[k]))
        for k, name in enumerate(names)
    )  # fmt: skip
