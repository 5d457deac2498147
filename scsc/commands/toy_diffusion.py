"""`scsc toy diffusion`: the loop of a small diffusion model in the plane."""

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
class ToyDiffusion(ToySweep):
    """A small diffusion model in the plane, fine-tuned on its own samples, the truth a ring of modes.

    No theory. The runs have the seeds seed, seed + 1, ...; all strengths of a seed share generation 0.
    """

    model: ClassVar[str] = "diffusion in the plane"
    shown: ClassVar[tuple[str, ...]] = ("sliced_w2", "lost_modes")

    schedule: tuple[str, ...] = ("replace",)
    """What a generation trains on, one or several: augment | replace | fresh | accumulate | accumulate-subsample |
    ramp-accumulate | mix."""
    generations: int = 15
    """Generations after the first fit; a finished run is extended by asking for more."""
    runs: Annotated[int, tyro.conf.arg(aliases=["--seeds"])] = 4
    """Independent runs (seeds) of every cell."""
    n: int = 200
    """Real points."""
    modes: int = 8
    """Gaussians of the truth, equal and on a circle in the plane."""
    radius: float = 4.0
    """Radius of the circle; the modes have standard deviation 1/2."""
    first_steps: int = 2000
    """Optimiser steps of generation 0."""
    steps: int = 200
    """Optimiser steps of every later generation."""
    sampler_steps: int = 16
    """Model evaluations a sample, by DPM-Solver++(2M)."""
    out: Path = Path("runs/toy-diffusion")
    """Folder of the run; the same command again resumes or re-reads it."""

    def loop(self, schedule: str, gammas: tuple[float, ...], lams: tuple[float, ...]) -> Any:
        import torch

        from loop.schedule import SCHEDULES
        from toy.cells import check_cells
        from toy.laws import ring
        from toy.plane_diffusion import PlaneDiffusionProblem

        torch.set_num_threads(1)
        problem = PlaneDiffusionProblem(
            self.n, ring(self.modes, self.radius), self.first_steps, self.steps, sampler_steps=self.sampler_steps
        )
        check_cells(gammas, lams, schedule, self.n, 2, tuple(SCHEDULES))
        return problem, gammas, lams, schedule

    def curves(
        self, loop: Any, config: EnsembleConfig, folder: Path, report: Report, extra: Mapping[str, Any]
    ) -> Curves:
        from toy.sweep import run_sweep

        problem, gammas, lams, schedule = loop
        return run_sweep(
            problem, problem.ideal, gammas, lams, schedule, config, folder, report, extra, share_first=True
        )

    def expected(self, loop: Any) -> Mapping[str, Any]:
        return {}
