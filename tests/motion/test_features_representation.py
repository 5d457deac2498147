"""Representations behind one face: round trips, mirror, batches, refusals; core67 beside hml263; what rot6d says."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from motion.data.bvh import read_bvh
from motion.data.mirror import mirrored
from motion.data.procedural import generate
from motion.data.skeletons import body_joints
from motion.features import core67, hml263, rot6d
from motion.features.representation import REPRESENTATIONS, representation_named
from motion.kinematics import rotations as rot
from motion.kinematics.retarget import bone_vectors, from_directions, retarget
from motion.kinematics.skeleton import BONE_LENGTHS, MIRROR, PARENTS, RAW_DIRECTIONS, J

CLIPS = generate(12, frames=61, seed=3)
JOINTS = np.stack([clip.joints for clip in CLIPS]).astype(float)

each = pytest.mark.parametrize("kind", REPRESENTATIONS, ids=lambda kind: kind.name)


def anyhow(frames, seed, noise):
    """The uniform body with bones thrown about, (frames, 22, 3): far from rigid, on a path of a few metres."""
    rng = np.random.default_rng(seed)
    directions = rot.unit(RAW_DIRECTIONS + noise * rng.normal(size=(frames, 22, 3)))
    root = np.cumsum(rng.normal(0, 0.1, (frames, 3)), axis=0) * [1, 0.1, 1] + [0, 1, 0]
    return from_directions(root, directions)


def error(kind, joints, floor="given"):
    placed = hml263.place(joints, floor=floor)[..., :-1, :, :]
    return np.abs(kind.decode(kind.encode(joints, floor=floor)) - placed).max()


@each
def test_shapes_and_groups(kind):
    features = kind.encode(JOINTS.reshape(3, 4, 61, 22, 3), floor="clip")
    assert features.shape == (3, 4, 60, kind.dim) and features.dtype == np.float32
    joints = kind.decode(features)
    assert joints.shape == (3, 4, 60, 22, 3) and joints.dtype == np.float32
    assert [i for group in kind.groups for i in range(kind.dim)[group]] == list(range(kind.dim))
    assert kind.encode(JOINTS[:0], floor="clip").shape == (0, 60, kind.dim)
    assert representation_named(kind.name) is kind


@each
@pytest.mark.parametrize("floor", ["clip", "given"])
def test_joints_come_back(kind, floor):
    assert error(kind, JOINTS, floor) <= 1e-5


@each
@settings(max_examples=25, deadline=None)
@given(frames=st.integers(2, 40), seed=st.integers(0, 2**31), noise=st.floats(0, 5))
@example(frames=2, seed=0, noise=0.0)  # every bone along its canonical direction
def test_joints_come_back_whatever_the_pose(kind, frames, seed, noise):
    assert error(kind, anyhow(frames, seed, noise)) <= 1e-5


@each
def test_real_joints_come_back(kind, shared_data):
    joints = retarget(body_joints(read_bvh(shared_data / "cmu" / "bvh" / "07_03.bvh.gz")))[::6]
    assert error(kind, joints, "clip") <= 1e-5


@each
def test_the_mirror_image_is_that_of_the_joints(kind):
    clip = CLIPS[4]
    image = mirrored(clip)
    assert np.array_equal(mirrored(image).joints, clip.joints)
    there = kind.decode(kind.encode(image.joints, floor="clip"))
    here = kind.decode(kind.encode(clip.joints, floor="clip"))
    assert np.abs((there * [-1, 1, 1])[:, list(MIRROR)] - here).max() <= 1e-5
    assert np.abs(there - here).max() > 0.01  # the clip is not its own image
    twice = kind.encode(mirrored(image).joints, floor="clip")
    assert np.array_equal(twice, kind.encode(clip.joints, floor="clip"))


@each
def test_batch_equals_one_by_one(kind, monkeypatch):
    together = kind.encode(JOINTS, floor="given")
    alone = [kind.encode(joints, floor="given") for joints in JOINTS]
    assert np.array_equal(together, np.stack(alone))
    assert np.array_equal(kind.decode(together), np.stack([kind.decode(row) for row in alone]))
    monkeypatch.setattr(hml263, "_BLOCK", 150)  # two clips at once, the last block a short one
    assert np.array_equal(kind.encode(JOINTS[:11], floor="given"), together[:11])
    assert np.array_equal(kind.decode(together[:11]), kind.decode(together)[:11])


@each
@pytest.mark.parametrize(
    "call, message",
    [
        (lambda kind: kind.encode(np.zeros((1, 22, 3)), floor="clip"), "joints must have shape"),
        (lambda kind: kind.encode(np.zeros((5, 21, 3)), floor="clip"), "joints must have shape"),
        (lambda kind: kind.encode(np.full((5, 22, 3), np.nan), floor="clip"), "joints must be finite, got 330"),
        (lambda kind: kind.encode(JOINTS, floor="none"), "'clip' or 'given'"),
        (lambda kind: kind.decode(np.zeros((5, kind.dim + 1))), f"features must have shape .*{'{dim}'}"),
        (lambda kind: kind.decode(np.zeros(kind.dim)), "features must have shape"),
        (lambda kind: kind.decode(np.zeros((0, kind.dim))), "features must have shape"),
    ],
)
def test_bad_input_is_refused_in_one_line(kind, call, message):
    with pytest.raises(ValueError, match=message.format(dim=kind.dim)) as refused:
        call(kind)
    assert "\n" not in str(refused.value)


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="one of hml263, core67, rot6d, got 'smpl'"):
        representation_named("smpl")


def test_core67_is_the_first_columns_of_hml263():
    full = hml263.encode(JOINTS)
    assert np.array_equal(core67.encode(JOINTS), full[..., : core67.DIM])
    assert np.array_equal(core67.decode(full[..., :67]), hml263.decode(full))


def test_rot6d_says_who_is_turned():
    """Rest pose: all identity. A turned chest turns the chest only, though the arms swing with it."""
    rest = from_directions(np.array([0.0, 1.0, 0.0]), RAW_DIRECTIONS.copy())
    turn = rot.rotate(rot.about_y(np.array(0.6)), RAW_DIRECTIONS)
    turned = RAW_DIRECTIONS.copy()
    above = [j for j in range(22) if j != J["spine3"] and below(j, J["spine3"])]
    turned[above] = turn[above]
    poses = np.stack([rest, from_directions(rest[0], turned), rest])
    local = rot6d.encode(poses, floor="given")[..., 4:].reshape(2, 22, 6)
    assert np.allclose(local[0], [1, 0, 0, 0, 1, 0], atol=1e-6)
    changed = np.abs(local[1] - local[0]).max(axis=-1) > 1e-5
    assert np.flatnonzero(changed[1:]).tolist() == [J["spine3"] - 1]
    assert np.isclose(local[1, J["spine3"], 0], np.cos(0.6), atol=1e-6)
    # HumanML3D's rotations of the same pose: spine3 shows nothing, the collars do.
    other = hml263.encode(poses, floor="given")[..., hml263.ROTATIONS].reshape(2, 21, 6)
    moved = np.abs(other[1] - other[0]).max(axis=-1) > 1e-5
    assert not moved[J["spine3"] - 1] and moved[J["left_collar"] - 1]


def below(joint, ancestor):
    while joint > ancestor:
        joint = PARENTS[joint]
    return joint == ancestor


def test_rot6d_adds_no_twist_where_joints_show_none():
    """The smallest rotation turns about an axis at right angles to the bone."""
    features = rot6d.encode(JOINTS)[..., 4:].reshape(-1, 22, 6).astype(float)
    matrices = rot.from_6d(features)
    skew = np.stack([matrices[..., a, b] - matrices[..., b, a] for a, b in ((2, 1), (0, 2), (1, 0))], axis=-1)
    twist = np.abs((skew * RAW_DIRECTIONS).sum(axis=-1)).max(axis=0)
    free = [j for j in range(1, 22) if j != J["spine3"]]
    assert twist[free].max() < 1e-6 < 1e-3 < twist[J["spine3"]]


def test_rot6d_puts_any_body_on_the_uniform_one():
    joints = rot6d.decode(rot6d.encode(1.3 * JOINTS))
    assert np.allclose(np.linalg.norm(bone_vectors(joints), axis=-1), BONE_LENGTHS, atol=1e-6)


def test_rot6d_takes_generated_columns_and_refuses_padding():
    features = rot6d.encode(JOINTS)
    scaled = features.copy()
    scaled[..., 4:] *= 1.7
    assert np.abs(rot6d.decode(scaled) - rot6d.decode(features)).max() < 1e-5
    features[0, 3] = 0
    with pytest.raises(ValueError, match="neither zero nor parallel"):
        rot6d.decode(features)


def test_degenerate_poses_stay_finite():
    assert np.all(np.isfinite(rot6d.encode(np.zeros((5, 22, 3)))))
    assert np.all(np.isfinite(rot6d.encode(JOINTS * [-1.0, 1.0, -1.0])))
