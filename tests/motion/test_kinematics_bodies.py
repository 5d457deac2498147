"""Bodies of other proportions are put back on the uniform one exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion.data.procedural import generate
from motion.kinematics.bodies import SHAPE, SIZE, STATURE, draw_adult, draw_body, on_body
from motion.kinematics.retarget import bone_vectors, retarget
from motion.kinematics.skeleton import BONE_LENGTHS, MIRROR, J

CLIPS = generate(34, frames=40, seed=8)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.integers(0, 33), st.floats(0, 0.3), st.floats(0, 0.2))
def test_retargeting_undoes_any_proportions(seed, index, size, shape):
    lengths = draw_body(np.random.default_rng(seed), size, shape)
    assert np.allclose(lengths[list(MIRROR)], lengths) and (lengths[1:] > 0).all()
    raw = on_body(CLIPS[index].joints.astype(float), lengths)
    assert np.allclose(np.linalg.norm(bone_vectors(raw), axis=-1), lengths, atol=1e-9)
    assert raw[..., 1].min() == pytest.approx(0, abs=1e-12)
    assert np.abs(retarget(raw) - CLIPS[index].joints).max() < 1e-5


def test_bodies_differ_by_the_deviations_asked_for():
    """Logs of 2,000 bodies: the whole's deviation within 5 standard errors; with 0 and 0 the uniform body itself."""
    rng = np.random.default_rng(0)
    whole = np.log([draw_body(rng, 0.1, 0.0)[4] / BONE_LENGTHS[4] for _ in range(2000)])
    assert abs(whole.std(ddof=1) - 0.1) < 5 * 0.1 / np.sqrt(2 * 1999)
    assert np.array_equal(draw_body(rng, 0.0, 0.0), BONE_LENGTHS)
    bone = np.log([draw_body(rng, 0.0, 0.06)[[3, 4]] / BONE_LENGTHS[[3, 4]] for _ in range(2000)])
    assert (np.abs(bone.std(axis=0, ddof=1) - 0.06) < 5 * 0.06 / np.sqrt(2 * 1999)).all()
    with pytest.raises(ValueError, match="0 to 0.5"):
        draw_body(rng, -0.1)


def test_adults_are_of_plausible_sizes_and_keep_their_legs_proportions():
    """4,000 adults: deviations within 5 standard errors, a little smaller since the extremes are left out."""
    rng = np.random.default_rng(1)
    bodies = np.array([draw_adult(rng) for _ in range(4000)])
    assert np.allclose(bodies[:, list(MIRROR)], bodies)
    ratio = bodies[:, 1:] / BONE_LENGTHS[1:]
    legs = ratio[:, [J["left_hip"] - 1, J["left_knee"] - 1, J["left_ankle"] - 1, J["left_foot"] - 1]]
    assert np.allclose(legs, legs[:, :1], rtol=1e-12)
    upright = [J[name] for name in ("left_knee", "left_ankle", "spine1", "spine2", "spine3", "neck", "head")]
    stature = bodies[:, upright].sum(axis=1) / BONE_LENGTHS[upright].sum()
    assert STATURE[0] <= stature.min() < 0.88 and 1.14 < stature.max() <= STATURE[1]
    assert abs(np.log(stature).mean()) < 5 * SIZE / np.sqrt(4000)
    wanted = np.hypot(SIZE, SHAPE)
    spread = np.log(ratio).std(axis=0)
    assert (spread > 0.9 * wanted).all() and (spread < wanted * (1 + 5 / np.sqrt(2 * 4000))).all()
    arms = np.log(ratio[:, J["left_elbow"] - 1] / legs[:, 0])
    assert abs(arms.std() - np.sqrt(2) * SHAPE) < 5 * SHAPE / np.sqrt(4000), "parts of one body differ"
