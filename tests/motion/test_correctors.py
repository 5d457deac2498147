"""What each corrector of motions does and does not do; the gate. The contract: tests/test_corrector_contract.py."""

import json

import numpy as np
import pytest

from motion import plausibility
from motion.correctors import (
    KinematicCorrector,
    PlausibilityGate,
    ProjectionCorrector,
    RegroundCorrector,
    Stock,
    embedded_stock,
)  # fmt: skip
from motion.data.clip import Clip
from motion.data.procedural import generate
from motion.experiment.dataset import to_batch
from motion.kinematics.bodies import draw_body, on_body
from motion.kinematics.retarget import heading, normalise, turn
from motion.physics.ik import bone_lengths

FRAMES = 40
CLIPS = generate(40, frames=60, seed=21)
RNG = np.random.default_rng(0)


def correct(corrector, joints):
    return corrector.correct(joints, np.full(len(joints), joints.shape[1]), ("",) * len(joints), RNG)


@pytest.fixture(scope="module")
def clean():
    return np.stack([clip.joints[:FRAMES] for clip in generate(10, frames=60, seed=11)]).astype(float)


@pytest.fixture(scope="module")
def stock():
    return Stock.from_clips(CLIPS)


def test_reground_moves_all_joints_up_and_down_only(clean):
    still = correct(RegroundCorrector(), clean)
    np.testing.assert_array_equal(still.joints, clean)  # the floor is where it should be
    for offset in (0.1, -0.1):
        found = correct(RegroundCorrector(), clean + [0.0, offset, 0.0])
        shift = found.joints - clean - [0.0, offset, 0.0]
        assert found.success.all() and np.abs(found.joints - clean).max() < 0.006  # floors below 5 mm are left alone
        np.testing.assert_allclose(shift, np.broadcast_to(shift[:, :, :1], shift.shape), atol=1e-12)
        np.testing.assert_array_equal(shift[..., (0, 2)], 0)


def test_the_kinematic_corrector_cures_feet_and_jitter_without_a_simulation(clean):
    noisy = clean + np.random.default_rng(0).normal(0, 0.012, clean.shape) - [0.0, 0.03, 0.0]
    before = plausibility.measure(noisy)
    found = correct(KinematicCorrector(), noisy)
    after = plausibility.measure(found.joints)
    assert found.success.all() and list(found.shifts)[-1] == "unsink"
    assert after["penetration"].max() < 0.5 and after["bone_variation"].max() < 0.1
    assert after["jerk"].mean() < 0.2 * before["jerk"].mean()
    assert after["skating"].mean() < 0.6 * before["skating"].mean()
    assert correct(KinematicCorrector(), clean).moved.max() < 0.05


def test_projection_finds_the_real_motion_where_it_stands_and_faces(stock):
    """A part of a motion of the stock, moved, turned and shaken a little, comes back as that part."""
    rng = np.random.default_rng(3)
    for start, k in ((0, 3), (20, 8), (20, 17)):
        part = normalise(CLIPS[k].joints[start : start + 30].astype(float))
        yaw, place = rng.uniform(-3, 3), np.array([rng.uniform(-5, 5), 0.0, 2.0])
        real = turn(part, yaw) + place
        found = correct(ProjectionCorrector(stock=stock), (real + rng.normal(0, 1e-3, real.shape))[None])
        assert found.success[0] and np.linalg.norm(found.joints[0] - real, axis=-1).mean() < 0.02
        assert heading(found.joints[0, 0]) == pytest.approx(heading(real[0]), abs=0.02)


def test_projection_puts_real_motions_on_the_bodys_own_bones(stock):
    lengths = draw_body(np.random.default_rng(1))
    own = on_body(CLIPS[5].joints[:30].astype(float), lengths)
    found = correct(ProjectionCorrector(stock=stock, body="clip"), own[None])
    np.testing.assert_allclose(bone_lengths(found.joints)[0], lengths, atol=1e-6)
    np.testing.assert_allclose(found.joints[0], own, atol=0.01)  # the motion is in the stock


def test_no_real_motion_as_long_is_a_failure(stock):
    long = np.repeat(CLIPS[0].joints[:1], 61, axis=0).astype(float)[None]
    found = correct(ProjectionCorrector(stock=stock), long)
    assert not found.success[0] and found.moved[0] == 0
    np.testing.assert_array_equal(found.joints, long)


def test_a_stock_knows_itself_and_leaves_out_what_failed(stock):
    told = ProjectionCorrector(stock=stock).describe()["stock"]
    assert told["motions"] == 40 and told["frames"] == 2400 and len(told["fingerprint"]) == 64
    assert Stock.from_clips(CLIPS).fingerprint == told["fingerprint"] != Stock.from_clips(CLIPS[1:]).fingerprint
    assert len(stock.parts(30).clip) == 80 and len(stock.parts(60).clip) == 40 and len(stock.parts(61).clip) == 0
    clip = CLIPS[0]
    broken = Clip("b", clip.joints, clip.captions, "", "", "", glitches=(10,))
    steps = Clip("s", clip.joints, clip.captions, "", "", "", flat=False)
    with_broken = Stock.from_clips((clip, broken, steps))
    assert len(with_broken.clips) == 2
    parts = with_broken.parts(30)
    assert list(zip(parts.clip, parts.start, strict=True)) == [(0, 0), (0, 20), (1, 20)]
    for frames in range(8, 20):
        stock.parts(frames)
    assert len(stock._parts) <= 4, "the memory stays bounded"
    with pytest.raises(ValueError, match="at least 2 motions on a flat floor"):
        Stock.from_clips((clip, steps))


@pytest.mark.slow
def test_the_embedded_stock_is_the_same_everywhere_and_near_to_what_is_drawn():
    stock = embedded_stock()
    assert {clip.action for clip in stock.clips} == {clip.action for clip in CLIPS}
    fresh = np.stack([clip.joints for clip in CLIPS]).astype(float)
    found = correct(ProjectionCorrector(stock=stock), fresh)
    assert found.success.all() and found.moved.mean() < 0.25


@pytest.fixture(scope="module")
def real():
    return np.stack([clip.joints for clip in generate(120, frames=FRAMES, seed=31)]).astype(float)


@pytest.fixture(scope="module")
def gate(real):
    return PlausibilityGate.fit(real)


def test_95_percent_of_the_real_motions_lie_within_the_gate(gate, real):
    share = np.mean([gate.within(motion) for motion in real])
    assert 0.95 <= share < 0.99
    assert gate.motions == 120
    batch = to_batch(generate(60, frames=FRAMES, seed=32), np.random.default_rng(0))
    assert gate.inside(batch).mean() > 0.8


@pytest.mark.parametrize("fault", ["floats", "sinks", "slides", "shakes", "stretches", "frozen", "broken"])
def test_every_fault_is_outside_the_gate(gate, real, fault):
    motion = next(motion for motion in real if gate.within(motion)).copy()
    ways = np.arange(FRAMES)[:, None, None]
    if fault == "floats":
        motion[..., 1] += 0.3
    elif fault == "sinks":
        motion[..., 1] -= 0.1
    elif fault == "slides":
        motion = np.repeat(motion[:1], FRAMES, axis=0) + ways * [0.05, 0.0, 0.0]
    elif fault == "shakes":
        motion += np.random.default_rng(0).normal(0, 0.01, motion.shape)
    elif fault == "stretches":
        motion = motion * (1 + 0.05 * np.sin(ways))
    elif fault == "frozen":
        motion = np.repeat(motion[:1], FRAMES, axis=0)
    else:
        motion[3, 4, 1] = np.nan
    assert not gate.within(motion)


def test_a_gate_judges_each_motion_alone_and_nan_is_outside(gate):
    batch = to_batch(generate(20, frames=FRAMES, seed=33), np.random.default_rng(0))
    features = batch.features.copy()
    features[2, 3, 5] = np.inf
    batch = batch.with_features(features)
    inside = gate.inside(batch)
    assert not inside[2] and 0 < inside.sum() < 20
    for chosen in ([2], [0, 7, 19], [11]):
        np.testing.assert_array_equal(gate.inside(batch.take(chosen)), inside[chosen])
    gated = gate.around(RegroundCorrector())
    done = gated(batch, np.random.default_rng(0))
    np.testing.assert_array_equal(done.picked, ~inside)
    np.testing.assert_array_equal(done.samples.features[inside], batch.features[inside])


def test_a_gate_comes_back_from_json(gate):
    again = PlausibilityGate.from_json(json.loads(json.dumps(gate.describe())))
    assert again == gate and again.describe() == gate.describe()
    for stored in ({}, {"ranges": 1}, {**gate.describe(), "ranges": {"jerk": [0, 1]}}, []):
        with pytest.raises(ValueError, match="no gate that was kept|ranges must be"):
            PlausibilityGate.from_json(stored)
    for wrong in ((1.0, 0.0), (0.0, float("nan"))):
        with pytest.raises(ValueError, match="finite and in order"):
            PlausibilityGate({**gate.ranges, "jerk": wrong}, 10)


def test_a_gate_needs_enough_whole_real_motions(real):
    with pytest.raises(ValueError, match="at least 40 real motions, got 39"):
        PlausibilityGate.fit(real[:39])
    with pytest.raises(ValueError, match="at least 4 frames"):
        PlausibilityGate.fit(real, np.r_[3, np.full(119, FRAMES)])
