"""Schedules: what a generation trains on.

A schedule asks for a number of synthetic samples and mixes them, once corrected, with real ones. With n real samples
and weight lam, k = round(lam n) samples are synthetic in each generation.

| name | training set of generation g >= 1 |
|---|---|
| augment | the fixed real set + the k corrected samples of generation g (the setting of the theorem) |
| replace | the k corrected samples of generation g alone (fully synthetic) |
| fresh | a new real set each generation + the k corrected samples of generation g |
| accumulate | the fixed real set + the corrected samples of generations 1 .. g |
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from loop.corrector import Selector


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

    def describe(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class _Weighted:
    """Common part: lam, the number of synthetic samples per real sample."""

    lam: float = 1.0
    selector: Selector[Any] | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.lam < math.inf:
            raise ValueError(
                f"lam must be >= 0 and finite, got {self.lam!r}; for no real data choose the schedule 'replace'"
            )

    def request(self, n_real: int) -> int:
        """round(lam n): rounded, as 0.29 * 100 is 28.999..."""
        return round(self.lam * n_real)

    def real_generation(self, generation: int) -> int | None:
        return 0

    def history(self, generation: int) -> range:
        return range(0)

    def describe(self) -> dict[str, Any]:
        selection = {} if self.selector is None else {"selector": self.selector.describe()}
        return {"name": type(self).__name__.lower(), "lam": self.lam, **selection}


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


SCHEDULES: dict[str, Callable[[float], Schedule]] = {
    "augment": Augment,
    "replace": Replace,
    "fresh": Fresh,
    "accumulate": Accumulate,
}


def schedule_named(name: str, lam: float) -> Schedule:
    """The schedule `name` with weight `lam`.

    Raises:
        ValueError: unknown name, or a weight that the schedule refuses.
    """
    if name not in SCHEDULES:
        raise ValueError(f"schedule must be one of {', '.join(SCHEDULES)}, got {name!r}; choose one of them")
    return SCHEDULES[name](lam)
