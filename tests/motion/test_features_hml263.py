"""The 263 features: parity with HumanML3D's published clip, inverses, quirks, padding."""

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from motion.features import hml263
from motion.features.hml263 import GROUPS, decode, encode
from motion.kinematics import rotations as rot
from motion.kinematics.skeleton import BONE_LENGTHS, JOINTS, PARENTS, RAW_DIRECTIONS


def walk(frames=41, seed=0, turn=0.03):
    """A swinging figure on a bent path, (frames, 22, 3): every joint moves, nothing is symmetric."""
    rng = np.random.default_rng(seed)
    t = np.arange(frames)[:, None]
    yaw = turn * np.arange(frames)
    joints = np.zeros((frames, 22, 3))
    for j in range(1, 22):
        stiff = JOINTS[j].endswith(("hip", "collar", "shoulder"))
        swing = (0.02 if stiff else 0.2) * np.sin(rng.uniform(0.1, 0.6) * t + rng.uniform(0, 6)) * rng.normal(size=3)
        rest = RAW_DIRECTIONS[PARENTS[j]] if JOINTS[j].endswith("shoulder") else RAW_DIRECTIONS[j]
        direction = rot.unit(rest + swing)
        joints[:, j] = joints[:, PARENTS[j]] + BONE_LENGTHS[j] * direction
    joints = rot.rotate(rot.about_y(yaw)[:, None], joints)
    step = rot.rotate(rot.about_y(yaw), np.tile([0.003, 0.0, 0.05], (frames, 1)))
    joints += np.cumsum(step, axis=0)[:, None]
    joints[..., 1] += 0.95 + 0.02 * np.sin(0.7 * t)
    return joints


@pytest.fixture(scope="module")
def reference(humanml3d_reference):
    load = lambda name: np.load(humanml3d_reference / name, allow_pickle=False)  # noqa: E731
    return load("new_joints_012314.npy"), load("new_joint_vecs_012314.npy")


def test_recovered_joints_are_those_of_humanml3d(reference):
    joints, features = reference
    assert np.abs(decode(features) - joints).max() <= 1e-6
    late = features.copy()
    late[:, 0] = np.roll(late[:, 0], -1)  # the yaw of t+1 used at t
    assert np.abs(decode(late) - joints).max() > 1e-3


@pytest.mark.parametrize("group", range(7))
def test_features_are_those_of_humanml3d(reference, group):
    joints, features = reference
    # The published joints are one frame short, so the last 4 sigma of the smoothed heading differ.
    inside = slice(0, len(joints) - 1 - 80)
    got = encode(joints)
    assert np.abs(got - features[:-1])[inside, GROUPS[group]].max() <= 5e-5


def test_parity_sees_the_quirks(reference, monkeypatch):
    joints, features = reference
    inside = slice(0, len(joints) - 1 - 80)

    def error():
        return np.abs(encode(joints) - features[:-1])[inside].max()

    assert error() <= 5e-5
    with monkeypatch.context() as patch:
        patch.setitem(hml263.J, "left_hip", 2)
        patch.setitem(hml263.J, "right_hip", 1)  # hips with the sign of the shoulders
        assert error() > 1e-3
    with monkeypatch.context() as patch:
        patch.setattr(hml263, "HEADING_SIGMA", 10.0)
        assert error() > 1e-3
    with monkeypatch.context() as patch:  # arms that go on from spine3 instead of the heading
        patch.setattr(
            hml263, "CHAINS", (*hml263.CHAINS[:3], (0, 3, 6, 9, 14, 17, 19, 21), (0, 3, 6, 9, 13, 16, 18, 20))
        )
        assert error() > 1e-2


@settings(max_examples=20, deadline=None)
@given(frames=st.integers(2, 50), seed=st.integers(0, 9), turn=st.floats(-0.3, 0.3))
@example(frames=19, seed=0, turn=0.18476626387470346)  # a collar within 0.003 of the opposite direction
def test_decode_undoes_encode(frames, seed, turn):
    joints = hml263.place(walk(frames, seed, turn), floor="given")
    features = encode(joints, floor="given")
    assert np.abs(decode(features, extra=True) - joints).max() < 2e-5
    again = encode(decode(features, extra=True), floor="given")
    assert again.shape == features.shape == (frames - 1, 263)
    error = np.abs(again - features)[:, :259]
    turns = range(GROUPS[4].start, GROUPS[4].stop)
    assert np.delete(error, turns, axis=1).max() < 1e-4
    # A bone that points against its canonical direction has no turn of its own: near there a direction off by e turns
    # it by 2 e / margin. float32 joints move the ends of a 10 cm bone by 9e-8 m each, so a margin of 0.05 keeps 7e-5.
    bones = rot.unit(joints[:, 1:] - joints[:, list(PARENTS[1:])])
    assume(np.linalg.norm(bones + RAW_DIRECTIONS[1:], axis=-1).min() > 0.05)
    # float32 joints metres away move a 6 cm bone by about 5e-7 / 0.06 rad, each end.
    assert error.max() < 1e-4


def test_turning_through_straight_behind_keeps_the_path():
    """HumanML3D's arcsine of an unnormalised sign flips one yaw step here; ours does not."""
    joints = hml263.place(walk(160, turn=0.04), floor="given")
    features = encode(joints, floor="given")
    heading = hml263.smoothed_heading(joints)
    w = (heading[1:] * heading[:-1]).sum(axis=-1)  # w of the yaw step before its sign is chosen
    behind = int(np.flatnonzero(w < 0)[0])
    assert np.all(features[1:, 0] < 0), "the figure turns one way only, so the yaw steps have one sign"
    assert np.abs(decode(features) - joints[:-1]).max() < 1e-4
    flipped = features.copy()
    flipped[behind, 0] *= -1
    assert np.abs(decode(flipped) - joints[:-1]).max() > 0.02


def test_meaning_of_single_dimensions():
    joints = np.zeros((3, 22, 3))
    for j in range(1, 22):
        joints[:, j] = joints[:, PARENTS[j]] + BONE_LENGTHS[j] * RAW_DIRECTIONS[j]
    joints[..., 1] += 1.0
    joints[..., 2] += np.array([0.0, 0.1, 0.2])[:, None]
    row = encode(joints, floor="given")[0]
    assert row[0] == 0 and np.allclose(row[1:3], [0, 0.1]) and np.isclose(row[3], 1.0)
    head = row[4:67].reshape(21, 3)[JOINTS.index("head") - 1]
    assert np.allclose(head, joints[0, JOINTS.index("head")], atol=1e-6)
    assert np.allclose(row[67:193].reshape(21, 6), [1, 0, 0, 0, 1, 0])  # rest pose: no rotation
    assert np.allclose(row[193:259].reshape(22, 3), [0, 0, 0.1])
    assert np.array_equal(row[259:], [0, 0, 0, 0])  # 0.1 m a frame is fast
    joints[..., 2] *= 0.4
    assert np.array_equal(encode(joints)[0, 259:], [1, 1, 1, 1])  # 0.04 m a frame is slow: no height test


def test_floor_choice():
    joints = walk()
    joints[..., 1] -= joints[..., 1].min() - 0.3
    assert np.isclose(decode(encode(joints), extra=True)[..., 1].min(), 0, atol=1e-6)
    given_floor = encode(joints, floor="given")
    assert np.allclose(given_floor[:, 3] - encode(joints)[:, 3], 0.3, atol=1e-6)
    with pytest.raises(ValueError, match="'clip' or 'given'"):
        encode(joints, floor="none")


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="T\\+1 >= 2"):
        encode(np.zeros((1, 22, 3)))
    with pytest.raises(ValueError, match="finite"):
        encode(np.full((3, 22, 3), np.nan))
    with pytest.raises(ValueError, match="263"):
        decode(np.zeros((3, 262)))


def test_degenerate_motions_give_finite_features():
    assert np.all(np.isfinite(encode(np.zeros((5, 22, 3)))))
    backwards = walk(5) * np.array([-1.0, 1.0, -1.0])  # faces exactly away
    assert np.all(np.isfinite(encode(backwards)))
