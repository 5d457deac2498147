"""The Gaussian loop through the point-wise engine: for the correctors that no fused ensemble knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from loop.ensemble import Curves, EnsembleConfig
from loop.progress import Report, silent
from loop.schedule import SCHEDULES
from toy.cells import check_cells, grid, synthetic_counts
from toy.gaussian import GaussianProblem
from toy.laws import Normal
from toy.named import Choice, choice_named
from toy.sweep import run_sweep


@dataclass(frozen=True)
class PointLoop:
    """Cells (gamma, lam) of one corrector and schedule; described as an ensemble is, so that it is reported alike."""

    problem: GaussianProblem
    corrector: str
    gammas: tuple[float, ...]
    lams: tuple[float, ...]
    schedule: str = "augment"

    def __post_init__(self) -> None:
        check_cells(self.gammas, self.lams, self.schedule, self.problem.n, 2, tuple(SCHEDULES))
        self.choice  # noqa: B018  (refuses unknown names)

    @classmethod
    def of(
        cls, corrector: str, problem: GaussianProblem, gammas: tuple[float, ...], lams: tuple[float, ...], schedule: str
    ) -> PointLoop:
        """Every gamma with every lam."""
        return cls(problem, corrector, *grid(gammas, lams), schedule)

    @property
    def choice(self) -> Choice:
        dimension = self.problem.dimension
        return choice_named(self.corrector, Normal((0.0,) * dimension), dimension)

    @property
    def k(self) -> tuple[int, ...]:
        """Synthetic points a generation, by cell."""
        return synthetic_counts(self.schedule, self.lams, self.problem.n)

    @property
    def real_counts(self) -> tuple[int, ...]:
        """Real points a generation, by cell, as far as they do not change."""
        return (self.problem.n,) * len(self.gammas)

    def run(
        self,
        config: EnsembleConfig,
        folder: Path | None = None,
        report: Report = silent,
        extra: Mapping[str, np.ndarray] | None = None,
    ) -> Curves:
        """Curves of all seeds and cells; with `folder` finished runs are kept."""
        choice = self.choice
        return run_sweep(
            self.problem, choice.corrector, self.gammas, self.lams, self.schedule, config, folder, report, extra,
            selector=choice.selector, keep_models=False,
        )  # fmt: skip
