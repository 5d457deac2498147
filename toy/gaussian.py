"""The Gaussian loop, point by point: fit a Gaussian, sample it, correct the points, fit again.

Target N(0, I) in any dimension; maximum-likelihood fit. The ideal corrector draws from the target afresh; mixed with
strength gamma its output law is (p + gamma p*)/(1+gamma) (Gillman et al. 2024; spec: theory, section 1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop import ArrayBatch, Corrected, Mixture, Problem, Request
from loop.corrector import Scope

Array = NDArray[np.float64]


def wasserstein2(mean: Array, covariance: Array) -> Array:
    """Wasserstein-2 distance (unsquared) of N(mean, covariance) to N(0, I).

    Args:
        mean: (..., d). covariance: (..., d, d), symmetric, positive semidefinite.

    Returns:
        (...). W2^2 = |m|^2 + sum_i (sqrt(l_i) - 1)^2 over the eigenvalues l_i of the covariance.
    """
    values = np.maximum(np.linalg.eigvalsh(covariance), 0.0)
    squared: Array = np.sum(mean**2, axis=-1) + np.sum((np.sqrt(values) - 1.0) ** 2, axis=-1)
    return np.sqrt(squared)


def covariance_root(covariance: Array) -> Array:
    """R with R R^T = covariance, (..., d, d), also where that is singular (a collapsed run)."""
    values, vectors = np.linalg.eigh(covariance)
    root: Array = vectors * np.sqrt(np.maximum(values, 0.0))[..., None, :]
    return root


def gaussian_measures(mean: Array, covariance: Array) -> dict[str, Array]:
    """What is measured of a fitted Gaussian, each (...): w2, and |m|^2/d and tr(C)/d in units of the target."""
    d = mean.shape[-1]
    return {
        "w2": wasserstein2(mean, covariance),
        "mean_error2": np.sum(mean**2, axis=-1) / d,
        "variance": np.trace(covariance, axis1=-2, axis2=-1) / d,
    }


@dataclass(frozen=True)
class Gaussian:
    """A fitted model. mean: (d,). covariance: (d, d)."""

    mean: Array
    covariance: Array


@dataclass(frozen=True)
class FreshDraw:
    """The ideal corrector: a fresh draw from the target N(0, I) for every sample; moved is the Euclidean distance."""

    scope: Scope = "sample"

    def __call__(self, batch: ArrayBatch, rng: np.random.Generator) -> Corrected[ArrayBatch]:
        fresh = rng.standard_normal(batch.samples.shape)
        n = len(batch)
        moved = np.linalg.norm((fresh - batch.samples).reshape(n, -1), axis=1)
        return Corrected(ArrayBatch(fresh), moved, np.ones(n, bool), np.zeros(n, bool))

    def describe(self) -> dict[str, Any]:
        return {"name": "fresh-draw"}


def ideal(gamma: float) -> Mixture[ArrayBatch]:
    """The ideal corrector of strength gamma."""
    return Mixture(FreshDraw(), gamma)


@dataclass(frozen=True)
class GaussianProblem(Problem[Gaussian, ArrayBatch]):
    """n real points of N(0, I) in `dimension` dimensions, fitted by maximum likelihood."""

    n: int = 50
    dimension: int = 2

    def __post_init__(self) -> None:
        if self.n < 2:
            raise ValueError(f"n must be >= 2 real points, got {self.n}; a variance needs two")
        if self.dimension < 1:
            raise ValueError(f"dimension must be >= 1, got {self.dimension}; choose a positive whole number")

    def describe(self) -> dict[str, Any]:
        return {"name": "gaussian", "n": self.n, "dimension": self.dimension, "normalisation": "mle"}

    def data(self) -> dict[str, Any]:
        return {"name": f"N(0, I) in {self.dimension} dimensions", "fingerprint": "drawn from the seed"}

    def real(self, generation: int, rng: np.random.Generator) -> ArrayBatch:
        return ArrayBatch(rng.standard_normal((self.n, self.dimension)))

    def fit(
        self, previous: Gaussian | None, training: ArrayBatch, rng: np.random.Generator, work: Path | None = None
    ) -> Gaussian:
        points = training.samples
        mean = points.mean(axis=0)
        centred = points - mean
        return Gaussian(mean, centred.T @ centred / len(points))

    def sample(self, model: Gaussian, request: Request[ArrayBatch], rng: np.random.Generator) -> ArrayBatch:
        root = covariance_root(model.covariance)
        return ArrayBatch(model.mean + rng.standard_normal((request.count, self.dimension)) @ root.T)

    def measure(
        self,
        model: Gaussian,
        synthetic: ArrayBatch | None,
        corrected: ArrayBatch | None,
        rng: np.random.Generator,
    ) -> Mapping[str, Any]:
        return {name: float(value) for name, value in gaussian_measures(model.mean, model.covariance).items()}

    def save(self, model: Gaussian, folder: Path) -> None:
        np.savez(folder / "gaussian.npz", mean=model.mean, covariance=model.covariance)

    def load(self, folder: Path) -> Gaussian:
        with np.load(folder / "gaussian.npz", allow_pickle=False) as file:
            return Gaussian(file["mean"], file["covariance"])

    def load_batch(self, folder: Path) -> ArrayBatch:
        return ArrayBatch.load(folder)
