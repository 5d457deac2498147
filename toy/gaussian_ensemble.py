"""The Gaussian loop on sufficient statistics: sampling, correcting and fitting fused, thousands of runs at once.

The mean and the scatter matrix of k Gaussian points are drawn directly (normal and Wishart), the number of corrected
points is binomial: the same law as the point-wise loop of `toy.gaussian`, against which it is tested.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from loop import Mix, kept_share, schedule_named
from loop.ensemble import BLOCK, Array, Block, State
from toy.gaussian import GaussianProblem, covariance_root, gaussian_measures
from toy.groups import Group, group_in, group_of, named, pooled, pooled_or_empty, stacked, standard_group

SCHEDULES = ("augment", "replace", "fresh", "accumulate", "mix")
"""Schedules for which sums are enough."""


@dataclass(frozen=True)
class GaussianEnsemble:
    """C cells of (gamma, lam), each with the ideal corrector of strength gamma, on one schedule of `SCHEDULES`.

    normalisation, bias, first: as in `toy.gaussian.GaussianProblem`; `first` other than n needs the schedule `fresh`.
    The cells of a seed share their real data and every stream, so that comparisons between cells are paired; a cell's
    result does not depend on the others.
    """

    gammas: tuple[float, ...]
    lams: tuple[float, ...]
    n: int = 50
    dimension: int = 2
    schedule: str = "augment"
    normalisation: str = "mle"
    bias: float = 1.0
    first: int | None = None

    def __post_init__(self) -> None:
        check_first(self.problem, self.schedule)
        if len(self.gammas) != len(self.lams) or not self.gammas:
            raise ValueError(f"one gamma and one lam per cell, got {len(self.gammas)} and {len(self.lams)}")
        for gamma in self.gammas:
            kept_share(gamma)
        for lam in self.lams:
            count = schedule_named(self.schedule, lam).request(self.n)
            if self.schedule not in SCHEDULES:
                raise ValueError(f"schedule must be one of {', '.join(SCHEDULES)} here, got {self.schedule!r}")
            if self.schedule == "replace" and count < 2:
                raise ValueError(f"lam * n must be >= 2 for 'replace', got {lam} * {self.n}; raise lam or n")

    @property
    def problem(self) -> GaussianProblem:
        """The point-wise loop of the same law."""
        return GaussianProblem(self.n, self.dimension, self.normalisation, self.bias, self.first)

    @property
    def corrector(self) -> str:
        """Always the ideal one, with strength gamma."""
        return "mixture"

    @property
    def k(self) -> tuple[int, ...]:
        """Synthetic points per generation, one per cell."""
        return tuple(schedule_named(self.schedule, lam).request(self.n) for lam in self.lams)

    def describe(self) -> dict[str, Any]:
        return {
            "problem": self.problem.describe(),
            "n": self.n,
            "dimension": self.dimension,
            "schedule": {"name": self.schedule},
            "corrector": {"name": "mixture", "corrector": {"name": "fresh-draw"}},
            "gamma": list(self.gammas),
            "lam": list(self.lams),
            "k": list(self.k),
            "real": list(self.real_counts),
        }

    @property
    def real_counts(self) -> tuple[int, ...]:
        """Real points in every later generation, one per cell."""
        if self.schedule == "mix":
            return tuple(Mix(lam).real_count(self.n) for lam in self.lams)
        return (0 if self.schedule == "replace" else self.n,) * len(self.lams)

    def start(self, block: Block) -> State:
        cells, d = (BLOCK, len(self.gammas)), self.dimension
        if self.schedule == "mix":
            points = block.stream(0, "real").standard_normal((BLOCK, self.n, d))
            model = _over(group_of(points[:, None]), cells, d)
            pool = stacked([_part(points[:, :count]) for count in self.real_counts])
        else:
            first = self.n if self.first is None else self.first
            model = pool = _over(self._real(block, 0, first), cells, d)
        return {**named("pool", pool), **named("model", model)}

    def step(self, state: State, generation: int, block: Block) -> State:
        synthetic = self._synthetic(state, generation, block)
        rule = schedule_named(self.schedule, 1.0)
        which = rule.real_generation(generation)
        pool = group_in(state, "pool")  # the fixed real points, and what an accumulating schedule has added to them
        if which is None:
            training = synthetic
        else:
            training = pooled(pool if which == 0 else self._real(block, which, self.n), synthetic)
        if rule.history(generation + 1):
            pool = training
        return {**named("pool", pool), **named("model", training)}

    def measure(self, state: State) -> Mapping[str, Array]:
        model = group_in(state, "model")
        return gaussian_measures(model.mean, self._covariance(model))

    def _covariance(self, model: Group) -> Array:
        return model.scatter / self.problem.divisor(model.count)[..., None, None]

    def _real(self, block: Block, generation: int, size: int) -> Group:
        """(64, 1, ...): shared by the cells."""
        count = np.full(BLOCK, float(size))
        group = standard_group(count, self.dimension, block.stream(generation, "real"))
        return Group(group.count[:, None], group.mean[:, None], group.scatter[:, None])

    def _synthetic(self, state: State, generation: int, block: Block) -> Group:
        """The corrected synthetic points of every cell, (64, C, ...)."""
        model = group_in(state, "model")
        d = self.dimension
        root = covariance_root(self.bias * self._covariance(model))
        rng = block.stream(generation, "sample")
        beginning = rng.bit_generator.state
        kept, drawn = [], []
        for gamma, k in zip(self.gammas, self.k, strict=True):
            rng.bit_generator.state = beginning  # every cell reads the same stream from its beginning
            own = rng.binomial(k, kept_share(gamma), BLOCK).astype(float)
            kept.append(standard_group(own, d, rng))
            drawn.append(standard_group(k - own, d, rng))
        own_points, target_points = stacked(kept), stacked(drawn)
        moved = Group(
            own_points.count,
            model.mean + (root @ own_points.mean[..., None])[..., 0],
            root @ own_points.scatter @ np.swapaxes(root, -1, -2),
        )
        return pooled_or_empty(moved, target_points)


def check_first(problem: GaussianProblem, schedule: str) -> None:
    """Refuse a generation 0 of another size where the schedule keeps its real points."""
    if problem.first not in (None, problem.n) and schedule != "fresh":
        raise ValueError(f"first must be n = {problem.n} for {schedule!r}, got {problem.first}; only 'fresh' allows it")


def _over(group: Group, cells: tuple[int, int], d: int) -> Group:
    """A group (64, 1, ...) for all cells."""
    return Group(
        np.broadcast_to(group.count, cells),
        np.broadcast_to(group.mean, (*cells, d)),
        np.broadcast_to(group.scatter, (*cells, d, d)),
    )


def _part(points: Array) -> Group:
    """Statistics of points (64, m, d); zeros where m = 0."""
    if points.shape[1]:
        return group_of(points)
    d = points.shape[-1]
    return Group(np.zeros(len(points)), np.zeros((len(points), d)), np.zeros((len(points), d, d)))
