"""The correctors that the audit command knows by name.

All are written with a = 1/(1+gamma): the ideal and the wrong-target one redraw the share 1-a of the samples, shrink
multiplies by a, transport goes the share 1-a of the way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from loop import ArrayBatch, Corrected, Corrector, Mixture, kept_share
from loop.corrector import Scope
from toy.correctors import Redraw, Shrink

OFFSET = 0.5
"""By how much the wrong target's mean lies beside the true one, along the first axis [units of x]."""


class _Sampler(Protocol):
    """A law to draw from."""

    name: str

    def sample(self, n: int, rng: np.random.Generator) -> ArrayBatch: ...


@dataclass(frozen=True)
class _Displaced:
    """The truth, shifted along the first axis by `offset`: what a corrector with a wrong target draws from."""

    truth: _Sampler
    offset: float = 0.0

    def draw(self, count: int, rng: np.random.Generator) -> np.ndarray[Any, Any]:
        fresh = self.truth.sample(count, rng).samples.copy()
        fresh[:, 0] += self.offset
        return fresh

    def describe(self) -> dict[str, Any]:
        return {"name": self.truth.name, "offset": self.offset}


@dataclass(frozen=True)
class _GaussianTransport:
    """The share 1-a of the way along the optimal-transport map from the batch's own Gaussian to N(0, I) (T7).

    In closed form, where `toy.correctors.Transport` assigns point to point in O(n^3): between Gaussians the map is
    x -> S^(-1/2) (x - m), m and S the batch's mean and covariance (maximum likelihood).
    """

    a: float
    scope: Scope = "batch"

    def __call__(self, batch: ArrayBatch, rng: np.random.Generator) -> Corrected[ArrayBatch]:
        x = batch.samples
        centred = x - x.mean(axis=0)
        values, vectors = np.linalg.eigh(centred.T @ centred / len(x))
        goal = centred @ (vectors / np.sqrt(np.maximum(values, 1e-12))) @ vectors.T
        out = self.a * x + (1 - self.a) * goal
        n = len(x)
        return Corrected(ArrayBatch(out), np.linalg.norm(out - x, axis=1), np.ones(n, bool), np.zeros(n, bool))

    def describe(self) -> dict[str, Any]:
        return {"name": "transport", "a": self.a}


_KINDS: dict[str, Callable[[_Sampler, float], Corrector[ArrayBatch]]] = {
    "ideal": lambda truth, gamma: Mixture(Redraw(_Displaced(truth)), gamma),
    "wrong-target": lambda truth, gamma: Mixture(Redraw(_Displaced(truth, OFFSET)), gamma),
    "shrink": lambda truth, gamma: Shrink(kept_share(gamma)),
    "transport": lambda truth, gamma: _GaussianTransport(kept_share(gamma)),
}
NAMES = tuple(_KINDS)


def corrector_named(name: str, gamma: float, law: _Sampler) -> Corrector[ArrayBatch]:
    """The corrector `name` of strength `gamma` for the truth `law`.

    Raises:
        ValueError: unknown name, a strength that is negative or nan, or transport to a law that is not N(0, I).
    """
    if name not in _KINDS:
        raise ValueError(f"corrector must be one of {', '.join(NAMES)}, got {name!r}; choose one of them")
    kept_share(gamma)
    if name == "transport" and law.name != "gaussian":
        raise ValueError(f"transport aims at the Gaussian, not at the {law.name}; take the truth 'gaussian'")
    return _KINDS[name](law, gamma)
