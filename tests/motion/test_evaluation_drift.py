"""What drifts in motions, and displacements: each moves its own statistic by its amount, and what it must not touch
stays."""

import numpy as np
import pytest

from motion.data.procedural import generate
from motion.evaluation import displacements as by
from motion.evaluation.drift import STATISTICS, drift_statistics
from motion.kinematics.skeleton import FPS, N_JOINTS
from motion.plausibility import measure

FRAMES = 41


@pytest.fixture(scope="module")
def motions():
    return np.stack([clip.joints for clip in generate(34, frames=FRAMES, seed=3)]).astype(float)


def found(joints):
    return dict(zip(STATISTICS, drift_statistics(joints).T, strict=True))


def changes(motions, changed):
    """Displacement of every statistic of every motion."""
    before, after = found(motions), found(changed)
    return {name: after[name] - before[name] for name in STATISTICS}


def test_statistics_of_a_plain_motion(motions):
    """A body in the pose of its first frame, gliding ahead at 1 m/s, half a metre up."""
    still = np.repeat(motions[:, :1], FRAMES, axis=1)
    still[..., 2] += np.arange(FRAMES)[:, None] / FPS
    still[..., 1] += 0.5
    got = found(still)
    assert np.allclose(got["speed cm/s"], 100, atol=1e-3)
    for name in ("turning deg/s", "range of motion cm", "bone variation %", "jitter mm2", "skating mm/frame"):
        assert np.all(got[name] == 0), name
    assert np.allclose(got["lowest point cm"], 100 * still[:, 0, :, 1].min(axis=1), atol=1e-4)
    assert np.allclose(got["log jerk"], np.log(0.01), atol=1e-3), "a motion without jerk has a logarithm, too"


def test_they_agree_with_plausibility(motions):
    known, got = measure(motions), found(motions)
    assert np.allclose(got["skating mm/frame"], known["skating"], atol=1e-4)
    assert np.allclose(got["bone variation %"], known["bone_variation"], atol=1e-4)
    assert np.all(got["limb length %"] == 0) and np.all(got["lowest point cm"] == 0), "rounding is no spread"


def test_place_and_direction_on_the_floor_do_not_matter(motions):
    c, s = np.cos(2.0), np.sin(2.0)
    turned = motions @ np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]]) + np.array([3.0, 0.0, -2.0])
    assert np.allclose(drift_statistics(turned), drift_statistics(motions), atol=2e-3)


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize(
    ("change", "own", "amount", "stays"),
    [
        (lambda p, x: by.raised(p, x / 100), "root height cm", 3.0, ("speed cm/s", "lean deg", "log jerk")),
        (lambda p, x: by.drifting(p, x / 100), "drift left cm/s", 2.0, ("root height cm", "lean deg")),
        (lambda p, x: by.leaning(p, np.radians(x)), "lean deg", 5.0,
         ("root height cm", "limb length %", "bone variation %", "skating mm/frame")),
        (lambda p, x: by.longer(p, 1 + x / 100), "limb length %", 4.0,
         ("lowest point cm", "bone variation %", "speed cm/s")),
    ],
)  # fmt: skip
def test_each_by_just_so_much(motions, change, own, amount, stays, sign):
    """Nearly: the heading, in which leaning is seen, is read off the shoulders, too, which tilt in a side bend."""
    moved = changes(motions, change(motions, sign * amount))
    assert np.allclose(moved[own], sign * amount, rtol=0.1)
    assert moved[own].mean() == pytest.approx(sign * amount, rel=0.01)
    for name in stays:
        assert np.allclose(moved[name], 0, atol=2e-3), name


def test_faster_scales_the_path_and_larger_the_pose(motions):
    before = found(motions)
    fast, large = (changes(motions, change(motions, 1.1)) for change in (by.faster, by.larger))
    assert np.allclose(fast["speed cm/s"], 0.1 * before["speed cm/s"], atol=2e-3)
    assert np.allclose(fast["range of motion cm"], 0, atol=2e-3)
    wider = large["range of motion cm"] / before["range of motion cm"]
    assert np.all(wider > 0.01) and np.all(wider < 0.11), "bones keep their lengths: their ends go less far"
    for name in ("limb length %", "bone variation %", "lowest point cm", "speed cm/s"):
        assert np.allclose(large[name], 0, atol=2e-3), name


def test_changes_of_nothing_and_what_undoes_them(motions):
    same = (by.raised(motions, 0.0), by.drifting(motions, 0.0), by.faster(motions, 1.0),
            by.leaning(motions, 0.0), by.larger(motions, 1.0), by.longer(motions, 1.0),
            by.jittering(motions, -1.0, np.random.default_rng(0)))  # fmt: skip
    for changed in same:
        assert np.allclose(changed, motions, atol=1e-12)
    back = by.faster(by.longer(by.faster(by.longer(motions, 1.1), 2), 1 / 1.1), 0.5)
    assert np.abs(back - motions).max() < 1e-12


def test_jitter_adds_its_variance(motions):
    """Mean over motions; five standard errors, of white noise in third differences and of its product with theirs.

    The noise's own part: 2 sigma^4 sum rho_k^2 / N with rho = (20, -15, 6, -1)/20, which sums to 2.31. The product's:
    4 sigma^2 times the motion's own, times at most 3.2, the largest value of the spectrum over its mean.
    """
    variance = 4.0  # mm2
    noisy = by.jittering(motions, 1e-6 * variance, np.random.default_rng(1))
    moved = changes(motions, noisy)["jitter mm2"]
    count = len(motions) * (FRAMES - 3) * N_JOINTS * 3
    own = found(motions)["jitter mm2"].mean()
    error = np.sqrt((2 * 2.31 * variance**2 + 4 * 3.2 * variance * own) / count)
    assert abs(moved.mean() - variance) < 5 * error < 0.1 * variance
