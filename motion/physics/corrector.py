"""The physics corrector: each motion becomes the one that a simulated humanoid performs when it follows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motion.joint_corrector import JointCorrector
from motion.physics.correct import SHORTEST, JointsReport, correct_joints
from motion.physics.quaternions import Floats
from motion.physics.settings import PhysicsSettings


@dataclass(frozen=True)
class PhysicsCorrector(JointCorrector):
    """A `loop.corrector.Corrector` of `MotionBatch`: deterministic, each motion by itself.

    A motion fails, and stays exactly as it was, if its features are not finite, if it has fewer than 8 frames, if it
    shows no person, or if the humanoid cannot follow it with any of the ladder's bounds.
    """

    settings: PhysicsSettings = field(default_factory=PhysicsSettings)

    @property
    def name(self) -> str:
        return "physics"

    @property
    def shortest(self) -> int:
        return SHORTEST

    @property
    def failure(self) -> str:
        return "the simulated body could not follow it"

    def correct(
        self, joints: Floats, lengths: NDArray[np.int64], captions: Sequence[str], rng: np.random.Generator
    ) -> JointsReport:
        return correct_joints(joints, lengths, self.settings)

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), **self.settings.describe()}
