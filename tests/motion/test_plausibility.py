"""Plausibility measures: each must see its own fault, by the amount that was put in."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion import plausibility
from motion.data.procedural import generate
from motion.kinematics.mass import MASS, centre_of_mass
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
    for name in ("penetration", "floating", "skating", "physics_error", "jerk", "bone_variation", "unsupported"):
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


def leaning(degrees: float) -> np.ndarray:
    """The statue with everything above the ankles turned forward about the line between them."""
    body = statue()
    upper = [joint for joint in range(N_JOINTS) if joint not in (*plausibility.ANKLES, *plausibility.TOES)]
    ankle = body[0, 0, plausibility.ANKLES[0]]
    angle = np.radians(degrees)
    arm = body[:, :, upper] - ankle
    turned = arm.copy()
    turned[..., 1] = np.cos(angle) * arm[..., 1] - np.sin(angle) * arm[..., 2]
    turned[..., 2] = np.sin(angle) * arm[..., 1] + np.cos(angle) * arm[..., 2]
    body[:, :, upper] = ankle + turned
    return body


def test_leaning_beyond_the_toes_is_unsupported() -> None:
    for degrees, share in ((0, 0.0), (5, 0.0), (30, 1.0), (-30, 1.0)):
        assert plausibility.measure(leaning(degrees))["unsupported"] == share
    half = np.concatenate([statue(15), leaning(30)[:, :15]], axis=1)
    assert plausibility.measure(half)["unsupported"] == 0.5


def test_the_margin_of_support_is_ten_centimetres() -> None:
    """The centre of mass is put a little more and a little less than the margin beyond the toes."""
    toe = statue()[0, 0, plausibility.TOES[0], 2]
    upper = np.array([joint not in (*plausibility.ANKLES, *plausibility.TOES) for joint in range(N_JOINTS)])
    for beyond, share in ((0.09, 0.0), (0.11, 1.0)):
        body = statue()
        body[:, :, upper, 2] += (toe + beyond - centre_of_mass(body)[0, 0, 2]) / MASS[upper].sum()
        assert plausibility.measure(body)["unsupported"] == share


def test_flight_is_neither_supported_nor_unsupported() -> None:
    jump = leaning(30)
    jump[:, 10:, :, 1] += 0.5
    assert plausibility.measure(jump)["unsupported"] == 1  # of the ten frames on the floor
    jump[..., 1] += 0.5
    assert plausibility.measure(jump)["unsupported"] == 0
    one_leg = statue()
    one_leg[:, :, [5, 8, 11], 1] += 0.3  # the right foot is lifted: the middle is 10.5 cm beside the left foot's line
    assert plausibility.measure(one_leg)["unsupported"] == 1
    one_leg[:, :, [0, 3, 6, 9, 12, 15], 0] += 0.05  # the trunk leans over the foot that stands
    assert plausibility.measure(one_leg)["unsupported"] == 0


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_distance_from_the_hull_agrees_with_scipy(seed: int) -> None:
    from scipy.spatial import ConvexHull

    rng = np.random.default_rng(seed)
    corners, place, touching = rng.normal(size=(4, 2)), 2 * rng.normal(size=2), rng.random(4) < 0.7
    found = plausibility.support_distance(place, corners, touching)
    chosen = corners[touching]
    if not len(chosen):
        assert found == np.inf
        return
    # The nearest of many points of the hull: convex combinations of its corners' edges, or the place itself.
    t = np.linspace(0, 1, 2001)[:, None]
    edges = np.concatenate([(1 - t) * a + t * b for a in chosen for b in chosen])
    if len(chosen) > 2 and (ConvexHull(chosen).equations @ [*place, 1.0] <= 0).all():
        assert found == 0
    else:
        assert found == pytest.approx(np.linalg.norm(edges - place, axis=1).min(), abs=2e-3)
        assert found <= np.linalg.norm(edges - place, axis=1).min() + 1e-12


def test_real_clean_standing_is_supported() -> None:
    kinds = ("idle", "bow", "clap", "wave left", "squat", "pick up", "twist", "kick left")
    joints = np.stack([clip.joints for clip in generate(32, frames=40, seed=4, kinds=kinds)])
    assert (plausibility.measure(joints)["unsupported"] == 0).all()


@pytest.mark.slow
def test_real_captured_standing_is_supported(shared_data) -> None:
    from motion.data.pack import load_pack

    standing = ("wave-right-hand", "wave-both-hands", "raise-up-left-hand", "raise-up-both-hands", "bow", "guide")
    clips = [clip for clip in load_pack(shared_data / "bandai", limit=250).clips if clip.action in standing]
    assert len(clips) > 50
    for clip in clips:
        assert plausibility.measure(clip.joints[None])["unsupported"] < 0.01, clip.name


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
