"""`scsc toy mixture`: the loop of a Gaussian mixture, point by point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import tyro

from loop.progress import Report
from scsc.toy_sweep import ToySweep

if TYPE_CHECKING:
    from loop.ensemble import Curves, EnsembleConfig


@dataclass(frozen=True)
class ToyMixture(ToySweep):
    """A Gaussian mixture refitted by expectation maximisation, the truth a ring of modes: which modes are lost?

    No theory: the mixture is no exponential family. The runs have the seeds seed, seed + 1, ...
    """

    model: ClassVar[str] = "Gaussian mixture"
    shown: ClassVar[tuple[str, ...]] = ("sliced_w2", "lost_modes")

    schedule: tuple[str, ...] = ("replace",)
    """What a generation trains on, one or several: augment | replace | fresh | accumulate | accumulate-subsample |
    ramp-accumulate | mix."""
    generations: int = 20
    """Generations after the first fit; a finished run is extended by asking for more."""
    runs: Annotated[int, tyro.conf.arg(aliases=["--seeds"])] = 8
    """Independent runs (seeds) of every cell."""
    n: int = 200
    """Real points."""
    modes: int = 8
    """Gaussians of the truth, equal and on a circle in the plane; the model has as many."""
    radius: float = 4.0
    """Radius of the circle; the modes have standard deviation 1/2."""
    out: Path = Path("runs/toy-mixture")
    """Folder of the run; the same command again resumes or re-reads it."""

    def loop(self, schedule: str, gammas: tuple[float, ...], lams: tuple[float, ...]) -> Any:
        from loop.schedule import SCHEDULES
        from toy.cells import check_cells
        from toy.laws import ring
        from toy.mixture import GaussianMixtureProblem

        problem = GaussianMixtureProblem(self.n, ring(self.modes, self.radius), self.modes)
        check_cells(gammas, lams, schedule, self.n, 2 * self.modes, tuple(SCHEDULES))
        return problem, gammas, lams, schedule

    def curves(
        self, loop: Any, config: EnsembleConfig, folder: Path, report: Report, extra: Mapping[str, Any]
    ) -> Curves:
        from toy.sweep import run_sweep

        problem, gammas, lams, schedule = loop
        return run_sweep(problem, problem.ideal, gammas, lams, schedule, config, folder, report, extra)

    def expected(self, loop: Any) -> Mapping[str, Any]:
        return {}
