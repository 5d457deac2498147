"""The loop of a Gaussian mixture, fitted by expectation maximisation (scikit-learn), on a known mixture."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from loop import ArrayBatch, Request
from toy.modes import ModesProblem, check_points

Array = NDArray[np.float64]


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
class GaussianMixtureProblem(ModesProblem[FittedMixture]):
    """n real points of `truth`, fitted by a mixture of `components` full Gaussians; the start comes from k-means."""

    components: int = 8

    def __post_init__(self) -> None:
        if self.components < 1:
            raise ValueError(f"components must be >= 1, got {self.components}; choose a positive whole number")
        if self.n < 2 * self.components:
            raise ValueError(f"n must be >= 2 real points per component, got {self.n} for {self.components}; raise n")

    def describe(self) -> dict[str, Any]:
        return {"name": "mixture", "n": self.n, "components": self.components, "truth": self.truth.describe()}

    def fit(
        self, previous: FittedMixture | None, training: ArrayBatch, rng: np.random.Generator, work: Path | None = None
    ) -> FittedMixture:
        points = training.samples
        check_points(points)
        if len(points) < self.components:
            raise ValueError(f"{self.components} components need as many points, got {len(points)}; raise lam or n")
        model = GaussianMixture(self.components, random_state=int(rng.integers(2**32)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # 100 steps or doubled points: the fit stands as it is
            model.fit(points)
        return FittedMixture(model.weights_, model.means_, model.covariances_)

    def drawn(self, model: FittedMixture, count: int, rng: np.random.Generator) -> Array:
        return model.draw(count, rng)

    def sample(self, model: FittedMixture, request: Request[ArrayBatch], rng: np.random.Generator) -> ArrayBatch:
        return ArrayBatch(model.draw(request.count, rng))

    def save(self, model: FittedMixture, folder: Path) -> None:
        np.savez(folder / "mixture.npz", weights=model.weights, means=model.means, covariances=model.covariances)

    def load(self, folder: Path) -> FittedMixture:
        with np.load(folder / "mixture.npz", allow_pickle=False) as file:
            return FittedMixture(file["weights"], file["means"], file["covariances"])
