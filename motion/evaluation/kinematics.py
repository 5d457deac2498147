"""Motions as a few statistics of their joints: measures of likeness that need no trained network.

`kinematic_features` describes a clip by the mean and the standard deviation over time of 67 channels (what HumanML3D's
first 67 features hold, computed from the joints and each frame's own heading), and by the mean speed of the ends of
the limbs, which the positions cannot tell: 139 numbers that mean the same for a clip of any length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motion.kinematics import rotations as rot
from motion.kinematics.retarget import heading
from motion.kinematics.skeleton import FPS, N_JOINTS, J

Floats = NDArray[np.floating[Any]]
Float64 = NDArray[np.float64]

ENDS: tuple[str, ...] = ("left_foot", "right_foot", "left_wrist", "right_wrist", "head")
N_CHANNELS = 4 + 3 * (N_JOINTS - 1)
KINEMATIC_DIM = 2 * N_CHANNELS + len(ENDS)

_ANCHOR = 0.05
"""Least scale of a kinematic feature, as a share of the median scale: keeps a still joint from ruling a distance."""


def kinematic_features(joints: Floats, lengths: NDArray[np.int64]) -> Float64:
    """Statistics of each motion, (n, F, 22, 3) [m, 20 frames/s], lengths (n,) -> (n, 139).

    Channels: yaw rate [rad/s], root velocity to the left and forward in the frame's heading [m/s], root height [m],
    joints 1..21 less the root's x and z in the frame's heading [m]. Columns: 67 means, 67 standard deviations, then
    the mean speeds of toes, wrists and head relative to the root [m/s].

    Args:
        joints: padded beyond each motion's length with anything.
        lengths: valid FRAMES of each motion, at least 2 (one more than its rows of features).

    Raises:
        ValueError: a shape or a length does not fit, or a valid joint is not finite.
    """
    p: Floats = np.asarray(joints, dtype=np.float64)
    if p.ndim != 4 or p.shape[2:] != (N_JOINTS, 3):
        raise ValueError(f"joints must have shape (n, F, {N_JOINTS}, 3), got {p.shape}")
    if lengths.shape != (len(p),) or (len(p) and not (lengths.min() >= 2 and lengths.max() <= p.shape[1])):
        raise ValueError(f"lengths must be (n,) between 2 and {p.shape[1]} frames, got {lengths}; drop shorter motions")
    valid = np.arange(p.shape[1]) < lengths[:, None]
    if not np.all(np.isfinite(p[valid])):
        raise ValueError("joints must be finite, got nan or inf in a valid frame; drop those motions")
    p = np.where(valid[..., None, None], p, 0.0)
    yaw = heading(p)
    to_heading = rot.about_y(-yaw)
    local = p[:, :, 1:].copy()
    local[..., 0::2] -= p[:, :, :1, 0::2]
    local = rot.rotate(to_heading[:, :, None, :], local)
    turn = np.diff(yaw, axis=1)
    turn = (turn + np.pi) % (2 * np.pi) - np.pi
    travel = rot.rotate(to_heading[:, :-1], np.diff(p[:, :, 0], axis=1))
    rates = np.stack([turn, travel[..., 0], travel[..., 2]], axis=-1) * FPS
    still = np.concatenate([p[:, :, :1, 1], local.reshape(*p.shape[:2], -1)], axis=-1)
    moving = valid[:, 1:]  # both ends of the step are valid
    rate_mean, rate_std = _moments(rates, moving)
    still_mean, still_std = _moments(still, valid)
    ends = np.diff(p[:, :, [J[name] for name in ENDS]] - p[:, :, :1], axis=1)
    speed, _ = _moments(np.sqrt((ends**2).sum(axis=-1)) * FPS, moving)
    return np.concatenate([rate_mean, still_mean, rate_std, still_std, speed], axis=1)


def _moments(values: Floats, valid: NDArray[np.bool_]) -> tuple[Float64, Float64]:
    """Mean and standard deviation over the valid frames, (n, F, c), (n, F) -> two (n, c)."""
    weight = valid[..., None] / valid.sum(axis=1)[:, None, None]
    mean = (values * weight).sum(axis=1)
    return mean, np.sqrt(((values - mean[:, None]) ** 2 * weight).sum(axis=1))


@dataclass(frozen=True)
class Standardiser:
    """(features - mean) / scale, fitted on REAL motions only, so that all arms are measured with one ruler."""

    mean: Float64
    scale: Float64

    @classmethod
    def fit(cls, real: Float64) -> Standardiser:
        """From features of real motions, (n, d). Near-constant columns get a floor of 5 % of the median scale.

        Raises:
            ValueError: fewer than two motions.
        """
        if len(real) < 2:
            raise ValueError(f"standardising needs at least 2 real motions, got {len(real)}")
        scale = real.std(axis=0)
        median = float(np.median(scale))
        return cls(real.mean(axis=0), np.maximum(scale, _ANCHOR * median if median > 0 else 1.0))

    def apply(self, features: Float64) -> Float64:
        return (features - self.mean) / self.scale
