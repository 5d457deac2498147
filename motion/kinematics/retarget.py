"""Motions of any body put on our uniform one, on the floor, at the origin, facing +z."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from motion.kinematics.rotations import unit
from motion.kinematics.skeleton import BONE_LENGTHS, N_JOINTS, PARENTS, J

Float = NDArray[np.float64]
Floats = NDArray[np.floating[Any]]

LEGS = tuple(J[name] for name in ("left_knee", "right_knee", "left_ankle", "right_ankle"))
_MIN_LEG = 1e-3


def bone_vectors(joints: Float) -> Float:
    """Vector of the bone that ends in each joint, (..., 22, 3) -> (..., 22, 3) [m]; zero for the root."""
    vectors: Float = joints - joints[..., PARENTS, :]
    vectors[..., 0, :] = 0.0
    return vectors


def from_bones(root: Float, bones: Float) -> Float:
    """Joints from the root (..., 3) and the vector of the bone that ends in each, (..., 22, 3) [m]: undoes
    `bone_vectors`."""
    joints: Float = np.empty_like(bones)
    joints[..., 0, :] = root
    for j in range(1, N_JOINTS):
        joints[..., j, :] = joints[..., PARENTS[j], :] + bones[..., j, :]
    return joints


def from_directions(root: Float, directions: Float) -> Float:
    """Joints of the uniform body from the root (..., 3) and the bones' unit directions (..., 22, 3)."""
    return from_bones(root, directions * BONE_LENGTHS[:, None])


def uniform_body(joints: Float) -> Float:
    """A motion on the uniform body: bone directions kept, root path scaled by the ratio of leg lengths.

    Args:
        joints: (T, 22, 3) [m], y up.

    Returns:
        (T, 22, 3) [m]; every bone has its BONE_LENGTHS in every frame.

    Raises:
        ValueError: wrong shape, or no legs.

    Source: HumanML3D's uniform skeleton. Differs in the scale: the mean of both legs, each bone's median over time,
    where HumanML3D takes the right leg in frame 0; the same for a rigid symmetric body, steadier otherwise.
    """
    if joints.ndim != 3 or joints.shape[1:] != (N_JOINTS, 3):
        raise ValueError(f"joints must have shape (T, {N_JOINTS}, 3), got {joints.shape}; map the skeleton first")
    vectors = bone_vectors(np.asarray(joints, float))
    legs = float(np.median(np.linalg.norm(vectors[:, LEGS], axis=-1), axis=0).sum())
    if not legs > _MIN_LEG:
        raise ValueError(f"legs must be longer than {_MIN_LEG} m, got {legs:.3g}; check the unit and the joint order")
    scale = float(BONE_LENGTHS[list(LEGS)].sum()) / legs
    return from_directions(joints[:, 0] * scale, unit(vectors).astype(float, copy=False))


def across(joints: Floats) -> Floats:
    """From left to right through hips and shoulders, (..., 22, 3) -> (..., 3) [m]: the two distances added."""
    result: Floats = (joints[..., J["right_hip"], :] - joints[..., J["left_hip"], :]) + (
        joints[..., J["right_shoulder"], :] - joints[..., J["left_shoulder"], :]
    )
    return result


def heading(joints: Floats) -> Floats:
    """Yaw of the body, (..., 22, 3) -> (...) [rad]: 0 faces +z, pi/2 faces +x.

    Forward is y x across.
    """
    to_right = across(joints)
    yaw: Floats = np.arctan2(to_right[..., 2], -to_right[..., 0])
    return yaw


def turn(points: Float, yaw: float) -> Float:
    """Points (..., 3) turned by `yaw` [rad] about the vertical: +z goes towards +x."""
    c, s = np.cos(yaw), np.sin(yaw)
    x, y, z = np.moveaxis(points, -1, 0)
    return np.stack([c * x + s * z, y, c * z - s * x], axis=-1)


def ground(joints: Float) -> Float:
    """The floor put at y = 0: the lowest joint over all frames touches it, (T, 22, 3)."""
    grounded: Float = joints - np.array([0.0, joints[..., 1].min(), 0.0])
    return grounded


def normalise(joints: Float) -> Float:
    """On the floor, at x = z = 0 and facing +z in the first frame, (T, 22, 3)."""
    return placed(ground(joints))


def placed(joints: Float) -> Float:
    """At x = z = 0 and facing +z in the first frame, heights kept, (T, 22, 3)."""
    moved = joints - joints[0, 0] * np.array([1.0, 0.0, 1.0])
    return turn(moved, -float(heading(joints[0])))


def retarget(joints: Float) -> Float:
    """Any 22-joint motion on the uniform body, floor at y = 0, starting at x = z = 0, facing +z.

    Args:
        joints: (T, 22, 3) [m], y up.

    Returns:
        (T, 22, 3) [m].

    Raises:
        ValueError: see `uniform_body`.

    Source: HumanML3D, first two steps of its feature extraction (uniform skeleton, floor, origin, facing).
    """
    return normalise(uniform_body(joints))
