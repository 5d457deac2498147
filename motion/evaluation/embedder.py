"""Embedder: what makes points of motions and of captions, in one space, for the judges of `generative.judges`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from motion.batch import MotionBatch

Float64 = NDArray[np.float64]

ROWS = 32
"""Motions or captions that are computed together."""


class Embedder(Protocol):
    """Motions and captions to points of one space; a motion lies near the captions that describe it.

    A row depends on its own motion or caption alone, to the last bit on the CPU: not on its batch mates, their number
    or order, nor on the padding.
    """

    @property
    def dim(self) -> int:
        """Length d of a point."""
        ...

    def motions(self, batch: MotionBatch) -> Float64:
        """Points (n, d) of motions in the 263-dim representation, raw units; captions are not looked at.

        Raises:
            ValueError: features of another width, not finite within a motion's length, or a length that cannot be read.
        """
        ...

    def captions(self, captions: Sequence[str]) -> Float64:
        """Points (n, d) of captions.

        Raises:
            ValueError: a caption without any word.
        """
        ...

    def describe(self) -> dict[str, Any]:
        """What it is, as JSON: at least `name`, `fingerprint` of all that decides its points, `dim`, `trained_on`."""
        ...


def chunks(sizes: Sequence[int], rows: int = ROWS) -> Iterator[tuple[int, NDArray[np.int64], int]]:
    """Work in pieces of one shape: (size, indices (rows,), how many of them count); short pieces repeat their first.

    Products of matrices round differently in another shape. Where every piece has `rows` rows, padded to a `size` that
    is the row's own, a row comes out the same whatever stands beside it.
    """
    given = np.asarray(sizes, dtype=np.int64)
    for size in np.unique(given):
        same = np.flatnonzero(given == size)
        for start in range(0, len(same), rows):
            part = same[start : start + rows]
            yield int(size), np.concatenate([part, np.repeat(part[:1], rows - len(part))]), len(part)


def check_motions(batch: MotionBatch, dim: int) -> None:
    """Raise ValueError unless all valid frames are finite and of width `dim`, lengths within the batch."""
    if batch.features.shape[2] != dim:
        raise ValueError(f"features must have width {dim} (HumanML3D's), got {batch.features.shape[2]}; encode them so")
    frames = batch.features.shape[1]
    if len(batch) and not (batch.lengths.min() >= 1 and batch.lengths.max() <= frames):
        raise ValueError(f"lengths must be 1 to {frames} frames, got {batch.lengths.min()} to {batch.lengths.max()}")
    inside = np.arange(frames) < batch.lengths[:, None]
    bad = np.flatnonzero(~(np.isfinite(batch.features).all(axis=2) | ~inside).all(axis=1))
    if bad.size:
        raise ValueError(f"features must be finite, motion {bad[0]} of {len(batch)} is not; drop such motions")
