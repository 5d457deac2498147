"""What can be put right before anything is fitted: frames that stand still, bones that stretch.

Each acts only where it finds what it mends, which captured motions do not show; they stay to the bit.
"""

from __future__ import annotations

import numpy as np
from scipy.interpolate import CubicSpline

from motion.kinematics.retarget import bone_vectors, from_bones
from motion.physics.quaternions import Floats
from motion.plausibility import bone_variation

STILL = 1e-5
"""No joint of a captured body stands still to this from one frame to the next [m]."""
SHORTEST_STILL = 3
"""Frames without any movement that count as frozen, if ..."""
JUMP = 0.02
"""... some joint then moves farther than this in one frame [m]: a pose that is held ends slowly."""
STRETCH = (0.02, 0.08)
"""Variation of the bones' lengths, mean over bones, between which lengths are not believed and directions are [share].
Above it every joint moves by itself: noise, from which directions suffer as much."""


def unfreeze(joints: Floats) -> Floats:
    """Frames that repeat the one before, until the motion jumps on, replaced by what lies between, (n, T, 22, 3).

    Cubic splines through the remaining frames. A motion that keeps fewer than 8 frames stays.
    """
    step = np.abs(np.diff(joints, axis=1)).max(axis=(2, 3))
    result = joints
    # Only clips that freeze: few, so a loop.
    for row in np.flatnonzero((step < STILL).any(axis=1)).tolist():
        frozen = np.zeros(joints.shape[1], bool)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], step[row] < STILL, [False]]).astype(int)))
        for first, last in edges.reshape(-1, 2):  # frames first+1 .. last repeat frame `first`
            if last - first >= SHORTEST_STILL and last < len(step[row]) and step[row][last] > JUMP:
                frozen[first + 1 : last + 1] = True
        kept = np.flatnonzero(~frozen)
        if frozen.any() and len(kept) >= 8:
            result = result.copy() if result is joints else result
            result[row] = CubicSpline(kept, joints[row, kept], axis=0)(np.arange(joints.shape[1]))
            result[row, kept] = joints[row, kept]
    return result


def unstretch(joints: Floats) -> Floats:
    """Bones that stretch given their median lengths, directions kept, from the root outwards, (n, T, 22, 3) [m]."""
    variation = bone_variation(joints, np.ones(joints.shape[:2], bool))
    stretched = (variation > STRETCH[0]) & (variation < STRETCH[1])
    if not stretched.any():
        return joints
    part = joints[stretched].astype(np.float64)
    bones = bone_vectors(part)
    size = np.sqrt((bones**2).sum(axis=-1, keepdims=True))
    wanted = np.median(size, axis=1, keepdims=True)
    bones = bones * (wanted / np.maximum(size, 1e-9))
    result = joints.copy()
    result[stretched] = from_bones(part[:, :, 0], bones)
    return result
