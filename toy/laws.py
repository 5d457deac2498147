"""Laws that can be drawn from and whose density is known: truths, and what a corrector aims at."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

Array = NDArray[np.float64]


class Source(Protocol):
    """What samples (n, ...) can be drawn from."""

    def draw(self, count: int, rng: np.random.Generator) -> NDArray[Any]:
        """(count, ...) independent samples."""
        ...

    def describe(self) -> dict[str, Any]: ...


class Law(Source, Protocol):
    """A law whose density is known as well."""

    def log_density(self, samples: NDArray[Any]) -> Array:
        """(n,) [nat]."""
        ...


def _finite(name: str, values: Any) -> None:
    if not np.isfinite(np.asarray(values, dtype=float)).all():
        raise ValueError(f"{name} must be finite, got {values!r}; replace nan and inf")


def _positive(name: str, value: float) -> None:
    if not 0 < value < math.inf:
        raise ValueError(f"{name} must be > 0 and finite, got {value!r}; choose such a value")


def check_masses(name: str, masses: tuple[float, ...]) -> None:
    """Refuse what is no law on finitely many points."""
    values = np.asarray(masses, dtype=float)
    if len(values) < 1 or not (values >= 0).all() or abs(values.sum() - 1) > 1e-9:
        raise ValueError(f"{name} must be >= 0 with sum 1, got {masses!r}; divide them by their sum")


@dataclass(frozen=True)
class Normal:
    """N(mean, deviation^2 I); mean: d numbers."""

    mean: tuple[float, ...] = (0.0,)
    deviation: float = 1.0

    def __post_init__(self) -> None:
        _finite("mean", self.mean)
        _positive("deviation", self.deviation)

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        return np.asarray(self.mean) + self.deviation * rng.standard_normal((count, len(self.mean)))

    def log_density(self, samples: NDArray[Any]) -> Array:
        squared = np.sum((samples - np.asarray(self.mean)) ** 2, axis=1) / self.deviation**2
        return np.asarray(-squared / 2 - len(self.mean) * math.log(self.deviation * math.sqrt(2 * math.pi)))

    def describe(self) -> dict[str, Any]:
        return {"name": "normal", "mean": list(self.mean), "deviation": self.deviation}


@dataclass(frozen=True)
class NormalMixture:
    """Round Gaussians of one deviation at several means, with weights that sum to 1."""

    weights: tuple[float, ...]
    means: tuple[tuple[float, ...], ...]
    deviation: float = 1.0

    def __post_init__(self) -> None:
        check_masses("weights", self.weights)
        if len(self.weights) != len(self.means):
            raise ValueError(f"one weight per mean, got {len(self.weights)} and {len(self.means)}; give as many")
        _finite("means", self.means)
        _positive("deviation", self.deviation)

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        centres = np.asarray(self.means)
        mode = rng.choice(len(centres), size=count, p=np.asarray(self.weights))
        return np.asarray(centres[mode] + self.deviation * rng.standard_normal((count, centres.shape[1])))

    def log_density(self, samples: NDArray[Any]) -> Array:
        parts = np.stack([Normal(mean, self.deviation).log_density(samples) for mean in self.means])  # (m, n)
        return np.asarray(logsumexp(parts, axis=0, b=np.asarray(self.weights)[:, None]))

    def describe(self) -> dict[str, Any]:
        means = [list(mean) for mean in self.means]
        return {"name": "mixture", "weights": list(self.weights), "means": means, "deviation": self.deviation}


def ring(modes: int, radius: float = 4.0, deviation: float = 0.5) -> NormalMixture:
    """`modes` equal Gaussians on a circle in the plane."""
    if modes < 1:
        raise ValueError(f"modes must be >= 1, got {modes}; choose a positive whole number")
    angles = 2 * math.pi * np.arange(modes) / modes
    means = tuple((float(radius * np.cos(angle)), float(radius * np.sin(angle))) for angle in angles)
    return NormalMixture((1.0 / modes,) * modes, means, deviation)


@dataclass(frozen=True)
class Finite:
    """A law on the points 0 .. m-1; samples are whole numbers (n,)."""

    masses: tuple[float, ...]

    def __post_init__(self) -> None:
        check_masses("masses", self.masses)

    def draw(self, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
        return np.asarray(rng.choice(len(self.masses), size=count, p=np.asarray(self.masses)), dtype=np.int64)

    def log_density(self, samples: NDArray[Any]) -> Array:
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(np.asarray(self.masses))[samples])

    def describe(self) -> dict[str, Any]:
        return {"name": "finite", "masses": list(self.masses)}
