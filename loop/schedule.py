"""Schedules: what a generation trains on.

A schedule asks for a number of synthetic samples and mixes them, once corrected, with real ones. With n real samples
and weight lam, k = round(lam n) samples are synthetic in each generation.

| name | training set of generation g >= 1 |
|---|---|
| augment | the fixed real set + the k corrected samples of generation g (the setting of the theorem) |
| replace | the k corrected samples of generation g alone (fully synthetic) |
| fresh | a new real set each generation + the k corrected samples of generation g |
| accumulate | the fixed real set + the corrected samples of generations 1 .. g |
| accumulate-subsample | n of all those, drawn without replacement and anew each generation: a set of fixed size |
| ramp-accumulate | the fixed real set + of each batch i = 1 .. g its first int(k i/g) samples (Gillman et al.'s toy) |
| mix | n in all: the first round(f n) of the fixed real set + n - round(f n) corrected ones, f = 1/(1 + lam) |

For `mix` lam is the ratio that it always is, but at a fixed size: lam = inf is f = 0, no real data at all.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from loop.corrector import Selector

Choice = NDArray[np.int64] | None
"""Which samples of a set are trained on; None: all of them."""


class Schedule(Protocol):
    """What a generation trains on, as arithmetic on generations; knows no files and no models.

    selector: keeps the best of K times as many candidates before they are corrected (curation); None keeps all.
    """

    @property
    def selector(self) -> Selector[Any] | None: ...

    def request(self, n_real: int) -> int:
        """How many synthetic samples each generation asks for."""
        ...

    def real_generation(self, generation: int) -> int | None:
        """Which real set `generation` trains on: 0 for the fixed one, its own number for fresh data, None for none."""
        ...

    def history(self, generation: int) -> range:
        """The earlier generations whose corrected samples `generation` trains on besides its own."""
        ...

    def choose(self, generation: int, sizes: Sequence[int], rng: np.random.Generator) -> list[Choice]:
        """Which samples of each set `generation` trains on.

        sizes: of the real set (0 without one), of the earlier batches in `history`, of the generation's own batch.
        Only asked for generations >= 1; generation 0 trains on its whole real set.
        """
        ...

    def describe(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class _Weighted:
    """Common part: lam, the number of synthetic samples per real sample; down: lam n is cut to a whole number, not
    rounded."""

    lam: float = 1.0
    selector: Selector[Any] | None = None
    down: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.lam < math.inf:
            raise ValueError(
                f"lam must be >= 0 and finite, got {self.lam!r}; for no real data choose the schedule 'replace'"
            )

    def request(self, n_real: int) -> int:
        """round(lam n): rounded, as 0.29 * 100 is 28.999..., which counts as 29 where it is cut too."""
        return math.floor(self.lam * n_real + 1e-9) if self.down else round(self.lam * n_real)

    def real_generation(self, generation: int) -> int | None:
        return 0

    def history(self, generation: int) -> range:
        return range(0)

    def choose(self, generation: int, sizes: Sequence[int], rng: np.random.Generator) -> list[Choice]:
        return [None] * len(sizes)

    def describe(self) -> dict[str, Any]:
        selection = {} if self.selector is None else {"selector": self.selector.describe()}
        return {"name": self.name(), "lam": self.lam, **selection, **({"down": True} if self.down else {})}

    @classmethod
    def name(cls) -> str:
        """As the table above writes it: RampAccumulate is ramp-accumulate."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", cls.__name__).lower()


@dataclass(frozen=True)
class Augment(_Weighted):
    """Fixed real set + this generation's synthetic samples. lam = 0 is the baseline: real data only."""


@dataclass(frozen=True)
class Replace(_Weighted):
    """Synthetic samples alone after generation 0; lam only sets their number."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.lam == 0:
            raise ValueError("lam must be > 0 for the schedule 'replace', got 0: nothing would be left to train on")

    def real_generation(self, generation: int) -> int | None:
        return 0 if generation == 0 else None


@dataclass(frozen=True)
class Fresh(_Weighted):
    """New real data each generation + this generation's synthetic samples."""

    def real_generation(self, generation: int) -> int | None:
        return generation


@dataclass(frozen=True)
class Accumulate(_Weighted):
    """Fixed real set + the synthetic samples of all generations so far."""

    def history(self, generation: int) -> range:
        return range(1, generation)


@dataclass(frozen=True)
class AccumulateSubsample(Accumulate):
    """As many samples as there are real ones, out of the real set and everything accumulated, all equally likely.

    Our definition: a fixed compute budget.
    """

    def choose(self, generation: int, sizes: Sequence[int], rng: np.random.Generator) -> list[Choice]:
        places = np.sort(rng.choice(sum(sizes), sizes[0], replace=False))
        edges = np.cumsum([0, *sizes])
        cuts = np.searchsorted(places, edges)
        return [places[cuts[i] : cuts[i + 1]] - edges[i] for i in range(len(sizes))]


@dataclass(frozen=True)
class RampAccumulate(Accumulate):
    """Older batches count less: of batch i generation g takes the first int(k i/g) samples.

    Source: the authors' Gaussian toy. The set grows like n + k (g+1)/2, so lam is not constant.
    """

    def choose(self, generation: int, sizes: Sequence[int], rng: np.random.Generator) -> list[Choice]:
        return [None, *(np.arange(count) for count in ramp_counts(generation, sizes[1:]))]


def ramp_counts(generation: int, sizes: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of each of the batches 1 .. g generation g takes, (g,): int(size i/g)."""
    batch = np.arange(1, len(sizes) + 1)
    return np.asarray(np.asarray(sizes, dtype=np.int64) * batch // generation)


@dataclass(frozen=True)
class Mix(_Weighted):
    """A training set of the real set's size n, of which the share `real_fraction` = 1/(1 + lam) is real."""

    def __post_init__(self) -> None:
        if not self.lam >= 0:  # inf is no real data, nan is refused
            raise ValueError(f"lam must be >= 0 (inf = no real data), got {self.lam!r}; lam = 1/real_fraction - 1")

    @classmethod
    def of_fraction(cls, real_fraction: float, selector: Selector[Any] | None = None) -> Mix:
        """The schedule whose real share is `real_fraction` in [0, 1]."""
        return cls(mixed(real_fraction), selector)

    @property
    def real_fraction(self) -> float:
        return 1.0 / (1.0 + self.lam)

    def real_count(self, n_real: int) -> int:
        """How many real samples stay; half a sample is rounded up, whichever way the fraction was written."""
        return math.floor(self.real_fraction * n_real + 0.5 + 1e-9)

    def request(self, n_real: int) -> int:
        return n_real - self.real_count(n_real)

    def choose(self, generation: int, sizes: Sequence[int], rng: np.random.Generator) -> list[Choice]:
        return [np.arange(self.real_count(sizes[0])), *[None] * (len(sizes) - 1)]


def mixed(real_fraction: float) -> float:
    """lam of a training set whose real share is `real_fraction`: 1/f - 1.

    Raises:
        ValueError: it lies outside [0, 1].
    """
    if not 0 <= real_fraction <= 1:
        raise ValueError(f"real_fraction must lie in [0, 1], got {real_fraction!r}; 0 = no real data, 1 = nothing else")
    return math.inf if real_fraction == 0 else 1.0 / real_fraction - 1.0


SCHEDULES: dict[str, Callable[[float], Schedule]] = {
    kind.name(): kind for kind in (Augment, Replace, Fresh, Accumulate, AccumulateSubsample, RampAccumulate, Mix)
}


def schedule_named(name: str, lam: float) -> Schedule:
    """The schedule `name` with weight `lam`.

    Raises:
        ValueError: unknown name, or a weight that the schedule refuses.
    """
    if name not in SCHEDULES:
        raise ValueError(f"schedule must be one of {', '.join(SCHEDULES)}, got {name!r}; choose one of them")
    return SCHEDULES[name](lam)
