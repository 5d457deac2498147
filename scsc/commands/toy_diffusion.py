"""`scsc toy diffusion`: the loop of a small diffusion model in the plane."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

import tyro

from scsc.point_sweep import PointSweep


@dataclass(frozen=True)
class ToyDiffusion(PointSweep):
    """A small diffusion model in the plane, fine-tuned on its own samples, the truth a ring of modes.

    No theory. The runs have the seeds seed, seed + 1, ...; all strengths of a seed share generation 0.
    """

    model: ClassVar[str] = "diffusion in the plane"
    shown: ClassVar[tuple[str, ...]] = ("sliced_w2", "lost_modes")
    share_first: ClassVar[bool] = True

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

    def problem(self) -> Any:
        import torch

        from toy.laws import ring
        from toy.plane_diffusion import PlaneDiffusionProblem

        torch.set_num_threads(1)
        return PlaneDiffusionProblem(
            self.n, ring(self.modes, self.radius), self.first_steps, self.steps, sampler_steps=self.sampler_steps
        )
