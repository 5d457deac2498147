"""The loop of a Gaussian mixture, fitted by expectation maximisation (scikit-learn), on a known mixture.

Measures: sliced Wasserstein-2 distance to the truth by samples, shares of the true modes, modes that are lost.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from loop import ArrayBatch, Mixture, Problem, Request
from toy.correctors import Redraw
from toy.laws import NormalMixture, ring

Array = NDArray[np.float64]
MEASURED = 2000
"""Samples of the model and of the truth on which a generation is measured."""
DIRECTIONS = 32
LOST = 0.1
"""A mode is lost when its share of the samples falls below this part of its weight."""


def sliced_wasserstein2(x: Array, y: Array, directions: Array) -> float:
    """Root of the mean squared W2 of as many points x, y, (n, d) each, along unit directions (p, d) [sample units]."""
    if x.shape != y.shape:
        raise ValueError(f"both samples must have one shape, got {x.shape} and {y.shape}; draw as many of each")
    gaps = np.sort(x @ directions.T, axis=0) - np.sort(y @ directions.T, axis=0)  # (n, p)
    return float(np.sqrt(np.mean(gaps**2)))


@dataclass(frozen=True)
class FittedMixture:
    """weights: (m,). means: (m, d). covariances: (m, d, d)."""

    weights: Array
    means: Array
    covariances: Array

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        mode = rng.choice(len(self.weights), size=count, p=self.weights / self.weights.sum())
        roots = np.linalg.cholesky(self.covariances)
        noise = rng.standard_normal((count, self.means.shape[1]))
        return np.asarray(self.means[mode] + np.einsum("nij,nj->ni", roots[mode], noise))


@dataclass(frozen=True)
class GaussianMixtureProblem(Problem[FittedMixture, ArrayBatch]):
    """n real points of `truth`, fitted by a mixture of `components` full Gaussians; the start comes from k-means."""

    n: int = 200
    truth: NormalMixture = field(default_factory=lambda: ring(8))
    components: int = 8

    def __post_init__(self) -> None:
        if self.components < 1:
            raise ValueError(f"components must be >= 1, got {self.components}; choose a positive whole number")
        if self.n < 2 * self.components:
            raise ValueError(f"n must be >= 2 real points per component, got {self.n} for {self.components}; raise n")

    def describe(self) -> dict[str, Any]:
        return {"name": "mixture", "n": self.n, "components": self.components, "truth": self.truth.describe()}

    def data(self) -> dict[str, Any]:
        return {"name": f"mixture of {len(self.truth.weights)} Gaussians", "fingerprint": "drawn from the seed"}

    def real(self, generation: int, rng: np.random.Generator) -> ArrayBatch:
        return ArrayBatch(self.truth.draw(self.n, rng))

    def ideal(self, gamma: float) -> Mixture[ArrayBatch]:
        """The ideal corrector of strength gamma."""
        return Mixture(Redraw(self.truth), gamma)

    def fit(
        self, previous: FittedMixture | None, training: ArrayBatch, rng: np.random.Generator, work: Path | None = None
    ) -> FittedMixture:
        points = training.samples
        if not np.isfinite(points).all():
            raise ValueError("training points must be finite, got nan or inf; let the corrector keep what it breaks")
        if len(points) < self.components:
            raise ValueError(f"{self.components} components need as many points, got {len(points)}; raise lam or n")
        model = GaussianMixture(self.components, random_state=int(rng.integers(2**32)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # 100 steps or doubled points: the fit stands as it is
            model.fit(points)
        return FittedMixture(model.weights_, model.means_, model.covariances_)

    def sample(self, model: FittedMixture, request: Request[ArrayBatch], rng: np.random.Generator) -> ArrayBatch:
        return ArrayBatch(model.draw(request.count, rng))

    def measure(
        self,
        model: FittedMixture,
        synthetic: ArrayBatch | None,
        corrected: ArrayBatch | None,
        rng: np.random.Generator,
    ) -> Mapping[str, Any]:
        """sliced_w2 [sample units] (its floor: that of two samples of the truth), lost_modes, least_share [of 1]."""
        own, true = model.draw(MEASURED, rng), self.truth.draw(MEASURED, rng)
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

    def save(self, model: FittedMixture, folder: Path) -> None:
        np.savez(folder / "mixture.npz", weights=model.weights, means=model.means, covariances=model.covariances)

    def load(self, folder: Path) -> FittedMixture:
        with np.load(folder / "mixture.npz", allow_pickle=False) as file:
            return FittedMixture(file["weights"], file["means"], file["covariances"])

    def load_batch(self, folder: Path) -> ArrayBatch:
        return ArrayBatch.load(folder)
