"""The Gaussian loop with perfect curation by a quadratic reward (R17): the best of infinitely many candidates.

K = infinity turns N(m, v) into the law p e^r / E e^r, for r = -(x-centre)^2/(2 tau2) again a Gaussian: the fused loop
draws from that one. One dimension.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from loop.ensemble import Array, Block, State
from theory.formulas import tilted_gaussian, tilted_path
from toy.gaussian_ensemble import GaussianEnsemble
from toy.groups import Group, group_in, named
from toy.selectors import QuadraticReward


@dataclass(frozen=True)
class CuratedGaussianEnsemble(GaussianEnsemble):
    """Cells of (gamma, lam): candidates of the model are curated, then corrected by the ideal corrector."""

    dimension: int = 1
    centre: float = 1.0
    tau2: float = 4.0

    def __post_init__(self) -> None:
        super().__post_init__()
        QuadraticReward((self.centre,), self.tau2)
        if self.dimension != 1:
            raise ValueError(f"dimension must be 1 for curation by a quadratic reward, got {self.dimension}; choose 1")

    def describe(self) -> dict[str, Any]:
        reward = QuadraticReward((self.centre,), self.tau2).describe()
        problem = {**super().describe()["problem"], "name": "curated-gaussian"}
        return {**super().describe(), "problem": problem, "curation": {"K": "inf", "reward": reward}}

    def measure(self, state: State) -> Mapping[str, Array]:
        return {**super().measure(state), "mean": state["model.mean"][..., 0]}

    def expected(self, generations: int) -> dict[str, Array]:
        """Population mean and variance of the loop without real data and correction, (generations + 1, C); else nan."""
        steps, found = np.arange(1, generations + 1), {}
        mean, variance = tilted_path(0.0, 1.0, steps, centre=self.centre, tau2=self.tau2)
        for name, start, path in (("mean", 0.0, mean), ("variance", 1.0, variance)):
            whole = np.concatenate([[start], np.broadcast_to(path, steps.shape)])
            known = [self.schedule == "replace" and gamma == 0 for gamma in self.gammas]
            found[name] = np.where(known, whole[:, None], np.nan)
        return found

    def _synthetic(self, state: State, generation: int, block: Block) -> Group:
        model = group_in(state, "model")
        v = self._covariance(model)
        mean, variance = tilted_gaussian(model.mean, v[..., 0], centre=self.centre, tau2=self.tau2)
        scatter = np.asarray(variance)[..., None] * self.problem.divisor(model.count)[..., None, None]
        tilted = named("model", Group(model.count, np.asarray(mean), scatter))
        return super()._synthetic({**state, **tilted}, generation, block)
