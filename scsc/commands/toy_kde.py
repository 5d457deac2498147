"""`scsc toy kde`: the kernel density loop, against R19."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from scsc.toy_sweep import ToySweep


@dataclass(frozen=True)
class ToyKde(ToySweep):
    """The kernel density loop on N(0, 1): its second moment grows to 1 + h^2/(1-r), whatever the number of points."""

    model: ClassVar[str] = "Kernel density loop"
    shown: ClassVar[tuple[str, ...]] = ("second_moment",)

    lam: tuple[float, ...] = (2.0,)
    """Synthetic samples per real sample and generation, each >= 0. Every gamma runs with every lam."""
    n: int = 50
    """Real points."""
    width: float = 0.4
    """Standard deviation h of the Gaussian kernel, >= 0."""
    out: Path = Path("runs/toy-kde")
    """Folder of the run; the same command again resumes or re-reads it."""

    def loop(self, schedule: str, gammas: tuple[float, ...], lams: tuple[float, ...]) -> Any:
        from toy.kernel import KernelEnsemble

        return KernelEnsemble(gammas, lams, self.n, self.width, schedule)
