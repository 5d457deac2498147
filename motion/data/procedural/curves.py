"""Smooth curves in time that motions are made of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


def ease(x: Float) -> Float:
    """0 below 0, 1 above 1, between them the minimum-jerk curve: speed and acceleration are zero at both ends."""
    x = np.clip(x, 0.0, 1.0)
    result: Float = x * x * x * (10.0 - 15.0 * x + 6.0 * x * x)
    return result


def glide(x: Float) -> Float:
    """Like `ease` with a lower peak speed: half of it the cubic step, whose acceleration jumps at the ends."""
    x = np.clip(x, 0.0, 1.0)
    return 0.5 * (x * x * (3.0 - 2.0 * x) + ease(x))


def bump(t: Float, rise: float, top: float, fall: float, end: float) -> Float:
    """0 before `rise`, 1 from `top` to `fall`, 0 after `end`; twice differentiable."""
    return ease((t - rise) / (top - rise)) * (1.0 - ease((t - fall) / (end - fall)))


def arch(u: Float) -> Float:
    """16 u^2 (1-u)^2 on [0, 1], zero outside: up to 1 and back, at rest at both ends."""
    u = np.clip(u, 0.0, 1.0)
    result: Float = 16.0 * (u * (1.0 - u)) ** 2
    return result


def sway(t: Float, amplitude: float, rng: np.random.Generator) -> Float:
    """Slow irregular movement: three sinusoids between 0.15 and 0.9 Hz; `amplitude` is its root mean square."""
    rates = rng.uniform((0.15, 0.3, 0.5), (0.3, 0.5, 0.9))
    phases = rng.uniform(0, 2 * np.pi, 3)
    waves = np.sin(2 * np.pi * rates[:, None] * t + phases[:, None]) * np.array([[1.0], [0.6], [0.3]])
    result: Float = amplitude * waves.sum(0) / np.sqrt(0.5 * (1.0 + 0.36 + 0.09))
    return result


def through(t: Float, knots: Sequence[tuple[float, float, float, float]]) -> Float:
    """A curve through knots (time, place, speed, acceleration): quintic between them, constant outside."""
    result = np.full(t.shape, knots[0][1])
    for (t0, p0, v0, a0), (t1, p1, v1, a1) in zip(knots[:-1], knots[1:], strict=True):
        span = t1 - t0
        u = np.clip((t - t0) / span, 0.0, 1.0)
        v0, v1, a0, a1 = v0 * span, v1 * span, a0 * span**2, a1 * span**2
        c3 = 10 * (p1 - p0) - 6 * v0 - 4 * v1 - 1.5 * a0 + 0.5 * a1
        c4 = -15 * (p1 - p0) + 8 * v0 + 7 * v1 + 1.5 * a0 - a1
        c5 = 6 * (p1 - p0) - 3 * v0 - 3 * v1 - 0.5 * a0 + 0.5 * a1
        piece = p0 + u * (v0 + u * (0.5 * a0 + u * (c3 + u * (c4 + u * c5))))
        result = np.where(t >= t0, piece, result)
    return result
