"""MotionBatch: motions as features with their captions, the `Batch` that correctors, schedules and models exchange."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]


@dataclass(frozen=True)
class MotionBatch:
    """n motions in the 263-dim representation, zero-padded to a common number of frames, with their conditions.

    features: (n, T, 263) float32, raw units (not normalised), zero beyond each motion's length.
    lengths: (n,) int64, valid frames of each motion, 1 <= length <= T.
    captions: n texts, the condition of each motion.
    actions: n class labels ("" where unknown); for measuring only, models never see them.
    ids: n names of the motion that the condition was taken from.
    """

    features: Float
    lengths: NDArray[np.int64]
    captions: tuple[str, ...]
    actions: tuple[str, ...]
    ids: tuple[str, ...]

    def __post_init__(self) -> None:
        n = len(self.features)
        if self.features.ndim != 3 or self.features.dtype != np.float32:
            raise ValueError(
                f"features must be float32 (n, T, d), got {self.features.dtype} {self.features.shape}; use astype"
            )
        for name, size in [("lengths", len(self.lengths)), ("captions", len(self.captions)),
                           ("actions", len(self.actions)), ("ids", len(self.ids))]:  # fmt: skip
            if size != n:
                raise ValueError(f"{name} must have one entry per motion ({n}), got {size}")

    def __len__(self) -> int:
        return len(self.features)

    def take(self, indices: Sequence[int] | NDArray[np.int64]) -> MotionBatch:
        """The motions at `indices`, in that order (repeats allowed)."""
        index = np.asarray(indices, dtype=np.int64)
        return MotionBatch(
            self.features[index],
            self.lengths[index],
            tuple(self.captions[i] for i in index),
            tuple(self.actions[i] for i in index),
            tuple(self.ids[i] for i in index),
        )

    def concat(self, *others: MotionBatch) -> MotionBatch:
        """This batch followed by the others; frame counts must agree."""
        parts = (self, *others)
        return MotionBatch(
            np.concatenate([p.features for p in parts]),
            np.concatenate([p.lengths for p in parts]),
            tuple(c for p in parts for c in p.captions),
            tuple(a for p in parts for a in p.actions),
            tuple(i for p in parts for i in p.ids),
        )

    def replace(self, indices: Sequence[int] | NDArray[np.int64], other: MotionBatch) -> MotionBatch:
        """A copy in which the motions at `indices` are those of `other`, in order."""
        index = np.asarray(indices, dtype=np.int64)
        order = np.arange(len(self))
        order[index] = len(self) + np.arange(len(index))
        return self.concat(other).take(order)

    def with_features(self, features: Float) -> MotionBatch:
        """The same conditions with other motions."""
        return MotionBatch(features, self.lengths, self.captions, self.actions, self.ids)

    def save(self, folder: Path) -> None:
        """Write `motions.npz` and `conditions.json` into an existing folder (no pickle)."""
        np.savez(folder / "motions.npz", features=self.features, lengths=self.lengths)
        text = json.dumps({"captions": self.captions, "actions": self.actions, "ids": self.ids}, ensure_ascii=False)
        (folder / "conditions.json").write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> MotionBatch:
        """Read what `save` wrote."""
        with np.load(folder / "motions.npz", allow_pickle=False) as file:
            features, lengths = file["features"], file["lengths"]
        conditions = json.loads((folder / "conditions.json").read_text(encoding="utf-8"))
        return cls(features, lengths, *(tuple(conditions[key]) for key in ("captions", "actions", "ids")))
