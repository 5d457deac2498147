"""Plausibility measures: each must see its own fault, by the amount that was put in."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion import plausibility
from motion.kinematics.skeleton import BONE_LENGTHS, FPS, N_JOINTS, PARENTS, RAW_DIRECTIONS


def statue(frames: int = 30) -> np.ndarray:
    """A figure standing still, feet level, toe joints on the floor; (1, frames, 22, 3) [m]."""
    pose = np.zeros((N_JOINTS, 3))
    for joint in range(1, N_JOINTS):
        pose[joint] = pose[PARENTS[joint]] + BONE_LENGTHS[joint] * RAW_DIRECTIONS[joint]
    drop = 0.06
    for ankle, toe in ((7, 10), (8, 11)):
        pose[toe] = pose[ankle] + [0.0, -drop, np.sqrt(BONE_LENGTHS[toe] ** 2 - drop**2)]
    pose[:, 1] -= pose[:, 1].min()
    return np.broadcast_to(pose, (1, frames, N_JOINTS, 3)).copy()


def test_a_statue_is_plausible() -> None:
    found = plausibility.measure(statue())
    assert set(found) == set(plausibility.UNITS)
    for name in ("penetration", "floating", "skating", "physics_error", "jerk", "bone_variation"):
        assert found[name] == pytest.approx(0, abs=1e-6), name
    assert found["contact_consistency"] == 1.0


@settings(max_examples=25, deadline=None)
@given(height=st.floats(0.006, 1.0))
def test_height_is_floating_and_depth_is_penetration(height: float) -> None:
    body = statue(10)
    up, down = body.copy(), body.copy()
    up[..., 1] += height
    down[..., 1] -= height
    assert plausibility.measure(up)["floating"] == pytest.approx(1e3 * height)
    assert plausibility.measure(up)["penetration"] == 0
    assert plausibility.measure(down)["penetration"] == pytest.approx(1e3 * height)
    assert plausibility.measure(down)["floating"] == 0


def test_four_millimetres_are_tolerated_six_are_not() -> None:
    for offset, counted in ((0.004, 0.0), (0.006, 6.0)):
        body = statue()
        body[..., 1] -= offset
        assert plausibility.measure(body)["penetration"] == pytest.approx(counted)


def test_sliding_is_skating_only_on_the_floor() -> None:
    body = statue()
    body[..., 0] += 0.012 * np.arange(30)[:, None]
    assert plausibility.measure(body)["skating"] == pytest.approx(12.0)
    body[..., 1] += 0.2
    assert plausibility.measure(body)["skating"] == 0


def test_the_heel_is_under_the_ankle_and_turns_with_the_foot() -> None:
    body = statue(12)
    inside = np.ones((1, 12), bool)
    soles = plausibility.sole_points(body, inside)
    np.testing.assert_allclose(soles[..., 1], 0, atol=1e-9)
    np.testing.assert_allclose(soles[:, :, 0, 2], body[:, :, 7, 2], atol=1e-9)
    tip = body.copy()  # the left foot turns about its toe joint until the ankle is 9 cm higher
    reach = tip[:, 6:, 7] - tip[:, 6:, 10]
    angle = 0.9
    turned = reach.copy()
    turned[..., 1] = np.cos(angle) * reach[..., 1] - np.sin(angle) * reach[..., 2]
    turned[..., 2] = np.sin(angle) * reach[..., 1] + np.cos(angle) * reach[..., 2]
    tip[:, 6:, 7] = tip[:, 6:, 10] + turned
    heel, flat = plausibility.sole_points(tip, inside)[0, -1, 0], soles[0, -1, 0]
    toe = body[0, -1, 10]
    assert np.linalg.norm(heel - toe) == pytest.approx(np.linalg.norm(flat - toe), abs=1e-9)
    expected = np.array([0.0, -np.sin(angle) * (flat - toe)[2], np.cos(angle) * (flat - toe)[2]])
    np.testing.assert_allclose((heel - toe)[1:], expected[1:], atol=1e-9)


def test_jerk_of_a_cubic_is_its_coefficient() -> None:
    body = statue(40)
    body[..., 1] += 1 + (7.0 / 6) * (np.arange(40)[:, None] / FPS) ** 3
    assert plausibility.measure(body)["jerk"] == pytest.approx(7.0)
    assert np.isnan(plausibility.measure(statue(3))["jerk"]).all()


def test_bone_variation_is_the_coefficient_of_variation() -> None:
    body = statue(200)
    wave = 0.02 * np.sin(2 * np.pi * np.arange(200) / 20)
    direction = RAW_DIRECTIONS[15]
    body[0, :, 15] += BONE_LENGTHS[15] * wave[:, None] * direction
    assert plausibility.measure(body)["bone_variation"] == pytest.approx(100 * 0.02 / np.sqrt(2) / 21)


def test_padding_is_not_read_and_mates_do_not_matter() -> None:
    rng = np.random.default_rng(0)
    body = np.repeat(statue(30), 3, axis=0) + rng.normal(0, 0.01, (3, 30, N_JOINTS, 3))
    sizes = np.array([30, 17, 5])
    expected = [plausibility.measure(body[i : i + 1, :size]) for i, size in enumerate(sizes)]
    body[1, 17:], body[2, 5:] = np.nan, np.inf
    found = plausibility.measure(body, sizes)
    for name, values in found.items():
        np.testing.assert_allclose(values, [e[name][0] for e in expected], rtol=1e-9, atol=1e-12)


def test_broken_motions_are_nan_and_wrong_shapes_are_refused() -> None:
    body = np.repeat(statue(), 2, axis=0)
    body[1, 3, 4, 0] = np.nan
    found = plausibility.measure(body)
    assert all(np.isfinite(values[0]) and np.isnan(values[1]) for values in found.values())
    for wrong in (body[0], body[:, :, :21], body[:, :0]):
        with pytest.raises(ValueError, match=r"joints must have shape"):
            plausibility.measure(wrong)
    with pytest.raises(ValueError, match="lengths must be"):
        plausibility.measure(body, [31, 3])
    assert all(values.shape == (0,) for values in plausibility.measure(body[:0]).values())
