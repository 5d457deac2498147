"""The Gaussian location loop, N(theta, 1) with known variance, one dimension: many runs as one array program.

Ideal corrector, fixed real set. The mean of k synthetic points, of which a binomial number stays uncorrected, is drawn
directly: given that number it is Gaussian with variance 1/k.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from loop import Augment, kept_share
from loop.ensemble import BLOCK, Array, Block, State


@dataclass(frozen=True)
class KnownVarianceEnsemble:
    """Cells of (gamma, k) on the schedule `augment`; they share their real data, so comparisons are paired.

    first: theta of generation 0, its distance from the truth; None fits it to the real data.
    """

    gammas: tuple[float, ...]
    ks: tuple[int, ...]
    n: int = 50
    first: float | None = None

    def __post_init__(self) -> None:
        if len(self.gammas) != len(self.ks) or not self.gammas:
            raise ValueError(f"one gamma and one k per cell, got {len(self.gammas)} and {len(self.ks)}; give both")
        if self.n < 1 or min(self.ks) < 1:
            raise ValueError(f"n and every k must be >= 1, got {self.n} and {min(self.ks)}; choose such numbers")
        for gamma in self.gammas:
            kept_share(gamma)

    def describe(self) -> dict[str, Any]:
        return {
            "problem": {"name": "known-variance", "n": self.n, "first": self.first},
            "schedule": Augment().describe(),
            "gamma": list(self.gammas),
            "k": list(self.ks),
        }

    def start(self, block: Block) -> State:
        real = block.stream(0, "real").standard_normal((BLOCK, 1)) / np.sqrt(self.n)
        real = np.broadcast_to(real, (BLOCK, len(self.gammas)))
        return {"real": real, "theta": real if self.first is None else np.full_like(real, self.first)}

    def step(self, state: State, generation: int, block: Block) -> State:
        rng = block.stream(generation, "sample")
        k = np.array(self.ks, dtype=float)
        a = np.array([kept_share(gamma) for gamma in self.gammas])
        share = rng.binomial(np.array(self.ks), a, (BLOCK, len(a))) / k
        synthetic = share * state["theta"] + rng.standard_normal((BLOCK, len(a))) / np.sqrt(k)
        s = k / (self.n + k)
        return {"real": state["real"], "theta": (1 - s) * state["real"] + s * synthetic}

    def measure(self, state: State) -> Mapping[str, Array]:
        return {"error": np.abs(state["theta"]), "error2": state["theta"] ** 2}
