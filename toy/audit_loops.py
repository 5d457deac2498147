"""Loops by which an audit's prediction is verified: they record the moments of every generation's model.

Generation 0 may start beside the truth: it is fitted on the real data perturbed in one direction. Two such runs of one
seed, one on either side, share all streams; half their difference decays at the loop's rate.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from loop import ArrayBatch, Problem, Request
from loop.audit import Perturbation, Truth
from toy.audit_truths import GaussianTruth
from toy.gaussian import Gaussian, GaussianFiles

Array = NDArray[np.float64]
M = TypeVar("M")


@dataclass(frozen=True)
class Start:
    """Where generation 0 begins: `amplitude` away from the data in one direction."""

    direction: Perturbation[ArrayBatch]
    amplitude: float


class _Audited(Problem[M, ArrayBatch]):
    """n real samples of a truth; a subclass says what is fitted to the training set and how it is sampled."""

    truth: Truth[ArrayBatch]
    n: int
    start: Start | None

    def describe(self) -> dict[str, Any]:
        start = None if self.start is None else [self.start.direction.name, self.start.amplitude]
        return {"name": type(self).__name__, "n": self.n, "moments": list(self.truth.moments), "start": start}

    def data(self) -> dict[str, Any]:
        return {"name": "the audited truth", "fingerprint": "drawn from the seed"}

    def real(self, generation: int, rng: np.random.Generator) -> ArrayBatch:
        return self.truth.sample(self.n, rng)

    def fit(self, previous: M | None, training: ArrayBatch, rng: np.random.Generator, work: Path | None = None) -> M:
        if previous is None and self.start is not None:
            training = self.start.direction.apply(training, self.start.amplitude, rng)
        return self.fitted(training)

    def measure(
        self, model: M, synthetic: ArrayBatch | None, corrected: ArrayBatch | None, rng: np.random.Generator
    ) -> Mapping[str, Any]:
        return dict(zip(self.truth.moments, self.moments(model).tolist(), strict=True))

    def load_batch(self, folder: Path) -> ArrayBatch:
        return ArrayBatch.load(folder)

    @abstractmethod
    def fitted(self, training: ArrayBatch) -> M: ...

    @abstractmethod
    def moments(self, model: M) -> Array:
        """E T under the model, (K,)."""


@dataclass(frozen=True)
class GaussianLoop(GaussianFiles, _Audited[Gaussian]):
    """The Gaussian family, fitted by maximum likelihood: it reproduces the training set's moments."""

    truth: GaussianTruth
    n: int
    start: Start | None = None

    def fitted(self, training: ArrayBatch) -> Gaussian:
        mean = training.samples.mean(axis=0)
        centred = training.samples - mean
        return Gaussian(mean, centred.T @ centred / len(centred))

    def sample(self, model: Gaussian, request: Request[ArrayBatch], rng: np.random.Generator) -> ArrayBatch:
        """By the Cholesky root: continuous in the covariance, so that paired runs stay close."""
        noise = rng.standard_normal((request.count, len(model.mean)))
        return ArrayBatch(model.mean + noise @ np.linalg.cholesky(model.covariance).T)

    def moments(self, model: Gaussian) -> Array:
        raw = model.covariance + np.outer(model.mean, model.mean)
        return np.array([*model.mean, *np.diag(raw), *(raw[i, j] for i, j in self.truth.pairs)])


@dataclass(frozen=True)
class EmpiricalLoop(_Audited[ArrayBatch]):
    """The model is its training set, sampled with replacement: every moment of any truth follows T4's recursion."""

    truth: Truth[ArrayBatch]
    n: int
    start: Start | None = None

    def fitted(self, training: ArrayBatch) -> ArrayBatch:
        return training

    def sample(self, model: ArrayBatch, request: Request[ArrayBatch], rng: np.random.Generator) -> ArrayBatch:
        return model.take(rng.integers(len(model), size=request.count))

    def moments(self, model: ArrayBatch) -> Array:
        means: Array = self.truth.statistics(model).mean(axis=0)
        return means

    def save(self, model: ArrayBatch, folder: Path) -> None:
        model.save(folder)

    def load(self, folder: Path) -> ArrayBatch:
        return ArrayBatch.load(folder)


def loop_of(truth: Truth[ArrayBatch], n: int, start: Start | None = None) -> GaussianLoop | EmpiricalLoop:
    """The loop that belongs to a truth: the Gaussian family where it holds the truth, else the empirical law."""
    return GaussianLoop(truth, n, start) if isinstance(truth, GaussianTruth) else EmpiricalLoop(truth, n, start)
