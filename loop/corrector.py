"""Correctors: functions that move synthetic samples towards the true law, and what is built from them.

The contract: `corrector(batch, rng) -> Corrected`, with the same number and order of samples; the same random state
gives the same output; what happened travels beside the result. A corrector that fails on a sample returns the
original there and marks it in `failed`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from loop.batch import Batch

B = TypeVar("B", bound=Batch)
Scope = Literal["sample", "batch"]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Corrected(Generic[B]):
    """A corrected batch and what happened to each sample."""

    samples: B
    moved: Floats  # (n,) distance travelled [the corrector's own unit, stated there]; 0 where not picked or failed
    picked: Bools  # (n,) True where the correction was applied (or tried)
    failed: Bools  # (n,) True where it was tried and failed: the original stands there
    notes: Mapping[str, Floats] = field(default_factory=dict)
    """Further numbers of each sample by name, (n,), nan where there is none; units stand with the corrector."""

    def __post_init__(self) -> None:
        n = len(self.samples)
        for name, values in {"moved": self.moved, "picked": self.picked, "failed": self.failed, **self.notes}.items():
            if values.shape != (n,):
                raise ValueError(f"{name} must have shape ({n},), got {values.shape}")
        if np.any(self.failed & ~self.picked):
            raise ValueError("failed samples must be picked ones; mark both or neither")


class Corrector(Protocol[B]):
    """Moves samples towards the target law; keeps their number and order.

    scope: "sample" if a sample's result does not depend on its batch mates, else "batch".
    """

    @property
    def scope(self) -> Scope: ...

    def __call__(self, batch: B, rng: np.random.Generator) -> Corrected[B]: ...

    def describe(self) -> dict[str, Any]:
        """What it is, as JSON: enters the identity of a run."""
        ...


def kept_share(gamma: float) -> float:
    """a = 1/(1+gamma): the share of samples that a correction of strength gamma leaves alone; 0 for inf."""
    if not gamma >= 0:  # also refuses nan
        raise ValueError(f"gamma must be >= 0 (0 = no correction, inf = always), got {gamma!r}; choose such a value")
    return 0.0 if math.isinf(gamma) else 1.0 / (1.0 + gamma)


def untouched(batch: B) -> Corrected[B]:
    """The batch as it is: nothing moved, picked or failed."""
    n = len(batch)
    return Corrected(batch, np.zeros(n), np.zeros(n, bool), np.zeros(n, bool))


@dataclass(frozen=True)
class NoCorrection:
    """The identity: the uncorrected arm."""

    scope: Scope = "sample"

    def __call__(self, batch: B, rng: np.random.Generator) -> Corrected[B]:
        return untouched(batch)

    def describe(self) -> dict[str, Any]:
        return {"name": "none"}


def notes_at(index: NDArray[np.intp], n: int, notes: Mapping[str, Floats]) -> dict[str, Floats]:
    """Notes of the samples at `index` as notes of all n, nan for the others."""
    spread = {name: np.full(n, np.nan) for name in notes}
    for name, values in notes.items():
        spread[name][index] = values
    return spread


def _on_subset(corrector: Corrector[B], batch: B, picked: Bools, rng: np.random.Generator) -> Corrected[B]:
    """The corrector's result where `picked`, the original elsewhere; evaluates only what its scope allows."""
    n = len(batch)
    index = np.flatnonzero(picked)
    if index.size == 0:
        return untouched(batch)
    if corrector.scope == "sample":
        done = corrector(batch.take(index), rng)
        inner = np.arange(index.size)
    else:
        done = corrector(batch, rng)
        inner = index
    tried = done.picked[inner]
    moved, applied, failed = np.zeros(n), np.zeros(n, bool), np.zeros(n, bool)
    moved[index] = done.moved[inner]
    applied[index] = tried
    failed[index] = done.failed[inner]
    samples = done.samples if inner.size == len(done.samples) else done.samples.take(inner)
    notes = notes_at(index, n, {name: values[inner] for name, values in done.notes.items()})
    return Corrected(batch.replace(index, samples), moved, applied, failed, notes)


@dataclass(frozen=True)
class Mixture(Generic[B]):
    """Applies `corrector` to each sample independently with probability gamma/(1+gamma).

    With the ideal corrector (a fresh draw from the target) the output law is exactly
    pi_gamma p = (p + gamma p*)/(1 + gamma): the correction strength of Gillman et al. gamma = 0 returns the very
    batch it was given and draws nothing; gamma = inf always applies.
    """

    corrector: Corrector[B]
    gamma: float

    def __post_init__(self) -> None:
        kept_share(self.gamma)

    @property
    def scope(self) -> Scope:
        return self.corrector.scope

    def __call__(self, batch: B, rng: np.random.Generator) -> Corrected[B]:
        a = kept_share(self.gamma)
        if a == 1.0:
            return untouched(batch)
        picked = rng.random(len(batch)) >= a
        return _on_subset(self.corrector, batch, picked, rng)

    def describe(self) -> dict[str, Any]:
        return {"name": "mixture", "gamma": self.gamma, "corrector": self.corrector.describe()}


@dataclass(frozen=True)
class Chain(Generic[B]):
    """Correctors one after the other.

    `moved` adds up the parts' distances (an upper bound on the way travelled). A sample has failed only if every
    part that was tried on it failed: what one part achieved stands, as each part returns its input where it fails.
    Of notes with one name the last part's stand.
    """

    correctors: tuple[Corrector[B], ...]

    @property
    def scope(self) -> Scope:
        return "sample" if all(part.scope == "sample" for part in self.correctors) else "batch"

    def __call__(self, batch: B, rng: np.random.Generator) -> Corrected[B]:
        result = untouched(batch)
        moved, picked, succeeded = result.moved.copy(), result.picked.copy(), result.failed.copy()
        samples = batch
        notes: dict[str, Floats] = {}
        for part in self.correctors:
            done = part(samples, rng)
            samples = done.samples
            notes |= done.notes
            moved += done.moved
            picked |= done.picked
            succeeded |= done.picked & ~done.failed
        return Corrected(samples, moved, picked, picked & ~succeeded, notes)

    def describe(self) -> dict[str, Any]:
        return {"name": "chain", "correctors": [part.describe() for part in self.correctors]}


@dataclass(frozen=True)
class Gated(Generic[B]):
    """Identity wherever a sample already looks real.

    inside: batch -> (n,) bool, True where the sample meets the criterion; must judge each sample alone.
    criterion: what `inside` tests, in words and numbers; enters the identity of a run.
    """

    corrector: Corrector[B]
    inside: Callable[[B], Bools]
    criterion: str

    @property
    def scope(self) -> Scope:
        return self.corrector.scope

    def __call__(self, batch: B, rng: np.random.Generator) -> Corrected[B]:
        return _on_subset(self.corrector, batch, ~self.inside(batch), rng)

    def describe(self) -> dict[str, Any]:
        return {"name": "gated", "criterion": self.criterion, "corrector": self.corrector.describe()}


class Selector(Protocol[B]):
    """Curation: keeps n of K n candidates, before they are corrected; a schedule may carry one.

    candidates_per_sample: K, by which the request for synthetic samples is multiplied.
    """

    @property
    def candidates_per_sample(self) -> int: ...

    def __call__(self, candidates: B, n: int, rng: np.random.Generator) -> B: ...

    def describe(self) -> dict[str, Any]: ...
