"""`scsc toy finite`: the loop on a finite space, with curation by rewards."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from scsc.toy_sweep import ToySweep


@dataclass(frozen=True)
class ToyFinite(ToySweep):
    """A law on a few points, refitted by counting; K > 1: of K candidates one is kept by its reward (Ferbach et al.).

    Theory: exact without curation, for infinitely many points with it.
    """

    model: ClassVar[str] = "Finite space"
    shown: ClassVar[tuple[str, ...]] = ("top_mass", "reward")

    gamma: tuple[float, ...] = (0.0, 1.0)
    """Correction strengths of the ideal corrector, each >= 0; inf always corrects. One curve each."""
    truth: tuple[float, ...] = (0.5, 0.5)
    """Masses of the points, >= 0 with sum 1."""
    rewards: tuple[float, ...] = (0.0, 1.0)
    """One reward per point [nat]."""
    candidates: int = 2
    """K: candidates per kept sample; 1 = no curation."""
    n: int = 1000
    """Real points."""
    out: Path = Path("runs/toy-finite")
    """Folder of the run; the same command again resumes or re-reads it."""

    def loop(self, schedule: str, gammas: tuple[float, ...], lams: tuple[float, ...]) -> Any:
        from toy.finite import FiniteEnsemble

        return FiniteEnsemble(gammas, lams, self.n, self.truth, self.rewards, self.candidates, schedule)
