"""Two Gaussian loops that differ in one real point and share all their randomness (R20)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from loop.ensemble import BLOCK, Array, Block, EnsembleConfig, State, run_ensemble
from toy.gaussian_ensemble import GaussianEnsemble
from toy.groups import Group, pooled, standard_group


@dataclass(frozen=True)
class MovedPointEnsemble(GaussianEnsemble):
    """The fused Gaussian loop, one of whose fixed real points is moved by `shift` along the first axis.

    With shift = 0 it is the same loop with its real points drawn in another order of the stream.
    """

    shift: float = 0.0

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "shift": self.shift}

    def measure(self, state: State) -> Mapping[str, Array]:
        return {"first_mean": state["model.mean"][..., 0]}

    def _real(self, block: Block, generation: int, size: int) -> Group:
        """(64, 1, ...): size - 1 points, and one that is moved if the set is the fixed one."""
        rng = block.stream(generation, "real")
        one = standard_group(np.ones(BLOCK), self.dimension, rng)
        if generation == 0:
            one = Group(one.count, one.mean + self.shift * np.eye(self.dimension)[0], one.scatter)
        group = pooled(one, standard_group(np.full(BLOCK, size - 1.0), self.dimension, rng))
        return Group(group.count[:, None], group.mean[:, None], group.scatter[:, None])


def sensitivity(loop: MovedPointEnsemble, config: EnsembleConfig) -> Array:
    """How far the mean moved, in units of the first effect shift/n: (generations + 1, runs, C); 1 at the start."""
    still = replace(loop, shift=0.0)
    moved, unmoved = (run_ensemble(each, config)["first_mean"] for each in (loop, still))
    return (moved - unmoved) * loop.n / loop.shift
