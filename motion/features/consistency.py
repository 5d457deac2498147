"""How far the parts of a 263-dim motion contradict each other: zero for a real one, the price of saying things thrice.

HumanML3D's rows state the joints by positions, by rotations and by velocities. Encoded from joints of a rigid body the
three agree; a generative model learns them as separate numbers and may let them drift apart, and decoders that read
only positions do not show it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from motion.features import hml263
from motion.features.hml263 import DIM, ROTATIONS, VELOCITIES, Floats
from motion.features.rot6d import joints_by_rotations
from motion.kinematics import rotations as rot
from motion.kinematics.retarget import bone_vectors
from motion.kinematics.skeleton import CHAINS, N_JOINTS, PARENTS

Float64 = NDArray[np.float64]

FRAME_PARENTS: tuple[int, ...] = tuple(
    0 if joint in {chain[1] for chain in CHAINS} else parent for joint, parent in enumerate(PARENTS)
)
"""Whose frame each joint's rotation is relative to in HumanML3D: the parent's; a chain's first, the heading's (0)."""


def consistency(features: NDArray[np.floating[Any]], lengths: NDArray[np.int64] | None = None) -> dict[str, Float64]:
    """How far the parts of each motion contradict each other, in raw units (not normalised).

    | key | mean over frames and joints of | unit |
    |---|---|---|
    | rotations_mm | distance between joints 1..21 by rotations and by positions | mm |
    | velocities_mm | distance between the stored velocities and the steps of the positions | mm/frame |
    | bones_percent | standard deviation over time of a bone's length by positions, of its mean | % |
    | rotation_degrees | angle between a 6-D column as it is and made orthonormal (Gram-Schmidt) | degrees |

    Joints by rotations: HumanML3D's forward kinematics (every chain starts from the heading, the arms' too) from the
    root and with the mean bone lengths of the positions; a body whose bones breathe therefore shows in bones_percent
    and in rotations_mm, and a positions' error in all but rotation_degrees. Rotations and velocities are read by one
    measure each. Lengths of 6-D columns and contacts are not judged. Gram-Schmidt keeps the first column, so the
    mean angle is half the second column's.

    On real motions of a rigid body, encoded in float32: below 1e-3 mm, 1e-3 mm/frame, 1e-3 % and 1e-4 degrees.

    Args:
        features: (..., T >= 2, 263); joint positions in metres.
        lengths: valid rows of each motion, (...), each 2..T; None means all. What lies beyond is not read.

    Returns:
        One number a motion for each key, (...).

    Raises:
        ValueError: a shape or a length does not fit, a valid row is not finite or has zero or parallel 6-D columns.
    """
    d = hml263.checked_features(features, DIM)
    count = np.full(d.shape[:-2], d.shape[-2]) if lengths is None else np.asarray(lengths)
    if count.shape != d.shape[:-2] or (count.size and not 2 <= count.min() <= count.max() <= d.shape[-2]):
        raise ValueError(
            f"lengths must be {d.shape[:-2]} numbers of rows from 2 to {d.shape[-2]}, got {count.tolist()}; "
            "drop shorter motions"
        )
    valid = np.arange(d.shape[-2]) < count[..., None]
    if not np.all(np.isfinite(d[valid])):
        raise ValueError("features must be finite, got nan or inf in a valid row; drop those motions")
    d = np.where(valid[..., None], d, 0.0)
    columns = np.where(
        valid[..., None, None], d[..., ROTATIONS].reshape(*d.shape[:-1], N_JOINTS - 1, 6), [1, 0, 0, 0, 1, 0]
    )
    matrices = rot.from_6d(columns)
    joints, to_world = hml263.recover(d)
    bone = bone_vectors(np.asarray(joints, dtype=np.float64))[..., 1:, :]
    lengths_now = np.sqrt((bone**2).sum(axis=-1))  # (..., T, 21)
    bones = _mean(lengths_now, valid)  # (..., 21)
    spread = np.sqrt(_mean((lengths_now - bones[..., None, :]) ** 2, valid))
    # Rotations are made with the turn from the world INTO the heading frame as the first frame.
    frames = np.concatenate([rot.to_matrix(rot.inverse(to_world))[..., None, :, :], matrices], axis=-3)
    turned = joints_by_rotations(frames, FRAME_PARENTS, np.insert(bones, 0, 0, axis=-1)[..., None, :])
    apart = _distance(turned, joints - joints[..., :1, :])[..., 1:]
    stored = rot.rotate(to_world[..., None, :], d[..., VELOCITIES].reshape(*d.shape[:-1], N_JOINTS, 3))
    moving = valid[..., 1:]  # the last row's step leads out of the motion
    drift = _distance(stored[..., :-1, :, :], np.diff(joints, axis=-3))
    found = {
        "rotations_mm": 1e3 * _mean(apart, valid).mean(axis=-1),
        "velocities_mm": 1e3 * _mean(drift, moving).mean(axis=-1),
        "bones_percent": 1e2 * (spread / np.where(bones > 0, bones, 1)).mean(axis=-1),
        "rotation_degrees": np.degrees(_mean(_angles(columns, matrices), valid).mean(axis=-1)),
    }
    return {key: np.asarray(value) for key, value in found.items()}


def _mean(values: Floats, valid: NDArray[np.bool_]) -> Float64:
    """Mean over the valid frames, (..., T, k), (..., T) -> (..., k)."""
    kept = np.where(valid[..., None], values, 0.0)
    return np.asarray(kept.sum(axis=-2) / valid.sum(axis=-1)[..., None], dtype=np.float64)


def _distance(a: Floats, b: Floats) -> Floats:
    """Euclidean, (..., 3), (..., 3) -> (...)."""
    distance: Floats = np.sqrt(((a - b) ** 2).sum(axis=-1))
    return distance


def _angles(columns: Floats, matrices: Floats) -> Floats:
    """Mean angle between both raw columns and the matrices' [rad], (..., 6), (..., 3, 3) -> (...)."""
    raw = np.stack([columns[..., :3], columns[..., 3:]], axis=-2)
    made = np.stack([matrices[..., 0], matrices[..., 1]], axis=-2)
    sine = np.sqrt((np.cross(raw, made) ** 2).sum(axis=-1))
    angle: Floats = np.arctan2(sine, (raw * made).sum(axis=-1)).mean(axis=-1)
    return angle
