"""The kernel density loop: the model is its training points, blurred by a Gaussian of width h; truth N(0, 1).

Expectations close, whatever the number of points (R19): the second moment grows to 1 + h^2/(1-r), never to the truth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop import ArrayBatch, Mixture, Problem, Request, kept_share, schedule_named
from loop.ensemble import BLOCK, Array, Block, State
from theory.formulas import kde_second_moment
from toy.cells import check_cells, described_cells, synthetic_counts
from toy.gaussian import ideal


def kernel_measures(points: Array, width: float) -> dict[str, Array]:
    """Of the density of points (..., N): its second moment, and the square of its mean."""
    return {
        "second_moment": np.mean(points**2, axis=-1) + width**2,
        "mean_error2": np.mean(points, axis=-1) ** 2,
    }


@dataclass(frozen=True)
class KernelDensityProblem(Problem[NDArray[np.float64], ArrayBatch]):
    """n real points of N(0, 1); the model is the array of its training points, (N,). Batches are (n,)."""

    n: int = 50
    width: float = 0.4

    def __post_init__(self) -> None:
        if self.n < 1:
            raise ValueError(f"n must be >= 1 real point, got {self.n}; choose a positive whole number")
        if not 0 <= self.width < np.inf:
            raise ValueError(f"width must be >= 0 and finite, got {self.width!r}; choose such a kernel width")

    def describe(self) -> dict[str, Any]:
        return {"name": "kde", "n": self.n, "width": self.width}

    def data(self) -> dict[str, Any]:
        return {"name": "N(0, 1)", "fingerprint": "drawn from the seed"}

    def ideal(self, gamma: float) -> Mixture[ArrayBatch]:
        """The ideal corrector of strength gamma."""
        return ideal(gamma)

    def real(self, generation: int, rng: np.random.Generator) -> ArrayBatch:
        return ArrayBatch(rng.standard_normal(self.n))

    def fit(
        self, previous: Array | None, training: ArrayBatch, rng: np.random.Generator, work: Path | None = None
    ) -> Array:
        if not np.isfinite(training.samples).all():
            raise ValueError("training points must be finite, got nan or inf; let the corrector keep what it breaks")
        return np.asarray(training.samples, dtype=float)

    def sample(self, model: Array, request: Request[ArrayBatch], rng: np.random.Generator) -> ArrayBatch:
        origin = model[rng.integers(len(model), size=request.count)]
        return ArrayBatch(origin + self.width * rng.standard_normal(request.count))

    def measure(
        self, model: Array, synthetic: ArrayBatch | None, corrected: ArrayBatch | None, rng: np.random.Generator
    ) -> Mapping[str, Any]:
        return {name: float(value) for name, value in kernel_measures(model, self.width).items()}

    def save(self, model: Array, folder: Path) -> None:
        np.save(folder / "points.npy", model, allow_pickle=False)

    def load(self, folder: Path) -> Array:
        return np.asarray(np.load(folder / "points.npy", allow_pickle=False))

    def load_batch(self, folder: Path) -> ArrayBatch:
        return ArrayBatch.load(folder)


@dataclass(frozen=True)
class KernelEnsemble:
    """Cells of (gamma, lam) of the kernel density loop with the ideal corrector, many seeds at once.

    The cells of a seed share their real data; each reads the other streams from their beginning, so that a cell's
    result does not depend on the others. State: `points.c`, (64, N_c), and for what accumulates `pool.c`.
    """

    gammas: tuple[float, ...]
    lams: tuple[float, ...]
    n: int = 50
    width: float = 0.4
    schedule: str = "augment"

    def __post_init__(self) -> None:
        KernelDensityProblem(self.n, self.width)
        check_cells(self.gammas, self.lams, self.schedule, self.n, least=1)

    @property
    def k(self) -> tuple[int, ...]:
        """Synthetic points per generation, one per cell."""
        return synthetic_counts(self.schedule, self.lams, self.n)

    def describe(self) -> dict[str, Any]:
        problem = KernelDensityProblem(self.n, self.width).describe()
        return described_cells(problem, self.gammas, self.lams, self.schedule, self.n)

    def start(self, block: Block) -> State:
        real = self._real(block, 0)
        return {f"{part}.{cell}": real for cell in range(len(self.gammas)) for part in ("points", "pool")}

    def step(self, state: State, generation: int, block: Block) -> State:
        rule = schedule_named(self.schedule, 1.0)
        which = rule.real_generation(generation)
        fresh = self._real(block, generation) if which == generation else None
        new: State = {}
        for cell, (gamma, k) in enumerate(zip(self.gammas, self.k, strict=True)):
            pool = state[f"pool.{cell}"]
            synthetic = self._synthetic(state[f"points.{cell}"], k, gamma, block.stream(generation, "sample"))
            parts = [synthetic] if which is None else [pool if fresh is None else fresh, synthetic]
            points = np.concatenate(parts, axis=1)
            new[f"points.{cell}"] = points
            new[f"pool.{cell}"] = points if rule.history(generation + 1) else pool
        return new

    def measure(self, state: State) -> Mapping[str, Array]:
        cells = [kernel_measures(state[f"points.{cell}"], self.width) for cell in range(len(self.gammas))]
        return {name: np.stack([cell[name] for cell in cells], axis=1) for name in cells[0]}

    def expected(self, generations: int) -> dict[str, Array]:
        """E of the second moment over generations, (generations + 1, C); nan where theory has none (accumulation)."""
        cells = [second_moment_path(g, x, self.width, generations, self.schedule, self.n)
                 for g, x in zip(self.gammas, self.lams, strict=True)]  # fmt: skip
        return {"second_moment": np.stack(cells, axis=1)}

    def _real(self, block: Block, generation: int) -> Array:
        return block.stream(generation, "real").standard_normal((BLOCK, self.n))

    def _synthetic(self, points: Array, k: int, gamma: float, rng: np.random.Generator) -> Array:
        """(64, k) corrected synthetic points."""
        origin = np.take_along_axis(points, rng.integers(points.shape[1], size=(BLOCK, k)), axis=1)
        own = origin + self.width * rng.standard_normal((BLOCK, k))
        kept = rng.random((BLOCK, k)) < kept_share(gamma)
        return np.where(kept, own, rng.standard_normal((BLOCK, k)))


def second_moment_path(gamma: float, lam: float, width: float, generations: int, schedule: str, n: int) -> Array:
    """R19 [D]: E of the model's second moment, (generations + 1,), for every n; nan for schedules that accumulate."""
    if schedule == "accumulate":
        return np.full(generations + 1, np.nan)
    k = schedule_named(schedule, lam).request(n)
    s = 1.0 if schedule == "replace" else k / (n + k)
    r = s * kept_share(gamma)
    steps = np.arange(generations + 1)
    if r == 1.0:  # the limit of the formula: one blur a generation, none forgotten
        return np.asarray(1 + width**2 * (steps + 1.0))
    return np.asarray(kde_second_moment(steps, r=r, width=width), dtype=float)
