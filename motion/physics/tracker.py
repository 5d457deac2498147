"""Simulates the humanoid so that it follows a reference pose sequence, all clips in one `mujoco.batch` rollout."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np
from mujoco.batch import Batch
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter1d

from motion.kinematics.resample import low_pass
from motion.kinematics.rotations import unit
from motion.kinematics.skeleton import FPS, N_JOINTS, J
from motion.physics import humanoid
from motion.physics.feet import soles
from motion.physics.humanoid import ANKLE_FORCE, DAMPING_RATIO, ROOT_FORCE, ROOT_TORQUE, WEIGHT
from motion.physics.ik import ANKLES, BALLS, Pose, Skeleton, forward
from motion.physics.quaternions import Floats, body_rates, continuous, dot, rotation_vector
from motion.physics.settings import PhysicsSettings
from motion.physics.silence import without_log

FRAMES = (0, *BALLS)
"""Joints whose rotation is simulated, in the order of the model's coordinates."""
SIGMA = 0.25
"""How far off the body is, is smoothed in time by a Gaussian of this standard deviation [s]."""
_TIME = int(mujoco.mjtState.mjSTATE_TIME)


@dataclass(frozen=True)
class Track:
    """What the simulated humanoid did.

    pose: at 20 fps; the first frame is the reference's, raised out of contact.
    joints: (n, T, 22, 3) [m] of that pose.
    distance: (n, T) mean joint distance from the reference [m]; inf in every frame of a simulation that MuJoCo gave
        up with a warning.
    force: (n,) mean |force at the pelvis| plus |forces at the ankles| [body weights].
    torque: (n,) mean residual torque at the pelvis [N m].
    rung: (n,) which of the ladder's bounds it was simulated with.
    """

    pose: Pose
    joints: Floats
    distance: Floats
    force: Floats
    torque: Floats
    rung: NDArray[np.int64]


@dataclass(frozen=True)
class Reference:
    """A pose sequence at simulation rate: values, first and second derivatives at the steps' ends, (n, S, ...)."""

    root: tuple[Floats, Floats, Floats]  # (n, S, 3) world [m, m/s, m/s^2]
    turns: Floats  # (n, S, 17, 4) in FRAMES order
    rates: Floats  # (n, S, 17, 3) body frame [rad/s]
    accelerations: Floats  # (n, S, 17, 3) [rad/s^2]
    ankles: tuple[Floats, Floats]  # (n, S, 2, 3) world [m, m/s]

    def generalized(self) -> tuple[Floats, Floats]:
        """Generalized velocities and accelerations at every sample, (n, S, 54) each."""
        n, steps = self.turns.shape[:2]
        velocity = np.concatenate([self.root[1], self.rates.reshape(n, steps, -1)], axis=-1)
        return velocity, np.concatenate([self.root[2], self.accelerations.reshape(n, steps, -1)], axis=-1)


def resample(skeleton: Skeleton, pose: Pose, rate: int) -> Reference:
    """Cubic splines of positions and unit quaternions from 20 fps to `rate`; sample 0 is frame 0."""
    frames = pose.root.shape[1]
    times = np.arange(frames) / FPS
    fine = np.arange((frames - 1) * (rate // FPS) + 1) / rate
    root = CubicSpline(times, pose.root, axis=1)
    turn = CubicSpline(times, continuous(pose.rotations[:, :, FRAMES], axis=1), axis=1)
    ankles = CubicSpline(times, forward(skeleton, pose)[:, :, ANKLES], axis=1)
    q, dq, ddq = turn(fine), turn(fine, 1), turn(fine, 2)
    size = np.sqrt(dot(q, q))
    q, dq, ddq = q / size, dq / size, ddq / size
    return Reference(
        (root(fine), root(fine, 1), root(fine, 2)),
        q,
        body_rates(q, dq),
        body_rates(q, ddq),
        (ankles(fine), ankles(fine, 1)),
    )


def set_points(reference: Reference, torques: Floats | None) -> tuple[Floats, Floats]:
    """Controls and ghost poses for every step, (n, S, nu) and (n, S, 7).

    torques: (n, S, nu) feed-forward actuator forces [N m, N], or None.
    """
    n, steps = reference.turns.shape[:2]
    controls = np.empty((n, steps, ANKLE_FORCE.stop))
    servo = rotation_vector(reference.turns[:, :, 1:]) + DAMPING_RATIO * reference.rates[:, :, 1:]
    controls[:, :, : ROOT_FORCE.start] = servo.reshape(n, steps, -1)
    controls[:, :, ROOT_FORCE] = reference.root[0] + DAMPING_RATIO * reference.root[1]
    controls[:, :, ROOT_TORQUE] = DAMPING_RATIO * reference.rates[:, :, 0]  # the ghost's frame turns with it
    controls[:, :, ANKLE_FORCE] = (reference.ankles[0] + DAMPING_RATIO * reference.ankles[1]).reshape(n, steps, 6)
    if torques is not None:
        controls += torques / stiffness()
    return controls, np.concatenate([reference.root[0], reference.turns[:, :, 0]], axis=-1)


def stiffness() -> Floats:
    """Stiffness of each actuator, (nu,)."""
    servos = [humanoid.servo_gain(joint, humanoid.STIFFNESS) for joint in BALLS for _ in range(3)]
    rest = [humanoid.ROOT_STIFFNESS] * 3 + [humanoid.ROOT_TURN_STIFFNESS] * 3 + [humanoid.ANKLE_STIFFNESS] * 6
    return np.array(servos + rest)


def make_batch(skeleton: Skeleton, settings: PhysicsSettings) -> Batch:
    """One simulation a clip, each with its own bones."""
    model = humanoid.build(settings)
    batch = Batch(model, nsim=len(skeleton.offsets), nthread=1)  # `correct_joints` has the threads
    body = humanoid.fields(model, skeleton)
    for name in humanoid.BodyFields.__annotations__:
        batch.expand(name)[:] = getattr(body, name)
    batch.set_const()
    return batch


def initial_lift(skeleton: Skeleton, pose: Pose) -> Floats:
    """How far each clip's first pose must be raised to start out of contact, (n,) [m]."""
    first = Pose(pose.root[:, :1], pose.rotations[:, :1])
    place = forward(skeleton, first)[:, 0]
    bumpers = np.stack([place[:, J[name], 1] - radius for name, radius in humanoid.BUMPERS.items()], axis=-1)
    sole = soles(skeleton, first)[:, 0, ..., 1].reshape(len(place), -1)
    lowest = np.concatenate([bumpers, sole], axis=-1).min(axis=-1)
    result: Floats = np.maximum(0.001 - lowest, 0.0)
    return result


def between_frames(values: Floats, rate: int) -> Floats:
    """Values at 20 fps, (n, T, k), interpolated linearly at `rate`, (n, S, k)."""
    stride = rate // FPS
    weight = (np.arange(stride) / stride)[:, None]
    inner = values[:, :-1, None] * (1 - weight) + values[:, 1:, None] * weight  # (n, T-1, stride, k)
    n, _, k = values.shape
    return np.concatenate([inner.reshape(n, -1, k), values[:, -1:]], axis=1)


def climb(skeleton: Skeleton, pose: Pose, forces: Floats | None, settings: PhysicsSettings) -> Track:
    """Simulate every clip with the first bounds of the ladder with which it stays close to `pose`.

    forces: (n, T, nu) feed-forward actuator forces at the frames, or None.
    """
    n, frames = pose.root.shape[:2]
    reference = resample(skeleton, pose, settings.rate)
    controls, ghost = set_points(reference, None if forces is None else between_frames(forces, settings.rate))
    inputs = np.concatenate([controls[:, 1:], ghost[:, 1:]], axis=-1)
    del controls, ghost
    batch = make_batch(skeleton, settings)
    start = start_states(skeleton, pose, reference)
    target = forward(skeleton, pose)
    result = Track(
        Pose(np.empty_like(pose.root), np.empty_like(pose.rotations)),
        np.empty_like(target),
        np.empty((n, frames)),
        np.empty(n),
        np.empty(n),
        np.zeros(n, dtype=np.int64),
    )
    pending = np.arange(n)
    for rung, residual in enumerate(settings.ladder):
        bounds = humanoid.residual_bounds(residual)
        limits = batch.expand("actuator_forcerange")
        limits[:, ROOT_FORCE.start :] = np.stack([-bounds, bounds], axis=-1)
        states, result.force[pending], result.torque[pending] = rollout(batch, pending, start, inputs, settings.rate)
        done = _pose(states)
        result.pose.root[pending], result.pose.rotations[pending] = done.root, done.rotations
        joints = forward(take(skeleton, pending), done)
        distance = np.sqrt(dot(miss := joints - target[pending], miss))[..., 0].mean(axis=2)
        result.joints[pending], result.rung[pending] = joints, rung
        result.distance[pending] = np.where(np.isfinite(distance), distance, np.inf)
        far = (distance.max(axis=1) > settings.fail_distance) | (distance.mean(axis=1) > settings.accept)
        if settings.depart is not None:
            far |= smoothed(np.minimum(distance, 1e3 * settings.depart)).max(axis=1) > settings.depart
        pending = pending[far | ~np.isfinite(distance).all(axis=1)]
        if not pending.size:
            break
    return result


def smoothed(distance: Floats) -> Floats:
    """Distances (n, T) over time without what lasts a frame or two, by a Gaussian; finite ones."""
    result: Floats = gaussian_filter1d(distance, SIGMA * FPS, axis=1, mode="nearest")
    return result


def start_states(skeleton: Skeleton, pose: Pose, reference: Reference) -> tuple[Floats, Floats]:
    """Initial qpos (n, 71) and qvel (n, 54): the reference's, raised out of contact, at human speeds."""
    n = len(pose.root)
    place, speed = reference.root[0][:, 0].copy(), reference.root[1][:, 0]
    place[:, 1] += initial_lift(skeleton, pose)
    qpos = np.concatenate([place, reference.turns[:, 0].reshape(n, -1)], axis=-1)
    rates = reference.rates[:, 0].reshape(n, -1)
    return qpos, np.concatenate([np.clip(speed, -6, 6), np.clip(rates, -15, 15)], axis=-1)


def rollout(
    batch: Batch, ids: NDArray[np.int64], start: tuple[Floats, Floats], inputs: Floats, rate: int
) -> tuple[Floats, Floats, Floats]:
    """Simulate the clips `ids`: states at 20 fps (nan after a warning), mean residual force and torque of each.

    start: qpos and qvel of all clips; inputs: (n, S-1, nu + 7) controls and ghost poses of all clips.
    """
    steps = inputs.shape[1]
    batch.reset(ids=ids, stage=int(mujoco.mjtStage.mjSTAGE_NONE))
    batch.bind("qpos")[ids], batch.bind("qvel")[ids] = start[0][ids], start[1][ids]
    spec = int(mujoco.mjtState.mjSTATE_CTRL | mujoco.mjtState.mjSTATE_MOCAP_POS | mujoco.mjtState.mjSTATE_MOCAP_QUAT)
    with without_log():
        done = batch.rollout(steps, inputs[ids], control_spec=spec, record=("qpos", "actuator_force", _TIME), ids=ids)
    states = sampled(np.concatenate([start[0][ids, None], done["qpos"]], axis=1), rate)
    # A simulation that raised a warning stops, and its later records repeat: its clock shows it.
    states[done[_TIME].reshape(len(ids), -1)[:, -1] < (steps - 0.5) / rate] = np.nan
    force = done["actuator_force"]
    size = np.sqrt(dot(part := force[:, :, ROOT_FORCE], part))[..., 0]
    for first in (ANKLE_FORCE.start, ANKLE_FORCE.start + 3):
        size = size + np.sqrt(dot(part := force[:, :, first : first + 3], part))[..., 0]
    torque = np.sqrt(dot(part := force[:, :, ROOT_TORQUE], part))[..., 0]
    return states, size.mean(axis=1) / WEIGHT, torque.mean(axis=1)


def sampled(qpos: Floats, rate: int) -> Floats:
    """Positions (n, S, 71) at simulation rate as they are at 20 fps, (n, T, 71), less what 20 fps cannot carry.

    A body that trembles faster than 10 Hz would else be seen to sway slowly, and the next pass would follow that.
    """
    n, steps = qpos.shape[:2]
    turns = continuous(qpos[..., 3:].reshape(n, steps, -1, 4), axis=1)
    whole = np.concatenate([qpos[..., :3], turns.reshape(n, steps, -1)], axis=-1)
    kept: Floats = np.moveaxis(low_pass(np.moveaxis(whole, 1, 0), rate, FPS, rate // FPS), 0, 1)
    return kept


def take(skeleton: Skeleton, index: NDArray[np.int64]) -> Skeleton:
    """The skeletons of some clips."""
    return Skeleton(skeleton.offsets[index], skeleton.drop[index], skeleton.level[index])


def _pose(states: Floats) -> Pose:
    n, frames = states.shape[:2]
    rotations = np.zeros((n, frames, N_JOINTS, 4))
    rotations[..., 0] = 1.0
    rotations[:, :, FRAMES] = unit(states[..., 3:].reshape(n, frames, len(FRAMES), 4))
    return Pose(states[..., :3], rotations)
