"""Faults of a generator, planted into real motions: a judge that does not see them is none.

Each takes real motions of one length with their captions and actions and gives equally many faulty ones; captions and
actions stay what was asked for. Where bones would change their lengths by it, they get them back, so that no measure of
bones gives away what is meant for others.
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
from motion.kinematics.retarget import bone_vectors, from_bones
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
        result[same] = _less_various(joints[same])
    return result


def _less_various(joints: Floats) -> Floats:
    """Nearer to their mean, on their own bones, so that VARIANCE of their variance is left (one motion: itself).

    Bones that get their lengths back undo a part of it, so how much nearer is found by halving an interval.
    """
    mean, variance = joints.mean(axis=0), joints.var(axis=0).sum()
    low, high = 0.0, 1.0
    for _ in range(12):
        factor = (low + high) / 2
        nearer = _with_bones_of(mean + factor * (joints - mean), joints)
        low, high = (factor, high) if nearer.var(axis=0).sum() < VARIANCE * variance else (low, factor)
    return nearer


def _with_bones_of(joints: Floats, other: Floats) -> Floats:
    """The motion on rigid bones: those of an average are shorter, which is too easily seen."""
    bones = bone_vectors(joints)
    size = np.linalg.norm(bones, axis=-1, keepdims=True)
    wanted = np.linalg.norm(bone_vectors(other), axis=-1, keepdims=True)
    return np.asarray(from_bones(joints[:, :, 0], bones * (wanted / np.maximum(size, 1e-9))))


def _mirrored(joints: Floats, actions: tuple[str, ...], rng: np.random.Generator) -> Floats:
    seen: Floats = (joints * np.array([-1.0, 1.0, 1.0]))[:, :, list(MIRROR)]
    return seen


def _slower(joints: Floats, actions: tuple[str, ...], rng: np.random.Generator) -> Floats:
    frames = joints.shape[1]
    slow = resample(joints.transpose(1, 0, 2, 3), FPS, FPS / SLOWER)[:frames]
    return _with_bones_of(slow.transpose(1, 0, 2, 3), joints)


def _noisy(size: float) -> Callable[[Floats, tuple[str, ...], np.random.Generator], Floats]:
    return lambda joints, actions, rng: joints + size * rng.standard_normal(joints.shape)


PLANTED: tuple[Planted, ...] = (
    Planted("variance shrunk", "variance about the mean motion of each action less by 10 %", _shrunk),
    Planted("sides mirrored", "motion mirrored, caption not", _mirrored),
    Planted("slower", "everything 10 % slower", _slower),
    Planted("jitter", "white noise, 1 cm a coordinate", _noisy(JITTER)),
)
NEARLY = Planted("nearly copies", "training motions with white noise, 1 mm a coordinate", _noisy(COPY_NOISE))
