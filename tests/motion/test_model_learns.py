"""The model really learns: samples follow the caption's action, judged by real motions it has not seen."""

import numpy as np
import pytest

from generative.distances import frechet, knn_action
from generative.samplers import SamplerConfig
from motion.batch import MotionBatch
from motion.data.procedural import KINDS, generate
from motion.evaluation.kinematics import Standardiser, kinematic_features
from motion.features.hml263 import decode, encode
from motion.model.denoiser import ModelConfig
from motion.model.generator import fit, sample
from motion.model.training import TrainConfig

FRAMES = 40


def captioned(n, seed):
    """n procedural motions with one of their captions each."""
    clips = generate(n, frames=FRAMES + 1, seed=seed)
    rng = np.random.default_rng(seed)
    captions = tuple(clip.captions[rng.integers(len(clip.captions))] for clip in clips)
    features = encode(np.stack([clip.joints for clip in clips]))
    lengths = np.full(n, FRAMES, dtype=np.int64)
    return MotionBatch(features, lengths, captions, tuple(c.action for c in clips), tuple(c.name for c in clips))


def statistics(features):
    return kinematic_features(decode(features), np.full(len(features), features.shape[1]))


@pytest.mark.slow
def test_samples_follow_their_captions_four_times_as_often_as_chance(one_thread):
    train, real = captioned(192, seed=0), captioned(500, seed=1)
    raw = statistics(real.features)
    ruler = Standardiser.fit(raw)
    held_out = ruler.apply(raw)
    chance = 1 / len(KINDS)
    size = ModelConfig(width=96, layers=2, frames=FRAMES)
    model = fit(None, train, TrainConfig(steps=400, model=size), np.random.default_rng(0))
    asked = real.take(range(192))
    drawn = sample(model, asked.captions, asked.lengths, SamplerConfig(), np.random.default_rng(1))
    got = ruler.apply(statistics(drawn))
    assert knn_action(held_out, real.actions, got, asked.actions).low >= 4 * chance
    # The same motions against the actions of other captions: the measure itself gives no more than chance.
    moved = [asked.actions[(i + 7) % len(asked)] for i in range(len(asked))]
    assert knn_action(held_out, real.actions, got, moved).low < chance
    # Captions matter, not the motions' mere likeness: with other captions the actions go with these.
    swapped = sample(
        model, asked.captions[7:] + asked.captions[:7], asked.lengths, SamplerConfig(), np.random.default_rng(1)
    )
    follow = knn_action(held_out, real.actions, ruler.apply(statistics(swapped)), moved)
    assert follow.low >= 4 * chance
    untrained = fit(None, train, TrainConfig(steps=1, model=size), np.random.default_rng(0))
    noise = sample(untrained, asked.captions, asked.lengths, SamplerConfig(), np.random.default_rng(1))
    assert knn_action(held_out, real.actions, ruler.apply(statistics(noise)), asked.actions).low < 4 * chance
    assert frechet(got, held_out).value < 0.5 * frechet(ruler.apply(statistics(noise)), held_out).value
