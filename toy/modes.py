"""What the loops on a known mixture of Gaussians share: the real points, the ideal corrector, the measures."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from loop import ArrayBatch, Mixture, Problem
from toy.correctors import Redraw
from toy.laws import NormalMixture, ring

Array = NDArray[np.float64]
MEASURED = 2000
"""Samples of the model and of the truth on which a generation is measured."""
DIRECTIONS = 32
LOST = 0.1
"""A mode is lost when its share of the samples falls below this part of its weight."""
M = TypeVar("M")


def sliced_wasserstein2(x: Array, y: Array, directions: Array) -> float:
    """Root of the mean squared W2 of as many points x, y, (n, d) each, along unit directions (p, d) [sample units]."""
    if x.shape != y.shape:
        raise ValueError(f"both samples must have one shape, got {x.shape} and {y.shape}; draw as many of each")
    gaps = np.sort(x @ directions.T, axis=0) - np.sort(y @ directions.T, axis=0)  # (n, p)
    return float(np.sqrt(np.mean(gaps**2)))


@dataclass(frozen=True)
class ModesProblem(Problem[M, ArrayBatch], Generic[M]):
    """n real points of `truth`; a sub-class fits and draws."""

    n: int = 200
    truth: NormalMixture = field(default_factory=lambda: ring(8))

    def data(self) -> dict[str, Any]:
        return {"name": f"mixture of {len(self.truth.weights)} Gaussians", "fingerprint": "drawn from the seed"}

    def real(self, generation: int, rng: np.random.Generator) -> ArrayBatch:
        return ArrayBatch(self.truth.draw(self.n, rng))

    def ideal(self, gamma: float) -> Mixture[ArrayBatch]:
        """The ideal corrector of strength gamma."""
        return Mixture(Redraw(self.truth), gamma)

    @abstractmethod
    def drawn(self, model: M, count: int, rng: np.random.Generator) -> Array:
        """`count` samples of the model, (count, d)."""

    def measure(
        self, model: M, synthetic: ArrayBatch | None, corrected: ArrayBatch | None, rng: np.random.Generator
    ) -> Mapping[str, Any]:
        """sliced_w2 [sample units] (its floor: that of two samples of the truth), lost_modes, least_share [of 1]."""
        own, true = self.drawn(model, MEASURED, rng), self.truth.draw(MEASURED, rng)
        directions = rng.standard_normal((DIRECTIONS, own.shape[1]))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        share = self.mode_shares(own) / np.asarray(self.truth.weights)  # 1 where a mode has its weight
        return {
            "sliced_w2": sliced_wasserstein2(own, true, directions),
            "lost_modes": float((share < LOST).sum()),
            "least_share": float(share.min()),
        }

    def mode_shares(self, points: Array) -> Array:
        """(m,) share of the points that lie nearest to each true mode."""
        _, nearest = cKDTree(np.asarray(self.truth.means)).query(points)
        return np.bincount(nearest, minlength=len(self.truth.means)) / len(points)

    def load_batch(self, folder: Any) -> ArrayBatch:
        return ArrayBatch.load(folder)


def check_points(points: Array) -> None:
    """Raise ValueError unless all are finite."""
    if not np.isfinite(points).all():
        raise ValueError("training points must be finite, got nan or inf; let the corrector keep what it breaks")
