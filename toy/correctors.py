"""Correctors of the toy loops that are not simply the ideal one: redraw from any law, shrink, transport, project.

Combine them with `loop.Mixture` for a strength gamma. A sample that is not finite cannot be corrected: the original
stands and is marked in `failed`. `moved` is the Euclidean distance [sample units]; on a finite space 1 if it changed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from loop import ArrayBatch, Corrected
from loop.corrector import Scope
from toy.laws import Normal, Source

Array = NDArray[np.float64]


def _finite_rows(samples: NDArray[Any]) -> NDArray[np.bool_]:
    """(n,) True where every number of a sample is finite."""
    return np.asarray(np.isfinite(samples).reshape(len(samples), -1).all(axis=1))


def _corrected(batch: ArrayBatch, out: NDArray[Any], failed: NDArray[np.bool_]) -> Corrected[ArrayBatch]:
    """The result for all samples; originals where `failed`."""
    n, old = len(batch), batch.samples
    out = np.where(failed.reshape(-1, *(1,) * (old.ndim - 1)), old, out).astype(old.dtype, copy=False)
    gap = np.where(failed[:, None], 0.0, (out != old if old.dtype.kind in "iu" else out - old).reshape(n, -1))
    return Corrected(ArrayBatch(out), np.linalg.norm(gap, axis=1), np.ones(n, bool), failed)


def _share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must be in [0, 1] (1 = untouched), got {value!r}; choose such a value")


@dataclass(frozen=True)
class Redraw:
    """A fresh draw from `law` for every sample.

    Ideal if `law` is the truth; else the wrong corrector of T6, whose loop settles between both.
    """

    law: Source
    scope: Scope = "sample"

    def __call__(self, batch: ArrayBatch, rng: np.random.Generator) -> Corrected[ArrayBatch]:
        fresh = self.law.draw(len(batch), rng)
        if fresh.shape != batch.samples.shape:
            raise ValueError(
                f"the law must draw samples of shape {batch.samples.shape[1:]}, got {fresh.shape[1:]}; "
                "give it the dimension of the data"
            )
        n = len(batch)
        failed = np.zeros(n, bool)
        if not _finite_rows(batch.samples).all():  # it replaces also what is not finite; the way there has no length
            return Corrected(ArrayBatch(fresh.astype(batch.samples.dtype)), np.zeros(n), np.ones(n, bool), failed)
        return _corrected(batch, fresh, failed)

    def describe(self) -> dict[str, Any]:
        return {"name": "redraw", "law": self.law.describe()}


def wrong_target(mean: tuple[float, ...], deviation: float = 1.0) -> Redraw:
    """T6: the corrector that takes N(mean, deviation^2 I) for the truth."""
    return Redraw(Normal(mean, deviation))


@dataclass(frozen=True)
class Shrink:
    """T7: multiplies every sample by `a`; no gamma describes it, and the loop settles under-dispersed."""

    a: float
    scope: Scope = "sample"

    def __post_init__(self) -> None:
        _share("a", self.a)

    def __call__(self, batch: ArrayBatch, rng: np.random.Generator) -> Corrected[ArrayBatch]:
        return _corrected(batch, self.a * batch.samples, ~_finite_rows(batch.samples))

    def describe(self) -> dict[str, Any]:
        return {"name": "shrink", "a": self.a}


@dataclass(frozen=True)
class Transport:
    """T7: moves every sample the share 1 - a of its way along the optimal map to as many fresh draws from `law`.

    Squared Euclidean cost: by sorting in one dimension, else by optimal assignment, O(n^3). In one dimension and in
    the limit of many samples the truth stays and the local rate is s a.
    """

    a: float
    law: Source
    scope: Scope = "batch"

    def __post_init__(self) -> None:
        _share("a", self.a)

    def __call__(self, batch: ArrayBatch, rng: np.random.Generator) -> Corrected[ArrayBatch]:
        samples = batch.samples
        if samples.ndim != 2:
            raise ValueError(f"transport needs samples (n, d), got {samples.shape}; give points with coordinates")
        good = _finite_rows(samples)
        points = samples[good]
        target = self.law.draw(len(points), rng)
        if target.shape != points.shape:
            raise ValueError(f"the law must draw in {samples.shape[1]} dimensions, got {target.shape[1]}; match them")
        image = np.empty_like(points)
        if points.shape[1] == 1:
            image[np.argsort(points[:, 0], kind="stable")] = np.sort(target, axis=0)
        else:
            rows, columns = linear_sum_assignment(cdist(points, target, "sqeuclidean"))
            image[rows] = target[columns]
        out = samples.copy()
        out[good] = self.a * points + (1 - self.a) * image
        return _corrected(batch, out, ~good)

    def describe(self) -> dict[str, Any]:
        return {"name": "transport", "a": self.a, "law": self.law.describe()}


@dataclass(frozen=True, eq=False)
class KMeansProjection:
    """Replaces every sample by the nearest of m centres, (m, d): the authors' corrector for digits.

    What lies between the centres is lost: it under-disperses even the truth (the shrink type of T7).
    """

    centres: Array
    scope: Scope = "sample"

    def __post_init__(self) -> None:
        if self.centres.ndim != 2 or len(self.centres) < 1 or not np.isfinite(self.centres).all():
            raise ValueError(f"centres must be finite, (m, d) with m >= 1, got {self.centres.shape}; give such centres")

    @classmethod
    def fitted(cls, real: Array, m: int, random_state: int = 0) -> KMeansProjection:
        """k-means centres of real samples (n, d), the best of 10 starts from a fixed random state.

        Raises:
            ValueError: the data are not finite, or there are fewer points than centres.
        """
        if real.ndim != 2 or not np.isfinite(real).all():
            raise ValueError(f"real data must be finite points (n, d), got {real.shape}; drop nan and inf")
        if not 1 <= m <= len(real):
            raise ValueError(f"m must be between 1 and the {len(real)} real points, got {m}; choose such a number")
        from sklearn.cluster import KMeans  # here alone: it would cost every command a third of a second

        return cls(KMeans(m, n_init=10, random_state=random_state).fit(real).cluster_centers_)

    def __call__(self, batch: ArrayBatch, rng: np.random.Generator) -> Corrected[ArrayBatch]:
        good = _finite_rows(batch.samples)
        _, nearest = cKDTree(self.centres).query(np.where(good[:, None], batch.samples, 0.0))
        return _corrected(batch, self.centres[nearest], ~good)

    def describe(self) -> dict[str, Any]:
        digest = hashlib.sha256(np.ascontiguousarray(self.centres).tobytes()).hexdigest()
        return {"name": "k-means", "centres": len(self.centres), "fingerprint": digest}
