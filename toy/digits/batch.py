"""ImageBatch: grey images with their labels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from loop.batch import Indices

CLASSES = 10


@dataclass(frozen=True)
class ImageBatch:
    """images: (n, H, W) float32, 0 black to 1 white. labels: (n,) int64, 0 to 9: of samples what was asked for."""

    images: NDArray[np.float32]
    labels: NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.images.ndim != 3 or self.labels.shape != (len(self.images),):
            raise ValueError(
                f"images must be (n, H, W) with n labels, got {self.images.shape} and {self.labels.shape}; match them"
            )

    def __len__(self) -> int:
        return len(self.images)

    @property
    def flat(self) -> NDArray[np.float64]:
        """Pixels as vectors, (n, H*W)."""
        return self.images.reshape(len(self), -1).astype(np.float64)

    def take(self, indices: Indices) -> ImageBatch:
        rows = np.asarray(indices, dtype=np.int64)
        return ImageBatch(self.images[rows], self.labels[rows])

    def concat(self, *others: ImageBatch) -> ImageBatch:
        parts = (self, *others)
        return ImageBatch(np.concatenate([p.images for p in parts]), np.concatenate([p.labels for p in parts]))

    def replace(self, indices: Indices, other: ImageBatch) -> ImageBatch:
        rows = np.asarray(indices, dtype=np.int64)
        images, labels = self.images.copy(), self.labels.copy()
        images[rows], labels[rows] = other.images, other.labels
        return ImageBatch(images, labels)

    def save(self, folder: Path) -> None:
        np.savez(folder / "images.npz", images=self.images, labels=self.labels)

    @classmethod
    def load(cls, folder: Path) -> ImageBatch:
        with np.load(folder / "images.npz", allow_pickle=False) as stored:
            return cls(stored["images"], stored["labels"])
