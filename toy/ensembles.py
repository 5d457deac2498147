"""The Gaussian loop by its settings: the fastest ensemble that has the law asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from loop.ensemble import Array, Block, State
from loop.schedule import schedule_named
from toy.gaussian import GaussianProblem
from toy.gaussian_ensemble import SCHEDULES, GaussianEnsemble
from toy.points_ensemble import CORRECTORS, PointsEnsemble


@dataclass(frozen=True)
class SideBySide:
    """Ensembles that differ in lam alone, their cells one after the other."""

    parts: tuple[PointsEnsemble, ...]

    @property
    def problem(self) -> GaussianProblem:
        return self.parts[0].problem

    @property
    def schedule(self) -> str:
        return self.parts[0].schedule

    @property
    def corrector(self) -> str:
        return self.parts[0].corrector

    @property
    def gammas(self) -> tuple[float, ...]:
        return tuple(gamma for part in self.parts for gamma in part.gammas)

    @property
    def lams(self) -> tuple[float, ...]:
        return tuple(lam for part in self.parts for lam in part.lams)

    @property
    def k(self) -> tuple[int, ...]:
        return tuple(k for part in self.parts for k in part.k)

    @property
    def real_counts(self) -> tuple[int, ...]:
        return tuple(count for part in self.parts for count in part.real_counts)

    def describe(self) -> dict[str, Any]:
        described = [part.describe() for part in self.parts]
        lists = {key: [x for part in described for x in part[key]] for key in ("gamma", "lam", "k", "real")}
        return {**described[0], **lists}

    def start(self, block: Block) -> State:
        return _labelled([part.start(block) for part in self.parts])

    def step(self, state: State, generation: int, block: Block) -> State:
        return _labelled([part.step(_part(state, i), generation, block) for i, part in enumerate(self.parts)])

    def measure(self, state: State) -> Mapping[str, Array]:
        found = [part.measure(_part(state, i)) for i, part in enumerate(self.parts)]
        return {name: np.concatenate([one[name] for one in found], axis=1) for name in found[0]}


def _labelled(states: list[State]) -> State:
    return {f"{i}.{name}": value for i, state in enumerate(states) for name, value in state.items()}


def _part(state: State, index: int) -> State:
    mark = f"{index}."
    return {name.removeprefix(mark): value for name, value in state.items() if name.startswith(mark)}


def gaussian_loop(
    gammas: tuple[float, ...],
    lams: tuple[float, ...] = (0.5,),
    n: int = 50,
    dimension: int = 2,
    schedule: str = "augment",
    corrector: str = "mixture",
    normalisation: str = "mle",
    bias: float = 1.0,
    first: int | None = None,
) -> GaussianEnsemble | PointsEnsemble | SideBySide:
    """Every gamma with every lam, the lams one after the other.

    Sums instead of points wherever that has the same law: the ideal mixture on the schedules of
    `toy.gaussian_ensemble`. Arguments as there, `corrector` one of `toy.points_ensemble.CORRECTORS`.

    Raises:
        ValueError: a setting that the loop refuses.
    """
    if not gammas or not lams:
        raise ValueError(f"at least one gamma and one lam are needed, got {gammas} and {lams}; name some")
    schedule_named(schedule, lams[0])
    if corrector not in CORRECTORS:
        raise ValueError(f"corrector must be one of {', '.join(CORRECTORS)}, got {corrector!r}; choose one of them")
    if corrector == "mixture" and schedule in SCHEDULES:
        cells = [(gamma, lam) for lam in lams for gamma in gammas]
        return GaussianEnsemble(
            tuple(gamma for gamma, _ in cells),
            tuple(lam for _, lam in cells),
            n,
            dimension,
            schedule,
            normalisation,
            bias,
            first,
        )
    parts = tuple(
        PointsEnsemble(gammas, lam, n, dimension, schedule, corrector, normalisation, bias, first) for lam in lams
    )
    return parts[0] if len(parts) == 1 else SideBySide(parts)
