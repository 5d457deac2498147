"""What the motion model costs and learns on one CPU thread: `python benchmarks/motion_model.py [--learn]`.

Prints ratios: a training step (32 motions of 40 frames) with 4-frame patches against one token a frame, 8 steps of
DPM-Solver++ against 50 of DDIM (time and kept variance), and with --learn (about two minutes) how often the samples
of a model trained for 1 200 steps show the action that their caption asks for, against chance.
"""

import argparse
import time

import numpy as np
import torch

from generative.distances import frechet, knn_action, nearest_distance
from generative.exact import gaussian_variance
from generative.samplers import SamplerConfig
from motion.batch import MotionBatch
from motion.data.procedural import KINDS, generate
from motion.evaluation.kinematics import Standardiser, kinematic_features
from motion.features.hml263 import decode, encode
from motion.model.denoiser import ModelConfig
from motion.model.generator import MotionModel, fit, sample
from motion.model.training import TrainConfig

FRAMES = 40


def captioned(n: int, seed: int) -> MotionBatch:
    """n procedural motions of 40 frames, one caption each."""
    clips = generate(n, frames=FRAMES + 1, seed=seed)
    rng = np.random.default_rng(seed)
    captions = tuple(clip.captions[rng.integers(len(clip.captions))] for clip in clips)
    features = encode(np.stack([clip.joints for clip in clips]))
    names = tuple(clip.name for clip in clips)
    return MotionBatch(features, np.full(n, FRAMES), captions, tuple(clip.action for clip in clips), names)


def seconds_a_step(batch: MotionBatch, steps: int = 30, **size: int) -> float:
    """CPU-seconds of one training step, without the start."""
    config = TrainConfig(steps=3, model=ModelConfig(frames=FRAMES, **size))
    times = []
    for many in (3, 3 + steps):
        begin = time.process_time()
        fit(None, batch, TrainConfig(steps=many, model=config.model), np.random.default_rng(0))
        times.append(time.process_time() - begin)
    return (times[1] - times[0]) / steps


def seconds_a_chunk(model: MotionModel, batch: MotionBatch, config: SamplerConfig) -> float:
    """CPU-seconds of 64 motions."""
    begin = time.process_time()
    sample(model, batch.captions[:64], batch.lengths[:64], config, np.random.default_rng(0))
    return time.process_time() - begin


def learn(train: MotionBatch) -> None:
    real = captioned(512, seed=1000)
    ruler = Standardiser.fit(statistics(real.features))
    held_out = ruler.apply(statistics(real.features))
    begin = time.process_time()
    model = fit(None, train, TrainConfig(steps=1200, model=ModelConfig(frames=FRAMES)), np.random.default_rng(0))
    spent = time.process_time() - begin
    asked = real.take(range(256))
    drawn = sample(model, asked.captions, asked.lengths, SamplerConfig(), np.random.default_rng(1))
    got, known = ruler.apply(statistics(drawn)), ruler.apply(statistics(train.features))
    share = knn_action(held_out, real.actions, got, asked.actions)
    print(f"1200 steps in {spent:.0f} CPU-s: action right {share.rate:.3f} [{share.low:.3f}, {share.high:.3f}], ")
    print(f"  chance {1 / len(KINDS):.3f}: ratio {share.rate * len(KINDS):.1f}")
    print(f"Frechet distance {frechet(got, held_out).value:.1f}, floor {frechet(known, held_out).value:.1f}")
    copies = np.median(nearest_distance(got, known)) / np.median(nearest_distance(held_out, known))
    print(f"distance to the nearest training motion, samples / held-out real: {copies:.2f}")


def statistics(features: np.ndarray) -> np.ndarray:
    return kinematic_features(decode(features), np.full(len(features), features.shape[1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learn", action="store_true", help="also train a model and measure it")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    train = captioned(192, seed=0)
    seconds_a_step(train)  # the first run also pays for loading kernels
    for width, layers in ((64, 2), (96, 2), (96, 3), (128, 4)):
        print(f"{width} x {layers}, patch 4: {seconds_a_step(train, width=width, layers=layers):.4f} CPU-s a step")
    ratio = seconds_a_step(train, patch=1) / seconds_a_step(train, patch=4)
    print(f"96 x 2: one token a frame / 4-frame patches: {ratio:.2f} in time")
    model = fit(None, train, TrainConfig(steps=2, model=ModelConfig(frames=FRAMES)), np.random.default_rng(0))
    short, long = SamplerConfig(steps=8), SamplerConfig(steps=50, solver="ddim")
    a, b = seconds_a_chunk(model, train, short), seconds_a_chunk(model, train, long)
    print(f"64 motions: {a:.2f} CPU-s (dpm++2m, 8), {b:.2f} (ddim, 50): ratio {b / a:.1f}")
    for variance in (0.01, 0.1, 1.0, 10.0):
        kept = [gaussian_variance(config, variance) / variance for config in (short, long)]
        print(f"  variance kept of N(0, {variance:g}): {kept[0]:.3f} (dpm++2m, 8), {kept[1]:.3f} (ddim, 50)")
    if chosen.learn:
        learn(train)


if __name__ == "__main__":
    main()
