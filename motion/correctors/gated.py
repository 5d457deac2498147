"""A corrector of motions behind the plausibility gate: what lies within the range of real motions is left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motion.correctors.gate import PlausibilityGate
from motion.joint_corrector import CorrectedJoints, Floats, JointCorrector


@dataclass(frozen=True, kw_only=True)
class GatedCorrector(JointCorrector):
    """`corrector` for the motions outside of `gate`; those within stay to the bit, and count as successes.

    The same as `gate.around(corrector)` on batches, for joints, with whatever report the corrector gives.
    """

    corrector: JointCorrector
    gate: PlausibilityGate

    @property
    def name(self) -> str:
        return f"gated {self.corrector.name}"

    @property
    def shortest(self) -> int:
        return self.corrector.shortest

    @property
    def failure(self) -> str:
        return self.corrector.failure

    def correct(
        self, joints: Floats, lengths: NDArray[np.int64], captions: Sequence[str], rng: np.random.Generator
    ) -> CorrectedJoints:
        found = self.corrector.correct(joints, lengths, captions, rng)
        within = np.array([self.gate.within(row[:frames]) for row, frames in zip(joints, lengths, strict=True)], bool)
        return replace(
            found,
            joints=np.where(within[:, None, None, None], joints, found.joints),
            moved=np.where(within, 0.0, found.moved),
            success=found.success | within,
        )

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "corrector": self.corrector.describe(), "gate": self.gate.describe()}
