"""Ground reaction of motions whose answer is known: standing, falling, leaning, accelerating, turning."""

import numpy as np
import pytest

from motion.data.procedural import generate
from motion.kinematics.mass import GRAVITY, MASS, REACH, centre_of_mass, ground_reaction
from motion.kinematics.skeleton import J

STANDING = next(c for c in generate(60, frames=40, seed=0) if c.action == "idle").joints[0].astype(float)
T = np.arange(40)[:, None, None] / 20


def still():
    return np.repeat(STANDING[None], 40, axis=0)


def found(joints):
    return {name: float(values[0]) for name, values in ground_reaction(joints[None]).items()}


def test_a_still_body_weighs_itself_and_stands():
    told = found(still())
    assert told["load"] == pytest.approx(1, abs=1e-9) and told["performable"] == 1
    assert told["outside"] == told["pull"] == 0 and MASS.sum() == pytest.approx(1)


def test_a_body_that_leans_beyond_its_feet_topples():
    """The zero moment point of a still body lies under its centre of mass: moved beyond the toes by more than the reach
    it is outside, by less it is not."""
    toes = STANDING[[J["left_foot"], J["right_foot"]], 2].max()
    for beyond, outside in ((REACH - 0.02, 0.0), (REACH + 0.02, 1.0)):
        leaning = still()
        upper = np.ones(22, bool)
        upper[[J[f"{s}_{p}"] for s in ("left", "right") for p in ("ankle", "foot")]] = False
        need = toes + beyond - centre_of_mass(STANDING)[2]
        leaning[:, upper, 2] += need / MASS[upper].sum()
        assert found(leaning)["outside"] == outside


def test_a_falling_body_needs_no_floor_and_a_pushed_down_one_is_pulled():
    fall = still() + np.array([0.0, 3.0, 0.0]) - GRAVITY / 2 * T**2 * np.array([0.0, 1.0, 0.0])
    told = found(fall)
    assert told["load"] == pytest.approx(0, abs=1e-9) and told["performable"] == 1
    faster = still() + np.array([0.0, 9.0, 0.0]) - 1.5 * GRAVITY / 2 * T**2 * np.array([0.0, 1.0, 0.0])
    assert found(faster)["pull"] == 1 and found(faster)["performable"] == 0


def test_a_body_that_hovers_is_held_by_nothing():
    assert found(still() + np.array([0.0, 0.3, 0.0]))["performable"] == 0


def test_acceleration_moves_the_zero_moment_point_back():
    """x_zmp = x_com - h a / g for a rigid body: too much forward acceleration topples it, by that formula."""
    height = centre_of_mass(STANDING)[1]
    feet = STANDING[[J[f"{s}_{p}"] for s in ("left", "right") for p in ("ankle", "foot")]]
    limit = (centre_of_mass(STANDING)[2] - (feet[:, 2].min() - REACH)) * GRAVITY / height
    for share, outside in ((0.9, False), (1.1, True)):
        sliding = still() + share * limit * T**2 / 2 * np.array([0.0, 0.0, 1.0])
        assert (found(sliding)["outside"] > 0.9) == outside


def test_kinds_that_stand_are_performable_and_shapes_are_checked():
    clips = generate(34, frames=60, seed=1)
    joints = np.stack([c.joints for c in clips])
    told = ground_reaction(joints)
    standing = [i for i, c in enumerate(clips) if c.action in ("bow", "clap", "squat", "wave left", "twist")]
    assert (told["performable"][standing] > 0.95).all()
    scrambled = ground_reaction(joints[:, np.random.default_rng(0).permutation(60)])["performable"]
    assert scrambled.mean() < told["performable"].mean() - 0.3, "frames in another order cannot be performed"
    for wrong in (joints[0], joints[:, :6], joints[..., :21, :]):
        with pytest.raises(ValueError, match="T >= 7"):
            ground_reaction(wrong)
