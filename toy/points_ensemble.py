"""The Gaussian loop with its points, many runs at once: schedules and correctors for which sums are not enough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop import Mix, kept_share, ramp_counts, schedule_named
from loop.ensemble import BLOCK, Array, Block, State
from toy.gaussian import GaussianProblem, covariance_root, gaussian_measures
from toy.gaussian_ensemble import check_first
from toy.groups import group_of
from toy.histogram import FORMS, redraw

CORRECTORS = ("mixture", *(f"histogram-{form}" for form in FORMS))


@dataclass(frozen=True)
class PointsEnsemble:
    """Cells of gamma at one lam, on any schedule; the arguments of `toy.gaussian_ensemble.GaussianEnsemble`.

    corrector: one of `CORRECTORS`: the ideal mixture, or the histogram corrector in one of its forms (`toy.histogram`).

    The cells of a seed share their real data, the noise of their samples and the corrector's random numbers, so that
    comparisons between them are paired; a cell's result does not depend on the others.
    """

    gammas: tuple[float, ...]
    lam: float = 0.5
    n: int = 50
    dimension: int = 2
    schedule: str = "ramp-accumulate"
    corrector: str = "mixture"
    normalisation: str = "mle"
    bias: float = 1.0
    first: int | None = None

    def __post_init__(self) -> None:
        check_first(self.problem, self.schedule)
        rule = schedule_named(self.schedule, self.lam)
        if not self.gammas:
            raise ValueError("at least one gamma is needed, got none; name some")
        for gamma in self.gammas:
            kept_share(gamma)
        if self.corrector not in CORRECTORS:
            raise ValueError(f"corrector must be one of {', '.join(CORRECTORS)}, got {self.corrector!r}; choose one")
        if self.corrector != "mixture" and self.dimension != 2:
            raise ValueError(f"dimension must be 2 for {self.corrector!r}, got {self.dimension}; use the mixture")
        if self.schedule == "replace" and rule.request(self.n) < 2:
            raise ValueError(f"lam * n must be >= 2 for 'replace', got {self.lam} * {self.n}; raise lam or n")

    @property
    def problem(self) -> GaussianProblem:
        """The point-wise loop of the same law."""
        return GaussianProblem(self.n, self.dimension, self.normalisation, self.bias, self.first)

    @property
    def lams(self) -> tuple[float, ...]:
        """One a cell."""
        return (self.lam,) * len(self.gammas)

    @property
    def k(self) -> tuple[int, ...]:
        """Synthetic points per generation, one per cell."""
        return (self._k,) * len(self.gammas)

    @property
    def _k(self) -> int:
        return schedule_named(self.schedule, self.lam).request(self.n)

    @property
    def real_counts(self) -> tuple[int, ...]:
        """Real points in every later generation, one per cell."""
        mixed = Mix(self.lam).real_count(self.n) if self.schedule == "mix" else self.n
        return (0 if self.schedule == "replace" else mixed,) * len(self.gammas)

    def describe(self) -> dict[str, Any]:
        return {
            "problem": {**self.problem.describe(), "points": True},
            "n": self.n,
            "dimension": self.dimension,
            "schedule": {"name": self.schedule},
            "corrector": {"name": self.corrector},
            "gamma": list(self.gammas),
            "lam": list(self.lams),
            "k": list(self.k),
            "real": list(self.real_counts),
        }

    def start(self, block: Block) -> State:
        cells, d = len(self.gammas), self.dimension
        real = self._real(block, 0, self.n if self.first is None else self.first)
        model = self._fit(np.broadcast_to(real[:, None], (len(real), cells, *real.shape[1:])))
        state = {"real": real, **model}
        if self._gathers:
            state["pool"] = np.broadcast_to(real[:, None], (len(real), cells, self.n, d)).copy()
        if self.schedule in ("accumulate", "ramp-accumulate"):
            total, square = _sums(real)
            state["sum"] = np.broadcast_to(total[:, None], (len(real), cells, d)).copy()
            state["square"] = np.broadcast_to(square[:, None], (len(real), cells, d, d)).copy()
        return state

    def step(self, state: State, generation: int, block: Block) -> State:
        own = self._corrected(state, generation, block)
        new = {"real": state["real"]}
        if self._gathers:
            new["pool"] = _extended(state["pool"], own, self.n + (generation - 1) * self._k)
        if self.schedule in ("accumulate", "ramp-accumulate"):
            return {**new, **self._accumulated(state, new, own, generation)}
        if self.schedule == "accumulate-subsample":
            chosen = self._subsample(generation, block)
            training = np.take_along_axis(new["pool"], chosen[:, None, :, None], axis=2)
        else:
            which = schedule_named(self.schedule, self.lam).real_generation(generation)
            real = state["real"] if which == 0 else self._real(block, generation, self.n)
            part = real[:, None, : self.real_counts[0]]
            shared = np.broadcast_to(part, (*own.shape[:2], *part.shape[2:]))
            training = np.concatenate([shared, own], axis=2)
        return {**new, **self._fit(training)}

    def measure(self, state: State) -> Mapping[str, Array]:
        """Also `mean_product`, (mu - mu*).(mu_real - mu*)/d, where the real set is fixed."""
        found = gaussian_measures(state["mean"], state["covariance"])
        if self.schedule not in ("fresh", "replace", "mix"):
            found["mean_product"] = (
                np.sum(state["mean"] * state["real"].mean(axis=1)[:, None], axis=-1) / self.dimension
            )
        return found

    @property
    def _gathers(self) -> bool:
        """Whether earlier points are needed one by one: the pool holds them, (64, C, at least n + g k, d)."""
        return self.schedule in ("ramp-accumulate", "accumulate-subsample")

    def _real(self, block: Block, generation: int, size: int) -> Array:
        return block.stream(generation, "real").standard_normal((BLOCK, size, self.dimension))[: block.rows]

    def _fit(self, training: Array) -> State:
        """Mean and covariance of points (64, C, m, d)."""
        group = group_of(training)
        return {"mean": group.mean, "covariance": group.scatter / self.problem.divisor(group.count)[..., None, None]}

    def _corrected(self, state: State, generation: int, block: Block) -> Array:
        """The corrected points of a generation, (64, C, k, d)."""
        d, k, cells = self.dimension, self._k, len(self.gammas)
        noise = block.stream(generation, "sample").standard_normal((BLOCK, 1, k, d))[: block.rows]
        root = covariance_root(self.bias * state["covariance"])
        points = state["mean"][:, :, None] + noise @ np.swapaxes(root, -1, -2)
        rng = block.stream(generation, "correct")
        kept = np.array([kept_share(gamma) for gamma in self.gammas])
        if self.corrector == "mixture":
            picked = rng.random((BLOCK, 1, k))[: block.rows] >= kept[:, None]
            return np.where(picked[..., None], rng.standard_normal((BLOCK, 1, k, d))[: block.rows], points)
        sets, group = points.reshape(-1, k, d), np.repeat(np.arange(block.rows), cells)
        form = self.corrector.removeprefix("histogram-")
        return redraw(sets, np.tile(kept, block.rows), group, form, rng, BLOCK).reshape(points.shape)

    def _accumulated(self, state: State, new: State, own: Array, generation: int) -> State:
        """Sums over the training set: those of the last generation, plus the new batch, less what ramp weights drop.

        Sums of x and x x^T about the target's mean: the real set stays in, so nothing cancels.
        """
        total, square = _sums(own)
        total, square = state["sum"] + total, state["square"] + square
        count = self.n + generation * self._k
        if self.schedule == "ramp-accumulate" and self._k:
            kept = ramp_counts(generation, np.full(generation, self._k))
            count = self.n + int(kept.sum())
            places = _dropped(generation, self._k)
            if places.size:
                gone_total, gone_square = _sums(new["pool"][:, :, self.n + places])
                total, square = total - gone_total, square - gone_square
        mean = total / count
        scatter = square - count * mean[..., :, None] * mean[..., None, :]
        covariance = scatter / self.problem.divisor(np.array(float(count)))
        return {"sum": total, "square": square, "mean": mean, "covariance": covariance}

    def _subsample(self, generation: int, block: Block) -> NDArray[np.int64]:
        """n different places of the pool for each run, all equally likely, (64, n)."""
        size = self.n + generation * self._k
        ranks = block.stream(generation, "choose").random((BLOCK, size))[: block.rows]
        return np.argpartition(ranks, self.n - 1, axis=1)[:, : self.n]


def _sums(points: Array) -> tuple[Array, Array]:
    """Sums of x and of x x^T over points (..., m, d)."""
    return points.sum(axis=-2), np.swapaxes(points, -1, -2) @ points


def _dropped(generation: int, k: int) -> NDArray[np.int64]:
    """Places, among all batches' points in order, that generation g - 1 used and g no longer does."""
    if generation < 2:
        return np.zeros(0, dtype=np.int64)
    sizes = np.full(generation, k)
    before, after = ramp_counts(generation - 1, sizes[:-1]), ramp_counts(generation, sizes)[:-1]
    gone = before - after
    ends = np.cumsum(gone)
    inside = np.arange(gone.sum()) - np.repeat(ends - gone, gone)
    return np.asarray(np.repeat(np.arange(generation - 1) * k + after, gone) + inside)


def _extended(pool: Array, points: Array, used: int) -> Array:
    """`pool` with `points` after its first `used` ones: written into spare room, which is doubled when it runs out."""
    end = used + points.shape[2]
    if pool.shape[2] < end:
        larger = np.zeros((*pool.shape[:2], 2 * end, pool.shape[3]))
        larger[:, :, :used] = pool[:, :, :used]
        pool = larger
    pool[:, :, used:end] = points
    return pool
