"""Closed-form inverse kinematics: exact on rigid bodies, fixed bones on any."""

import tracemalloc

import numpy as np
import pytest

from motion.data.procedural import generate
from motion.kinematics.rotations import rotate, unit
from motion.kinematics.skeleton import BONE_LENGTHS, PARENTS, J
from motion.physics import ik
from motion.physics.feet import held_shift
from motion.physics.quaternions import (
    body_rates,
    from_matrix,
    kabsch,
    mean_rotation,
    rotation_vector,
)


@pytest.fixture(scope="module")
def walks() -> np.ndarray:
    return np.stack([clip.joints for clip in generate(12, frames=40, seed=5)]).astype(float)


def distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.linalg.norm(a - b, axis=-1)


def lengths(joints: np.ndarray) -> np.ndarray:
    return distance(joints[:, :, 1:], joints[:, :, list(PARENTS[1:])])


def test_a_rigid_body_comes_back(walks: np.ndarray) -> None:
    error = distance(ik.forward(*ik.solve(walks)), walks)
    assert error.mean() < 0.5e-3
    assert error.max() < 10e-3


def test_noise_is_brought_back_to_rigid_bones(walks: np.ndarray) -> None:
    noisy = walks + np.random.default_rng(0).normal(0, 0.015, walks.shape)
    assert lengths(noisy).std(axis=1).mean() > 5e-3
    back = ik.forward(*ik.solve(noisy))
    np.testing.assert_allclose(lengths(back), np.broadcast_to(BONE_LENGTHS[1:], lengths(back).shape), atol=1e-9)
    assert distance(back, walks).mean() < 0.030


def test_bodies_of_another_size_keep_it(walks: np.ndarray) -> None:
    large = 1.2 * walks
    own = ik.bone_lengths(large)
    np.testing.assert_allclose(own, np.broadcast_to(1.2 * BONE_LENGTHS, own.shape), atol=1e-3)
    assert distance(ik.forward(*ik.solve(large, own)), large).mean() < 1e-3
    assert distance(ik.forward(*ik.solve(large)), large).mean() > 20e-3  # our body's bones do not fit


def test_rest_frames_keep_rotation_vectors_small(walks: np.ndarray) -> None:
    _, pose = ik.solve(walks)
    angles = np.linalg.norm(rotation_vector(pose.rotations[:, :, 1:]), axis=-1)
    assert angles.max() < 0.9 * np.pi


def test_the_sole_of_a_standing_foot_is_level(walks: np.ndarray) -> None:
    from motion.physics.feet import soles

    skeleton, pose = ik.solve(walks)
    height = soles(skeleton, pose)[..., 1]
    toe = walks[:, :, (10, 11), 1]
    step = np.linalg.norm(np.gradient(walks[:, :, (7, 8, 10, 11)], axis=1), axis=-1)
    still = (step[:, :, :2] < 2e-3) & (step[:, :, 2:] < 2e-3) & (toe < 0.02)
    assert still.sum() > 50
    spread = (height.max(axis=-1) - height.min(axis=-1))[still]
    assert np.median(spread) < 0.01


def test_two_bones_reach_what_can_be_reached() -> None:
    rng = np.random.default_rng(1)
    root, middle = rng.normal(size=(2, 3, 5, 3))
    end = root + 0.6 * unit(rng.normal(size=(3, 5, 3)))
    first, second = np.full(3, 0.4), np.full(3, 0.35)
    knee = ik.two_bone(root, middle, end, first, second)
    np.testing.assert_allclose(distance(knee, root), 0.4, atol=1e-9)
    np.testing.assert_allclose(distance(knee, end), 0.35, atol=1e-9)
    far = ik.two_bone(root, middle, root + 2 * (end - root), first, second)
    np.testing.assert_allclose(far, root + 0.4 * unit(end - root), atol=1e-4)


def test_quaternion_helpers() -> None:
    rng = np.random.default_rng(2)
    q = unit(rng.normal(size=(200, 4)))
    from motion.kinematics.rotations import to_matrix

    back = from_matrix(to_matrix(q))
    np.testing.assert_allclose(np.abs((back * q).sum(axis=-1)), 1, atol=1e-12)
    points = rng.normal(size=(200, 3, 3))
    turned = rotate(q[:, None], points)
    np.testing.assert_allclose(np.abs((kabsch(points, turned) * q).sum(axis=-1)), 1, atol=1e-9)
    axis = np.array([0.0, 0.6, 0.8])
    angles = np.linspace(-0.5, 0.5, 11)
    arc = np.concatenate([np.cos(angles / 2)[:, None], np.sin(angles / 2)[:, None] * axis], axis=-1)
    np.testing.assert_allclose(np.abs(mean_rotation(arc, axis=0)), [1, 0, 0, 0], atol=1e-12)
    np.testing.assert_allclose(rotation_vector(arc), angles[:, None] * axis, atol=1e-12)
    rate = 0.5 * 3.0 * np.concatenate([-np.sin(angles / 2)[:, None], np.cos(angles / 2)[:, None] * axis], axis=-1)
    np.testing.assert_allclose(body_rates(arc, rate), np.broadcast_to(3.0 * axis, (11, 3)), atol=1e-12)


def test_many_stances_of_a_long_motion_take_little_memory() -> None:
    rng = np.random.default_rng(0)
    step, stands = rng.normal(size=(1, 20_000, 2, 2)), rng.random((1, 20_000, 2))
    tracemalloc.start()
    try:
        assert np.isfinite(held_shift(step, stands)).all()
        assert tracemalloc.get_traced_memory()[1] < 60e6
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_real_mocap_comes_back_within_a_millimetre(humanml3d_reference) -> None:
    joints = np.load(humanml3d_reference / "new_joints_012314.npy", allow_pickle=False).astype(float)[None]
    error = distance(ik.forward(*ik.solve(joints, ik.bone_lengths(joints))), joints)
    assert error.mean() < 5e-3  # left and right bones differ by up to 9 mm here and are averaged
    assert joints.shape[2] == len(PARENTS) and J["head"] == 15
