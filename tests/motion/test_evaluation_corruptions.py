"""Corruptions have the amplitudes that they state, repeat, stand alone, and leave padding alone."""

import numpy as np
import pytest

from motion.data.procedural import generate
from motion.evaluation import corruptions as spoil
from motion.evaluation.corruptions import CORRUPTIONS, clip_streams, corruption_named
from motion.evaluation.movement import distances
from motion.kinematics.retarget import bone_vectors
from motion.kinematics.skeleton import BONE_LENGTHS

N, FRAMES = 24, 81
NAMES = [f"clip {i}" for i in range(N)]
LENGTHS = np.full(N, FRAMES)


@pytest.fixture(scope="module")
def clean():
    return np.stack([clip.joints for clip in generate(N, frames=FRAMES, seed=5)]).astype(float)


def spoiled(name, joints, lengths=LENGTHS, names=NAMES, seed=0):
    return corruption_named(name)(joints, lengths, clip_streams(name, names, seed))


def lengths_of_bones(joints):
    return np.linalg.norm(bone_vectors(joints), axis=-1)


@pytest.mark.parametrize("kind", CORRUPTIONS, ids=lambda kind: kind.name)
def test_it_repeats_stands_alone_and_leaves_padding(kind, clean):
    lengths = np.where(np.arange(N) % 3 == 0, 50, FRAMES)
    lengths[:3] = [1, 2, 3]
    padded = clean.copy()
    for row, length in zip(padded, lengths, strict=True):
        row[length:] = np.nan
    kept = padded.copy()
    found = spoiled(kind.name, padded, lengths)
    np.testing.assert_array_equal(padded, kept)  # pure
    for i, length in enumerate(lengths):
        assert np.isfinite(found[i, :length]).all() and np.isnan(found[i, length:]).all()
    np.testing.assert_array_equal(spoiled(kind.name, padded, lengths), found)
    assert not np.array_equal(spoiled(kind.name, padded, lengths, seed=1), found, equal_nan=True)
    some = [7, 3, 0]
    names = [NAMES[i] for i in some]
    np.testing.assert_array_equal(spoiled(kind.name, padded[some], lengths[some], names), found[some])
    short = spoiled(kind.name, padded[some, :60], np.minimum(lengths[some], 60), names)
    np.testing.assert_array_equal(short[2, :1], found[0, :1])
    if kind.name != "freezes and jumps":  # where a freeze falls depends on the clip's length
        np.testing.assert_array_equal(short[1, :50], found[3, :50])
    assert kind(clean[:0], LENGTHS[:0], []).shape == clean[:0].shape


def test_noise_has_its_amplitude(clean):
    values = N * FRAMES * 66
    gap = spoiled("jitter", clean) - clean
    # Standard error of a standard deviation: s / sqrt(2 n).
    assert abs(gap.std() - 0.015) < 5 * 0.015 / np.sqrt(2 * values) and abs(gap.mean()) < 5 * 0.015 / np.sqrt(values)
    steps = np.diff(gap, axis=1)
    assert (steps**2).mean() / (gap**2).mean() == pytest.approx(2, rel=0.02)  # white
    gap = spoiled("smooth wobble", clean) - clean
    independent = values / 7  # the noise is alike over 2 sqrt(pi) sigma = 7 frames
    assert abs(gap.std() - 0.020) < 5 * 0.020 / np.sqrt(2 * independent)
    # Smooth: the variance of a step is 2 (1 - exp(-1 / (4 sigma^2))) of the variance, sigma = 2 frames.
    steps = np.diff(gap, axis=1)
    assert (steps**2).mean() / (gap**2).mean() == pytest.approx(2 * (1 - np.exp(-1 / 16)), rel=0.03)
    first, middle = gap[:, 0].std(), gap[:, 40].std()
    assert first == pytest.approx(middle, rel=0.15)  # the ends are like the middle; a kernel cut off would give 0.7


def test_heights(clean):
    for name, sign in (("floating", 1), ("sinking", -1)):
        gap = spoiled(name, clean) - clean
        assert np.allclose(gap[..., [0, 2]], 0) and np.allclose(gap, gap[:, :1, :1])
        heights = np.round(gap[:, 0, 0, 1], 9)
        assert set(heights) == {sign * 0.05, sign * 0.15}
    gap = spoiled("floating, oscillating", clean) - clean
    assert np.allclose(gap[..., [0, 2]], 0) and np.allclose(gap, gap[:, :, :1])
    height = gap[:, :, 0, 1]
    assert height.min() >= 0 and height.max() <= 0.12
    # 81 frames hold a whole period of the slowest: every clip comes near both ends.
    assert (height.min(axis=1) < 0.002).all() and (height.max(axis=1) > 0.118).all()
    assert distances(clean + gap, clean, LENGTHS)["absolute"].mean() == pytest.approx(0.06, abs=0.006)


def test_only_limbs_vary_by_a_tenth(clean):
    share = lengths_of_bones(spoiled("limb lengths vary", clean))[..., 1:] / BONE_LENGTHS[1:]
    limbs = np.array(spoil.LIMBS) - 1
    others = np.delete(np.arange(21), limbs)
    assert np.allclose(share[..., others], 1, atol=1e-5)
    assert share[..., limbs].min() > 0.9 - 1e-5 and share[..., limbs].max() < 1.1 + 1e-5
    assert (np.abs(share[..., limbs] - 1).max(axis=1) > 0.099).all()  # all reach it within two seconds
    assert np.abs(np.diff(share, axis=1)).max() < 0.1 * 2 * np.pi / 20 * 1.001  # 1 Hz at most


def test_it_freezes_half_a_second_in_every_two_and_jumps(clean):
    moving = clean + np.arange(FRAMES)[:, None, None] * np.array([0.01, 0.0, 0.0])  # never still by itself
    found = spoiled("freezes and jumps", moving)
    still = np.linalg.norm(np.diff(found, axis=1), axis=-1).max(axis=2) == 0  # (N, 80)
    assert (still.sum(axis=1) == 20).all()
    assert (still[:, :40].sum(axis=1) >= 9).all() and (still[:, 41:].sum(axis=1) >= 9).all()
    kept = ~np.concatenate([np.zeros((N, 1), bool), still], axis=1)
    np.testing.assert_array_equal(found[kept], moving[kept])  # where it does not stand still it is where it was
    steps = np.linalg.norm(np.diff(found, axis=1), axis=-1).mean(axis=2)
    assert (steps.max(axis=1) > 8 * 0.01).all()  # ten frames' way in one


def test_it_leans_by_twenty_degrees(clean):
    found = spoiled("leaning", clean)
    assert np.allclose(lengths_of_bones(found), lengths_of_bones(clean), atol=1e-9)
    below = clean[:, :, :1] * [1, 0, 1]
    up = (found - below)[:, :, 0]
    cosine = up[..., 1] / np.linalg.norm(up, axis=-1)
    assert np.allclose(np.degrees(np.arccos(cosine)), 20, atol=1e-6)
    # One direction a clip, another for another clip.
    towards = np.arctan2(up[..., 2], up[..., 0])
    assert np.allclose(towards, towards[:, :1], atol=1e-6) and np.std(towards[:, 0]) > 0.5


def test_bad_input_is_refused(clean):
    kind, rngs = CORRUPTIONS[0], clip_streams("jitter", NAMES)
    for joints, lengths, streams, text in (
        (clean[:, :, :21], LENGTHS, rngs, "22, 3"),
        (clean, LENGTHS[:2], rngs, "one of each"),
        (clean, LENGTHS, rngs[:2], "one of each"),
        (clean, LENGTHS + 1, rngs, "1 to 81"),
    ):
        with pytest.raises(ValueError, match=text):
            kind(joints, lengths, streams)
    with pytest.raises(ValueError, match="must be one of"):
        corruption_named("stretching")
    assert len({kind.name for kind in CORRUPTIONS}) == 8
