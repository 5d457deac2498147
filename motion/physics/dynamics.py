"""Feed-forward forces of a reference: inverse dynamics, and the part of it that the floor can give through the feet."""

from __future__ import annotations

import mujoco
import numpy as np
from mujoco.batch import Batch

from motion.kinematics.rotations import inverse, rotate
from motion.physics import humanoid
from motion.physics.humanoid import ANKLE_FORCE, ROOT_FORCE, ROOT_TORQUE
from motion.physics.ik import BALLS, FEET, Pose, Skeleton, forward_frames
from motion.physics.quaternions import Floats
from motion.physics.settings import PhysicsSettings

CONTACT_SCALE = 0.015
"""Sole points at this height over the floor count 1/e as likely to carry load as those on it [m]."""
SPLIT_ROUNDS = 40
LEGS = ((1, *FEET[0]), (2, *FEET[1]))


def generalized_forces(
    skeleton: Skeleton, settings: PhysicsSettings, qpos: Floats, qvel: Floats, qacc: Floats
) -> Floats:
    """Forces that the motion needs without floor and actuators, M qacc + bias, (n, T, 54) [N, N m].

    Every frame is one simulation of a `Batch`, so that no Python loop runs over clips or frames. The pelvis' force is
    in the world's axes; all torques are in their body's.
    """
    n, frames = qpos.shape[:2]
    model = humanoid.build(settings)
    batch = Batch(model, nsim=n * frames, nthread=1)
    body = humanoid.fields(model, skeleton)
    for name in ("body_pos", "body_ipos", "body_iquat"):
        batch.expand(name)[:] = np.repeat(getattr(body, name), frames, axis=0)
    batch.bind("qpos")[:] = qpos.reshape(n * frames, -1)
    batch.bind("qvel")[:] = qvel.reshape(n * frames, -1)
    bias, mass = batch.bind("qfrc_bias"), batch.bind("M")
    batch.forward(stage=int(mujoco.mjtStage.mjSTAGE_VEL))
    acceleration = qacc.reshape(n * frames, -1)
    force = bias.copy()
    rows = np.repeat(np.arange(model.nv), model.M_rownnz)
    # M is stored as the rows of its lower triangle; its ~450 entries are looped over instead of a 54 x 54 product,
    # whose rounding would depend on the number of clips
    for entry, (row, column) in enumerate(zip(rows, model.M_colind, strict=True)):
        force[:, row] += mass[:, entry] * acceleration[:, column]
        if row != column:
            force[:, column] += mass[:, entry] * acceleration[:, row]
    result: Floats = force.reshape(n, frames, -1)
    return result


def feed_forward(
    skeleton: Skeleton, settings: PhysicsSettings, pose: Pose, qvel: Floats, qacc: Floats, sole: Floats
) -> Floats:
    """Actuator forces for a reference at 20 fps, (n, T, nu) [N m, N].

    The floor is assumed to carry what it can through low sole points (n, T, 2, 4, 3); the joints of the legs bear it;
    what is missing at the pelvis is asked of the residual wrench, which its bounds then cut.
    """
    n, frames = pose.root.shape[:2]
    order = (0, *BALLS)
    qpos = np.concatenate([pose.root, pose.rotations[:, :, order].reshape(n, frames, -1)], axis=-1)
    need = generalized_forces(skeleton, settings, qpos, qvel, qacc)
    place, turn = forward_frames(skeleton, pose)
    root_torque = rotate(turn[:, :, 0], need[:, :, 3:6])
    arms = sole - place[:, :, None, None, 0]
    contact = floor_forces(need[:, :, :3], root_torque, arms, sole[..., 1], settings.friction)
    out = np.zeros((n, frames, ANKLE_FORCE.stop))
    out[:, :, : ROOT_FORCE.start] = need[:, :, 6:]
    for side, leg in enumerate(LEGS):
        for joint in leg[:3]:
            at = 3 * BALLS.index(joint)
            borne = np.cross(sole[:, :, side] - place[:, :, joint, None], contact[:, :, side]).sum(axis=2)
            out[:, :, at : at + 3] -= rotate(inverse(turn[:, :, joint]), borne)
    given = np.cross(arms, contact).sum(axis=(2, 3))
    out[:, :, ROOT_FORCE] = need[:, :, :3] - contact.sum(axis=(2, 3))
    out[:, :, ROOT_TORQUE] = rotate(inverse(turn[:, :, 0]), root_torque - given)
    return out


def floor_forces(force: Floats, torque: Floats, arms: Floats, height: Floats, friction: float) -> Floats:
    """Forces at the sole points that come nearest to the wanted force and torque at the pelvis, (n, T, 2, 4, 3) [N].

    Vertical parts are non-negative (projected gradient on force and the two tipping torques, points weighted by how
    low they are); horizontal parts follow them in proportion, inside the friction pyramid.

    Args:
        force, torque: (n, T, 3) [N, N m] in the world's axes.
        arms: (n, T, 2, 4, 3) sole points relative to the pelvis [m]; height: (n, T, 2, 4) over the floor [m].
    """
    likely = np.exp(-np.maximum(height, 0.0) / CONTACT_SCALE)
    likely = np.where(height < 4 * CONTACT_SCALE, likely, 0.0)
    lift = np.maximum(force[:, :, 1], 0.0)[..., None, None]
    # horizontal forces at floor level tip the body too: their torque about the pelvis is taken as known
    down = (arms[..., 1] * likely).sum(axis=(2, 3)) / np.maximum(likely.sum(axis=(2, 3)), 1e-6)
    tip_x = (torque[:, :, 0] - down * force[:, :, 2])[..., None, None]
    tip_z = (torque[:, :, 2] + down * force[:, :, 0])[..., None, None]
    x, z = arms[..., 0], arms[..., 2]  # torque of a vertical force v: (-z v, 0, x v)
    v = lift * likely / np.maximum(likely.sum(axis=(2, 3), keepdims=True), 1e-6)
    # step: the inverse of a bound of the quadratic's curvature; torques count with a lever of 0.3 m
    scale = 1 / 0.3**2
    step = 1.0 / np.maximum((likely * likely * (1 + scale * (x * x + z * z))).sum(axis=(2, 3), keepdims=True), 1e-6)
    u = v / np.maximum(likely, 1e-6)
    for _ in range(SPLIT_ROUNDS):
        v = likely * u
        miss = v.sum(axis=(2, 3), keepdims=True) - lift
        miss_x = -(z * v).sum(axis=(2, 3), keepdims=True) - tip_x
        miss_z = (x * v).sum(axis=(2, 3), keepdims=True) - tip_z
        u = np.maximum(u - step * likely * (miss + scale * (-z * miss_x + x * miss_z)), 0.0)
    v = likely * u
    share = v / np.maximum(v.sum(axis=(2, 3), keepdims=True), 1e-6)
    result = np.zeros_like(arms)
    result[..., 1] = v
    for axis in (0, 2):
        wanted = share * force[:, :, axis, None, None]
        result[..., axis] = np.clip(wanted, -friction * v, friction * v)
    return result
