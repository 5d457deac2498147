"""How much a motion moves, and how far two motions are apart; per clip, padding not read."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from motion.evaluation.drift import from_root
from motion.joint_corrector import mean_distance
from motion.kinematics.skeleton import FPS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MEASURES = ("absolute", "levelled", "relative")
"""Distances of two motions, see `distances`; the first is the headline."""


def inside(joints: NDArray[Any], lengths: Ints) -> NDArray[np.bool_]:
    """(n, F) True in a motion's valid frames."""
    return np.asarray(np.arange(joints.shape[1]) < lengths[:, None])


def mean_speed(joints: Floats, lengths: Ints) -> Floats:
    """Speed, mean over joints and steps, (n, F, 22, 3) [m] -> (n,) [m/s]; lengths 2 or more."""
    step = np.diff(joints, axis=1)
    size = np.sqrt((step * step).sum(axis=-1)).mean(axis=2) * FPS
    result: Floats = np.where(inside(joints, lengths)[:, 1:], size, 0.0).sum(axis=1) / (lengths - 1)
    return result


def range_of_motion(joints: Floats, lengths: Ints) -> Floats:
    """How far the body's parts move beside the root, (n, F, 22, 3) -> (n,) [m].

    Of each joint the diagonal of the box that it stays in, relative to the root and in each frame's heading; mean over
    joints 1 to 21. Our definition: ranges of joint angles would need a body that the corrector may have changed.
    """
    valid = inside(joints, lengths)[..., None, None]
    p = np.where(valid, joints, 0.0)
    local = from_root(p)[1][:, :, 1:]
    box = np.where(valid, local, -np.inf).max(axis=1) - np.where(valid, local, np.inf).min(axis=1)  # (n, 21, 3)
    result: Floats = np.sqrt((box * box).sum(axis=-1)).mean(axis=1)
    return result


def furthest(a: Floats, b: Floats, lengths: Ints) -> Floats:
    """Mean joint distance of two motions in the frame in which it is largest, (n,) [m]."""
    away = np.sqrt(((a - b) ** 2).sum(axis=-1)).mean(axis=2)
    result: Floats = np.where(inside(a, lengths), away, 0.0).max(axis=1)
    return result


def distances(moved: Floats, clean: Floats, lengths: Ints) -> dict[str, Floats]:
    """Mean joint distance of motions to clean ones over joints and valid frames, {name of `MEASURES`: (n,)} [m].

    - absolute: as they stand.
    - levelled: after the clip's mean vertical offset is taken away, so that a motion put on the floor by a constant is
      judged by the rest.
    - relative: of each joint less its frame's root (all 22, the root's 0 too).
    """
    valid = inside(moved, lengths)[..., None]
    offset = np.where(valid, moved[..., 1] - clean[..., 1], 0.0).mean(axis=2).sum(axis=1) / lengths
    level = moved - offset[:, None, None, None] * np.array([0.0, 1.0, 0.0])
    return {
        "absolute": mean_distance(moved, clean, lengths),
        "levelled": mean_distance(level, clean, lengths),
        "relative": mean_distance(moved - moved[:, :, :1], clean - clean[:, :, :1], lengths),
    }
