"""Resampling, the uniform body, floor, origin and facing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motion.kinematics.resample import decimation, resample
from motion.kinematics.retarget import bone_vectors, from_directions, heading, normalise, retarget, turn, uniform_body
from motion.kinematics.skeleton import BONE_LENGTHS, MIRROR, J


def person(seed=0, frames=30, size=1.3):
    """A random flailing body of another size, its own bone lengths, somewhere, facing anywhere."""
    rng = np.random.default_rng(seed)
    base = np.array([[0, 0, 0], [1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, -1, 0], [0, 1, 0], [0, -1, 0],
                     [0, -1, 0], [0, 1, 0], [0, -0.4, 1], [0, -0.4, 1], [0, 1, 0], [1, 1, 0], [-1, 1, 0], [0, 1, 0.2],
                     [1, 0, 0], [-1, 0, 0], [0, -1, 0], [0, -1, 0], [0, -1, 0.2], [0, -1, 0.2]], float)  # fmt: skip
    directions = base + 0.15 * np.cumsum(rng.normal(size=(frames, 22, 3)), axis=0) / np.sqrt(frames)
    directions[:, 0] = 0
    norm = np.linalg.norm(directions, axis=-1, keepdims=True)
    directions = directions / np.where(norm > 0, norm, 1)
    root = np.array([3.0, 1.0, -2.0]) + 0.02 * np.cumsum(rng.normal(size=(frames, 3)), axis=0)
    return turn(from_directions(root, directions), rng.uniform(-3, 3)) * size


def test_decimation_knows_whole_ratios_only():
    assert [decimation(fps) for fps in (60.0, 59.999988, 120, 100, 20)] == [3, 3, 6, 5, 1]
    assert decimation(30.0) is None and decimation(24) is None and decimation(10) is None


@pytest.mark.parametrize("fps", [24.0, 30.0, 60.0, 100.0, 119.88])
def test_resampling_keeps_slow_movement_and_its_timing(fps):
    times = np.arange(int(4 * fps)) / fps
    signal = np.stack([1 + 2 * times, np.sin(2 * np.pi * 2 * times)], axis=-1)
    got = resample(signal, fps)
    at = np.arange(len(got)) / 20
    assert abs(len(got) - 80) <= 1 and at[-1] <= times[-1] + 1e-9
    assert np.allclose(got[:, 0], 1 + 2 * at, atol=1e-12)  # constant speed to the very ends
    # Kernel of 8 periods each side, Hamming window: pass-band ripple 0.2 %; at 24 a second the spline adds
    # h^4/384 * w^4 = 0.2 %. The ends, where half the kernel sees a reflection, are allowed ten times that.
    error = np.abs(got[:, 1] - np.sin(2 * np.pi * 2 * at))
    assert error[10:-10].max() < 0.005 and error.max() < 0.05
    late = np.sin(2 * np.pi * 2 * (at + 0.5 / fps))  # rejects: half a stored frame late
    assert np.abs(got[:, 1] - late)[10:-10].max() > 0.02


def test_what_20_frames_cannot_carry_is_filtered_or_aliased():
    times = np.arange(480) / 120
    fast = np.cos(2 * np.pi * 19 * times)[:, None]  # would appear as 1 Hz
    assert np.abs(resample(fast, 120)[10:-10]).max() < 0.01
    assert np.abs(resample(fast, 120, antialias=False)).max() > 0.9
    assert np.array_equal(resample(fast, 120, antialias=False), fast[::6])


def test_bad_rates_and_lengths_are_refused():
    for fps in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="frame rates must be positive"):
            resample(np.zeros((5, 3)), fps)
    with pytest.raises(ValueError, match="at least 2 frames, got 1"):
        resample(np.zeros((1, 3)), 60)


@given(st.integers(0, 1000))
def test_retargeting_keeps_directions_and_gives_our_bones(seed):
    source = person(seed)
    ours = uniform_body(source)
    vectors, wanted = bone_vectors(ours), bone_vectors(source)
    assert np.allclose(np.linalg.norm(vectors, axis=-1), BONE_LENGTHS, atol=1e-12)
    cosine = (vectors * wanted).sum(-1) / np.maximum(np.linalg.norm(wanted, axis=-1) * BONE_LENGTHS, 1e-12)
    assert np.allclose(cosine[:, 1:], 1.0, atol=1e-9)
    # Same proportions, other size: the scale undoes the size exactly, also of the root's path.
    assert np.allclose(ours[:, 0] * 1.3, source[:, 0], atol=1e-9)


@given(st.integers(0, 1000))
def test_normalised_motion_starts_at_the_origin_facing_z_on_the_floor(seed):
    source = person(seed)
    ours = normalise(source)
    assert np.allclose(ours[0, 0, [0, 2]], 0, atol=1e-12)
    assert abs(ours[..., 1].min()) < 1e-12
    assert abs(heading(ours[0])) < 1e-9
    assert ours[0, J["left_hip"], 0] + ours[0, J["left_shoulder"], 0] > 0  # left is +x, not mirrored
    pairs = np.linalg.norm(source[:, :, None] - source[:, None], axis=-1)
    assert np.allclose(np.linalg.norm(ours[:, :, None] - ours[:, None], axis=-1), pairs, atol=1e-9)
    assert np.allclose(normalise(ours), ours, atol=1e-9)
    assert np.allclose(retarget(retarget(source)), retarget(source), atol=1e-9)


def test_mirroring_is_not_a_rotation():
    source = person(3)
    mirrored = (source * [-1, 1, 1])[:, MIRROR]
    assert not np.allclose(normalise(mirrored), normalise(source), atol=0.05)
    assert np.allclose(normalise(mirrored), (normalise(source) * [-1, 1, 1])[:, MIRROR], atol=1e-9)


def test_heading_turns_to_the_left_with_positive_angles():
    facing = np.zeros((22, 3))
    facing[J["left_hip"]], facing[J["right_hip"]] = [0.1, 0, 0], [-0.1, 0, 0]
    assert heading(facing) == pytest.approx(0)
    assert heading(turn(facing, 0.7)) == pytest.approx(0.7)
    assert np.allclose(turn(np.array([0, 0, 1.0]), np.pi / 2), [1, 0, 0])


def test_bodies_without_legs_or_of_other_shapes_are_refused():
    with pytest.raises(ValueError, match=r"shape \(T, 22, 3\), got \(4, 24, 3\)"):
        uniform_body(np.zeros((4, 24, 3)))
    with pytest.raises(ValueError, match="legs must be longer"):
        uniform_body(np.zeros((4, 22, 3)))
