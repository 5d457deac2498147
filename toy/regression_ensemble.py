"""The regression loop on sufficient statistics: Gram matrices are Wishart, the noise given them is Gaussian.

Errors e = w - w* follow the same law whatever w* is, so w* = 0. The same law as `toy.regression`, held against it in
the tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from loop import kept_share, schedule_named
from loop.ensemble import BLOCK, Array, Block, State
from theory.regression import error_path
from toy.cells import check_cells, described_cells, synthetic_counts
from toy.gaussian import covariance_root
from toy.groups import standard_group
from toy.regression import check_regression


def gram(count: Array, d: int, rng: np.random.Generator) -> Array:
    """X^T X of `count` inputs N(0, I), (m, d, d): the scatter of one point more about its mean has the same law."""
    return standard_group(count + 1.0, d, rng).scatter


def _label_noise(matrix: Array, rng: np.random.Generator) -> Array:
    """X^T noise given X^T X = matrix, (m, d), for unit noise."""
    return np.asarray((covariance_root(matrix) @ rng.standard_normal((*matrix.shape[:-1], 1)))[..., 0])


def _solved(matrix: Array, moment: Array) -> Array:
    """The least-squares weights, (..., d)."""
    return np.asarray(np.linalg.solve(matrix, moment[..., None])[..., 0], dtype=float)


@dataclass(frozen=True)
class RegressionEnsemble:
    """Cells of (gamma, lam) with the ideal corrector (a true label) of strength gamma, many seeds at once.

    State: `gram` (64, C, d, d) and `moment` X^T y (64, C, d) of the samples that a generation goes on from, `error`
    (64, C, d). Cells share their real data; a cell's result does not depend on the others.
    """

    gammas: tuple[float, ...]
    lams: tuple[float, ...]
    n: int = 50
    dimension: int = 5
    schedule: str = "replace"
    noise: float = 1.0

    def __post_init__(self) -> None:
        check_regression(self.n, self.dimension, self.noise)
        check_cells(self.gammas, self.lams, self.schedule, self.n, least=self.dimension + 2)

    @property
    def k(self) -> tuple[int, ...]:
        """Synthetic samples per generation, one number per cell."""
        return synthetic_counts(self.schedule, self.lams, self.n)

    def describe(self) -> dict[str, Any]:
        problem = {"name": "regression", "n": self.n, "dimension": self.dimension, "noise": self.noise}
        return described_cells(problem, self.gammas, self.lams, self.schedule, self.n)

    def start(self, block: Block) -> State:
        matrix, moment = self._real(block, 0)
        error = _solved(matrix, moment)
        cells = len(self.gammas)
        return {
            "gram": np.repeat(matrix[:, None], cells, axis=1),
            "moment": np.repeat(moment[:, None], cells, axis=1),
            "error": np.repeat(error[:, None], cells, axis=1),
        }

    def step(self, state: State, generation: int, block: Block) -> State:
        rule = schedule_named(self.schedule, 1.0)
        which = rule.real_generation(generation)
        matrix, moment = self._synthetic(state["error"], generation, block)
        if which == 0:
            matrix, moment = matrix + state["gram"], moment + state["moment"]
        elif which is not None:
            real, labels = self._real(block, which)
            matrix, moment = matrix + real[:, None], moment + labels[:, None]
        grows = bool(rule.history(generation + 1))
        return {
            "gram": matrix if grows else state["gram"],
            "moment": moment if grows else state["moment"],
            "error": _solved(matrix, moment),
        }

    def measure(self, state: State) -> Mapping[str, Array]:
        return {"error2": np.sum(state["error"] ** 2, axis=-1)}

    def expected(self, generations: int) -> dict[str, Array]:
        """E |w - w*|^2, (generations + 1, C); nan where theory has no closed form."""
        missing = np.full(generations + 1, np.nan)
        paths = [
            error_path(self.n, k, self.dimension, gamma, generations, self.schedule, self.noise)
            for gamma, k in zip(self.gammas, self.k, strict=True)
        ]
        return {"error2": np.stack([missing if path is None else path for path in paths], axis=1)}

    def _real(self, block: Block, generation: int) -> tuple[Array, Array]:
        """Gram matrix (64, d, d) and X^T y (64, d) of n true samples."""
        rng = block.stream(generation, "real")
        matrix = gram(np.full(BLOCK, float(self.n)), self.dimension, rng)
        return matrix, self.noise * _label_noise(matrix, rng)

    def _synthetic(self, error: Array, generation: int, block: Block) -> tuple[Array, Array]:
        """The corrected synthetic samples' Gram matrix and X^T y, (64, C, ...)."""
        matrices, moments = [], []
        for cell, (gamma, k) in enumerate(zip(self.gammas, self.k, strict=True)):
            rng = block.stream(generation, "sample")  # every cell reads the same stream from its beginning
            kept = rng.binomial(k, kept_share(gamma), BLOCK).astype(float)
            own = gram(kept, self.dimension, rng)
            whole = own + gram(k - kept, self.dimension, rng)
            matrices.append(whole)
            moments.append((own @ error[:, cell, :, None])[..., 0] + self.noise * _label_noise(whole, rng))
        return np.stack(matrices, axis=1), np.stack(moments, axis=1)
