"""The Gaussian loop on sufficient statistics: sampling, correcting and fitting fused, thousands of runs at once.

The mean and the scatter matrix of k Gaussian points are drawn directly (normal and Wishart), the number of corrected
points is binomial: the same law as the point-wise loop of `toy.gaussian`, against which it is tested.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from loop import kept_share, schedule_named
from loop.ensemble import BLOCK, Array, Block, State
from toy.gaussian import GaussianProblem, covariance_root, gaussian_measures


@dataclass(frozen=True)
class Group:
    """Sufficient statistics of points: how many (...), their mean (..., d), their scatter about it (..., d, d)."""

    count: Array
    mean: Array
    scatter: Array


def pooled(*groups: Group) -> Group:
    """The statistics of all the groups' points together."""
    count = np.sum(np.broadcast_arrays(*(g.count for g in groups)), axis=0)
    weights = [g.count / count for g in groups]
    mean = sum((w[..., None] * g.mean for w, g in zip(weights, groups, strict=True)), np.zeros(1))
    scatter = np.zeros(1)
    for group in groups:
        gap = group.mean - mean
        between = group.count[..., None, None] * gap[..., :, None] * gap[..., None, :]
        scatter = scatter + group.scatter + between
    return Group(count, np.asarray(mean), scatter)


def standard_group(count: Array, d: int, rng: np.random.Generator) -> Group:
    """Statistics of `count` points of N(0, I), without the points.

    Bartlett: the scatter is T T^T with T lower triangular, its diagonal sqrt(chi^2 of count-1-i degrees of freedom),
    standard normals below; columns beyond the degrees of freedom vanish. A group without points has zeros.

    Args:
        count: (m,) whole numbers >= 0.
    """
    m = len(count)
    mean = rng.standard_normal((m, d)) / np.sqrt(np.maximum(count, 1.0))[:, None]
    free = count[:, None] - 1.0 - np.arange(d)  # (m, d) degrees of freedom of each diagonal entry
    diagonal = np.sqrt(rng.chisquare(np.maximum(free, 1.0)))
    root = np.tril(rng.standard_normal((m, d, d)), -1)
    root[:, np.arange(d), np.arange(d)] = diagonal
    root *= (free > 0)[:, None, :]
    mean *= (count > 0)[:, None]
    return Group(count, mean, root @ root.transpose(0, 2, 1))


@dataclass(frozen=True)
class GaussianEnsemble:
    """C cells of (gamma, lam), each with the ideal corrector of strength gamma, on one schedule.

    The cells of a seed share their real data and every stream, so that comparisons between cells are paired; a cell's
    result does not depend on the others.
    """

    gammas: tuple[float, ...]
    lams: tuple[float, ...]
    n: int = 50
    dimension: int = 2
    schedule: str = "augment"

    def __post_init__(self) -> None:
        GaussianProblem(self.n, self.dimension)
        if len(self.gammas) != len(self.lams) or not self.gammas:
            raise ValueError(f"one gamma and one lam per cell, got {len(self.gammas)} and {len(self.lams)}")
        for gamma in self.gammas:
            kept_share(gamma)
        for lam in self.lams:
            count = schedule_named(self.schedule, lam).request(self.n)
            if self.schedule == "replace" and count < 2:
                raise ValueError(f"lam * n must be >= 2 for 'replace', got {lam} * {self.n}; raise lam or n")

    @property
    def k(self) -> tuple[int, ...]:
        """Synthetic points per generation, one per cell."""
        return tuple(schedule_named(self.schedule, lam).request(self.n) for lam in self.lams)

    def describe(self) -> dict[str, Any]:
        return {
            "problem": GaussianProblem(self.n, self.dimension).describe(),
            "n": self.n,
            "dimension": self.dimension,
            "schedule": {"name": self.schedule},
            "corrector": {"name": "mixture", "corrector": {"name": "fresh-draw"}},
            "gamma": list(self.gammas),
            "lam": list(self.lams),
            "k": list(self.k),
        }

    def start(self, block: Block) -> State:
        real = self._real(block, 0)
        cells = (BLOCK, len(self.gammas))
        d = self.dimension
        group = Group(
            np.broadcast_to(real.count, cells),
            np.broadcast_to(real.mean, (*cells, d)),
            np.broadcast_to(real.scatter, (*cells, d, d)),
        )
        return {**_named("pool", group), **_named("model", group)}

    def step(self, state: State, generation: int, block: Block) -> State:
        synthetic = self._synthetic(state, generation, block)
        rule = schedule_named(self.schedule, 1.0)
        which = rule.real_generation(generation)
        pool = _group(state, "pool")  # the fixed real points, and what an accumulating schedule has added to them
        if which is None:
            training = synthetic
        else:
            training = pooled(pool if which == 0 else self._real(block, which), synthetic)
        if rule.history(generation + 1):
            pool = training
        return {**_named("pool", pool), **_named("model", training)}

    def measure(self, state: State) -> Mapping[str, Array]:
        model = _group(state, "model")
        return gaussian_measures(model.mean, model.scatter / model.count[..., None, None])

    def _real(self, block: Block, generation: int) -> Group:
        """(64, 1, ...): shared by the cells."""
        count = np.full(BLOCK, float(self.n))
        group = standard_group(count, self.dimension, block.stream(generation, "real"))
        return Group(group.count[:, None], group.mean[:, None], group.scatter[:, None])

    def _synthetic(self, state: State, generation: int, block: Block) -> Group:
        """The corrected synthetic points of every cell, (64, C, ...)."""
        model = _group(state, "model")
        d = self.dimension
        root = covariance_root(model.scatter / model.count[..., None, None])
        rng = block.stream(generation, "sample")
        beginning = rng.bit_generator.state
        kept, drawn = [], []
        for gamma, k in zip(self.gammas, self.k, strict=True):
            rng.bit_generator.state = beginning  # every cell reads the same stream from its beginning
            own = rng.binomial(k, kept_share(gamma), BLOCK).astype(float)
            kept.append(standard_group(own, d, rng))
            drawn.append(standard_group(k - own, d, rng))
        own_points, target_points = _stacked(kept), _stacked(drawn)
        moved = Group(
            own_points.count,
            model.mean + (root @ own_points.mean[..., None])[..., 0],
            root @ own_points.scatter @ np.swapaxes(root, -1, -2),
        )
        return _ignoring_empty(moved, target_points)


def _ignoring_empty(first: Group, second: Group) -> Group:
    """Both groups pooled; where both are empty (k = 0) a group without weight."""
    empty = first.count + second.count == 0
    safe = Group(np.where(empty, 1.0, first.count), first.mean, first.scatter)
    both = pooled(safe, second)
    return Group(np.where(empty, 0.0, both.count), both.mean, np.where(empty[..., None, None], 0.0, both.scatter))


def _stacked(groups: list[Group]) -> Group:
    return Group(*(np.stack([getattr(g, part) for g in groups], axis=1) for part in ("count", "mean", "scatter")))


def _group(state: State, name: str) -> Group:
    return Group(state[f"{name}.count"], state[f"{name}.mean"], state[f"{name}.scatter"])


def _named(name: str, group: Group) -> State:
    return {f"{name}.count": group.count, f"{name}.mean": group.mean, f"{name}.scatter": group.scatter}
