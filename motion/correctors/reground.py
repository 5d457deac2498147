"""The corrector that only knows the floor: constant or slow floating and sinking are removed, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motion.joint_corrector import CorrectedJoints, Floats, JointCorrector, checked_motions, mean_distance
from motion.physics.correct import bones_of, equal_lengths, regrounded
from motion.physics.settings import Body


@dataclass(frozen=True)
class RegroundCorrector(JointCorrector):
    """Every frame is lowered or raised by the floor that its motion seems to walk on, a slow trend.

    A motion fails if it has no legs. body: whose bone lengths give the soles, as in `PhysicsSettings`.
    """

    body: Body = "uniform"

    @property
    def name(self) -> str:
        return "reground"

    @property
    def failure(self) -> str:
        return "its joints are no body"

    def correct(
        self, joints: Floats, lengths: NDArray[np.int64], captions: Sequence[str], rng: np.random.Generator
    ) -> CorrectedJoints:
        given, size = checked_motions(joints, lengths)
        found, success = given.copy(), np.zeros(len(given), bool)
        for length, index in equal_lengths(given, size, self.shortest):
            clips = given[index, :length]
            found[index, :length] = regrounded(clips, bones_of(clips, self.body))
            success[index] = True
        return CorrectedJoints(found, mean_distance(found, given, size), success)

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "body": self.body}
