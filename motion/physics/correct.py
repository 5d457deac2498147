"""Joints in, joints out: clean, mend, put upright and on the floor, plant, fit, simulate; with each stage's share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motion.joint_corrector import CorrectedJoints, checked_motions, mean_distance
from motion.kinematics.skeleton import FPS
from motion.physics import balance, bones, dynamics, feet, ik, keep, mend, noise, reground, tracker
from motion.physics.ground import ground_range
from motion.physics.quaternions import Floats
from motion.physics.settings import Body, PhysicsSettings

SHORTEST = 8
"""Clips of fewer frames are too short for filters and splines: they count as failed."""
CHUNK_FRAMES = 4000
"""Frames simulated together: bounds the memory for controls and records to a few hundred megabytes."""
LEG_BONES = (4, 5, 7, 8, 10, 11)
"""Joints that end the bones of the legs and feet, without which nothing stands."""
LEAST_BONE = 1e-3
"""A body with a shorter leg bone is none [m]."""
LEG = (4, 7)
"""Joints that end thigh and shin."""
LEG_LENGTH = (0.1, 2.0)
"""Thigh and shin of a person are together within these [m]; others are no persons, or not in metres."""
STAGES = ("unfreeze", "denoise", "unstretch", "bones", "balance", "reground", "plant", "fit")
"""The kinematic stages, in their order."""


@dataclass(frozen=True)
class JointsReport(CorrectedJoints):
    """What `correct_joints` did; success: the simulated body followed its reference to the end.

    residual_force: (n,) mean of |force at the pelvis| + |forces at the ankles| [body weights]; nan where failed.
    residual_torque: (n,) mean |torque| at the pelvis [N m]; nan where failed.
    tracking: (n,) mean joint distance between simulation and reference [m]; nan where failed.
    rung: (n,) index of the residual bounds used in `settings.ladder`; -1 where failed or not simulated.
    ground: (n,) range of the height of the ground under its soles in the input [m], see `ground.UNEVEN`: stairs and
        props, if large; nan for clips that are too short or show no person.
    shifts: how far each stage moved the joints, (n,) mean distance [m] by the stage's name, nan where failed: those of
        STAGES, then "simulate" (with the feet's raising out of the floor), "keep" and "hold", or "unsink" where nothing
        is simulated. Their sum is `moved` or more.
    kept: (n,) share of the motion in which the reference stayed, because the body performed it to within the
        tolerance, or stumbled; nan where failed or not simulated.
    stages: joints after each of STAGES, of which the last is the reference, (n, T, 22, 3) each, if asked for.
    """

    residual_force: Floats
    residual_torque: Floats
    tracking: Floats
    rung: NDArray[np.int64]
    kept: Floats
    ground: Floats
    shifts: Mapping[str, Floats] = field(default_factory=dict)
    stages: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def notes(self) -> dict[str, NDArray[np.float64]]:
        return {
            name: np.asarray(getattr(self, name)) for name in ("residual_force", "residual_torque", "tracking", "kept")
        }


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
    given, size = checked_motions(joints, lengths)
    n = len(given)
    nan = np.full(n, np.nan)
    result = JointsReport(
        given.copy(), np.zeros(n), np.zeros(n, bool), nan.copy(), nan.copy(), nan.copy(),
        np.full(n, -1), nan.copy(), nan.copy(),
        {name: nan.copy() for name in (*STAGES, *_last_stages(settings))},
        {name: given.copy() for name in STAGES} if stages else {},
    )  # fmt: skip
    chunks = list(equal_lengths(given, size, SHORTEST, settings.threads))
    if settings.threads == 1 or len(chunks) < 2:
        for length, index in chunks:
            _correct_equal(given, index, length, settings, result)
        return result
    # each chunk writes into rows of its own; numpy and MuJoCo let other threads work meanwhile
    with ThreadPoolExecutor(settings.threads) as pool:
        list(pool.map(lambda chunk: _correct_equal(given, chunk[1], chunk[0], settings, result), chunks))
    return result


def _last_stages(settings: PhysicsSettings) -> tuple[str, ...]:
    if not settings.simulate:
        return ("unsink",)
    asked = {"keep": settings.tolerance is not None, "hold": settings.hold}
    return ("simulate", *(name for name, wanted in asked.items() if wanted))


def equal_lengths(
    joints: Floats, lengths: NDArray[np.int64], shortest: int, threads: int = 1
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Each length of at least `shortest` frames with the indices of its clips, some at once to spare memory.

    threads: how many chunks are worked on at once, which share the memory. Clips without a body are left out, see
    `have_body`.
    """
    for length in np.unique(lengths[lengths >= shortest]):
        same = np.flatnonzero(lengths == length)
        parts = 2 * threads if threads > 1 else 1  # some are slower than others
        per_chunk = max(1, min(CHUNK_FRAMES // (threads * int(length)), -(-len(same) // parts)))
        for first in range(0, len(same), per_chunk):
            index = same[first : first + per_chunk]
            index = index[have_body(joints[index, :length])]
            if index.size:
                yield int(length), index


def have_body(joints: Floats) -> NDArray[np.bool_]:
    """False for clips (n, T, 22, 3) that show no person, (n,): in the median of the frames, a leg or foot bone is
    shorter than `LEAST_BONE` or a leg not of `LEG_LENGTH` (as of joints that are in another unit than metres)."""
    sizes = ik.bone_lengths(joints)
    leg = sizes[:, LEG].sum(axis=1)
    whole = sizes[:, LEG_BONES].min(axis=1) > LEAST_BONE
    bodies: NDArray[np.bool_] = whole & (leg > LEG_LENGTH[0]) & (leg < LEG_LENGTH[1])
    return bodies


def _correct_equal(
    given: Floats, index: NDArray[np.int64], length: int, settings: PhysicsSettings, result: JointsReport
) -> None:
    """Correct the clips at `index`, all of one length, into `result`."""
    original = given[index, :length]
    steps, skeleton, pose = reference(original, settings)
    result.ground[index] = ground_range(original)
    for name in result.stages:
        result.stages[name][index, :length] = steps[name]
    if settings.simulate:
        track = simulate(skeleton, pose, settings)
        success = track.distance.max(axis=1) <= settings.fail_distance
        steps["simulate"] = feet.unsink(track.joints, skeleton, track.pose)
        last, taken = track.pose, np.ones_like(track.distance)
        if settings.tolerance is not None:
            last, taken = keep.kept(pose, track, settings.tolerance, settings.stumble)
            steps["keep"] = feet.unsink(ik.forward(skeleton, last), skeleton, last)
            result.kept[index[success]] = 1 - taken[success].mean(axis=1)
        if settings.hold:
            steps["hold"] = _held(list(steps.values())[-1], last, skeleton, taken * success[:, None])
        tracking, force, torque, rung = track.distance.mean(axis=1), track.force, track.torque, track.rung
    else:
        success = np.ones(len(index), bool)
        steps["unsink"] = feet.unsink(steps["fit"], skeleton, pose)
        force = torque = tracking = np.zeros(len(index))
        rung = np.full(len(index), -1)
    final = list(steps.values())[-1]
    success &= np.isfinite(final).all(axis=(1, 2, 3))
    # a failed track may hold nan; only successful ones are used below
    whole = np.full(len(index), length)
    moved = mean_distance(final, original, whole)
    good = index[success]
    result.success[good] = True
    result.joints[good, :length] = final[success]
    result.moved[good] = moved[success]
    result.residual_force[good] = force[success]
    result.residual_torque[good] = torque[success]
    result.tracking[good] = tracking[success]
    result.rung[good] = rung[success]
    before = original
    for name, after in steps.items():
        result.shifts[name][good] = mean_distance(after, before, whole)[success]
        before = after


def _held(joints: Floats, pose: ik.Pose, skeleton: ik.Skeleton, taken: Floats) -> Floats:
    """`joints` of `pose`, feet planted once more where something is `taken` (n, T) of the track; other clips, which may
    hold nan, stay: their feet are planted."""
    result = joints.copy()
    index = np.flatnonzero((taken > 0).any(axis=1))
    if index.size:
        chosen, own = ik.Pose(pose.root[index], pose.rotations[index]), tracker.take(skeleton, index)
        result[index] = feet.hold(ik.forward(own, chosen), own, chosen, taken[index])
    return result


def reference(joints: Floats, settings: PhysicsSettings) -> tuple[dict[str, Floats], ik.Skeleton, ik.Pose]:
    """The kinematic stages: joints after each, and the rigid skeleton with the pose to follow."""
    lengths = bones_of(joints, settings.body)
    steps = {"unfreeze": mend.unfreeze(joints) if settings.mend else joints}
    steps["denoise"] = noise.denoise(steps["unfreeze"]) if settings.denoise else steps["unfreeze"]
    # after the noise, which bones that are given their lengths no longer show
    steps["unstretch"] = mend.unstretch(steps["denoise"]) if settings.mend else steps["denoise"]
    steps["bones"] = rigid = (
        bones.nearest_rigid(steps["unstretch"], lengths, bones.STEADY) if settings.bones else steps["unstretch"]
    )
    # without weight or floor nothing falls over
    weighs = settings.balance and settings.simulate and settings.gravity > 0 and settings.floor
    steps["balance"] = balance.balance(rigid) if weighs else rigid
    steps["reground"] = grounded = regrounded(steps["balance"], lengths) if settings.reground else steps["balance"]
    steps["plant"] = planted = feet.plant(grounded, *ik.solve(grounded, lengths)) if settings.plant else grounded
    if settings.plant and settings.bones:
        planted = bones.nearest_rigid(planted, lengths, bones.PLANTED)
    skeleton, pose = ik.solve(planted, lengths)
    steps["fit"] = ik.forward(skeleton, pose)
    return steps, skeleton, pose


def bones_of(joints: Floats, body: Body) -> Floats | None:
    """What `ik.solve` takes as bone lengths: None for the uniform body, else each clip's own medians (n, 22) [m]."""
    return None if body == "uniform" else ik.bone_lengths(joints)


def regrounded(joints: Floats, lengths: Floats | None) -> Floats:
    """`joints` (n, T, 22, 3) [m] lowered or raised so that resting soles are at y = 0; lengths: bones as `ik.solve`."""
    return reground.reground(joints, feet.soles(*ik.solve(joints, lengths)))


def simulate(skeleton: ik.Skeleton, pose: ik.Pose, settings: PhysicsSettings) -> tracker.Track:
    """The pose sequence as the humanoid performs it, with the smallest residual wrench of the ladder that suffices."""
    forces = None
    if settings.feed_forward:
        velocity, acceleration = tracker.resample(skeleton, pose, FPS).generalized()
        forces = dynamics.feed_forward(skeleton, settings, pose, velocity, acceleration, feet.soles(skeleton, pose))
    return tracker.climb(skeleton, pose, forces, settings)
