"""Batch: samples with their conditions, what correctors, schedules and models exchange."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

Indices = Sequence[int] | NDArray[np.int64]


class Batch(Protocol):
    """Samples with their conditions (label, caption, length); immutable, ordered.

    An implementation also has a class method `load(folder)` that reads back what `save` wrote, bit for bit.
    """

    def __len__(self) -> int: ...

    def take(self, indices: Indices) -> Self:
        """The samples at `indices`, in that order; repeats allowed."""
        ...

    def concat(self, *others: Self) -> Self:
        """This batch followed by the others."""
        ...

    def replace(self, indices: Indices, other: Self) -> Self:
        """A copy whose samples at `indices` are those of `other`, in order."""
        ...

    def save(self, folder: Path) -> None:
        """Write into an existing folder, without pickle."""
        ...


@dataclass(frozen=True)
class ArrayBatch:
    """Samples as one array, (n, ...), without conditions."""

    samples: NDArray[Any]

    def __len__(self) -> int:
        return len(self.samples)

    def take(self, indices: Indices) -> ArrayBatch:
        return ArrayBatch(self.samples[np.asarray(indices, dtype=np.int64)])

    def concat(self, *others: ArrayBatch) -> ArrayBatch:
        return ArrayBatch(np.concatenate([self.samples, *(other.samples for other in others)]))

    def replace(self, indices: Indices, other: ArrayBatch) -> ArrayBatch:
        samples = self.samples.copy()
        samples[np.asarray(indices, dtype=np.int64)] = other.samples
        return ArrayBatch(samples)

    def save(self, folder: Path) -> None:
        np.save(folder / "samples.npy", self.samples, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> ArrayBatch:
        return cls(np.load(folder / "samples.npy", allow_pickle=False))
