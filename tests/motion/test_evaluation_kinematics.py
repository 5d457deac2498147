"""The statistics of a motion's joints: their meaning, what they ignore, what they see."""

import numpy as np
import pytest

from motion.evaluation.kinematics import KINEMATIC_DIM, N_CHANNELS, Standardiser, kinematic_features
from motion.kinematics import rotations as rot
from motion.kinematics.skeleton import BONE_LENGTHS, MIRROR, PARENTS, RAW_DIRECTIONS, J

FRAMES = 30


def standing(n=1, frames=FRAMES):
    joints = np.zeros((n, frames, 22, 3))
    for j in range(1, 22):
        joints[:, :, j] = joints[:, :, PARENTS[j]] + BONE_LENGTHS[j] * RAW_DIRECTIONS[j]
    joints[..., 1] += 0.95
    return joints


def wild(n=4, frames=FRAMES, seed=0):
    rng = np.random.default_rng(seed)
    joints = standing(n, frames) + np.cumsum(rng.normal(scale=0.01, size=(n, frames, 22, 3)), axis=1)
    return joints


def full(joints):
    return kinematic_features(joints, np.full(len(joints), joints.shape[1]))


def test_columns_mean_what_they_say():
    joints = standing()
    t = np.arange(FRAMES) / 20
    yaw = 0.6 * t
    joints = rot.rotate(rot.about_y(yaw)[None, :, None], joints)
    path = np.cumsum(rot.rotate(rot.about_y(yaw), np.tile([0.01, 0, 0.05], (FRAMES, 1))), axis=0)
    path -= rot.rotate(rot.about_y(yaw), np.tile([0.01, 0, 0.05], (FRAMES, 1)))  # step t leaves with heading t
    joints = joints + path[None, :, None]
    features = full(joints)[0]
    assert features.shape == (KINEMATIC_DIM,) == (139,)
    assert np.allclose(features[:4], [0.6, 0.2, 1.0, 0.95], atol=1e-9)  # rad/s, m/s left, m/s forward, m
    local = standing()[0, 0, 1:] * [1, 1, 1]
    assert np.allclose(features[4:N_CHANNELS], local.reshape(-1), atol=1e-9)
    assert np.allclose(features[N_CHANNELS : 2 * N_CHANNELS], 0, atol=1e-9)  # a rigid figure does not vary
    # A toe 0.135 m ahead and 0.105 m aside turns at 0.6 rad/s.
    toe = standing()[0, 0, J["left_foot"], 0::2]
    assert np.isclose(features[2 * N_CHANNELS], 0.6 * np.hypot(*toe), rtol=1e-3)


def test_place_and_direction_do_not_matter_but_side_and_tempo_do():
    joints = wild()
    base = full(joints)
    turned = rot.rotate(rot.about_y(np.array(2.5)), joints) + np.array([3.0, 0, -4.0])
    assert np.allclose(full(turned), base, atol=1e-9)
    assert not np.allclose(full(joints + np.array([0, 0.2, 0])), base, atol=0.1)  # height counts
    mirrored = (joints * np.array([-1.0, 1, 1]))[:, :, list(MIRROR)]
    assert not np.allclose(full(mirrored), base, atol=1e-2)
    slow = np.repeat(joints, 2, axis=1)
    assert np.allclose(full(slow)[:, 2 * N_CHANNELS :], base[:, 2 * N_CHANNELS :] / 2, rtol=0.05)


def test_turning_through_straight_behind_is_a_small_turn():
    yaw = np.linspace(np.pi - 0.2, np.pi + 0.2, FRAMES)
    joints = rot.rotate(rot.about_y(yaw)[None, :, None], standing())
    assert np.allclose(full(joints)[0, 0], 0.4 / (FRAMES - 1) * 20)


def test_padding_is_not_read():
    joints = wild(3)
    lengths = np.array([30, 12, 2])
    padded = joints.copy()
    for i, k in enumerate(lengths):
        padded[i, k:] = np.nan
    features = kinematic_features(padded, lengths)
    for i, k in enumerate(lengths):
        assert np.allclose(features[i], full(joints[i : i + 1, :k])[0], atol=1e-12)
    assert not np.allclose(features[1], full(joints[1:2])[0], atol=1e-3)


def test_bad_input_is_refused():
    joints = wild(2)
    for bad, lengths, text in (
        (joints[:, :, :21], np.array([30, 30]), "22, 3"),
        (joints, np.array([30, 31]), "between 2 and 30"),
        (joints, np.array([1, 30]), "between 2 and 30"),
        (joints * np.nan, np.array([30, 30]), "finite"),
    ):
        with pytest.raises(ValueError, match=text):
            kinematic_features(bad, lengths)


def test_standardiser_uses_real_motions_and_guards_still_columns():
    real = full(wild(50, seed=1))
    real[:, 7] = 0.25
    ruler = Standardiser.fit(real)
    z = ruler.apply(real)
    assert np.allclose(z.mean(axis=0), 0, atol=1e-9) and z.std(axis=0).max() < 1 + 1e-9
    assert np.isclose(ruler.scale[7], 0.05 * np.median(real.std(axis=0)))
    assert np.allclose(ruler.apply(real[:1] + ruler.scale), z[:1] + 1)
    assert np.all(Standardiser.fit(np.ones((3, 4))).scale == 1)
    with pytest.raises(ValueError, match="at least 2 real"):
        Standardiser.fit(real[:1])
