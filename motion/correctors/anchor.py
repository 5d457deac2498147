"""The control of every corrector that claims to know something: a redraw through the frozen first model."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from generative.device import Device
from generative.samplers import SamplerConfig
from loop.corrector import Corrected, Scope
from motion.batch import MotionBatch
from motion.features.padded import decode_clips
from motion.features.representation import representation_named
from motion.joint_corrector import mean_distance
from motion.model.generator import MotionModel, sample
from motion.text.words import TextEncoder


@dataclass(frozen=True)
class AnchorCorrector:
    """Each motion becomes a new sample of `model`, the loop's generation 0, for its caption and length.

    It knows no more than the loop itself did at its start, so a corrector that does not beat it has shown no knowledge
    of its own. `moved` is the mean joint distance [m], 0 where the original is not finite. name: of the
    model, for records. device: where it is drawn.
    """

    model: MotionModel
    sampler: SamplerConfig
    name: str
    encoder: TextEncoder | None = None
    scope: Scope = "sample"
    device: Device = "cpu"

    def __call__(self, batch: MotionBatch, rng: np.random.Generator) -> Corrected[MotionBatch]:
        n = len(batch)
        drawn = sample(
            self.model, batch.captions, batch.lengths, self.sampler, rng, encoder=self.encoder, device=self.device
        )
        features = np.zeros_like(batch.features)
        frames = min(features.shape[1], drawn.shape[1])
        features[:, :frames] = drawn[:, :frames]
        result = batch.with_features(features)
        kind = representation_named("hml263")
        finite = np.isfinite(batch.features).all(axis=(1, 2))
        before, after = (
            [clip.astype(float) for clip in decode_clips(kind, part.features[finite], part.lengths[finite])]
            for part in (batch, result)
        )
        moved = np.zeros(n)  # also where the original states no place
        moved[finite] = [
            mean_distance(b[None], a[None], np.array([len(a)]))[0] for b, a in zip(before, after, strict=True)
        ]
        return Corrected(result, moved, np.ones(n, bool), np.zeros(n, bool))

    def describe(self) -> dict[str, Any]:
        return {"name": "anchor", "model": self.name, **asdict(self.sampler)}
