"""The prior, then physics: what looks unlike real motion is replaced, and the result is performed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motion.correctors.by_prior import PriorCorrector
from motion.joint_corrector import Floats, JointCorrector, mean_distance
from motion.physics import JointsReport, PhysicsCorrector


@dataclass(frozen=True, kw_only=True)
class PriorPhysicsCorrector(JointCorrector):
    """The result of `prior` given to `physics`. A motion fails if both do; what one of them achieved stands."""

    prior: PriorCorrector
    physics: PhysicsCorrector = field(default_factory=PhysicsCorrector)

    @property
    def name(self) -> str:
        return "physics+prior"

    @property
    def shortest(self) -> int:
        return min(self.prior.shortest, self.physics.shortest)

    @property
    def failure(self) -> str:
        return f"{self.prior.failure}; {self.physics.failure}"

    def correct(
        self, joints: Floats, lengths: NDArray[np.int64], captions: Sequence[str], rng: np.random.Generator
    ) -> JointsReport:
        first = self.prior.correct(joints, lengths, captions, rng)
        second = self.physics.correct(first.joints, lengths, captions, rng)
        shifts = {"prior": np.where(first.success, first.moved, np.nan), **second.shifts}
        moved = mean_distance(second.joints, joints, lengths)
        success = first.success | second.success
        return replace(second, success=success, moved=moved, shifts=shifts, replaced=first.replaced)

    def describe(self) -> dict[str, Any]:
        parts = {"prior": self.prior.describe(), "physics": self.physics.describe()}
        return {**super().describe(), **parts}
