"""The corrector without physics: filter, floor, inverse kinematics and foot lock, the stages before the simulation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motion.joint_corrector import Floats, JointCorrector
from motion.physics import PhysicsSettings, correct_joints
from motion.physics.correct import SHORTEST, JointsReport
from motion.physics.settings import Body


@dataclass(frozen=True)
class KinematicCorrector(JointCorrector):
    """What the physics corrector has its body follow, with feet raised out of the floor: the control that tells what
    the simulation itself adds.

    A motion fails if it has fewer than 8 frames or no legs. body: whose bone lengths, as in `PhysicsSettings`. plain:
    only what is usually meant by it, filter, inverse kinematics and foot lock, without mending, floor and nearest body.
    """

    body: Body = "uniform"
    plain: bool = False

    @property
    def name(self) -> str:
        return "plain kinematic" if self.plain else "kinematic"

    @property
    def shortest(self) -> int:
        return SHORTEST

    @property
    def failure(self) -> str:
        return "its joints are no body"

    @property
    def settings(self) -> PhysicsSettings:
        """Those of the physics corrector's stages."""
        more = not self.plain
        return PhysicsSettings(body=self.body, simulate=False, mend=more, bones=more, reground=more)

    def correct(
        self, joints: Floats, lengths: NDArray[np.int64], captions: Sequence[str], rng: np.random.Generator
    ) -> JointsReport:
        return correct_joints(joints, lengths, self.settings)

    def describe(self) -> dict[str, Any]:
        about = {**super().describe(), "body": self.body, "denoise": self.settings.describe()["denoise"]}
        return {**about, "plain": True} if self.plain else about
