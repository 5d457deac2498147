"""The law of digits for the audit: draws with replacement from all images at hand, and the ways to leave it.

Samples are arrays (n, 1 + H*W): the label, then the pixels; so the audit's own loop can refit their empirical law.
Directions are the first principal components of all images, and the spread of a digit's images about their mean.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop import ArrayBatch, Corrected, Corrector, Mixture, kept_share
from loop.audit import Perturbation
from loop.corrector import Scope
from toy.digits import data
from toy.digits.batch import CLASSES, ImageBatch
from toy.digits.corrector import DigitKMeans, DigitRedraw
from toy.digits.settings import EMBEDDED

Array = NDArray[np.float64]
COMPONENTS = 3
CORRECTORS = ("ideal", "k-means")
"""Redraws a real image of the same digit (all images are the truth here); projects on 16 centres of 800 real images."""


@dataclass(frozen=True)
class DigitTruth:
    """The embedded digits as a law.

    Statistics: score k, the k-th principal component's coordinate in its standard deviations; square k; spread, the
    squared distance to the mean of the digit's images over its mean: 1 on average.
    """

    images: ImageBatch
    name: str = "digits"

    @classmethod
    def embedded(cls) -> DigitTruth:
        found = data.load(None, EMBEDDED.n, EMBEDDED.judge, EMBEDDED.reference)
        return cls(found.train.concat(found.judge, found.reference))

    @cached_property
    def _axes(self) -> tuple[Array, Array, Array]:
        """Mean (p,), principal directions (p, k), deviations along them (k,)."""
        flat = self.images.flat
        mean = flat.mean(axis=0)
        _, values, rows = np.linalg.svd(flat - mean, full_matrices=False)
        return mean, rows[:COMPONENTS].T, values[:COMPONENTS] / np.sqrt(len(flat))

    @cached_property
    def _middles(self) -> tuple[Array, float]:
        """Mean image of every digit (10, p), and the mean squared distance to it."""
        flat, labels = self.images.flat, self.images.labels
        middles = np.array([flat[labels == label].mean(axis=0) for label in range(CLASSES)])
        return middles, float(((flat - middles[labels]) ** 2).sum(axis=1).mean())

    @property
    def moments(self) -> tuple[str, ...]:
        ranks = range(1, COMPONENTS + 1)
        return (*(f"score {k}" for k in ranks), *(f"square {k}" for k in ranks), "spread")

    @property
    def perturbations(self) -> tuple[Perturbation[ArrayBatch], ...]:
        shifts = tuple(self._shift(k) for k in range(COMPONENTS))
        variances = tuple(self._stretch(k) for k in range(COMPONENTS))
        return (*shifts, *variances, Perturbation("spread of a digit", _on_pixels(self._spread), {"spread": 1.0}))

    def sample(self, n: int, rng: np.random.Generator) -> ArrayBatch:
        return as_array(self.images.take(rng.integers(len(self.images), size=n)))

    def statistics(self, batch: ArrayBatch) -> Array:
        labels, flat = batch.samples[:, 0].astype(int), batch.samples[:, 1:]
        mean, axes, deviations = self._axes
        middles, spread = self._middles
        scores = (flat - mean) @ axes / deviations
        return np.column_stack([scores, scores**2, ((flat - middles[labels]) ** 2).sum(axis=1) / spread])

    def _shift(self, k: int) -> Perturbation[ArrayBatch]:
        _, axes, deviations = self._axes

        def change(flat: Array, labels: NDArray[np.int64], e: float) -> Array:
            return np.asarray(flat + e * deviations[k] * axes[:, k])

        return Perturbation(f"shift {k + 1}", _on_pixels(change), {f"score {k + 1}": 1.0})

    def _stretch(self, k: int) -> Perturbation[ArrayBatch]:
        mean, axes, _ = self._axes

        def change(flat: Array, labels: NDArray[np.int64], e: float) -> Array:
            along = (flat - mean) @ axes[:, k]
            return np.asarray(flat + (_root(e) - 1) * along[:, None] * axes[:, k])

        return Perturbation(f"variance {k + 1}", _on_pixels(change), {f"square {k + 1}": 1.0})

    def _spread(self, flat: Array, labels: NDArray[np.int64], e: float) -> Array:
        middle = self._middles[0][labels]
        return np.asarray(middle + _root(e) * (flat - middle))


def _root(e: float) -> float:
    if not e > -1:
        raise ValueError(f"amplitude of a variance must be > -1 (the variance is 1 + amplitude), got {e}; take less")
    return float(np.sqrt(1 + e))


def _on_pixels(
    change: Callable[[Array, NDArray[np.int64], float], Array],
) -> Callable[[ArrayBatch, float, np.random.Generator], ArrayBatch]:
    def apply(batch: ArrayBatch, amplitude: float, rng: np.random.Generator) -> ArrayBatch:
        out = batch.samples.copy()
        out[:, 1:] = change(out[:, 1:], out[:, 0].astype(np.int64), amplitude)
        return ArrayBatch(out)

    return apply


def as_array(batch: ImageBatch) -> ArrayBatch:
    """Label and pixels, (n, 1 + H*W) float64."""
    return ArrayBatch(np.column_stack([batch.labels.astype(float), batch.flat]))


def as_images(batch: ArrayBatch) -> ImageBatch:
    """What `as_array` was given; pixels beyond the range stay as they are."""
    size = round((batch.samples.shape[1] - 1) ** 0.5)
    images = batch.samples[:, 1:].reshape(-1, size, size).astype(np.float32)
    return ImageBatch(images, batch.samples[:, 0].astype(np.int64))


@dataclass(frozen=True)
class OnArrays:
    """A corrector of images, for samples as arrays."""

    corrector: Corrector[ImageBatch]

    @property
    def scope(self) -> Scope:
        return self.corrector.scope

    def __call__(self, batch: ArrayBatch, rng: np.random.Generator) -> Corrected[ArrayBatch]:
        done = self.corrector(as_images(batch), rng)
        return Corrected(as_array(done.samples), done.moved, done.picked, done.failed)

    def describe(self) -> dict[str, Any]:
        return self.corrector.describe()


def digit_corrector(name: str, gamma: float, truth: DigitTruth) -> Corrector[ArrayBatch]:
    """One of `CORRECTORS`, applied to the share gamma/(1+gamma) of the samples.

    Raises:
        ValueError: unknown name, or a strength that is negative or nan.
    """
    if name not in CORRECTORS:
        raise ValueError(
            f"corrector of digits must be one of {', '.join(CORRECTORS)}, got {name!r}; choose one of them"
        )
    kept_share(gamma)
    real = truth.images.take(np.arange(EMBEDDED.n))
    whole = DigitRedraw(truth.images) if name == "ideal" else DigitKMeans.fitted(real, EMBEDDED.centres)
    return Mixture(OnArrays(whole), gamma)
