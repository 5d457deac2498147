"""The straight path of flow matching as a rescaled diffusion, with Euler's and Heun's solvers.

The path is y_t = (1 - t) e + t x_1, x_1 the data (x_0 of `schedule.py`), from noise at t = 0 to data at t = 1 (Lipman
et al. 2023; rectified flow, Liu et al. 2023). It is the diffusion's times c = sqrt(t^2 + (1-t)^2), at equal log-SNR:

    y_t = c x_k,    lambda_k = log(t / (1 - t)),    velocity  E[x_1 - e | y_t] = (E[x_1 | y_t] - y_t) / (1 - t)

So a network that predicts the clean sample at a level serves both paths, with the solvers of either, and objective
"flow-x1" (predict x_1, t uniform) is x_0 regression on `training_levels("flow")`. The squared error of the velocity is
that of x_1 over (1 - t)^2. Beyond the schedule's ends, t < 5e-5 and t > 0.9937, the level stays that of the end.
"""

from __future__ import annotations

import math

import numpy as np
from torch import Tensor

from generative.schedule import LEVELS, Denoise, half_log_snr, level_at


def level_at_time(t: float) -> float:
    """The level, fractions allowed, of log-SNR equal to that at time t of the straight path, 0 <= t < 1."""
    return float(level_at(math.log(t / (1 - t)) if t > 0 else -math.inf))


def time_at_level(level: float) -> float:
    """The time of the straight path of log-SNR equal to that of a level, fractions allowed."""
    return 1 / (1 + math.exp(-float(np.interp(level, np.arange(LEVELS), half_log_snr()))))


def velocity(denoise: Denoise, y: Tensor, t: float) -> Tensor:
    """dy/dt of the straight path at 0 <= t < 1, (any shape), from a model of the clean sample."""
    return (denoise(y / math.hypot(t, 1 - t), level_at_time(t)) - y) / (1 - t)


def gaussian_velocity(y: Tensor, t: float, variance: float, mean: float = 0.0) -> Tensor:
    """The exact velocity when the data are N(mean, variance): its law at t is N(t mean, t^2 variance + (1-t)^2)."""
    return mean + (t * variance - (1 - t)) / (t**2 * variance + (1 - t) ** 2) * (y - t * mean)


def euler(denoise: Denoise, y: Tensor, steps: int) -> Tensor:
    """So many equal steps of Euler; the last ends on the estimate of x_1 itself."""
    for i in range(steps):
        y = y + velocity(denoise, y, i / steps) / steps
    return y


def heun(denoise: Denoise, y: Tensor, evaluations: int) -> Tensor:
    """Equal steps of Heun, the last one Euler's: the velocity has no value at t = 1. `evaluations` is odd."""
    steps = (evaluations + 1) // 2
    for i in range(steps - 1):
        slope = velocity(denoise, y, i / steps)
        y_there = y + slope / steps
        y = y + (slope + velocity(denoise, y_there, (i + 1) / steps)) / (2 * steps)
    return y + velocity(denoise, y, (steps - 1) / steps) / steps
