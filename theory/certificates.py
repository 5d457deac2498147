"""Bounds with all constants known, in place of the theorem's unknown tau(n): R11 and Markov's inequality [D]."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

from theory.hypotheses import shares, whole
from theory.moments import Moments

Floats = NDArray[np.float64]


def noise_radius(n: int, k: int, gamma: float, generations: int, start: float, level: float = 0.05) -> float:
    """tau: every generation's own noise in the mean stays below this with probability 1 - level, in all generations.

    One dimension, known variance 1, fixed real data, |theta_t - theta*| <= `start` throughout: the variance of a
    corrected sample is at most 1 + a(1-a) start^2, and the union bound is over 2 sides and `generations`.

    Raises:
        ValueError: n, k < 1, generations < 1, start negative or nan, level outside (0, 1).
    """
    for name, value in (("n", n), ("k", k), ("generations", generations)):
        whole(name, value, 1, "choose such a value")
    if not (start >= 0 and math.isfinite(start)):
        raise ValueError(f"start must be >= 0 and finite (distance from the truth), got {start!r}; choose such a value")
    _check_level(level)
    s, a = shares(k / n, gamma)
    z = -float(special.ndtri(level / (2 * generations)))
    return z * math.sqrt((1 - s) ** 2 / n + s * s * (1 + a * (1 - a) * start * start) / k)


def distance_bound(factor: float, tau: float, start: float, generations: int) -> Floats:
    """tau sum_{i<t} c^i + c^t start for t = 0..generations, (G+1,); c is the exact rate or the published factor.

    Raises:
        ValueError: a number is negative, infinite or nan, generations no whole number.
    """
    for name, value in (("factor", factor), ("tau", tau), ("start", start)):
        if not (value >= 0 and math.isfinite(value)):
            raise ValueError(f"{name} must be >= 0 and finite, got {value!r}; choose such a value")
    whole("generations", generations, 0, "choose such a value")
    powers = float(factor) ** np.arange(generations + 1)
    sums = np.concatenate([[0.0], np.cumsum(powers[:-1])])
    return np.asarray(tau * sums + powers * start)


def markov_radius(moments: Moments, level: float = 0.05, trace: float = 1.0) -> Floats:
    """Distance that |mu_t - mu*| exceeds with probability at most `level`, (G+1,): sqrt(tr(Sigma*) M_t/level).

    trace: tr(Sigma*), the dimension for N(0, I).
    """
    _check_level(level)
    if not (trace > 0 and math.isfinite(trace)):
        raise ValueError(
            f"trace must be positive and finite (of the target covariance), got {trace!r}; give tr(Sigma*)"
        )
    return np.sqrt(trace * moments.M / level)


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f"level must lie in (0, 1) (probability of failure), got {level!r}; choose such a value")
