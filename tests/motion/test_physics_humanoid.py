"""The simulated body: masses, coordinates, and forces that obey Newton."""

import mujoco
import numpy as np
import pytest

from motion.data.procedural import generate
from motion.kinematics.skeleton import JOINTS
from motion.physics import PhysicsSettings, dynamics, feet, humanoid, ik, tracker
from motion.physics.quaternions import rotation_vector


@pytest.fixture(scope="module")
def fitted() -> tuple[ik.Skeleton, ik.Pose]:
    joints = np.stack([clip.joints for clip in generate(6, frames=30, seed=2)]).astype(float)
    return ik.solve(joints)


def test_masses_are_a_whole_body() -> None:
    assert sum(share for _, share, *_ in humanoid.SEGMENTS.values()) == pytest.approx(1.0, abs=1e-9)
    model = humanoid.build(PhysicsSettings())
    assert model.body_subtreemass[model.body("pelvis").id] == pytest.approx(humanoid.MASS)
    assert (model.nq, model.nv, model.nu) == (71, 54, humanoid.ANKLE_FORCE.stop)
    tree = [mujoco.mj_id2name(model, mujoco.mjtObj.mjOBJ_JOINT, k) for k in range(model.njnt)]
    assert tree == [JOINTS[k] for k in tracker.FRAMES]  # our coordinate order is MuJoCo's


def test_mujoco_places_joints_and_soles_where_we_do(fitted: tuple[ik.Skeleton, ik.Pose]) -> None:
    skeleton, pose = fitted
    batch = tracker.make_batch(skeleton, PhysicsSettings())
    reference = tracker.resample(skeleton, pose, 240)
    place, soles = ik.forward(skeleton, pose)[:, 0], feet.soles(skeleton, pose)[:, 0]
    for clip in range(len(place)):
        model, data = batch.get_model(clip), batch.get_data(clip)
        data.qpos[:3], data.qpos[3:] = reference.root[0][clip, 0], reference.turns[clip, 0].ravel()
        mujoco.mj_kinematics(model, data)
        for joint in tracker.FRAMES:
            np.testing.assert_allclose(data.body(JOINTS[joint]).xpos, place[clip, joint], atol=1e-9)
        for side, ankle in enumerate(("left_ankle", "right_ankle")):
            for k in range(4):
                centre = data.geom(f"sole/{ankle}/{k}").xpos
                assert np.linalg.norm(centre - soles[clip, side, k]) == pytest.approx(humanoid.SOLE_RADIUS, abs=1e-9)


def test_set_points_without_error_ask_for_no_force(fitted: tuple[ik.Skeleton, ik.Pose]) -> None:
    skeleton, pose = fitted
    reference = tracker.resample(skeleton, pose, 240)
    controls, ghost = tracker.set_points(reference, None)
    batch = tracker.make_batch(skeleton, PhysicsSettings())
    model, data, step = batch.get_model(3), batch.get_data(3), 77
    data.qpos[:3], data.qpos[3:] = reference.root[0][3, step], reference.turns[3, step].ravel()
    data.qvel[:3], data.qvel[3:] = reference.root[1][3, step], reference.rates[3, step].ravel()
    data.mocap_pos[0], data.mocap_quat[0] = ghost[3, step, :3], ghost[3, step, 3:]
    data.ctrl[:] = controls[3, step]
    mujoco.mj_forward(model, data)
    assert np.abs(data.actuator_force[: humanoid.ANKLE_FORCE.start]).max() < 1e-6
    # The ankles' velocity is a spline of positions, not of the chain: nearly the same.
    assert np.abs(data.actuator_force[humanoid.ANKLE_FORCE]).max() < 25.0
    data.qpos[3:] = reference.turns[3, step + 40].ravel()
    mujoco.mj_forward(model, data)
    assert np.abs(data.actuator_force).max() > 5.0


def test_inverse_dynamics_agree_with_mujoco(fitted: tuple[ik.Skeleton, ik.Pose]) -> None:
    skeleton, pose = fitted
    settings = PhysicsSettings(floor=False)
    reference = tracker.resample(skeleton, pose, 20)
    velocity, acceleration = reference.generalized()
    n, frames = pose.root.shape[:2]
    qpos = np.concatenate([pose.root, pose.rotations[:, :, tracker.FRAMES].reshape(n, frames, -1)], axis=-1)
    ours = dynamics.generalized_forces(skeleton, settings, qpos, velocity, acceleration)
    batch = tracker.make_batch(skeleton, settings)
    for clip, frame in ((0, 0), (2, 11), (5, 29)):
        model, data = batch.get_model(clip), batch.get_data(clip)
        model.opt.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_ACTUATION | mujoco.mjtDisableBit.mjDSBL_CONTACT)
        data.qpos[:], data.qvel[:], data.qacc[:] = qpos[clip, frame], velocity[clip, frame], acceleration[clip, frame]
        mujoco.mj_inverse(model, data)
        np.testing.assert_allclose(ours[clip, frame], data.qfrc_inverse, rtol=1e-6, atol=1e-6)


def test_the_floor_carries_a_standing_body_and_never_pulls() -> None:
    weight = humanoid.WEIGHT
    arms = np.zeros((1, 3, 2, 4, 3))
    arms[..., 1] = -0.9
    arms[:, :, 0, :, 0], arms[:, :, 1, :, 0] = 0.1, -0.1
    arms[..., 2] = np.array([-0.05, -0.05, 0.15, 0.15])
    height = np.zeros((1, 3, 2, 4))
    height[:, 1, 0] = 0.3  # the left foot is in the air
    height[:, 2] = 0.3  # both are
    force = np.zeros((1, 3, 3))
    force[..., 1] = weight
    torque = np.zeros((1, 3, 3))
    got = dynamics.floor_forces(force, torque, arms, height, friction=1.0)
    assert (got[..., 1] >= 0).all()
    np.testing.assert_allclose(got[0, 0, :, :, 1].sum(), weight, rtol=0.01)
    tipping = np.cross(arms, got).sum(axis=(2, 3))[0, 0]
    assert np.abs(tipping).max() < 5.0  # [N m]; equal shares would tip the body by 34 N m
    assert got[0, 1, 0].max() == 0 and got[0, 1, 1, :, 1].sum() > 0.5 * weight
    assert (got[0, 2] == 0).all()
    force[..., 0] = 10 * weight
    got = dynamics.floor_forces(force, torque, arms, height, friction=0.8)
    assert (np.abs(got[..., 0]) <= 0.8 * got[..., 1] + 1e-9).all()


def test_a_warning_ends_a_track(fitted: tuple[ik.Skeleton, ik.Pose], tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    skeleton, pose = fitted
    settings = PhysicsSettings()
    reference = tracker.resample(skeleton, pose, settings.rate)
    controls, ghost = tracker.set_points(reference, None)
    inputs = np.concatenate([controls[:, 1:], ghost[:, 1:]], axis=-1)
    start = tracker.start_states(skeleton, pose, reference)
    start[1][2] = 1e8  # no body moves like that: MuJoCo must give up on this clip, and on this clip alone
    batch = tracker.make_batch(skeleton, settings)
    states, force, _ = tracker.rollout(batch, np.arange(6), start, inputs, settings.rate)
    broken = ~np.isfinite(states).all(axis=(1, 2))
    assert broken.tolist() == [False, False, True, False, False, False]
    assert np.isfinite(force[~broken]).all()
    assert not list(tmp_path.iterdir())  # MuJoCo's log file stays out of the user's folder
    assert np.isfinite(rotation_vector(states[~broken][..., 3:7])).all()
