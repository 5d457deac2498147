"""Motions displaced along what a loop drifts in, by any amount of either sign; joints (n, F, 22, 3) [m], y up, 20 fps.

Pure; each leaves alone, as far as a body allows, what the others move. `corruptions` spoil motions by fixed amounts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from motion.evaluation.drift import LIMBS, Float64, from_root
from motion.kinematics import rotations as rot
from motion.kinematics.retarget import bone_vectors, from_bones
from motion.kinematics.skeleton import FPS, N_JOINTS, J

_FLAT = np.array([1.0, 0.0, 1.0])
_BELOW = [J[name] for name in ("pelvis", *(f"{s}_{part}" for s in ("left", "right") for part in
                                           ("hip", "knee", "ankle", "foot")))]  # fmt: skip
_ABOVE = [j for j in range(N_JOINTS) if j not in _BELOW]
"""Trunk, head and arms."""


def raised(joints: Float64, height: float) -> Float64:
    """Higher by `height` [m]; negative: sunk."""
    return np.asarray(joints + np.array([0.0, height, 0.0]))


def drifting(joints: Float64, speed: float) -> Float64:
    """Moving to the body's left at `speed` [m/s], beside what it does."""
    to_heading, _ = from_root(joints)
    left = rot.rotate(rot.inverse(to_heading), np.broadcast_to([1.0, 0.0, 0.0], (*joints.shape[:2], 3)))
    path = np.zeros((*joints.shape[:2], 3))
    path[:, 1:] = np.cumsum(left[:, :-1], axis=1) * (speed / FPS)
    return np.asarray(joints + path[:, :, None])


def faster(joints: Float64, factor: float) -> Float64:
    """The pelvis's path on the floor longer by a factor, the body's own movement as it is."""
    path = (joints[:, :, :1] - joints[:, :1, :1]) * _FLAT
    return np.asarray(joints + (factor - 1) * path)


def leaning(joints: Float64, angle: float) -> Float64:
    """The body above the pelvis tilted forward about it by `angle` [rad]."""
    to_heading, pose = from_root(joints)
    c, s = np.cos(angle), np.sin(angle)
    y, z = pose[:, :, _ABOVE, 1], pose[:, :, _ABOVE, 2]
    pose[:, :, _ABOVE, 1], pose[:, :, _ABOVE, 2] = c * y - s * z, c * z + s * y
    return _placed(joints, to_heading, pose)


def larger(joints: Float64, factor: float) -> Float64:
    """Every bone's direction farther by a factor from the motion's mean pose, in the body's heading; lengths stay.

    The root moves up or down so that the lowest joint of each frame is as high as it was.
    """
    to_heading, pose = from_root(joints)
    bones = bone_vectors(pose)
    lengths = np.linalg.norm(bones, axis=-1, keepdims=True)
    aims = rot.unit(bones)
    mean = aims.mean(axis=1, keepdims=True)
    wider = rot.unit(mean + factor * (aims - mean)) * lengths
    return _level(_placed(joints, to_heading, from_bones(np.zeros(3), np.asarray(wider, np.float64))), joints)


def longer(joints: Float64, factor: float) -> Float64:
    """Thighs, shins, upper arms and forearms longer by a factor; the lowest joint of each frame as high as it was."""
    bones = bone_vectors(joints)
    bones[:, :, LIMBS] *= factor
    return _level(joints[:, :, :1] + from_bones(np.zeros(3), bones), joints)


def jittering(joints: Float64, variance: float, rng: np.random.Generator) -> Float64:
    """White noise of `variance` [m^2] on every coordinate; less than 0 is none, for there is none to take away."""
    return np.asarray(joints + np.sqrt(max(variance, 0.0)) * rng.standard_normal(joints.shape))


def _placed(joints: Float64, to_heading: NDArray[np.float64], pose: Float64) -> Float64:
    """A pose seen from the root, put where the root of `joints` is and turned as it is."""
    world: Float64 = joints[:, :, :1] + rot.rotate(rot.inverse(to_heading)[:, :, None], pose)
    return world


def _level(changed: Float64, joints: Float64) -> Float64:
    """`changed`, each frame moved vertically until its lowest joint is as high as that of `joints`."""
    out = changed.copy()
    out[..., 1] += (joints[..., 1].min(axis=2) - changed[..., 1].min(axis=2))[:, :, None]
    return out
