"""Truths for the audit: the standard Gaussian and a mixture that can lose a mode, with the ways to leave them.

An amplitude is the displacement of the direction's own moment: for the Gaussian of a mean or a variance (the true
variance is 1), for a mode the share of it that is lost (negative: gained). All perturbations act on single samples.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop import ArrayBatch
from loop.audit import Perturbation

Array = NDArray[np.float64]
Points = Perturbation[ArrayBatch]


def _pointwise(change: Callable[[Array, float], Array]) -> Callable[[ArrayBatch, float, np.random.Generator], Any]:
    return lambda batch, amplitude, rng: ArrayBatch(change(batch.samples, amplitude))


def _shift(name: str, direction: Array) -> Points:
    """Adds amplitude times the unit vector `direction`, (d,)."""
    weights = {f"mean {i + 1}": float(w) for i, w in enumerate(direction) if w}
    return Perturbation(name, _pointwise(lambda x, e: x + e * direction), weights)


def _stretch(name: str, axes: tuple[int, ...]) -> Points:
    """Variance 1 + amplitude along some axes, about the origin."""

    def change(x: Array, e: float) -> Array:
        if not e > -1:
            raise ValueError(f"amplitude of {name!r} must be > -1 (the variance is 1 + amplitude), got {e}; take less")
        out = x.copy()
        out[:, list(axes)] *= np.sqrt(1 + e)
        return out

    return Perturbation(name, _pointwise(change), {f"square {i + 1}": 1 / len(axes) for i in axes})


def _correlate(i: int, j: int) -> Points:
    """Correlation `amplitude` between two axes, their variances unchanged."""

    def change(x: Array, e: float) -> Array:
        if not abs(e) < 1:
            raise ValueError(f"amplitude of a correlation must be between -1 and 1, got {e}; take less")
        out = x.copy()
        out[:, j] = e * x[:, i] + np.sqrt(1 - e * e) * x[:, j]
        return out

    return Perturbation(f"correlation {i + 1} {j + 1}", _pointwise(change), {f"product {i + 1} {j + 1}": 1.0})


@dataclass(frozen=True)
class GaussianTruth:
    """N(0, I) in d dimensions; statistics x_i, x_i^2, x_i x_j: those of the Gaussian family."""

    dimension: int = 2
    name: str = "gaussian"

    def __post_init__(self) -> None:
        if self.dimension < 1:
            raise ValueError(f"dimension must be >= 1, got {self.dimension}; choose a positive whole number")

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        return tuple((i, j) for i in range(self.dimension) for j in range(i + 1, self.dimension))

    @property
    def moments(self) -> tuple[str, ...]:
        axes = range(1, self.dimension + 1)
        products = (f"product {i + 1} {j + 1}" for i, j in self.pairs)
        return (*(f"mean {i}" for i in axes), *(f"square {i}" for i in axes), *products)

    @property
    def perturbations(self) -> tuple[Points, ...]:
        d = self.dimension
        axes = tuple(_shift(f"shift {i + 1}", np.eye(d)[i]) for i in range(d))
        if d == 1:
            return (*axes, _stretch("scale", (0,)))
        variances = tuple(_stretch(f"variance {i + 1}", (i,)) for i in range(d))
        diagonal = _shift("shift diagonal", np.full(d, d**-0.5))
        correlations = tuple(_correlate(i, j) for i, j in self.pairs)
        return (*axes, diagonal, _stretch("scale", tuple(range(d))), *variances, *correlations)

    def sample(self, n: int, rng: np.random.Generator) -> ArrayBatch:
        return ArrayBatch(rng.standard_normal((n, self.dimension)))

    def statistics(self, batch: ArrayBatch) -> Array:
        x = batch.samples
        products = [x[:, i] * x[:, j] for i, j in self.pairs]
        return np.column_stack([x, x**2, *products])


@dataclass(frozen=True)
class MixtureTruth:
    """Equal modes N(centre, width^2) on a line; statistics: x, x^2 and the share of each mode, by the nearest centre.

    The Gaussian family cannot hold it: its loop refits the empirical law (`toy.audit_loops.EmpiricalLoop`).
    """

    centres: tuple[float, ...] = (-4.0, 0.0, 4.0)
    width: float = 0.5
    name: str = "mixture"

    def __post_init__(self) -> None:
        if len(set(self.centres)) < 2 or not self.width > 0:
            raise ValueError(f"two or more centres and a width > 0, got {self.centres} and {self.width}; add a mode")

    @property
    def moments(self) -> tuple[str, ...]:
        return ("mean 1", "square 1", *(f"mode {m + 1}" for m in range(len(self.centres))))

    @property
    def perturbations(self) -> tuple[Points, ...]:
        lost = tuple(self._lost(m) for m in range(len(self.centres)))
        return (_shift("shift 1", np.ones(1)), _stretch("scale", (0,)), *lost)

    def sample(self, n: int, rng: np.random.Generator) -> ArrayBatch:
        return ArrayBatch(self._draw(rng.integers(len(self.centres), size=n), rng))

    def statistics(self, batch: ArrayBatch) -> Array:
        x = batch.samples
        mode = self._nearest(x)[:, None] == np.arange(len(self.centres))
        return np.column_stack([x, x**2, mode])

    def _draw(self, mode: NDArray[np.int64], rng: np.random.Generator) -> Array:
        return np.asarray(self.centres)[mode][:, None] + self.width * rng.standard_normal((len(mode), 1))

    def _nearest(self, x: Array) -> NDArray[np.int64]:
        nearest: NDArray[np.int64] = np.abs(x - np.asarray(self.centres)).argmin(axis=1)
        return nearest

    def _lost(self, m: int) -> Points:
        """The share `amplitude` of mode m moves to the others; negative: as much of the others moves to m."""
        count = len(self.centres)

        def apply(batch: ArrayBatch, amplitude: float, rng: np.random.Generator) -> ArrayBatch:
            if not -(count - 1) <= amplitude <= 1:
                raise ValueError(f"amplitude of 'lost mode {m + 1}' must be in [{1 - count}, 1], got {amplitude}")
            n = len(batch)
            chance = rng.random(n)
            elsewhere = (m + rng.integers(1, count, size=n)) % count
            others, own = self._draw(elsewhere, rng), self._draw(np.full(n, m), rng)
            inside = self._nearest(batch.samples) == m
            leaves, comes = inside & (chance < amplitude), ~inside & (chance < -amplitude / (count - 1))
            out = np.where(leaves[:, None], others, np.where(comes[:, None], own, batch.samples))
            return ArrayBatch(out)

        return Perturbation(f"lost mode {m + 1}", apply, {f"mode {m + 1}": 1.0})


TRUTHS: dict[str, Callable[[int], GaussianTruth | MixtureTruth]] = {
    "gaussian": lambda dimension: GaussianTruth(dimension),
    "mixture": lambda dimension: MixtureTruth(),
}


def truth_named(name: str, dimension: int) -> GaussianTruth | MixtureTruth:
    """The truth `name`; `dimension` is that of the Gaussian.

    Raises:
        ValueError: unknown name, or a dimension below 1.
    """
    if name not in TRUTHS:
        known = ", ".join((*TRUTHS, "digits", "motion"))
        raise ValueError(f"truth must be one of {known}, got {name!r}; choose one of them")
    return TRUTHS[name](dimension)
