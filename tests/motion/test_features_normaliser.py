"""Normalisation with one standard deviation in each group."""

import numpy as np
import pytest

from motion.batch import MotionBatch
from motion.features.hml263 import GROUPS
from motion.features.normaliser import Normaliser


def batch_of(features, lengths):
    n = len(features)
    return MotionBatch(features, np.asarray(lengths), ("a person moves",) * n, ("",) * n, tuple(map(str, range(n))))


def test_statistics_ignore_padding_and_share_the_std_inside_groups():
    rng = np.random.default_rng(0)
    features = (rng.normal(size=(6, 12, 263)) * np.linspace(0.1, 3, 263) + 2).astype(np.float32)
    lengths = [12, 3, 7, 12, 1, 9]
    valid = np.concatenate([features[i, :k] for i, k in enumerate(lengths)])
    for i, k in enumerate(lengths):
        features[i, k:] = 0
    norm = Normaliser.fit(batch_of(features, lengths))
    assert np.allclose(norm.mean, valid.mean(axis=0), atol=1e-5)
    assert not np.allclose(norm.mean, features.reshape(-1, 263).mean(axis=0), atol=0.1)  # padding counted
    for group in GROUPS:
        assert np.allclose(norm.std[group], valid[:, group].std(axis=0).mean(), rtol=1e-5)
    assert len(np.unique(norm.std)) == 7


def test_apply_and_invert_are_inverse():
    rng = np.random.default_rng(1)
    features = rng.normal(size=(3, 8, 263)).astype(np.float32)
    norm = Normaliser.fit(batch_of(features, [8, 8, 8]))
    assert np.allclose(norm.invert(norm.apply(features)), features, atol=1e-5)
    z = norm.apply(features)
    assert np.allclose(z.mean(axis=(0, 1)), 0, atol=1e-4)
    again = Normaliser.from_arrays(norm.arrays())
    assert np.array_equal(again.mean, norm.mean) and np.array_equal(again.std, norm.std)


def test_a_constant_group_is_left_unscaled():
    features = np.random.default_rng(2).normal(size=(3, 8, 263)).astype(np.float32)
    features[..., 259:] = 1.0
    norm = Normaliser.fit(batch_of(features, [8, 8, 8]))
    assert np.array_equal(norm.std[259:], np.ones(4, np.float32))
    assert np.allclose(norm.apply(features)[..., 259:], 0)


def test_published_std_has_seven_values(humanml3d_reference):
    """The published file groups as we do: seven values, those of the specification."""
    std = np.load(humanml3d_reference / "Std.npy", allow_pickle=False)
    for group, value in zip(GROUPS, (0.0128, 0.0169, 0.1538, 0.1222, 0.2997, 0.0195, 0.3559), strict=True):
        assert np.allclose(std[group], value, atol=1e-4)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="empty batch"):
        Normaliser.fit(batch_of(np.zeros((0, 4, 263), np.float32), []))
    bad = np.zeros((1, 4, 263), np.float32)
    bad[0, 1, 5] = np.inf
    with pytest.raises(ValueError, match="finite"):
        Normaliser.fit(batch_of(bad, [4]))
    with pytest.raises(ValueError, match="positive"):
        Normaliser(np.zeros(263, np.float32), np.zeros(263, np.float32))


@pytest.mark.parametrize("name", ["hml263", "core67", "rot6d"])
def test_every_representation_is_normalised_by_its_groups(name):
    """Encoded motions of each: mean 0, one std a group, and back; the groups cover the row."""
    from motion.data.procedural import generate
    from motion.features.representation import representation_named

    chosen = representation_named(name)
    joints = np.stack([clip.joints for clip in generate(12, frames=41, seed=3)])
    features = chosen.encode(joints, floor="clip")
    norm = Normaliser.of_features(features, np.full(12, 40), chosen.groups)
    assert norm.mean.shape == (chosen.dim,) and [
        i for g in chosen.groups for i in range(*g.indices(chosen.dim))
    ] == list(range(chosen.dim))
    for group in chosen.groups:
        assert len(np.unique(norm.std[group])) == 1
    z = norm.apply(features)
    assert np.abs(z.mean(axis=(0, 1))).max() < 1e-3 and np.allclose(norm.invert(z), features, atol=1e-4)
    with pytest.raises(ValueError, match="one shape"):
        Normaliser(norm.mean, norm.std[:-1])
