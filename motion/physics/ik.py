"""Closed-form inverse kinematics: 22 joints -> a rigid skeleton, its root pose and local ball-joint rotations.

Everything is batched over clips and frames: positions are (n, T, 22, 3) [m], y up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from motion.kinematics.rotations import between, inverse, multiply, rotate, unit
from motion.kinematics.skeleton import BONE_LENGTHS, MIRROR, N_JOINTS, PARENTS, J
from motion.physics.quaternions import Floats, dot, from_axes, kabsch, mean_rotation
from motion.plausibility import ankle_height

BALLS: tuple[int, ...] = (1, 4, 7, 2, 5, 8, 3, 6, 9, 12, 13, 16, 18, 14, 17, 19)
"""Joints with a ball joint of their own, depth first as MuJoCo orders its coordinates; toes, head and wrists are
welded to their parents."""

PELVIS, CHEST = (1, 2, 3), (12, 13, 14)
LIMBS = ((1, 4, 7), (2, 5, 8), (16, 18, 20), (17, 19, 21))
"""Two-bone chains (root, middle, end): legs, then arms."""
FEET = ((4, 7, 10), (5, 8, 11))
"""(knee, ankle, toe) of the left and right foot."""


@dataclass(frozen=True)
class Skeleton:
    """A rigid skeleton per clip.

    offsets: (n, 22, 3) each joint in its parent's frame [m]; each ball joint's rest frame is the clip's mean
        rotation, so that rotation vectors stay small.
    drop: (n,) height of the ankle over the level sole, which passes through the toe joint [m].
    level: (n, 2, 4) rotation from the level foot (sole horizontal, toes along +z) to the left and right ankle frame.
    """

    offsets: Floats
    drop: Floats
    level: Floats


@dataclass(frozen=True)
class Pose:
    """root: (n, T, 3) pelvis position [m]; rotations: (n, T, 22, 4) wxyz, the pelvis' in the world, others local."""

    root: Floats
    rotations: Floats


def bone_lengths(joints: Floats) -> Floats:
    """Median length of each bone over the frames, left and right averaged, (n, T, 22, 3) -> (n, 22) [m]."""
    parents = np.array((0, *PARENTS[1:]))
    bones = joints - joints[:, :, parents]
    median = np.median(np.sqrt(dot(bones, bones))[..., 0], axis=1)
    result: Floats = 0.5 * (median + median[:, np.array(MIRROR)])
    return result


def solve(joints: Floats, lengths: Floats | None = None) -> tuple[Skeleton, Pose]:
    """Fit a rigid skeleton to each clip, and its pose to each frame.

    Pelvis and upper chest turn by Kabsch; knees and elbows bend in the plane of the observed joints, so that ankles
    and wrists are reached wherever the bones are long enough; the rest follows by swings. A foot's roll, which joints
    do not show, is taken such that the sole is level sideways.

    Args:
        joints: (n, T, 22, 3) [m], finite.
        lengths: (22,) or (n, 22) bone lengths [m]; None is our uniform body.
    """
    size = np.broadcast_to(BONE_LENGTHS if lengths is None else lengths, (len(joints), N_JOINTS))
    n, frames = joints.shape[:2]
    turn = np.zeros((n, frames, N_JOINTS, 4))  # world rotations
    place = np.zeros((n, frames, N_JOINTS, 3))
    rest = np.zeros((n, N_JOINTS, 3))
    local = np.zeros_like(turn)

    hips = joints[:, :, PELVIS] - joints[:, :, :1]
    turn[:, :, 0], rest[:, PELVIS] = _fit_triangle(hips, size[:, PELVIS], across=(0, 1), up=2)
    # The pelvis point itself is one of four that the rigid pelvis should meet on average.
    miss = joints[:, :, PELVIS] - rotate(turn[:, :, :1], rest[:, None, PELVIS])
    place[:, :, 0] = 0.25 * (joints[:, :, 0] + miss.sum(axis=2))
    local[:, :, 0] = turn[:, :, 0]

    def attach(joint: int) -> None:
        parent = PARENTS[joint]
        place[:, :, joint] = place[:, :, parent] + rotate(turn[:, :, parent], rest[:, None, joint])

    def swing(body: int, child: int, target: Floats) -> None:
        """Turn `body` so that `child`'s bone points at `target`, the least rotation from the mean direction."""
        parent = PARENTS[body]
        aim = rotate(inverse(turn[:, :, parent]), unit(target - place[:, :, body]))  # (n, T, 3)
        mean = unit(aim.mean(axis=1))
        local[:, :, body] = between(mean[:, None], aim)
        turn[:, :, body] = multiply(turn[:, :, parent], local[:, :, body])
        rest[:, child] = size[:, child, None] * mean
        attach(child)

    for joint in PELVIS:
        attach(joint)
    swing(3, 6, joints[:, :, 6])
    swing(6, 9, joints[:, :, 9])
    chest, shape = _fit_triangle(joints[:, :, CHEST] - joints[:, :, 9:10], size[:, CHEST], across=(1, 2), up=0)
    relative = multiply(inverse(turn[:, :, 6]), chest)
    mean = mean_rotation(relative, axis=1)
    rest[:, CHEST] = rotate(mean[:, None], shape)
    local[:, :, 9] = multiply(relative, inverse(mean)[:, None])
    turn[:, :, 9] = multiply(turn[:, :, 6], local[:, :, 9])
    for joint in CHEST:
        attach(joint)
    swing(12, 15, joints[:, :, 15])
    swing(13, 16, joints[:, :, 16])
    swing(14, 17, joints[:, :, 17])
    for root, middle, end in LIMBS:
        bend = two_bone(place[:, :, root], joints[:, :, middle], joints[:, :, end], size[:, middle], size[:, end])
        swing(root, middle, bend)
        swing(middle, end, joints[:, :, end])
    drop = ankle_height(joints, np.ones((n, frames), bool))
    level = np.zeros((n, 2, 4))
    for side, (knee, ankle, toe) in enumerate(FEET):
        aim = unit(joints[:, :, toe] - place[:, :, ankle])
        frame = foot_frame(aim, place[:, :, knee] - place[:, :, ankle])
        relative = multiply(inverse(turn[:, :, knee]), frame)
        mean = mean_rotation(relative, axis=1)
        local[:, :, ankle] = multiply(relative, inverse(mean)[:, None])
        turn[:, :, ankle] = multiply(turn[:, :, knee], local[:, :, ankle])
        rest[:, toe] = rotate(mean, np.array([0.0, 0.0, 1.0]) * size[:, toe, None])
        attach(toe)
        pitch = np.arcsin(np.minimum(drop / size[:, toe], 0.95))
        down = np.stack([np.cos(pitch / 2), np.sin(pitch / 2), 0 * pitch, 0 * pitch], axis=-1)  # +z tips to -y
        level[:, side] = multiply(mean, inverse(down))
    local[:, :, (10, 11, 15, 20, 21), 0] = 1.0  # welded leaves
    return Skeleton(rest, drop, level), Pose(place[:, :, 0], local)


def forward(skeleton: Skeleton, pose: Pose) -> Floats:
    """Joint positions (n, T, 22, 3) [m] of a pose."""
    place, _ = forward_frames(skeleton, pose)
    return place


def forward_frames(skeleton: Skeleton, pose: Pose) -> tuple[Floats, Floats]:
    """Joint positions (n, T, 22, 3) [m] and world rotations (n, T, 22, 4) of a pose."""
    place, turn = np.empty_like(pose.rotations[..., :3]), np.empty_like(pose.rotations)
    place[:, :, 0], turn[:, :, 0] = pose.root, pose.rotations[:, :, 0]
    for joint in range(1, N_JOINTS):
        parent = PARENTS[joint]
        place[:, :, joint] = place[:, :, parent] + rotate(turn[:, :, parent], skeleton.offsets[:, None, joint])
        turn[:, :, joint] = multiply(turn[:, :, parent], pose.rotations[:, :, joint])
    return place, turn


def two_bone(root: Floats, middle: Floats, end: Floats, first: Floats, second: Floats) -> Floats:
    """Where the middle joint of a two-bone chain must be, (n, T, 3) [m].

    It lies in the plane of root, observed middle and end; an end out of reach is approached along its direction.
    first, second: (n,) bone lengths [m].
    """
    axis: Floats = unit(end - root)
    a, b = first[:, None, None], second[:, None, None]
    reach = np.clip(np.sqrt(dot(end - root, end - root)), np.abs(a - b) + 1e-6, a + b - 1e-9)
    along = (a * a - b * b + reach * reach) / (2 * reach)
    bend = middle - root
    side = unit(bend - dot(bend, axis) * axis)
    result: Floats = root + along * axis + np.sqrt(np.maximum(a * a - along * along, 0)) * side
    return result


def foot_frame(aim: Floats, shin: Floats) -> Floats:
    """World rotation of a foot whose +z is `aim` (ankle to toe, unit) and whose sole is level sideways.

    "Up" is the world's, and goes over to the shin's direction as the toes come to point straight up or down.
    """
    weight = 1 - aim[..., 1:2] ** 2
    up = weight * np.array([0.0, 1.0, 0.0]) + (1 - weight) * unit(shin)
    x = unit(np.cross(up, aim))
    return from_axes(x, np.cross(aim, x), aim)


def _fit_triangle(arms: Floats, size: Floats, *, across: tuple[int, int], up: int) -> tuple[Floats, Floats]:
    """A rigid bundle of three bones and its rotation in every frame.

    Args:
        arms: (n, T, 3, 3) the three joints relative to the bundle's own [m].
        size: (n, 3) their distances [m].
        across: (left, right) arm of the bundle; up: the arm that points upwards.

    Returns:
        World rotations (n, T, 4); the bundle at rest (n, 3, 3), left along +x.
    """
    x = unit(arms[:, :, across[0]] - arms[:, :, across[1]])
    y = arms[:, :, up]
    y = unit(y - dot(y, x) * x)
    turn = from_axes(x, y, np.cross(x, y))
    shape = arms
    for _ in range(2):
        shape = size[..., None] * unit(rotate(inverse(turn)[:, :, None], arms).mean(axis=1))
        turn = kabsch(shape[:, None], arms)
    return turn, shape


TOES = (J["left_foot"], J["right_foot"])
ANKLES = (J["left_ankle"], J["right_ankle"])
