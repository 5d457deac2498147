"""The corrector that replaces each motion by the nearest real one: k-means' idea with every real motion a centre."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motion.correctors.placing import placed_like
from motion.correctors.stock import Stock
from motion.evaluation.kinematics import kinematic_features
from motion.joint_corrector import CorrectedJoints, Floats, JointCorrector, checked_motions, mean_distance
from motion.kinematics.retarget import uniform_body
from motion.physics.correct import have_body
from motion.physics.settings import Body


@dataclass(frozen=True, kw_only=True)
class ProjectionCorrector(JointCorrector):
    """Each motion becomes the part of a real motion that is nearest to it in standardised kinematic features
    (`motion.evaluation.kinematics`, fitted on the stock), placed where the original starts and faces.

    Parts are as long as the original and begin at any second of a motion of the stock; a motion fails if no motion of
    the stock is as long, or if it has no legs. Captions are not read: only what is done counts.

    body: "uniform" gives real motions on the uniform body; "clip" takes the original on the uniform body, and puts the
        real motion on the original's bones.
    """

    stock: Stock
    body: Body = "uniform"

    @property
    def name(self) -> str:
        return "projection"

    @property
    def failure(self) -> str:
        return "no motion of the stock is as long, or its joints are no body"

    def correct(
        self, joints: Floats, lengths: NDArray[np.int64], captions: Sequence[str], rng: np.random.Generator
    ) -> CorrectedJoints:
        given, size = checked_motions(joints, lengths)
        found, success = given.copy(), np.zeros(len(given), bool)
        # One by one: sums over a padded batch would depend on its other motions.
        for row, frames in enumerate(size):
            nearest = self._nearest(given[row, :frames]) if frames >= self.shortest else None
            if nearest is not None:
                found[row, :frames], success[row] = nearest, True
        return CorrectedJoints(found, mean_distance(found, given, size), success, replaced=success)

    def _nearest(self, motion: Floats) -> Floats | None:
        """The real motion for one of (T, 22, 3) [m], None where there is none."""
        parts = self.stock.parts(len(motion))
        if not len(parts.clip) or not have_body(motion[None])[0]:
            return None
        own = motion if self.body == "uniform" else uniform_body(motion)
        features = kinematic_features(own[None], np.array([len(own)]))[0]
        away = ((parts.features - self.stock.standardiser.apply(features)) ** 2).sum(axis=1)
        real = self.stock.motion(parts, int(away.argmin()), len(motion))
        return placed_like(real, motion, self.body)

    def describe(self) -> dict[str, Any]:
        space = "kinematic features, standardised by the stock"
        return {**super().describe(), "body": self.body, "space": space, "stock": self.stock.describe()}
