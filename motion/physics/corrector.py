"""The physics corrector: each motion becomes the one that a simulated humanoid performs when it follows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from loop.corrector import Corrected, Scope
from motion.batch import MotionBatch
from motion.features.hml263 import decode_list, encode_list
from motion.kinematics.skeleton import N_JOINTS
from motion.physics.correct import correct_joints
from motion.physics.settings import PhysicsSettings


@dataclass(frozen=True)
class PhysicsCorrector:
    """A `loop.corrector.Corrector` of `MotionBatch`: deterministic, each motion by itself.

    `moved` is the mean joint distance [m]. A motion fails, and stays exactly as it was, if its features are not
    finite, if it has fewer than 8 frames, or if the humanoid cannot follow it with any of the ladder's bounds.
    """

    settings: PhysicsSettings = field(default_factory=PhysicsSettings)
    scope: Scope = "sample"

    def __post_init__(self) -> None:
        if self.scope != "sample":
            raise ValueError(f"scope must be 'sample' (each motion by itself), got {self.scope!r}; leave it")

    def __call__(self, batch: MotionBatch, rng: np.random.Generator) -> Corrected[MotionBatch]:
        n, frames = batch.features.shape[:2]
        moved, failed = np.zeros(n), np.ones(n, bool)
        inside = np.arange(frames) < batch.lengths[:, None]
        sound = np.flatnonzero((np.isfinite(batch.features).all(axis=2) | ~inside).all(axis=1))
        features = batch.features.copy()
        if sound.size:
            clips = decode_list(batch.features[sound], batch.lengths[sound], extra=True)
            joints = np.zeros((len(clips), frames + 1, N_JOINTS, 3))
            for row, clip in zip(joints, clips, strict=True):
                row[: len(clip)] = clip
            report = correct_joints(joints, batch.lengths[sound] + 1, self.settings)
            good = np.flatnonzero(report.success)
            corrected = [report.joints[i, : len(clips[i])] for i in good]
            features[sound[good]] = encode_list(corrected, frames, floor="given")[0]
            moved[sound], failed[sound] = report.moved, ~report.success
        return Corrected(batch.with_features(features), moved, np.ones(n, bool), failed)

    def describe(self) -> dict[str, Any]:
        return {"name": "physics", **self.settings.describe()}
