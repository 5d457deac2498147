"""From a pose in angles and foot places to joints of the uniform body; balance and reach."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from motion.kinematics.hierarchy import axis_matrices
from motion.kinematics.limbs import two_bone
from motion.kinematics.mass import MASS, centre_of_mass
from motion.kinematics.skeleton import BONE_LENGTHS, N_JOINTS, J

Float = NDArray[np.float64]

__all__ = ["MASS", "Pose", "balanced", "build", "centre_of_mass", "rest", "within_reach"]

THIGH, SHIN, FOOT = (float(BONE_LENGTHS[J[f"left_{name}"]]) for name in ("knee", "ankle", "foot"))
LEG = THIGH + SHIN
HIP = float(BONE_LENGTHS[J["left_hip"]])
ANKLE = 0.055
"""Height of the ankle over the toe joint in a flat foot [m]."""
FOOT_VECTOR = np.array([0.0, -ANKLE, np.sqrt(FOOT**2 - ANKLE**2)])
"""Ankle to toe joint of a flat foot that points to +z [m]."""
STANDING = ANKLE + 0.985 * LEG
"""Height of the pelvis when standing at ease [m]."""
_REACH = 0.993  # share of the leg's length that planting may use: a straight knee has no defined plane
_COLLAR = np.array([0.53, 0.848, 0.0])
_SHOULDER = np.array([0.99, -0.141, 0.0])
_HEAD = np.array([0.0, 0.954, 0.3])
_SIDES = (1.0, -1.0)  # left is +x
_POLE = np.array([0.0, 0.5, 0.866])  # knees point forward; up where the leg is level


@dataclass(frozen=True)
class Pose:
    """A motion in angles and foot places. Angles in radians; left before right.

    pelvis: (T, 3) [m]. turn: (T, 3) pelvis yaw (left positive), forward pitch, roll.
    bend: (T, 3) of the spine, shared by its three joints: forward pitch, twist (left positive), roll.
    head: (T,) forward pitch of the neck.
    arms: (2, T, 4) forward flexion, sideways abduction, turn about the upper arm, elbow flexion.
    toes: (2, T, 3) [m] toe joints. feet: (2, T, 2) yaw, pitch (heel up positive).
    free: (2, T) 0 where a foot must stand exactly, 1 where it may fall short of a place out of reach.
    """

    pelvis: Float
    turn: Float
    bend: Float
    head: Float
    arms: Float
    toes: Float
    feet: Float
    free: Float


def rest(frames: int, width: float = 0.1) -> Pose:
    """Standing at ease, facing +z, feet `width` [m] to each side, arms hanging."""
    toes = np.zeros((2, frames, 3))
    toes[..., 2] = FOOT_VECTOR[2] / 2
    toes[0, :, 0], toes[1, :, 0] = width, -width
    arms = np.zeros((2, frames, 4))
    arms[..., 0], arms[..., 1], arms[..., 3] = 0.02, 0.12, 0.22
    pelvis = np.zeros((frames, 3))
    pelvis[:, 1] = STANDING
    feet = np.zeros((2, frames, 2))
    feet[0, :, 0], feet[1, :, 0] = 0.1, -0.1
    zeros = np.zeros((frames, 3))
    return Pose(pelvis, zeros.copy(), zeros.copy(), np.zeros(frames), arms, toes, feet, np.zeros((2, frames)))


def _rotation(yaw: Float, pitch: Float, roll: Float) -> Float:
    return axis_matrices(1, yaw) @ axis_matrices(0, pitch) @ axis_matrices(2, roll)


def _ankles(pose: Pose) -> Float:
    feet = axis_matrices(1, pose.feet[..., 0]) @ axis_matrices(0, pose.feet[..., 1])
    ankles: Float = pose.toes - feet @ FOOT_VECTOR
    return ankles


def build(pose: Pose) -> Float:
    """Joints of the uniform body, (T, 22, 3) [m]."""
    joints = np.empty((len(pose.pelvis), N_JOINTS, 3))
    trunk = _rotation(*pose.turn.T)
    joints[:, 0] = pose.pelvis
    part = axis_matrices(1, pose.bend[:, 1] / 3) @ axis_matrices(0, pose.bend[:, 0] / 3)
    part = part @ axis_matrices(2, pose.bend[:, 2] / 3)
    rotation, below = trunk, 0
    for joint in (J["spine1"], J["spine2"], J["spine3"]):
        joints[:, joint] = joints[:, below] + BONE_LENGTHS[joint] * rotation[..., 1]
        rotation, below = rotation @ part, joint
    chest = rotation
    joints[:, J["neck"]] = joints[:, below] + BONE_LENGTHS[J["neck"]] * chest[..., 1]
    neck = chest @ axis_matrices(0, pose.head)
    joints[:, J["head"]] = joints[:, J["neck"]] + BONE_LENGTHS[J["head"]] * (neck @ _unit(_HEAD))
    ankles, yaw = _ankles(pose), pose.turn[:, 0]
    for i, (side, name) in enumerate(zip(_SIDES, ("left", "right"), strict=True)):
        mirror = np.array([side, 1.0, 1.0])
        _arm(joints, chest, pose.arms[i], mirror, name)
        hip = joints[:, 0] + trunk @ (np.array([HIP, 0.0, 0.0]) * mirror)
        pole = axis_matrices(1, (yaw + pose.feet[i, :, 0]) / 2) @ _POLE
        ankle = _softened(hip, ankles[i], pose.free[i])
        knee = two_bone(hip, ankle, THIGH, SHIN, pole)
        joints[:, J[f"{name}_hip"]] = hip
        joints[:, J[f"{name}_knee"]] = knee
        joints[:, J[f"{name}_ankle"]] = ankle
        joints[:, J[f"{name}_foot"]] = ankle + (pose.toes[i] - ankles[i])
    return joints


def _unit(v: Float) -> Float:
    unit: Float = v / np.linalg.norm(v)
    return unit


def _arm(joints: Float, chest: Float, angles: Float, mirror: Float, name: str) -> None:
    side = mirror[0]
    flexion, abduction, twist, elbow = angles.T
    length = {part: BONE_LENGTHS[J[f"{name}_{part}"]] for part in ("collar", "shoulder", "elbow", "wrist")}
    collar = joints[:, J["spine3"]] + length["collar"] * (chest @ (_unit(_COLLAR) * mirror))
    shoulder = collar + length["shoulder"] * (chest @ (_unit(_SHOULDER) * mirror))
    upper = chest @ axis_matrices(2, side * abduction) @ axis_matrices(0, -flexion) @ axis_matrices(1, side * twist)
    fore = upper @ axis_matrices(0, -elbow)
    joints[:, J[f"{name}_collar"]], joints[:, J[f"{name}_shoulder"]] = collar, shoulder
    joints[:, J[f"{name}_elbow"]] = shoulder - length["elbow"] * upper[..., 1]
    joints[:, J[f"{name}_wrist"]] = joints[:, J[f"{name}_elbow"]] - length["wrist"] * fore[..., 1]


def _softened(hip: Float, ankle: Float, free: Float) -> Float:
    """The ankle, drawn in smoothly where it is free and almost out of reach; exact where it stands."""
    away = ankle - hip
    distance = np.linalg.norm(away, axis=-1)
    start, room = 0.9 * LEG, 0.093 * LEG
    soft = np.where(distance > start, start + room * np.tanh((distance - start) / room), distance)
    used = (1 - free) * distance + free * soft
    softened: Float = hip + away * (used / distance)[:, None]
    return softened


def within_reach(pose: Pose, *, constant: bool = False, radius: int = 5) -> Pose:
    """The pelvis lowered where a standing foot would be out of reach.

    constant: by the same amount in every frame (keeps a ballistic path ballistic), else only near those frames,
    smoothed over `radius` frames.
    """
    trunk = _rotation(*pose.turn.T)
    ankles = _ankles(pose)
    excess = np.zeros(len(pose.pelvis))
    for i, side in enumerate(_SIDES):
        hip = pose.pelvis + side * HIP * trunk[..., 0]
        level = ((hip - ankles[i])[:, [0, 2]] ** 2).sum(1)
        highest = ankles[i, :, 1] + np.sqrt(np.maximum((_REACH * LEG) ** 2 - level, 0.0))
        excess = np.maximum(excess, np.where(pose.free[i] > 0, 0.0, hip[:, 1] - highest))
    if constant:
        lower = np.full_like(excess, excess.max())
    else:
        # A mean over a window of values that are each at least the excess here is at least the excess here.
        lower = gaussian_filter1d(maximum_filter1d(excess, 2 * radius + 1), radius / 2, radius=radius, mode="nearest")
    pelvis = pose.pelvis.copy()
    pelvis[:, 1] -= lower
    return replace(pose, pelvis=pelvis)


def balanced(pose: Pose, on_left: Float | None = None, rounds: int = 3) -> Pose:
    """The pelvis moved sideways and lengthways until the centre of mass is over the feet.

    on_left: (T,) share of the weight on the left foot; None means half.
    """
    weight = np.full(len(pose.pelvis), 0.5) if on_left is None else on_left
    # Where the feet stood before anything was lifted: a raised foot carries nothing.
    base = pose.toes[:, 0] + pose.toes[:, -1]
    places = base / 2 - np.array([0.0, 0.0, FOOT_VECTOR[2] * 0.55])
    target = weight[:, None] * places[0] + (1 - weight[:, None]) * places[1]
    for _ in range(rounds):
        pose = within_reach(pose)
        missing = target - centre_of_mass(build(pose))
        missing[:, 1] = 0.0
        pose = replace(pose, pelvis=pose.pelvis + 1.1 * missing)  # the feet, a tenth of what moves, stay behind
    return within_reach(pose)
