"""The one-step test tells what helps from what does nothing and from what harms."""

from dataclasses import dataclass

import numpy as np
import pytest

from loop import Corrected, NoCorrection
from motion.data.procedural import generate
from motion.experiment.dataset import to_batch
from motion.experiment.ideal import FreshMotion
from motion.experiment.one_step import one_step

KINDS = ("walk", "jump", "squat", "wave left")


def real(n, seed):
    return to_batch(generate(n, frames=25 + 8, seed=seed, kinds=KINDS), np.random.default_rng(seed))


def smaller(batch, share):
    """Positions drawn together about their mean over time, as a collapsing model does."""
    features = batch.features.copy()
    part = features[..., 4:67]
    features[..., 4:67] = part.mean(axis=1, keepdims=True) * (1 - share) + share * part
    return batch.with_features(features)


@dataclass(frozen=True)
class Shrinking:
    scope = "sample"

    def __call__(self, batch, rng):
        n = len(batch)
        return Corrected(smaller(batch, 0.5), np.ones(n), np.ones(n, bool), np.zeros(n, bool))

    def describe(self):
        return {"name": "shrinking"}


@pytest.fixture(scope="module")
def steps():
    correctors = [
        ("none", NoCorrection()),
        ("ideal", FreshMotion(lambda count, rng: real(count, int(rng.integers(2**31))), "fresh")),
        ("shrinking", Shrinking()),
    ]
    samples = [(-1, real(160, 1)), (0, smaller(real(160, 2), 0.7)), (4, smaller(real(160, 3), 0.4))]
    return {(step.corrector, step.generation): step for step in one_step(correctors, samples, real(160, 4))}


def test_nothing_changes_nothing(steps):
    for generation in (-1, 0, 4):
        step = steps["none", generation]
        assert step.ratio == step.low == step.high == 1 and step.unmoved == 1 and step.moved == 0


def test_a_fresh_draw_comes_down_to_the_floor(steps):
    floor = steps["none", -1].before
    for generation in (0, 4):
        step = steps["ideal", generation]
        assert step.high < 1 and step.low < step.ratio < step.high
        # Two sets of real motions are all that remains, but for a choice of like captions.
        assert step.after < 2 * floor < step.before
        assert step.ratio == pytest.approx(step.after / step.before)


def test_harm_is_seen(steps):
    for generation in (-1, 0, 4):
        assert steps["shrinking", generation].low > 1


def test_the_same_seed_gives_the_same(steps):
    again = one_step([("none", NoCorrection())], [(0, smaller(real(160, 2), 0.7))], real(160, 4))
    assert again[0].before == steps["none", 0].before
