"""Linear regression on its own predictions, point by point: accumulate against replace.

Inputs N(0, I), labels weights . x + noise; least squares. Synthetic samples have new inputs and the model's labels.
Samples are rows (x, y), (n, d+1). The closed forms stand in `theory.regression`.
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


def _rows(inputs: Array, weights: Array, noise: float, rng: np.random.Generator) -> ArrayBatch:
    labels = inputs @ weights + noise * rng.standard_normal(len(inputs))
    return ArrayBatch(np.column_stack([inputs, labels]))


@dataclass(frozen=True)
class Relabel:
    """The ideal corrector given the input: a fresh true label; moved is the label's change [label units].

    It fails on a sample whose input is not finite.
    """

    weights: tuple[float, ...]
    noise: float
    scope: Scope = "sample"

    def __call__(self, batch: ArrayBatch, rng: np.random.Generator) -> Corrected[ArrayBatch]:
        n, old = len(batch), batch.samples
        failed = ~np.isfinite(old[:, :-1]).all(axis=1)
        fresh = _rows(np.where(failed[:, None], 0.0, old[:, :-1]), np.asarray(self.weights), self.noise, rng).samples
        fresh = np.where(failed[:, None], old, fresh)
        moved = np.nan_to_num(np.where(failed, 0.0, np.abs(fresh[:, -1] - old[:, -1])), posinf=0.0)
        return Corrected(ArrayBatch(fresh), moved, np.ones(n, bool), failed)

    def describe(self) -> dict[str, Any]:
        return {"name": "relabel", "weights": list(self.weights), "noise": self.noise}


@dataclass(frozen=True)
class LinearRegressionProblem(Problem[NDArray[np.float64], ArrayBatch]):
    """n real samples; the model is its weights (d,). noise: standard deviation of the labels, known to the model."""

    n: int = 50
    weights: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0, 0.0)
    noise: float = 1.0

    def __post_init__(self) -> None:
        check_regression(self.n, len(self.weights), self.noise)
        if not np.isfinite(self.weights).all():
            raise ValueError(f"weights must be finite, got {self.weights!r}; replace nan and inf")

    def describe(self) -> dict[str, Any]:
        return {"name": "regression", "n": self.n, "weights": list(self.weights), "noise": self.noise}

    def data(self) -> dict[str, Any]:
        return {"name": f"linear labels of N(0, I) in {len(self.weights)} dimensions", "fingerprint": "drawn"}

    def ideal(self, gamma: float) -> Mixture[ArrayBatch]:
        """The ideal corrector of strength gamma."""
        return Mixture(Relabel(self.weights, self.noise), gamma)

    def real(self, generation: int, rng: np.random.Generator) -> ArrayBatch:
        return self._labelled(np.asarray(self.weights), self.n, rng)

    def fit(
        self, previous: Array | None, training: ArrayBatch, rng: np.random.Generator, work: Path | None = None
    ) -> Array:
        rows = training.samples
        if not np.isfinite(rows).all():
            raise ValueError("training samples must be finite, got nan or inf; let the corrector keep what it breaks")
        if len(rows) < len(self.weights):
            raise ValueError(f"{len(self.weights)} weights need as many samples, got {len(rows)}; raise lam or n")
        return np.asarray(np.linalg.lstsq(rows[:, :-1], rows[:, -1], rcond=None)[0])

    def sample(self, model: Array, request: Request[ArrayBatch], rng: np.random.Generator) -> ArrayBatch:
        return self._labelled(model, request.count, rng)

    def measure(
        self, model: Array, synthetic: ArrayBatch | None, corrected: ArrayBatch | None, rng: np.random.Generator
    ) -> Mapping[str, Any]:
        """error2: |w - w*|^2, also the excess test error, as inputs are N(0, I)."""
        return {"error2": float(np.sum((model - np.asarray(self.weights)) ** 2))}

    def save(self, model: Array, folder: Path) -> None:
        np.save(folder / "weights.npy", model, allow_pickle=False)

    def load(self, folder: Path) -> Array:
        return np.asarray(np.load(folder / "weights.npy", allow_pickle=False))

    def load_batch(self, folder: Path) -> ArrayBatch:
        return ArrayBatch.load(folder)

    def _labelled(self, weights: Array, count: int, rng: np.random.Generator) -> ArrayBatch:
        return _rows(rng.standard_normal((count, len(self.weights))), weights, self.noise, rng)


def check_regression(n: int, d: int, noise: float) -> None:
    """Refuse what least squares cannot fit with a finite expected error."""
    if d < 1:
        raise ValueError(f"dimension must be >= 1, got {d}; choose a positive whole number")
    if n < d + 2:
        raise ValueError(f"n must be >= {d + 2} real samples in {d} dimensions, got {n}; raise n")
    if not 0 < noise < np.inf:
        raise ValueError(f"noise must be > 0 and finite, got {noise!r}; choose the labels' standard deviation")
