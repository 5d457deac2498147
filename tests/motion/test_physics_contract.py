"""The physics corrector as correctors are: batches of features in and out, failures whole, a description."""

import json

import numpy as np
import pytest

from loop.corrector import Mixture
from motion.batch import MotionBatch
from motion.features.padded import decode_clips, encode_clips
from motion.features.representation import representation_named
from motion.physics import PhysicsCorrector, PhysicsSettings, correct_joints

HML263 = representation_named("hml263")


@pytest.fixture(scope="module")
def batch(clean: np.ndarray) -> MotionBatch:
    sizes = [29, 29, 21, 29, 21, 12]
    features, lengths = encode_clips(HML263, [clean[i, : size + 1] for i, size in enumerate(sizes)], 29, floor="given")
    names = tuple(f"m{i}" for i in range(6))
    return MotionBatch(features, lengths, names, ("",) * 6, names)


def test_corrector_keeps_the_contract(batch: MotionBatch) -> None:
    corrector = PhysicsCorrector()
    assert corrector.scope == "sample"
    done = corrector(batch, np.random.default_rng(0))
    assert len(done.samples) == 6 and done.picked.all() and not done.failed.any()
    assert done.samples.captions == batch.captions and (done.samples.lengths == batch.lengths).all()
    assert (done.moved > 0).all() and (done.moved < 0.1).all()
    for row, length in zip(done.samples.features, batch.lengths, strict=True):
        assert (row[length:] == 0).all() and np.isfinite(row).all()
    again = corrector(batch, np.random.default_rng(99))
    np.testing.assert_array_equal(again.samples.features, done.samples.features)
    order = [4, 1, 5]
    part = corrector(batch.take(order), np.random.default_rng(1))
    np.testing.assert_array_equal(part.samples.features, done.samples.features[order])
    np.testing.assert_array_equal(part.moved, done.moved[order])
    mixed = Mixture(corrector, 1.0)(batch, np.random.default_rng(3))
    assert 0 < mixed.picked.sum() < 6
    np.testing.assert_array_equal(mixed.samples.features[mixed.picked], done.samples.features[mixed.picked])
    np.testing.assert_array_equal(mixed.samples.features[~mixed.picked], batch.features[~mixed.picked])


def test_features_carry_the_corrected_motion(batch: MotionBatch) -> None:
    done = PhysicsCorrector()(batch, np.random.default_rng(0))
    inputs = decode_clips(HML263, batch.features, batch.lengths)
    found = decode_clips(HML263, done.samples.features, batch.lengths)
    for clip, got in zip(inputs, found, strict=True):
        corrected = correct_joints(clip[None].astype(float)).joints[0]
        np.testing.assert_allclose(got, corrected - corrected[0, 0] * [1, 0, 1], atol=3e-6)


def test_failures_return_the_original(batch: MotionBatch) -> None:
    features = batch.features.copy()
    features[1, 3, 70] = np.nan  # not finite
    features[3, :, 3] += np.linspace(0, 60, 29)  # rises 60 m: nobody can follow
    broken = batch.with_features(features)
    short = broken.take([0, 1, 2, 3])
    short = MotionBatch(short.features, np.array([29, 29, 3, 29]), *(short.captions,) * 3)
    done = PhysicsCorrector()(short, np.random.default_rng(0))
    assert done.failed.tolist() == [False, True, True, True]
    np.testing.assert_array_equal(done.samples.features[1:], short.features[1:])
    assert (done.moved[1:] == 0).all() and done.moved[0] > 0


def test_description_is_json_and_names_every_setting() -> None:
    text = PhysicsCorrector(settings=PhysicsSettings(friction=0.7)).describe()
    assert json.loads(json.dumps(text)) == text
    assert (
        text["name"] == "physics"
        and text["friction"] == 0.7
        and text["ladder"][0]["across"] == 0.1
        and text["tolerance"] == [0.025, 0.05]
    )
    assert PhysicsCorrector(settings=PhysicsSettings(threads=2)).describe() == PhysicsCorrector().describe()
