"""The correctors that the audit command knows by name, small and only for it.

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

OFFSET = 0.5
"""By how much the wrong target's mean lies beside the true one, along the first axis [units of x]."""


class _Sampler(Protocol):
    """A law to draw from."""

    name: str

    def sample(self, n: int, rng: np.random.Generator) -> ArrayBatch: ...


def _moved(batch: ArrayBatch, out: np.ndarray[Any, Any]) -> Corrected[ArrayBatch]:
    n = len(batch)
    return Corrected(ArrayBatch(out), np.linalg.norm(out - batch.samples, axis=1), np.ones(n, bool), np.zeros(n, bool))


@dataclass(frozen=True)
class _Redraw:
    """A fresh draw from `law`, shifted along the first axis by `offset`, for every sample."""

    law: _Sampler
    offset: float = 0.0
    scope: Scope = "sample"

    def __call__(self, batch: ArrayBatch, rng: np.random.Generator) -> Corrected[ArrayBatch]:
        fresh = self.law.sample(len(batch), rng).samples.copy()
        fresh[:, 0] += self.offset
        return _moved(batch, fresh)

    def describe(self) -> dict[str, Any]:
        return {"name": "redraw", "law": self.law.name, "offset": self.offset}


@dataclass(frozen=True)
class _Shrink:
    """x -> a x: T7's pointwise corrector."""

    a: float
    scope: Scope = "sample"

    def __call__(self, batch: ArrayBatch, rng: np.random.Generator) -> Corrected[ArrayBatch]:
        return _moved(batch, self.a * batch.samples)

    def describe(self) -> dict[str, Any]:
        return {"name": "shrink", "a": self.a}


@dataclass(frozen=True)
class _Transport:
    """The share 1-a of the way along the optimal-transport map from the batch's own Gaussian to N(0, I) (T7).

    Between Gaussians the map is x -> S^(-1/2) (x - m), m and S the batch's mean and covariance (maximum likelihood).
    """

    a: float
    scope: Scope = "batch"

    def __call__(self, batch: ArrayBatch, rng: np.random.Generator) -> Corrected[ArrayBatch]:
        x = batch.samples
        centred = x - x.mean(axis=0)
        values, vectors = np.linalg.eigh(centred.T @ centred / len(x))
        goal = centred @ (vectors / np.sqrt(np.maximum(values, 1e-12))) @ vectors.T
        return _moved(batch, self.a * x + (1 - self.a) * goal)

    def describe(self) -> dict[str, Any]:
        return {"name": "transport", "a": self.a}


_KINDS: dict[str, Callable[[_Sampler, float], Corrector[ArrayBatch]]] = {
    "ideal": lambda law, gamma: Mixture(_Redraw(law), gamma),
    "wrong-target": lambda law, gamma: Mixture(_Redraw(law, OFFSET), gamma),
    "shrink": lambda law, gamma: _Shrink(kept_share(gamma)),
    "transport": lambda law, gamma: _Transport(kept_share(gamma)),
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
