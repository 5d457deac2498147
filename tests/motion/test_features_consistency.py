"""Contradictions inside 263-dim motions: none in encoded ones, each measure answers for its own part."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion.data.bvh import read_bvh
from motion.data.procedural import generate
from motion.data.skeletons import body_joints
from motion.features import hml263
from motion.features.consistency import consistency
from motion.features.hml263 import POSITIONS, ROTATIONS, VELOCITIES
from motion.kinematics import rotations as rot
from motion.kinematics.retarget import retarget
from motion.kinematics.skeleton import BONE_LENGTHS, J

JOINTS = np.stack([clip.joints for clip in generate(8, frames=61, seed=7)]).astype(float)
FEATURES = hml263.encode(JOINTS)

ROUNDING = {"rotations_mm": 1e-3, "velocities_mm": 1e-3, "bones_percent": 1e-3, "rotation_degrees": 1e-4}
"""float32: 6e-8 of about a metre is 1e-4 mm, along a chain of eight joints below 1e-3 mm; of a 6 cm bone 1e-4 %."""


def grown(features, before=FEATURES):
    """The measures that grew beyond rounding, with their values a motion; the others have not moved."""
    now, then = consistency(features), consistency(before)
    assert now.keys() == ROUNDING.keys()
    for key, limit in ROUNDING.items():
        assert now[key].shape == features.shape[:-2] and np.all(then[key] < limit)
    return {key: value for key, value in now.items() if np.any(value > ROUNDING[key])}


def test_procedural_motions_agree_with_themselves():
    assert grown(FEATURES) == {} and grown(FEATURES.reshape(2, 4, 60, 263)) == {}
    assert grown(hml263.encode(JOINTS, floor="given")) == {}


def test_real_motions_agree_with_themselves(shared_data, humanml3d_reference):
    reference = np.load(humanml3d_reference / "new_joint_vecs_012314.npy", allow_pickle=False)
    real = hml263.encode(retarget(body_joints(read_bvh(shared_data / "cmu" / "bvh" / "07_03.bvh.gz")))[::6])
    for features in (reference, real):
        assert all(value.shape == () and value < ROUNDING[key] for key, value in consistency(features).items())


def test_turned_rotations_show_in_rotations_only():
    """A foot turned by an angle moves the toe by the chord, and no other joint."""
    features = FEATURES.copy().astype(float)
    place = slice(ROTATIONS.start + 6 * (J["left_foot"] - 1), ROTATIONS.start + 6 * J["left_foot"])
    matrices = rot.from_6d(features[..., place])
    c, s = np.cos(0.3), np.sin(0.3)
    turned = matrices @ np.array([[1, 0, 0], [0, c, -s], [0, s, c]])  # about x, across the foot's +z
    features[..., place] = np.concatenate([turned[..., 0], turned[..., 1]], axis=-1)
    found = grown(features)
    chord = 2 * np.sin(0.15) * BONE_LENGTHS[J["left_foot"]]
    assert found.keys() == {"rotations_mm"} and np.allclose(found["rotations_mm"], 1e3 * chord / 21, rtol=1e-4)


def test_columns_out_of_square_show_in_degrees_only():
    """The second column tilted to the first: Gram-Schmidt gives the same rotation, the mean is half the tilt."""
    features = FEATURES.astype(float)
    columns = features[..., ROTATIONS].reshape(8, 60, 21, 6)
    columns[..., 3:] += np.tan(0.1) * columns[..., :3]
    features[..., ROTATIONS] = columns.reshape(8, 60, -1)
    found = grown(features)
    assert found.keys() == {"rotation_degrees"}
    assert np.allclose(found["rotation_degrees"], np.degrees(0.1) / 2, rtol=1e-5)


def test_wrong_velocities_show_in_velocities_only():
    features = FEATURES.copy()
    features[..., VELOCITIES.start] += 0.021  # the root's x
    found = grown(features)
    assert found.keys() == {"velocities_mm"} and np.allclose(found["velocities_mm"], 21 / 22, rtol=1e-4)


def test_a_breathing_body_shows_in_bones_and_in_rotations_not_in_velocities():
    breath = 1 + 0.05 * np.where(np.arange(61) % 2, 1.0, -1.0)
    features = hml263.encode((JOINTS - JOINTS[:, :, :1]) * breath[:, None, None] + JOINTS[:, :, :1], floor="given")
    found = grown(features)
    assert found.keys() == {"bones_percent", "rotations_mm"}
    assert np.allclose(found["bones_percent"], 5.0, rtol=1e-4)


def test_wrong_positions_show_in_all_but_the_columns():
    features = FEATURES.copy()
    features[:, ::2, POSITIONS] *= 1.02
    assert grown(features).keys() == {"rotations_mm", "velocities_mm", "bones_percent"}


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31), size=st.floats(0.01, 0.3))
def test_each_measure_grows_with_its_part(seed, size):
    noise = np.random.default_rng(seed).normal(size=FEATURES.shape)
    for part, key in ((ROTATIONS, "rotations_mm"), (VELOCITIES, "velocities_mm"), (ROTATIONS, "rotation_degrees")):
        little, much = FEATURES.astype(float), FEATURES.astype(float)
        little[..., part] += 0.3 * size * noise[..., part]
        much[..., part] += size * noise[..., part]
        assert np.all(consistency(little)[key] < consistency(much)[key])
        other = consistency(much)
        assert np.all(other["bones_percent"] < ROUNDING["bones_percent"])
        assert np.all(other["velocities_mm"] < ROUNDING["velocities_mm"]) == (part is ROTATIONS)


def test_padding_is_not_read_and_a_batch_equals_one_by_one():
    features = FEATURES + np.random.default_rng(0).normal(0, 0.02, FEATURES.shape)
    lengths = np.array([60, 2, 31, 59, 10, 60, 44, 3])
    padded = np.where(np.arange(60)[:, None] < lengths[:, None, None], features, 0)
    together = consistency(padded, lengths)
    rubbish = np.where(np.arange(60)[:, None] < lengths[:, None, None], features, np.nan)
    for key, values in consistency(rubbish, lengths).items():
        assert np.array_equal(values, together[key])
        alone = [consistency(features[i, :n])[key] for i, n in enumerate(lengths)]
        assert np.allclose(values, alone, rtol=1e-12)
        whole = [consistency(row)[key] for row in features]
        assert np.array_equal(consistency(features)[key], whole)
    assert all(value.shape == (0,) for value in consistency(FEATURES[:0]).values())


@pytest.mark.parametrize(
    "features, lengths, message",
    [
        (np.zeros((5, 262)), None, "features must have shape"),
        (FEATURES[0, :1], None, "from 2 to 1"),
        (FEATURES, np.full(7, 60), r"lengths must be \(8,\)"),
        (FEATURES, np.full(8, 61), "from 2 to 60"),
        (np.full((5, 263), np.nan), None, "features must be finite"),
        (np.zeros((5, 263)), None, "neither zero nor parallel"),
    ],
)
def test_bad_input_is_refused_in_one_line(features, lengths, message):
    with pytest.raises(ValueError, match=message) as refused:
        consistency(features, lengths)
    assert "\n" not in str(refused.value)
