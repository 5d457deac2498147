"""What is mended before anything is fitted, and that captured motions stay as they are."""

import numpy as np
import pytest

from motion.data.procedural import generate
from motion.evaluation.corruptions import clip_streams, corruption_named
from motion.physics import mend

CLEAN = np.stack([clip.joints for clip in generate(12, frames=60, seed=21)]).astype(float)


def distance(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.linalg.norm(a - b, axis=-1).mean())


def spoiled(name: str) -> np.ndarray:
    names = [str(i) for i in range(len(CLEAN))]
    return corruption_named(name)(CLEAN, np.full(len(CLEAN), CLEAN.shape[1]), clip_streams(name, names))


def test_good_motions_stay_to_the_bit() -> None:
    np.testing.assert_array_equal(mend.unstretch(mend.unfreeze(CLEAN)), CLEAN)


@pytest.mark.parametrize(
    ("change", "name", "left"), [(mend.unfreeze, "freezes and jumps", 0.5), (mend.unstretch, "limb lengths vary", 0.3)]
)
def test_what_is_spoiled_comes_nearer(change, name: str, left: float) -> None:
    bad = spoiled(name)
    before = bad.copy()
    assert distance(change(bad), CLEAN) < left * distance(bad, CLEAN)
    np.testing.assert_array_equal(bad, before)
    # the other of the two leaves it alone, and each motion is mended by itself
    other = mend.unstretch if change is mend.unfreeze else mend.unfreeze
    np.testing.assert_array_equal(other(bad), bad)
    np.testing.assert_array_equal(change(bad[3:4]), change(bad)[3:4])


def test_a_pose_that_is_held_and_noise_are_not_mended() -> None:
    held = CLEAN[:1].copy()
    held[:, 20:30] = held[:, 20:21]
    held[:, 30:] = held[:, 20:21] + np.linspace(0, 0.3, 30)[:, None, None]  # goes on slowly
    np.testing.assert_array_equal(mend.unfreeze(held), held)
    noisy = spoiled("jitter")
    np.testing.assert_array_equal(mend.unstretch(noisy), noisy)
    almost = np.repeat(CLEAN[:1, :1], 20, axis=1)
    almost[:, 15:] += 1.0  # too few frames are left to say anything
    np.testing.assert_array_equal(mend.unfreeze(almost), almost)


def test_frames_that_moved_are_kept_to_the_bit() -> None:
    bad = spoiled("freezes and jumps")
    done = mend.unfreeze(bad)
    moved = np.concatenate([np.ones((len(bad), 1), bool), np.abs(np.diff(bad, axis=1)).max(axis=(2, 3)) > 1e-5], axis=1)
    np.testing.assert_array_equal(done[moved], bad[moved])
