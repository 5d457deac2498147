"""Feet of the reference: what stands is held by the point that stands, and gently."""

import numpy as np

from motion.data.procedural import generate
from motion.kinematics.skeleton import J
from motion.physics import ik
from motion.physics.feet import LEASH, LONGEST_HOLD, STANCE_SPEED, held_shift, hold, plant

FPS = 20


def test_held_shift_makes_stances_still_and_is_gentle_between() -> None:
    rng = np.random.default_rng(3)
    step = rng.normal(0, 0.004, (2, 29, 1, 2))
    stands = np.zeros((2, 29, 1))
    stands[:, 3:10] = stands[:, 18:25] = 1.0
    shift = held_shift(step, stands)
    moved = step + np.diff(shift, axis=1)
    for run in (slice(3, 10), slice(18, 25)):
        slid, slides = (np.abs(x[:, run].sum(axis=1)) for x in (step, moved))
        assert slides.max() < 0.15 * slid.max() and np.abs(moved[:, run]).max() < 0.2 * np.abs(step).max()
    # elsewhere the way from one stance's shift to the next's is spread over all frames between
    between = np.diff(shift, axis=1)[:, 10:18]
    assert np.ptp(between, axis=1).max() < 0.002
    assert np.all(held_shift(step, np.zeros_like(stands)) == 0)


def test_half_a_stance_is_half_stopped_and_a_long_slide_is_followed() -> None:
    step = np.full((1, 4, 1, 2), 0.01)
    half = step + np.diff(held_shift(step, np.full((1, 4, 1), 0.5)), axis=1)
    np.testing.assert_allclose(half, 0.005, rtol=0.05)
    frames = round(20 * LEASH * FPS)
    far = held_shift(np.full((1, frames, 1, 2), 0.002), np.ones((1, frames, 1)))
    assert np.abs(far).max() <= LONGEST_HOLD and np.abs(far[:, frames // 2]).max() < 1e-3


def rolling(frames: int = 30) -> np.ndarray:
    """Somebody stands and lifts the heels up to 45 degrees, toes where they were; (1, frames, 22, 3) [m]."""
    clip = generate(1, frames=frames, seed=4, kinds=("wave right",))[0]
    joints = np.repeat(clip.joints[:1].astype(float), frames, axis=0)
    angle = np.radians(45) * (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(frames) / frames))
    for side in ("left", "right"):
        ankle, toe = J[f"{side}_ankle"], J[f"{side}_foot"]
        bone = joints[:, ankle] - joints[:, toe]
        across = np.sqrt((bone[:, (0, 2)] ** 2).sum(axis=1))
        ahead = bone[:, (0, 2)] / across[:, None]
        turned = angle + np.arctan2(bone[:, 1], across)
        size = np.sqrt((bone**2).sum(axis=1))
        joints[:, ankle, 1] = joints[:, toe, 1] + size * np.sin(turned)
        joints[:, ankle, 0::2] = joints[:, toe, 0::2] + (size * np.cos(turned))[:, None] * ahead
    return joints[None]


def test_a_foot_that_rolls_over_its_toes_is_not_dragged() -> None:
    joints = rolling()
    heel = np.abs(joints - joints[:, :1])[:, :, J["left_ankle"], 0::2].max()
    moved = np.abs(plant(joints, *ik.solve(joints)) - joints)
    assert heel > 0.03, "the ankle goes forward"
    assert moved[..., 0::2].max() < 0.15 * heel, "the toes, which rest, stay where they are"


def test_feet_slower_than_the_bounds_are_stopped_and_faster_ones_left() -> None:
    standing = np.repeat(rolling()[:, :1], 30, axis=1)
    for speed, low, high in ((0.5 * STANCE_SPEED[0], 0.0, 0.1), (1.1 * STANCE_SPEED[1], 0.99, 1.01)):
        # to and fro, so that no leash pulls
        way = speed / FPS * (7.5 - np.abs(np.arange(30) % 30 - 15))
        sliding = standing + np.stack([way, 0 * way, 0 * way], axis=-1)[None, :, None]
        planted = plant(sliding, *ik.solve(sliding))
        speeds = [np.abs(np.diff(x[0, 2:13, J["left_foot"], 0])).mean() for x in (sliding, planted)]
        assert low <= speeds[1] / speeds[0] <= high


def test_only_what_was_taken_of_the_simulation_is_held_again() -> None:
    clips = generate(4, frames=60, seed=5, kinds=("walk",))
    skeleton, pose = ik.solve(np.stack([clip.joints for clip in clips]).astype(float))
    joints = ik.forward(skeleton, pose)
    taken = np.zeros((4, 60))
    taken[:, 40:] = 0.3
    moved = np.abs(hold(joints, skeleton, pose, taken) - joints).max(axis=(2, 3))
    everywhere = np.abs(hold(joints, skeleton, pose, np.ones((4, 60))) - joints).max(axis=(2, 3))
    assert everywhere[:, :30].max() > 0.005
    assert moved[:, :30].max() < 0.1 * everywhere[:, :30].max()
    np.testing.assert_allclose(moved[:, 50:], everywhere[:, 50:], atol=1e-6)
