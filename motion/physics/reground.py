"""What is wrong before any physics: a floor that is too high, too low or drifting."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from motion.kinematics.skeleton import FPS
from motion.physics.quaternions import Floats

TREND_SIGMA = 0.35
"""Standard deviation of the floor trend's Gaussian [s]."""
REST_SPEED = 0.35
"""A sole point slower than this rests [m/s]."""
DEAD_BAND = (0.01, 0.02)
"""Floor errors below the first are left alone, above the second fully removed [m]."""


def floor_trend(sole: Floats) -> Floats:
    """Height of the floor that a clip seems to walk on, a slow trend, (n, T) [m].

    The lowest sole point is taken where it rests; a clip without any such frame is given the 5 % quantile of its
    lowest point.

    Args:
        sole: (n, T, ..., 3) sole points [m].
    """
    n, frames = sole.shape[:2]
    points = sole.reshape(n, frames, -1, 3)
    step = np.gradient(points, axis=1) * FPS
    speed = np.sqrt((step * step).sum(axis=-1))
    which = points[..., 1].argmin(axis=-1)[..., None]
    lowest = np.take_along_axis(points[..., 1], which, axis=-1)[..., 0]
    rest = np.take_along_axis(speed, which, axis=-1)[..., 0] < REST_SPEED
    weight = rest.astype(float)
    # median of the resting frames: sort them first, the others to the end
    ordered = np.sort(np.where(rest, lowest, np.inf), axis=1)
    count = rest.sum(axis=1)
    halves = [np.maximum(count - 1, 0) // 2, np.minimum(count // 2, frames - 1)]
    middle = [np.take_along_axis(ordered, k[:, None], axis=1)[:, 0] for k in halves]
    usual = np.where(count > 0, 0.5 * (middle[0] + middle[1]), np.quantile(lowest, 0.05, axis=1))
    sigma = TREND_SIGMA * FPS
    # a small prior weight carries the clip's usual height through long flights
    total = gaussian_filter1d(weight, sigma, axis=1, mode="nearest") + 1e-3
    above = gaussian_filter1d(weight * (lowest - usual[:, None]), sigma, axis=1, mode="nearest")
    result: Floats = usual[:, None] + above / total
    return result


def reground(joints: Floats, sole: Floats) -> Floats:
    """`joints` lowered or raised by the floor trend, so that resting soles are at y = 0."""
    trend = floor_trend(sole)
    low, high = DEAD_BAND
    share = np.clip((np.abs(trend) - low) / (high - low), 0.0, 1.0)
    result = joints.copy()
    result[..., 1] -= (trend * share)[..., None]
    return result
