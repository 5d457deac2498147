"""What drifts in a loop of motions, as a few named numbers of each motion; made to be averaged over motions.

Position, course, posture, extent, proportions and noise, each with its unit. Means over motions are what a loop's
generations are compared by; those that stand for a direction of drift grow in proportion to it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from motion.kinematics import rotations as rot
from motion.kinematics.retarget import bone_vectors, heading
from motion.kinematics.skeleton import BONE_LENGTHS, FPS, J
from motion.plausibility import bone_variation, jerk, skating, sole_points

Floats = NDArray[np.floating[Any]]
Float64 = NDArray[np.float64]

LIMBS = tuple(J[f"{side}_{part}"] for side in ("left", "right") for part in ("knee", "ankle", "elbow", "wrist"))
"""Joints in which the long bones end: thighs, shins, upper arms, forearms."""

STATISTICS = (
    "root height cm", "lowest point cm", "speed cm/s", "drift left cm/s", "turning deg/s", "lean deg",
    "range of motion cm", "limb length %", "bone variation %", "jitter mm2", "log jerk", "skating mm/frame",
)  # fmt: skip
_DECIMALS = 4
_STILL = 0.01  # jerk of a motion that does not move, so that it has a logarithm [m/s^3]


def drift_statistics(joints: Floats) -> Float64:
    """STATISTICS of each motion, (n, F >= 4, 22, 3) [m, y up, 20 frames/s] -> (n, 12).

    - root height: of the pelvis, mean over frames.
    - lowest point: height of the lowest joint in the lowest frame; 0 where a motion touches the floor.
    - speed: of the pelvis, horizontally, mean over frames. drift left: its part to the body's left, with sign.
    - turning: standard deviation over frames of the yaw rate.
    - lean: angle of pelvis to neck from upright, forward positive, mean over frames.
    - range of motion: distance of the joints, seen from the pelvis in its heading, from where they are on average;
      root mean square over joints and frames.
    - limb length: of the long bones over our uniform body's, mean less 1.
    - bone variation: see `motion.plausibility`, as are skating and the jerk whose natural logarithm is taken [m/s^3].
    - jitter: variance of the white noise that would have the motion's third differences; noise adds its own variance.

    To four decimals: features are float32, and what does not vary in a law (floor, limbs) must not seem to.
    """
    p: Float64 = np.asarray(joints, dtype=np.float64)
    to_heading, pose = from_root(p)
    course = rot.rotate(to_heading[:, :-1], np.diff(p[:, :, 0], axis=1)) * FPS
    yaw_rate = np.diff(np.unwrap(heading(p), axis=1), axis=1) * FPS
    neck = pose[:, :, J["neck"]]
    away = pose - pose.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(bone_vectors(p)[:, :, LIMBS], axis=-1).mean(axis=1) / BONE_LENGTHS[list(LIMBS)]
    third = np.diff(p, n=3, axis=1)
    inside = np.ones(p.shape[:2], bool)
    columns = (
        100 * p[:, :, 0, 1].mean(axis=1),
        100 * p[..., 1].min(axis=(1, 2)),
        100 * np.hypot(course[..., 0], course[..., 2]).mean(axis=1),
        100 * course[..., 0].mean(axis=1),
        np.degrees(yaw_rate.std(axis=1)),
        np.degrees(np.arctan2(neck[..., 2], neck[..., 1])).mean(axis=1),
        100 * np.sqrt((away**2).sum(axis=-1).mean(axis=(1, 2))),
        100 * (lengths.mean(axis=1) - 1),
        100 * bone_variation(p, inside),
        1e6 * (third**2).mean(axis=(1, 2, 3)) / 20,  # 1 + 9 + 9 + 1: squared weights of a third difference
        np.log(np.maximum(jerk(p, inside), _STILL)),
        1e3 * skating(sole_points(p, inside), inside),
    )
    return np.round(np.column_stack(columns), _DECIMALS) + 0.0  # no -0


def from_root(joints: Float64) -> tuple[Float64, Float64]:
    """Turn into each frame's heading (n, F, 4), joints less the root there (n, F, 22, 3) [m]: +x left, +z ahead."""
    to_heading = rot.about_y(-heading(joints))
    pose = rot.rotate(to_heading[:, :, None], joints - joints[:, :, :1])
    return np.asarray(to_heading, np.float64), np.asarray(pose, np.float64)
