"""Z-normalisation of features, with one standard deviation shared inside each group of a representation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motion.batch import MotionBatch
from motion.features.hml263 import GROUPS

Float32 = NDArray[np.float32]

SMALLEST_STD = 1e-4
"""A group that varies less than this in the training set is left unscaled [the group's unit]."""


@dataclass(frozen=True)
class Normaliser:
    """z = (x - mean) / std, per dimension; mean and std are (dim,) float32."""

    mean: Float32
    std: Float32

    def __post_init__(self) -> None:
        for name in ("mean", "std"):
            value = getattr(self, name)
            if value.ndim != 1 or value.dtype != np.float32 or not np.all(np.isfinite(value)):
                raise ValueError(f"{name} must be finite float32 (dim,), got {value.dtype} {value.shape}")
        if self.mean.shape != self.std.shape:
            raise ValueError(f"mean and std must have one shape, got {self.mean.shape} and {self.std.shape}")
        if not np.all(self.std > 0):
            raise ValueError(f"std must be positive, got {float(self.std.min())!r}; fit it on a real training set")

    @classmethod
    def fit(cls, batch: MotionBatch) -> Normaliser:
        """Of a batch's 263 features, see `of_features`.

        Raises:
            ValueError: the batch is empty or not finite.
        """
        return cls.of_features(batch.features, batch.lengths, GROUPS)

    @classmethod
    def of_features(cls, features: Float32, lengths: NDArray[np.int64], groups: tuple[slice, ...]) -> Normaliser:
        """Mean and std over all valid frames; the std is averaged inside each group, as HumanML3D does.

        Args:
            features: (n, T, dim) of any representation. lengths: (n,) valid frames.
            groups: of that representation (`Representation.groups`).

        Raises:
            ValueError: no motion, or values that are not finite.
        """
        if len(features) == 0:
            raise ValueError("a normaliser needs at least one motion, got an empty batch; check the data filters")
        valid = np.arange(features.shape[1]) < lengths[:, None]
        frames = features[valid].astype(np.float64)  # (frames, dim)
        if not np.all(np.isfinite(frames)):
            raise ValueError("features must be finite, got nan or inf in the training set; drop those motions")
        std = frames.std(axis=0)
        for group in groups:
            shared = std[group].mean()
            std[group] = shared if shared > SMALLEST_STD else 1.0
        return cls(frames.mean(axis=0).astype(np.float32), std.astype(np.float32))

    def apply(self, features: Float32) -> Float32:
        """Raw units -> z, (..., dim)."""
        return np.asarray((features - self.mean) / self.std, dtype=np.float32)

    def invert(self, normalised: Float32) -> Float32:
        """z -> raw units, (..., dim)."""
        return np.asarray(normalised * self.std + self.mean, dtype=np.float32)

    def arrays(self) -> dict[str, Float32]:
        """What `from_arrays` reads back."""
        return {"mean": self.mean, "std": self.std}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Normaliser:
        return cls(np.asarray(arrays["mean"], np.float32), np.asarray(arrays["std"], np.float32))
