"""Feet of the reference: held where they stand, out of the floor, and clear of it while they swing."""

from __future__ import annotations

import numpy as np
from scipy.linalg import solveh_banded
from scipy.ndimage import gaussian_filter1d

from motion.kinematics.rotations import rotate
from motion.kinematics.skeleton import FPS
from motion.physics.bones import PLANTED, nearest_rigid
from motion.physics.humanoid import sole_points
from motion.physics.ik import ANKLES, LIMBS, TOES, Pose, Skeleton, forward, forward_frames, solve, two_bone
from motion.physics.quaternions import Floats

STANCE_HEIGHT = (0.02, 0.04)
"""A foot whose lowest sole point is below the first may stand, above the second it does not [m]."""
STANCE_SPEED = (0.15, 0.45)
"""... and it stands if its slowest sole point moves over the floor more slowly than the first, not above the second
[m/s]. Between the bounds a foot is slowed down in part: one that is stopped from one frame to the next was the largest
change of captured motions' velocities."""
LEASH = 1.0
"""A foot that stands for longer than this creeps with what was asked for; a stance of a walk takes 0.7 [s]."""
FADE = 0.1
"""Standard deviation of the Gaussian by which holding begins and ends around what was simulated [s]."""
LONGEST_HOLD = 0.06
"""A standing foot is moved by at most this to hold it in place [m]."""
CLEARANCE = 0.03
"""Height that the sole of a swinging foot keeps over the floor [m]."""
SWING_SPEED = (0.45, 1.05)
"""Speed of a foot's slower end (ankle or toe) from which on it is raised, and at which it is clear [m/s]."""


def soles(skeleton: Skeleton, pose: Pose) -> Floats:
    """Sole points of both feet in the world, (n, T, 2, 4, 3) [m]."""
    place, turn = forward_frames(skeleton, pose)
    points = sole_points(skeleton)
    return place[:, :, ANKLES, None] + rotate(turn[:, :, ANKLES, None], points[:, None])


def plant(joints: Floats, skeleton: Skeleton, pose: Pose, share: Floats | None = None) -> Floats:
    """`joints` with ankles and toes moved so that feet stand still, stay above y = 0 and swing clear of it.

    A foot is moved as a whole, such that its slowest sole point stands: a foot rolls over its toes and turns on its
    ball, and whoever holds its middle drags the one point that rests.

    Args:
        joints: (n, T, 22, 3) [m], regrounded.
        skeleton, pose: their fit, for the sole points.
        share: (n, T) how much of it is done in each frame; None: all.
    """
    sole = soles(skeleton, pose)
    lowest = sole[..., 1].min(axis=-1)  # (n, T, 2)
    shift = held_shift(*_slides(sole))
    ends = np.stack([joints[:, :, ANKLES], joints[:, :, TOES]], axis=3)[..., (0, 2)]  # (n, T, 2 feet, 2 ends, xz)
    velocity = np.gradient(ends, axis=1) * FPS
    speed = np.sqrt((velocity * velocity).sum(axis=-1)).min(axis=-1)
    wanted = CLEARANCE * (1 - _below(speed, SWING_SPEED))
    raised = np.maximum(wanted - lowest, 0.0)
    raised = np.maximum(raised, gaussian_filter1d(raised, 0.8, axis=1, mode="nearest"))
    if share is not None:
        shift, raised = shift * share[..., None, None], raised * share[..., None]
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


def hold(joints: Floats, skeleton: Skeleton, pose: Pose, taken: Floats) -> Floats:
    """`joints` of `pose` planted once more where `taken` (n, T) > 0, and out of the floor; bones keep their lengths.

    A simulated foot that bears little creeps over the floor as the body above it sways, and sags in its swing: on real
    captures it skates nearly as far as the input did, though the reference does not. This moves joints by 1 to 2 mm in
    the mean. Most of what skating falls by is clearance: a foot that swings is kept above the height at which the
    measure counts it. Skating after over before, CMU / Bandai-Namco, if all is taken: simulated .90 / .74,
    held .37 / .24. Where nothing is taken feet stand already: planted twice, they would change twice.
    """
    size = np.sqrt((skeleton.offsets**2).sum(axis=-1))
    share = gaussian_filter1d((taken > 0).astype(float), FADE * FPS, axis=1, mode="nearest")
    planted = nearest_rigid(plant(joints, skeleton, pose, share), size, PLANTED)
    skeleton, pose = solve(planted, size)
    return unsink(forward(skeleton, pose), skeleton, pose)


def held_shift(step: Floats, stands: Floats) -> Floats:
    """Horizontal shift (n, T, F, 2) [m] whose steps cancel those of standing feet, at the least change elsewhere.

    Minimises the sum over frames of |step of the shift + stands step|^2 + |shift|^2 / (LEASH FPS)^2.

    Args:
        step: (n, T - 1, F, 2) how far each foot slides to the next frame [m].
        stands: (n, T - 1, F) 1 where it stands and is held, 0 where it may move as it does.
    """
    n, steps, feet = stands.shape
    push = np.zeros((n, steps + 2, feet, 2))
    push[:, 1:-1] = -stands[..., None] * step
    bands = np.empty((2, steps + 1))
    bands[0], bands[1] = -1.0, 2.0 + (LEASH * FPS) ** -2
    bands[1, [0, -1]] -= 1.0
    right = np.moveaxis(push[:, :-1] - push[:, 1:], 1, 0).reshape(steps + 1, -1)
    shift = np.moveaxis(solveh_banded(bands, right).reshape(steps + 1, n, feet, 2), 0, 1)
    result: Floats = np.clip(shift, -LONGEST_HOLD, LONGEST_HOLD)
    return result


def _slides(sole: Floats) -> tuple[Floats, Floats]:
    """Steps (n, T - 1, 2, 2) [m] of each foot's slowest sole point, and how far it stands (n, T - 1, 2), in 0..1."""
    steps = np.diff(sole[..., (0, 2)], axis=1)
    size = np.sqrt((steps * steps).sum(axis=-1))  # (n, T - 1, 2, 4)
    slowest = size.argmin(axis=-1)[..., None]
    step = np.take_along_axis(steps, slowest[..., None], axis=3)[..., 0, :]
    lowest = sole[..., 1].min(axis=-1)
    height = np.maximum(lowest[:, 1:], lowest[:, :-1])
    speed = np.take_along_axis(size, slowest, axis=3)[..., 0] * FPS
    return step, _below(speed, STANCE_SPEED) * _below(height, STANCE_HEIGHT)


def _below(values: Floats, bounds: tuple[float, float]) -> Floats:
    """1 up to the first bound, 0 from the second on, linear between."""
    share: Floats = np.clip((bounds[1] - values) / (bounds[1] - bounds[0]), 0.0, 1.0)
    return share
