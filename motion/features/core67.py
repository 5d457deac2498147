"""The first 67 of HumanML3D's 263 dims: all that its decoder reads, so a motion said once instead of four times.

| dims | content | unit |
|---|---|---|
| 0 | half the yaw from frame t to t+1 | rad/frame |
| 1:3 | root velocity x, z in the heading frame of t+1 | m/frame |
| 3 | root height | m |
| 4:67 | joints 1..21 less the root's x, z, in the heading frame of t (height absolute) | m |

Rotations, velocities and contacts of `hml263` follow from these; left out, they cannot contradict them.
"""

from __future__ import annotations

import numpy as np

from motion.features import hml263
from motion.features.hml263 import POSITIONS, ROOT_VELOCITY, YAW, Float32, Floats, Floor
from motion.kinematics.skeleton import MIRROR

GROUPS = hml263.GROUPS[:4]
DIM = GROUPS[-1].stop


def encode(joints: Floats, *, floor: Floor = "clip", heading: Floats | None = None) -> Float32:
    """Features of clips, (..., T+1, 22, 3) [m, y up] -> (..., T, 67): the columns 0:67 of `hml263.encode`, to the bit.

    Raises:
        ValueError: see `hml263.encode`.
    """
    return hml263.in_blocks(hml263.write_core, joints, DIM, floor=floor, heading=heading)


def decode(features: Floats) -> Float32:
    """Joints of features, (..., T, 67) -> (..., T, 22, 3) [m]: `hml263.decode` of rows that begin so, to the bit.

    Raises:
        ValueError: the last axis is not 67, or there is no frame.
    """
    joints, _ = hml263.recover(hml263.checked_features(features, DIM))
    return joints.astype("float32")


def mirrored(rows: Float32) -> Float32:
    """Rows (..., 67) of the motion seen in a mirror: those of joints with x negated and partners exchanged, to the bit.

    The heading of the mirrored motion is the mirrored heading, so yaw and x change their signs, joints their places.
    """
    out = rows.copy()
    out[..., YAW] *= -1
    out[..., ROOT_VELOCITY.start] *= -1
    joints = rows[..., POSITIONS].reshape(*rows.shape[:-1], len(MIRROR) - 1, 3)
    partner = np.array(MIRROR[1:]) - 1  # the root has no place among them
    out[..., POSITIONS] = (joints[..., partner, :] * np.array([-1, 1, 1], np.float32)).reshape(*rows.shape[:-1], -1)
    return out
