"""`scsc toy mixture`: the loop of a Gaussian mixture, point by point."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

import tyro

from scsc.point_sweep import PointSweep


@dataclass(frozen=True)
class ToyMixture(PointSweep):
    """A Gaussian mixture refitted by expectation maximisation, the truth a ring of modes: which modes are lost?

    No theory: the mixture is no exponential family. The runs have the seeds seed, seed + 1, ...
    """

    model: ClassVar[str] = "Gaussian mixture"
    shown: ClassVar[tuple[str, ...]] = ("sliced_w2", "lost_modes")

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

    def problem(self) -> Any:
        from toy.laws import ring
        from toy.mixture import GaussianMixtureProblem

        return GaussianMixtureProblem(self.n, ring(self.modes, self.radius), self.modes)

    @property
    def least(self) -> int:
        return 2 * self.modes
