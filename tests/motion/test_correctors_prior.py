"""The prior: real motions stay as they are, generated ones become real ones of like captions."""

from functools import cache

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from motion.correctors import prior_file as priors
from motion.correctors.by_prior import PriorCorrector
from motion.correctors.likeness import CaptionIndex
from motion.correctors.prior import Look, MotionPrior, PriorSettings
from motion.data.procedural import generate
from motion.kinematics.bodies import on_body
from motion.kinematics.retarget import heading, uniform_body
from motion.kinematics.skeleton import BONE_LENGTHS
from motion.physics.ik import bone_lengths

KINDS = ("walk", "jump", "squat", "bow", "kick left", "kick right", "wave left", "wave right")
FRAMES = 31


@cache
def drawn(n, seed):
    clips = generate(n, frames=FRAMES, seed=seed, kinds=KINDS)
    return (
        np.stack([clip.joints for clip in clips]), tuple(clip.captions[0] for clip in clips),
        tuple(clip.name for clip in clips), [clip.action for clip in clips],
    )  # fmt: skip


@pytest.fixture(scope="module")
def prior():
    return MotionPrior(*drawn(240, 1)[:3])


def corrected(prior, joints, captions, seed=0):
    lengths = np.full(len(joints), joints.shape[1])
    return PriorCorrector(prior=prior).correct(joints.astype(float), lengths, captions, np.random.default_rng(seed))


def jittered(joints, size=0.004):
    return joints + np.random.default_rng(7).normal(0, size, joints.shape)


def test_real_motions_stay_to_the_bit_and_generated_ones_go(prior):
    joints, captions, _, _ = drawn(120, 2)
    found = corrected(prior, joints, captions)
    stayed = found.moved == 0
    # Each of five tests passes 99 %: at least 95 % of an endless stock; a small one is thinner than what it judges.
    # Three standard errors of a share of .9 of 120 are .08.
    assert found.success.all() and stayed.mean() > 0.9 - 0.08
    np.testing.assert_array_equal(found.joints[stayed], joints.astype(float)[stayed])
    noisy = corrected(prior, jittered(joints), captions)
    assert (noisy.moved > 0).all()
    # The mean of a kind is in the middle of its space, with nothing outside, as few real motions are. Those of short
    # gestures are not told: most of their real motions stand still for as long.
    mean = np.stack([prior.joints[[action == kind for action in drawn(240, 1)[3]]].mean(axis=0) for kind in KINDS])
    smooth = uniform_body_of(mean)
    told = [f"a person does this: {kind}" for kind in KINDS]
    assert (corrected(prior, smooth, told).moved > 0).mean() > 0.5


def uniform_body_of(joints):
    """Bones of their lengths again, so that only the smoothness is left to tell."""
    return np.stack([uniform_body(clip.astype(float)) for clip in joints])


def test_what_it_returns_is_a_real_motion_that_it_leaves_alone(prior):
    joints, captions, _, actions = drawn(40, 3)
    moved = joints @ np.array([[0.0, 0, -1], [0, 1, 0], [1, 0, 0]]) + [3.0, 0.0, -2.0]  # a quarter turn, elsewhere
    found = corrected(prior, jittered(moved), captions)
    again = corrected(prior, found.joints, captions, seed=9)
    assert (again.moved == 0).mean() > 0.95
    np.testing.assert_allclose(found.joints[:, 0, 0, [0, 2]], jittered(moved)[:, 0, 0, [0, 2]], atol=1e-9)
    away = heading(found.joints[:, 0]) - heading(jittered(moved)[:, 0])
    np.testing.assert_allclose((away + np.pi) % (2 * np.pi) - np.pi, 0, atol=1e-6)
    away = cdist(_shapes(found.joints), _shapes(prior.joints))
    assert away.min(axis=1).max() < 1e-4  # each is one of the stock
    chosen = [drawn(240, 1)[3][i] for i in away.argmin(axis=1)]
    # The wrong theory, that captions are not read, would often give a left kick where a right one was asked for.
    assert np.mean([a == b for a, b in zip(chosen, actions, strict=True)]) > 0.9


def _shapes(joints):
    """What does not change when a motion is moved and turned: distances of some joints to the first pelvis, (n, k)."""
    away = joints[:, ::5, [10, 11, 15, 20, 21]] - joints[:, :1, :1]
    return np.linalg.norm(away, axis=-1).reshape(len(joints), -1)


def test_each_motion_stands_alone(prior):
    joints, captions, _, _ = drawn(5, 4)
    noisy = jittered(joints)
    together = corrected(prior, noisy, captions)
    alone = corrected(prior, noisy[:1], captions[:1])
    np.testing.assert_array_equal(alone.joints[0], together.joints[0])
    others = noisy.copy()
    others[1:] += 1.0
    np.testing.assert_array_equal(corrected(prior, others, captions).joints[0], together.joints[0])


def test_lengths_that_it_cannot_judge_fail_and_shorter_ones_are_judged(prior):
    joints, captions, _, _ = drawn(4, 5)
    longer = np.concatenate([joints, joints[:, -1:]], axis=1).astype(float)
    corrector = PriorCorrector(prior=prior)
    found = corrector.correct(longer, np.array([FRAMES + 1, 2, FRAMES, 20]), captions, np.random.default_rng(0))
    assert found.success.tolist() == [False, False, True, True]
    np.testing.assert_array_equal(found.joints[:2], longer[:2])
    assert (found.moved[:2] == 0).all()
    np.testing.assert_array_equal(found.joints[3, 20:], longer[3, 20:])  # padding comes back as it was


def test_the_nearer_the_likelier(prior):
    look = Look(np.arange(prior.k), np.linspace(1.0, 3.0, prior.k), np.zeros((30, 67)), 1.0)
    lots = (np.arange(4000) + 0.5) / 4000
    chosen = np.bincount([prior.choose(look, lot) for lot in lots], minlength=prior.k) / len(lots)
    weight = np.exp(-(look.distances - 1) / (2 * prior.settings.width)) * (np.arange(prior.k) < prior.settings.choices)
    np.testing.assert_allclose(chosen, weight / weight.sum(), atol=1 / 2000)
    assert prior.choose(look, 0.0) == 0 and prior.choose(look, np.nextafter(1, 0)) == prior.settings.choices - 1
    nearest = MotionPrior(prior.joints, prior.captions, prior.captures, PriorSettings(width=0.0))
    assert {nearest.choose(look, lot) for lot in lots[::400]} == {0}


def test_captions_are_alike_by_their_telling_words():
    index = CaptionIndex.of(["a person walks", "a person walks fast", "a person kicks left", "a person kicks right"])
    like = index.similarity("a person kicks left")
    assert like[2] == pytest.approx(1) and like[0] == 0 and 0 < like[3] < 1  # what all say tells nothing
    assert (index.similarity("nothing known") == 0).all() and (index.similarity("") == 0).all()


def test_without_a_caption_the_nearest_motions_count(prior):
    joints, _, _, actions = drawn(60, 8)
    silent = ("",) * len(joints)
    # Three standard errors of a share of .9 of 60 are .12.
    assert (corrected(prior, joints, silent).moved == 0).mean() > 0.9 - 0.12
    noisy = corrected(prior, jittered(joints), silent)
    assert (noisy.moved > 0).all()
    away = cdist(_shapes(noisy.joints), _shapes(prior.joints))
    chosen = [drawn(240, 1)[3][i] for i in away.argmin(axis=1)]
    assert np.mean([a == b for a, b in zip(chosen, actions, strict=True)]) > 0.9  # by the motion alone


def test_on_its_own_bones(prior):
    joints, captions, _, _ = drawn(6, 9)
    lengths = BONE_LENGTHS * 1.1
    grown = np.stack([on_body(clip.astype(float), lengths) for clip in jittered(joints)])
    corrector = PriorCorrector(prior=prior, body="clip")
    found = corrector.correct(grown, np.full(6, FRAMES), captions, np.random.default_rng(0))
    assert found.success.all() and (found.moved > 0).all()
    np.testing.assert_allclose(bone_lengths(found.joints)[:, 1:], np.tile(lengths[1:], (6, 1)), rtol=0.01)
    np.testing.assert_allclose(found.joints[..., 1].min(axis=(1, 2)), 0, atol=1e-9)


def test_written_and_read_it_is_the_same(prior, tmp_path):
    path = tmp_path / "prior.npz"
    priors.save(prior, path, FRAMES - 1)
    read = priors.load(path)
    assert read.describe() == prior.describe() and read.kept.keys() == {(FRAMES - 1, True)}
    joints, captions, _, _ = drawn(6, 6)
    one, two = (corrected(p, jittered(joints), captions) for p in (prior, read))
    np.testing.assert_array_equal(one.joints, two.joints)
    whole = path.read_bytes()
    for bad in (whole[: len(whole) // 2], whole[:100] + b"\xff" * 40 + whole[140:], b""):
        path.write_bytes(bad)
        with pytest.raises(ValueError, match="not a readable prior"):
            priors.load(path)
    with pytest.raises(FileNotFoundError):
        priors.load(tmp_path / "absent.npz")


def test_bad_priors_are_refused(prior):
    with pytest.raises(ValueError, match="at least 24 real motions, got 23"):
        MotionPrior(prior.joints[:23], prior.captions[:23], prior.captures[:23])
    with pytest.raises(ValueError, match="one entry per motion"):
        MotionPrior(prior.joints, prior.captions[:-1], prior.captures)
    for settings, words in (
        ({"candidates": 3}, "candidates"),
        ({"passes": 1.0}, "passes"),
        ({"width": -1}, "width"),
        ({"choices": 0}, "choices"),
    ):
        with pytest.raises(ValueError, match=words):
            PriorSettings(**settings)
