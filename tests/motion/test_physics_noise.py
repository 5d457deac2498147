"""What bones betray is taken away, and nothing of a motion whose bones keep their lengths, however fast it is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import butter, sosfiltfilt

from motion.data.procedural import generate
from motion.kinematics.skeleton import FPS
from motion.physics import noise

MOTIONS = np.stack([clip.joints for clip in generate(24, frames=60, seed=11)]).astype(float)


def test_rigid_motions_stay_to_the_bit():
    """Which a low-pass, however mild, would not let them: punches and runs have all frequencies."""
    np.testing.assert_array_equal(noise.denoise(MOTIONS), MOTIONS)
    low_pass = sosfiltfilt(butter(2, 5.0, fs=FPS, output="sos"), MOTIONS, axis=1)
    assert np.abs(low_pass - MOTIONS).max() > 0.01


@given(st.floats(3e-3, 0.02), st.integers(0, 99))
def test_white_noise_is_mostly_taken_away(scale, seed):
    """Half the power and more, from 3 mm on: a motion fills few frequencies, noise all of them."""
    noisy = MOTIONS + np.random.default_rng(seed).normal(0, scale, MOTIONS.shape)
    left = noise.denoise(noisy) - MOTIONS
    assert (left**2).mean() < 0.5 * scale**2


@pytest.mark.parametrize("hertz", [5.0, 8.0])
def test_a_tremble_goes_and_the_gesture_stays(hertz):
    """One frequency alone: joints tremble by 4 mm, each in its own time, beside which a low-pass at that frequency errs
    more, as it takes from the motion what it does not know to be none."""
    time = np.arange(60)[:, None, None] / FPS
    phases = np.random.default_rng(0).uniform(0, 2 * np.pi, (len(MOTIONS), 1, 22, 3))
    shaken = MOTIONS + 0.004 * np.sin(2 * np.pi * hertz * time + phases)
    left = noise.denoise(shaken) - MOTIONS
    inside = slice(5, -5)  # a filter's own ends are not what is compared
    before, after = (np.sqrt((x[:, inside] ** 2).mean()) for x in (shaken - MOTIONS, left))
    filtered = sosfiltfilt(butter(2, hertz / 2, fs=FPS, output="sos"), shaken, axis=1) - MOTIONS
    assert after < 0.5 * before
    assert after < np.sqrt((filtered[:, inside] ** 2).mean())


def test_limbs_that_shrink_slowly_tell_of_no_noise(monkeypatch):
    """A generator draws a limb too short as it swings: no tremble, so that what moves as slowly stays, whose power a
    filter that reads noise off all frequencies alike would take in part."""
    swing = 1 - 0.1 * np.sin(2 * np.pi * np.arange(60)[:, None, None] / FPS) ** 2  # 1 Hz, twice
    shrunk = MOTIONS[:, :, :1] + swing * (MOTIONS - MOTIONS[:, :, :1])
    moved = np.abs(noise.denoise(shrunk) - shrunk)
    assert moved.mean() < 0.0002
    monkeypatch.setattr(noise, "FAST", 0.0)
    assert np.abs(noise.denoise(shrunk) - shrunk).mean() > 5 * moved.mean()


def test_clips_alone_and_in_a_batch_are_the_same():
    noisy = MOTIONS + np.random.default_rng(3).normal(0, 0.004, MOTIONS.shape)
    together = noise.denoise(noisy)
    for index in (0, 7, 23):
        np.testing.assert_array_equal(noise.denoise(noisy[index : index + 1])[0], together[index])


@pytest.mark.parametrize("frames", [2, 3, 5])
def test_short_clips(frames):
    noisy = MOTIONS[:, :frames] + np.random.default_rng(4).normal(0, 0.004, MOTIONS[:, :frames].shape)
    found = noise.denoise(noisy)
    assert found.shape == noisy.shape and np.isfinite(found).all()
    np.testing.assert_allclose(found.mean(axis=1), noisy.mean(axis=1), atol=1e-12)
