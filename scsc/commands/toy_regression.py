"""`scsc toy regression`: linear regression on its own labels, replaced and accumulated."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from scsc.toy_sweep import ToySweep


@dataclass(frozen=True)
class ToyRegression(ToySweep):
    """Linear regression on its own labels: replaced data let the error grow for ever, accumulated data bound it."""

    model: ClassVar[str] = "Linear regression"
    shown: ClassVar[tuple[str, ...]] = ("error2",)

    gamma: tuple[float, ...] = (0.0, 1.0)
    """Correction strengths (true labels with probability gamma/(1+gamma)), each >= 0; inf always. One curve each."""
    schedule: tuple[str, ...] = ("replace", "accumulate")
    """What a generation trains on, one or several: augment | replace | fresh | accumulate."""
    n: int = 50
    """Real samples, at least dimension + 2."""
    dimension: int = 5
    """Number of inputs."""
    noise: float = 1.0
    """Standard deviation of the labels."""
    out: Path = Path("runs/toy-regression")
    """Folder of the run; the same command again resumes or re-reads it."""

    def loop(self, schedule: str, gammas: tuple[float, ...], lams: tuple[float, ...]) -> Any:
        from toy.regression_ensemble import RegressionEnsemble

        return RegressionEnsemble(gammas, lams, self.n, self.dimension, schedule, self.noise)
