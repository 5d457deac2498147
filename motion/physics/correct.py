"""Joints in, joints out: clean, ground, plant, fit, simulate; with each stage's share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motion.joint_corrector import CorrectedJoints
from motion.kinematics.skeleton import FPS, N_JOINTS
from motion.physics import dynamics, feet, ik, reground, tracker
from motion.physics.quaternions import Floats
from motion.physics.settings import PhysicsSettings

SHORTEST = 8
"""Clips of fewer frames are too short for filters and splines: they count as failed."""
CHUNK_FRAMES = 4000
"""Frames simulated together: bounds the memory for controls and records to a few hundred megabytes."""
STAGES = ("denoise", "reground", "plant", "fit", "simulate")


@dataclass(frozen=True)
class JointsReport(CorrectedJoints):
    """What `correct_joints` did; success: the simulated body followed its reference to the end.

    residual_force: (n,) mean of |force at the pelvis| + |forces at the ankles| [body weights]; nan where failed.
    residual_torque: (n,) mean |torque| at the pelvis [N m]; nan where failed.
    tracking: (n,) mean joint distance between simulation and reference [m]; nan where failed.
    rung: (n,) index of the residual bounds used in `settings.ladder`; -1 where failed or not simulated.
    stages: joints after "denoise", "reground", "plant" and "fit" (the reference), (n, T, 22, 3) each, if asked for.
    """

    residual_force: Floats
    residual_torque: Floats
    tracking: Floats
    rung: NDArray[np.int64]
    stages: Mapping[str, Floats] = field(default_factory=dict)


def correct_joints(
    joints: ArrayLike,
    lengths: NDArray[np.int64] | None = None,
    settings: PhysicsSettings | None = None,
    *,
    stages: bool = False,
) -> JointsReport:
    """The motion that a simulated humanoid performs when it follows `joints`.

    A clip's result does not depend on the others in the call, nor on the number of threads.

    Args:
        joints: (n, T, 22, 3) [m], y up, floor at y = 0, 20 fps.
        lengths: (n,) valid frames; None means T for all. Frames beyond are returned as they came.
        settings: None is the default.
        stages: also return the joints after each stage.

    Raises:
        ValueError: wrong shape, lengths outside 1..T, or numbers that are not finite within a clip's length.
    """
    settings = settings or PhysicsSettings()
    given = np.array(joints, dtype=np.float64)
    if given.ndim != 4 or given.shape[2:] != (N_JOINTS, 3):
        raise ValueError(f"joints must have shape (n, T, 22, 3), got {given.shape}; give one clip as joints[None]")
    n, frames = given.shape[:2]
    size = np.full(n, frames) if lengths is None else np.asarray(lengths)
    if size.shape != (n,) or (n and (size.min() < 1 or size.max() > frames)):
        raise ValueError(f"lengths must be {n} numbers from 1 to {frames}, got {size.tolist()}; check the padding")
    valid = np.arange(frames) < size[:, None]
    bad = np.flatnonzero(~np.isfinite(np.where(valid[..., None, None], given, 0.0)).all(axis=(1, 2, 3)))
    if bad.size:
        raise ValueError(f"joints must be finite, clip {bad[0]} has nan or inf; drop or repair it first")

    nan = np.full(n, np.nan)
    result = JointsReport(
        given.copy(), np.zeros(n), np.zeros(n, bool), nan.copy(), nan.copy(), nan.copy(),
        np.full(n, -1),
        {name: given.copy() for name in STAGES[:-1]} if stages else {},
    )  # fmt: skip
    for length in np.unique(size[size >= SHORTEST]):
        same = np.flatnonzero(size == length)
        per_chunk = max(1, CHUNK_FRAMES // int(length))
        for first in range(0, len(same), per_chunk):
            _correct_equal(given, same[first : first + per_chunk], int(length), settings, result)
    return result


def _correct_equal(
    given: Floats, index: NDArray[np.int64], length: int, settings: PhysicsSettings, result: JointsReport
) -> None:
    """Correct the clips at `index`, all of one length, into `result`."""
    original = given[index, :length]
    steps, skeleton, pose = reference(original, settings)
    target = steps["fit"]
    for name in result.stages:
        result.stages[name][index, :length] = steps[name]
    if settings.simulate:
        track = simulate(skeleton, pose, settings)
        success = track.distance.max(axis=1) <= settings.fail_distance
        final, tracking = feet.unsink(track.joints, skeleton, track.pose), track.distance.mean(axis=1)
        force, torque, rung = track.force, track.torque, track.rung
    else:
        final, success = target, np.ones(len(index), bool)
        force = torque = tracking = np.zeros(len(index))
        rung = np.full(len(index), -1)
    # a failed track may hold nan; only successful ones are used below
    moved = np.sqrt(((final - original) ** 2).sum(axis=-1)).mean(axis=(1, 2))
    good = index[success]
    result.success[good] = True
    result.joints[good, :length] = final[success]
    result.moved[good] = moved[success]
    result.residual_force[good] = force[success]
    result.residual_torque[good] = torque[success]
    result.tracking[good] = tracking[success]
    result.rung[good] = rung[success]


def reference(joints: Floats, settings: PhysicsSettings) -> tuple[dict[str, Floats], ik.Skeleton, ik.Pose]:
    """The kinematic stages: joints after each, and the rigid skeleton with the pose to follow."""
    lengths = None if settings.body == "uniform" else ik.bone_lengths(joints)
    steps = {"denoise": reground.denoise(joints) if settings.denoise else joints}
    skeleton, pose = ik.solve(steps["denoise"], lengths)
    grounded = steps["denoise"]
    if settings.reground:
        grounded = reground.reground(grounded, feet.soles(skeleton, pose))
        skeleton, pose = ik.solve(grounded, lengths)
    steps["reground"] = grounded
    steps["plant"] = feet.plant(grounded, skeleton, pose) if settings.plant else grounded
    skeleton, pose = ik.solve(steps["plant"], lengths)
    steps["fit"] = ik.forward(skeleton, pose)
    return steps, skeleton, pose


def simulate(skeleton: ik.Skeleton, pose: ik.Pose, settings: PhysicsSettings) -> tracker.Track:
    """The pose sequence as the humanoid performs it, with the smallest residual wrench of the ladder that suffices."""
    forces = None
    if settings.feed_forward:
        velocity, acceleration = tracker.resample(skeleton, pose, FPS).generalized()
        forces = dynamics.feed_forward(skeleton, settings, pose, velocity, acceleration, feet.soles(skeleton, pose))
    return tracker.climb(skeleton, pose, forces, settings)
