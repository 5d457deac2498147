"""The Gaussian loop, point by point: fit a Gaussian, sample it, correct the points, fit again.

Target N(0, I) in any dimension. The ideal corrector draws from the target afresh; mixed with strength gamma its output
law is (p + gamma p*)/(1+gamma) (Gillman et al. 2024). Sampling with bias b draws from N(mean, b covariance), and the
covariance may be the unbiased one (both as in MAD, Alemohammad et al.).
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
        (...). W2^2 = |m|^2 + |R - I|^2 with R the symmetric root of the covariance, which is sum_i (sqrt(l_i) - 1)^2
        over its eigenvalues l_i.
    """
    d = mean.shape[-1]
    if d <= 2:
        spread = np.sum((_symmetric_root(covariance) - np.eye(d)) ** 2, axis=(-2, -1))
    else:
        values = np.maximum(np.linalg.eigvalsh(covariance), 0.0)
        spread = np.sum((np.sqrt(values) - 1.0) ** 2, axis=-1)
    squared: Array = np.sum(mean**2, axis=-1) + spread
    return np.sqrt(squared)


def covariance_root(covariance: Array) -> Array:
    """R with R R^T = covariance, (..., d, d), also where that is singular (a collapsed run).

    Which root is decided for each matrix alone, so that a run's result does not depend on the others.
    """
    d = covariance.shape[-1]
    if d <= 2:
        return _symmetric_root(covariance)
    try:
        return np.asarray(np.linalg.cholesky(covariance))
    except np.linalg.LinAlgError:
        each = [_any_root(matrix) for matrix in covariance.reshape(-1, d, d)]
        return np.stack(each).reshape(covariance.shape)


def _any_root(covariance: Array) -> Array:
    """Cholesky's factor, or eigenvectors where the matrix is singular, (d, d)."""
    try:
        return np.asarray(np.linalg.cholesky(covariance))
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(covariance)
        return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def _symmetric_root(covariance: Array) -> Array:
    """The symmetric root for d = 1, 2 in closed form: (C + sqrt(det C) I)/sqrt(tr C + 2 sqrt(det C)); 0 for C = 0."""
    if covariance.shape[-1] == 1:
        return np.sqrt(np.maximum(covariance, 0.0))
    c = covariance
    root = np.sqrt(np.maximum(c[..., 0, 0] * c[..., 1, 1] - c[..., 0, 1] * c[..., 1, 0], 0.0))
    scale = np.sqrt(np.maximum(c[..., 0, 0] + c[..., 1, 1] + 2 * root, 0.0))
    scale = np.where(scale > 0, scale, 1.0)
    return np.asarray((c + root[..., None, None] * np.eye(2)) / scale[..., None, None])


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


class GaussianFiles:
    """How a fitted Gaussian is kept."""

    def save(self, model: Gaussian, folder: Path) -> None:
        np.savez(folder / "gaussian.npz", mean=model.mean, covariance=model.covariance)

    def load(self, folder: Path) -> Gaussian:
        with np.load(folder / "gaussian.npz", allow_pickle=False) as file:
            return Gaussian(file["mean"], file["covariance"])


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
class GaussianProblem(GaussianFiles, Problem[Gaussian, ArrayBatch]):
    """n real points of N(0, I) in `dimension` dimensions, to which a Gaussian is fitted.

    normalisation: covariance divided by the number of points ("mle") or by one less ("unbiased").
    bias: b in [0, 1]; samples are drawn from N(mean, b covariance). 1 is honest sampling.
    first: points of generation 0 where that is not n (schedule `fresh`).
    """

    n: int = 50
    dimension: int = 2
    normalisation: str = "mle"
    bias: float = 1.0
    first: int | None = None

    def __post_init__(self) -> None:
        for name, count in (("n", self.n), ("first", self.n if self.first is None else self.first)):
            if count < 2:
                raise ValueError(f"{name} must be >= 2 real points, got {count}; a variance needs two")
        if self.dimension < 1:
            raise ValueError(f"dimension must be >= 1, got {self.dimension}; choose a positive whole number")
        if self.normalisation not in ("mle", "unbiased"):
            raise ValueError(f"normalisation must be 'mle' or 'unbiased', got {self.normalisation!r}; choose one")
        if not 0 <= self.bias <= 1:
            raise ValueError(f"bias must lie in [0, 1] (1 = honest sampling), got {self.bias!r}; choose such a value")

    def divisor(self, count: Array) -> Array:
        """By what the scatter of `count` points is divided, (...)."""
        return count if self.normalisation == "mle" else np.maximum(count - 1.0, 1.0)

    def describe(self) -> dict[str, Any]:
        return {
            "name": "gaussian",
            "n": self.n,
            "dimension": self.dimension,
            "normalisation": self.normalisation,
            "bias": self.bias,
            "first": self.n if self.first is None else self.first,
        }

    def data(self) -> dict[str, Any]:
        return {"name": f"N(0, I) in {self.dimension} dimensions", "fingerprint": "drawn from the seed"}

    def real(self, generation: int, rng: np.random.Generator) -> ArrayBatch:
        count = self.first if generation == 0 and self.first is not None else self.n
        return ArrayBatch(rng.standard_normal((count, self.dimension)))

    def fit(
        self, previous: Gaussian | None, training: ArrayBatch, rng: np.random.Generator, work: Path | None = None
    ) -> Gaussian:
        points = training.samples
        mean = points.mean(axis=0)
        centred = points - mean
        return Gaussian(mean, centred.T @ centred / self.divisor(np.array(float(len(points)))))

    def sample(self, model: Gaussian, request: Request[ArrayBatch], rng: np.random.Generator) -> ArrayBatch:
        root = covariance_root(self.bias * model.covariance)
        return ArrayBatch(model.mean + rng.standard_normal((request.count, self.dimension)) @ root.T)

    def measure(
        self,
        model: Gaussian,
        synthetic: ArrayBatch | None,
        corrected: ArrayBatch | None,
        rng: np.random.Generator,
    ) -> Mapping[str, Any]:
        return {name: float(value) for name, value in gaussian_measures(model.mean, model.covariance).items()}

    def load_batch(self, folder: Path) -> ArrayBatch:
        return ArrayBatch.load(folder)
