"""Correctors of digits: the authors' k-means projection, and a redraw from real images, the nearest to an ideal one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from loop import ArrayBatch, Corrected
from loop.corrector import Scope
from toy.correctors import KMeansProjection
from toy.digits.batch import CLASSES, ImageBatch


@dataclass(frozen=True, eq=False)
class DigitKMeans:
    """One projection a digit; `moved` is Euclidean [pixel range 1]. The label is trusted.

    Only as many different images as there are centres come out. Unlike the authors' code it does not add 1/2 of a grey
    level when rounding (it does not round).
    """

    projections: tuple[KMeansProjection, ...]
    scope: Scope = "sample"

    @classmethod
    def fitted(cls, real: ImageBatch, centres: int) -> DigitKMeans:
        """`centres` per digit, of real images.

        Raises:
            ValueError: a digit has fewer images than that.
        """
        least = int(np.bincount(real.labels, minlength=CLASSES).min())
        if not 1 <= centres <= least:
            raise ValueError(
                f"centres must be 1 to {least}, the images of the rarest digit, got {centres}; ask for fewer"
            )
        flat = real.flat
        return cls(tuple(KMeansProjection.fitted(flat[real.labels == label], centres) for label in range(CLASSES)))

    def __call__(self, batch: ImageBatch, rng: np.random.Generator) -> Corrected[ImageBatch]:
        flat, images = batch.flat, batch.images.copy()
        moved, failed = np.zeros(len(batch)), np.zeros(len(batch), bool)
        for label, projection in enumerate(self.projections):
            rows = np.flatnonzero(batch.labels == label)
            if rows.size:
                done = projection(ArrayBatch(flat[rows]), rng)
                images[rows] = done.samples.samples.reshape(len(rows), *batch.images.shape[1:])
                moved[rows], failed[rows] = done.moved, done.failed
        return Corrected(ImageBatch(images, batch.labels), moved, np.ones(len(batch), bool), failed)

    def describe(self) -> dict[str, Any]:
        parts = [projection.describe() for projection in self.projections]
        total = hashlib.sha256("".join(part["fingerprint"] for part in parts).encode()).hexdigest()
        return {"name": "k-means", "centres": parts[0]["centres"], "fingerprint": total}


@dataclass(frozen=True, eq=False)
class DigitRedraw:
    """Replaces every image by a random one of `real` of the same digit: ideal as far as those images are the truth.

    `moved` is Euclidean [pixel range 1]; an image of a digit that `real` lacks stays and is marked as failed.
    """

    real: ImageBatch
    scope: Scope = "batch"  # how many draws a digit takes depends on its batch mates

    def __call__(self, batch: ImageBatch, rng: np.random.Generator) -> Corrected[ImageBatch]:
        images, failed = batch.images.copy(), np.zeros(len(batch), bool)
        for label in range(CLASSES):
            rows, known = np.flatnonzero(batch.labels == label), np.flatnonzero(self.real.labels == label)
            if rows.size and known.size:
                images[rows] = self.real.images[known[rng.integers(len(known), size=len(rows))]]
            failed[rows] = not known.size
        moved = np.linalg.norm((images - batch.images).reshape(len(batch), -1).astype(float), axis=1)
        return Corrected(ImageBatch(images, batch.labels), np.where(failed, 0.0, np.nan_to_num(moved)),
                         np.ones(len(batch), bool), failed)  # fmt: skip

    def describe(self) -> dict[str, Any]:
        digest = hashlib.sha256(self.real.images.tobytes() + self.real.labels.tobytes()).hexdigest()
        return {"name": "redraw", "images": len(self.real), "fingerprint": digest}
