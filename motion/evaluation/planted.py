"""Faults of a generator, planted into real motions: a judge that does not see them is none.

Each takes real motions of one length with their captions and actions and gives equally many faulty ones; captions and
actions stay what was asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motion.batch import MotionBatch
from motion.features.hml263 import encode
from motion.features.padded import decode_clips
from motion.features.representation import representation_named
from motion.kinematics.resample import resample
from motion.kinematics.skeleton import FPS, MIRROR

Floats = NDArray[np.float64]

VARIANCE = 0.9
"""What is left of the variance of motions about the mean motion of their action."""
SLOWER = 0.9
"""Speed of slowed motions, as a share."""
JITTER = 0.01
"""Standard deviation of white noise on every coordinate [m]."""
COPY_NOISE = 0.001
"""The same for copies of training motions that are not quite exact [m]."""


@dataclass(frozen=True)
class Planted:
    """A fault that changes each motion. apply: joints (n, F, 22, 3) [m] and actions to joints."""

    name: str
    about: str
    apply: Callable[[Floats, tuple[str, ...], np.random.Generator], Floats]

    def __call__(self, real: MotionBatch, rng: np.random.Generator) -> MotionBatch:
        """Faulty motions with the same conditions.

        Raises:
            ValueError: motions of different lengths.
        """
        if len(set(real.lengths.tolist())) != 1:
            raise ValueError("faults are planted into motions of one length, got several; cut them to one")
        clips = decode_clips(representation_named("hml263"), real.features, real.lengths)
        joints = self.apply(np.stack(clips).astype(np.float64), real.actions, rng)
        features = np.zeros_like(real.features)
        features[:, : real.lengths[0]] = encode(joints, floor="given")
        return real.with_features(features)


def _shrunk(joints: Floats, actions: tuple[str, ...], rng: np.random.Generator) -> Floats:
    result, labels = joints.copy(), np.asarray(actions)
    for action in sorted(set(actions)):
        same = labels == action
        mean = joints[same].mean(axis=0)
        result[same] = mean + np.sqrt(VARIANCE) * (joints[same] - mean)
    return result


def _mirrored(joints: Floats, actions: tuple[str, ...], rng: np.random.Generator) -> Floats:
    seen: Floats = (joints * np.array([-1.0, 1.0, 1.0]))[:, :, list(MIRROR)]
    return seen


def _slower(joints: Floats, actions: tuple[str, ...], rng: np.random.Generator) -> Floats:
    frames = joints.shape[1]
    slow = resample(joints.transpose(1, 0, 2, 3), FPS, FPS / SLOWER)[:frames]
    return slow.transpose(1, 0, 2, 3)


def _noisy(size: float) -> Callable[[Floats, tuple[str, ...], np.random.Generator], Floats]:
    return lambda joints, actions, rng: joints + size * rng.standard_normal(joints.shape)


PLANTED: tuple[Planted, ...] = (
    Planted("variance shrunk", "variance about the mean motion of each action less by 10 %", _shrunk),
    Planted("sides mirrored", "motion mirrored, caption not", _mirrored),
    Planted("slower", "everything 10 % slower", _slower),
    Planted("jitter", "white noise, 1 cm a coordinate", _noisy(JITTER)),
)
NEARLY = Planted("nearly copies", "training motions with white noise, 1 mm a coordinate", _noisy(COPY_NOISE))
