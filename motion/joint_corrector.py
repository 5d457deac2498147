"""Correctors of motions work on joints; this is what makes a `loop.corrector.Corrector` of `MotionBatch` of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop.corrector import Corrected, Scope
from motion.batch import MotionBatch
from motion.features.padded import decode_clips, encode_clips
from motion.features.representation import Representation, representation_named
from motion.kinematics.skeleton import N_JOINTS

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CorrectedJoints:
    """Motions as joints and what happened to each.

    joints: (n, F, 22, 3) [m]; a failed motion's and all padding frames as they came.
    moved: (n,) mean joint distance from the input [m]; 0 where failed.
    success: (n,) False where the corrector had no answer: the original stands there.
    """

    joints: Floats
    moved: Floats
    success: NDArray[np.bool_]


@dataclass(frozen=True)
class JointCorrector(ABC):
    """A corrector of motions: features to joints, `correct`, and back.

    The floor stays where the corrected joints have it (no lowest point is subtracted). A motion whose features are not
    finite fails, and stays exactly as it was. `moved` is the mean joint distance [m].

    representation: name of the features that batches hold, see `motion.features.representation`.
    """

    representation: str = "hml263"

    def __post_init__(self) -> None:
        representation_named(self.representation)

    @property
    def scope(self) -> Scope:
        return "sample"

    @property
    @abstractmethod
    def name(self) -> str:
        """What commands and records call it."""

    @abstractmethod
    def correct(
        self, joints: Floats, lengths: NDArray[np.int64], captions: Sequence[str], rng: np.random.Generator
    ) -> CorrectedJoints:
        """The corrected motions; each result depends on its own motion and on `rng` alone where scope is "sample".

        Args:
            joints: (n, F, 22, 3) [m], y up, floor at y = 0, 20 fps; finite within each motion's length.
            lengths: (n,) valid FRAMES, 2 or more.
            captions: n texts, "" where there is none.

        Raises:
            ValueError: a shape or a length does not fit, or a valid frame is not finite.
        """

    def __call__(self, batch: MotionBatch, rng: np.random.Generator) -> Corrected[MotionBatch]:
        kind = representation_named(self.representation)
        n, frames = batch.features.shape[:2]
        moved, failed = np.zeros(n), np.ones(n, bool)
        inside = np.arange(frames) < batch.lengths[:, None]
        sound = np.flatnonzero((np.isfinite(batch.features).all(axis=2) | ~inside).all(axis=1))
        features = batch.features.copy()
        if sound.size:
            joints, lengths = padded_joints(kind, batch.take(sound))
            captions = [batch.captions[i] for i in sound]
            found = self.correct(joints, lengths, captions, rng)
            # What was not moved keeps its very features: encoding them again would round.
            good = np.flatnonzero(found.success & (found.moved > 0))
            corrected = [found.joints[i, : lengths[i]] for i in good]
            features[sound[good]] = encode_clips(kind, corrected, frames, floor="given")[0]
            moved[sound], failed[sound] = np.where(found.success, found.moved, 0.0), ~found.success
        return Corrected(batch.with_features(features), moved, np.ones(n, bool), failed)

    def describe(self) -> dict[str, Any]:
        """What it is, as JSON: enters the identity of a run."""
        return {"name": self.name, "representation": self.representation}


def padded_joints(kind: Representation, batch: MotionBatch) -> tuple[Floats, NDArray[np.int64]]:
    """Joints of a batch, (n, T+1, 22, 3) [m], zero beyond each motion, and their numbers of frames (n,)."""
    clips = decode_clips(kind, batch.features, batch.lengths)
    joints = np.zeros((len(clips), batch.features.shape[1] + 1, N_JOINTS, 3))
    for row, clip in zip(joints, clips, strict=True):
        row[: len(clip)] = clip
    return joints, batch.lengths + 1


def mean_distance(a: Floats, b: Floats, lengths: NDArray[np.int64]) -> Floats:
    """Mean joint distance of each motion over its valid frames, (n, F, 22, 3) twice -> (n,) [m]."""
    away = np.sqrt(((a - b) ** 2).sum(axis=-1)).mean(axis=2)
    inside = np.arange(a.shape[1]) < lengths[:, None]
    result: Floats = np.where(inside, away, 0.0).sum(axis=1) / lengths
    return result
