"""Feet of the reference: held where they stand, out of the floor, and clear of it while they swing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from motion.kinematics.rotations import rotate
from motion.kinematics.skeleton import FPS
from motion.physics.bones import PLANTED, nearest_rigid
from motion.physics.humanoid import sole_points
from motion.physics.ik import ANKLES, LIMBS, TOES, Pose, Skeleton, forward, forward_frames, solve, two_bone
from motion.physics.quaternions import Floats

STANCE_HEIGHT = 0.03
"""A foot whose lowest sole point is below this may stand [m]."""
STANCE_SPEED = 0.45
"""... if its slower end (ankle or toe) moves more slowly than this along the floor [m/s]."""
LONGEST_HOLD = 0.06
"""A standing foot is moved by at most this to hold it in place [m]."""
CLEARANCE = 0.03
"""Height that the sole of a swinging foot keeps over the floor [m]."""


def soles(skeleton: Skeleton, pose: Pose) -> Floats:
    """Sole points of both feet in the world, (n, T, 2, 4, 3) [m]."""
    place, turn = forward_frames(skeleton, pose)
    points = sole_points(skeleton)
    return place[:, :, ANKLES, None] + rotate(turn[:, :, ANKLES, None], points[:, None])


def plant(joints: Floats, skeleton: Skeleton, pose: Pose) -> Floats:
    """`joints` with ankles and toes moved so that feet stand still, stay above y = 0 and swing clear of it.

    A foot is moved as a whole. Between two stances the horizontal shift goes linearly from one's to the other's.

    Args:
        joints: (n, T, 22, 3) [m], regrounded.
        skeleton, pose: their fit, for the sole points.
    """
    sole = soles(skeleton, pose)
    lowest = sole[..., 1].min(axis=-1)  # (n, T, 2)
    ends = np.stack([joints[:, :, ANKLES], joints[:, :, TOES]], axis=3)[..., (0, 2)]  # (n, T, 2 feet, 2 ends, xz)
    step = np.gradient(ends, axis=1) * FPS
    pace = np.sqrt((step * step).sum(axis=-1))
    speed = pace.min(axis=-1)
    stance = (lowest < STANCE_HEIGHT) & (speed < STANCE_SPEED)
    shift = held_shift(ends.mean(axis=3), stance)
    wanted = CLEARANCE * np.clip((speed - STANCE_SPEED) / 0.6, 0.0, 1.0)
    raised = np.maximum(wanted - lowest, 0.0)
    raised = np.maximum(raised, gaussian_filter1d(raised, 0.8, axis=1, mode="nearest"))
    result = joints.copy()
    for side in range(2):
        for joint in (ANKLES[side], TOES[side]):
            result[:, :, joint, 0] += shift[:, :, side, 0]
            result[:, :, joint, 2] += shift[:, :, side, 1]
            result[:, :, joint, 1] += raised[:, :, side]
    return result


def unsink(joints: Floats, skeleton: Skeleton, pose: Pose) -> Floats:
    """`joints` of `pose` with feet raised out of the floor as a whole, knees bending for it; bones keep their lengths.

    The simulated contact gives way by up to about a centimetre where a foot lands hard; a rigid floor does not.
    """
    depth = np.maximum(-soles(skeleton, pose)[..., 1].min(axis=-1), 0.0)  # (n, T, 2)
    size = np.sqrt((skeleton.offsets**2).sum(axis=-1))
    result = joints.copy()
    for side, (hip, knee, ankle) in enumerate(LIMBS[:2]):
        result[:, :, (ankle, TOES[side]), 1] += depth[:, :, side, None]
        bent = two_bone(joints[:, :, hip], joints[:, :, knee], result[:, :, ankle], size[:, knee], size[:, ankle])
        # untouched frames stay bit for bit what was simulated
        result[:, :, knee] = np.where(depth[:, :, side, None] > 0, bent, joints[:, :, knee])
    return result


def hold(joints: Floats, skeleton: Skeleton, pose: Pose) -> Floats:
    """`joints` of `pose` planted once more, and out of the floor; bones keep their lengths.

    A simulated foot that bears little creeps over the floor as the body above it sways, and sags in its swing: on real
    captures it skates as far as the input did, though the reference does not. This moves joints by 1 to 2 mm in the
    mean. Most of what skating falls by is clearance: a foot that swings is kept above the height at which the measure
    counts it. Skating after over before, on CMU / Bandai-Namco clips: simulated .98 / .44, standing feet held
    .90 / .40, swinging feet clear, too, .45 / .23.
    """
    size = np.sqrt((skeleton.offsets**2).sum(axis=-1))
    planted = nearest_rigid(plant(joints, skeleton, pose), size, PLANTED)
    skeleton, pose = solve(planted, size)
    return unsink(forward(skeleton, pose), skeleton, pose)


def held_shift(position: Floats, stance: NDArray[np.bool_]) -> Floats:
    """Shift (n, T, F, 2) that brings each run of stance frames to its own mean position; interpolated elsewhere.

    Args:
        position: (n, T, F, 2) horizontal [m].
        stance: (n, T, F).
    """
    held = stance[..., None]
    run = np.cumsum(np.diff(stance, axis=1, prepend=False) & stance, axis=1)  # number of the run, from 1
    n, _, feet = stance.shape
    where = np.arange(n)[:, None, None], np.where(stance, run, 0), np.arange(feet)
    total = np.zeros((n, int(run.max(initial=0)) + 1, feet, 2))
    count = np.zeros(total.shape[:3])
    np.add.at(total, where, position)
    np.add.at(count, where, 1.0)
    target = (total / np.maximum(count, 1.0)[..., None])[where]
    shift = np.where(held, np.clip(target - position, -LONGEST_HOLD, LONGEST_HOLD), 0.0)
    frames = np.arange(position.shape[1])[None, :, None]
    last = np.maximum.accumulate(np.where(stance, frames, -1), axis=1)
    after = np.minimum.accumulate(np.where(stance, frames, len(frames[0]))[:, ::-1], axis=1)[:, ::-1]
    known_last, known_after = last >= 0, after < len(frames[0])
    last, after = np.where(known_last, last, after), np.where(known_after, after, last)
    either = known_last | known_after
    last, after = np.where(either, last, 0), np.where(either, after, 0)
    weight = ((frames - last) / np.maximum(after - last, 1))[..., None]
    before = np.take_along_axis(shift, np.broadcast_to(last[..., None], shift.shape), axis=1)
    later = np.take_along_axis(shift, np.broadcast_to(after[..., None], shift.shape), axis=1)
    return np.where(either[..., None], (1 - weight) * before + weight * later, 0.0)
