"""The prior as corrector: what looks real stays, the rest becomes a real motion of a like caption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motion.correctors.placing import placed_like
from motion.correctors.prior import MotionPrior
from motion.joint_corrector import CorrectedJoints, Floats, JointCorrector, mean_distance


@dataclass(frozen=True, kw_only=True)
class PriorCorrector(JointCorrector):
    """Leaves a motion alone, to the bit, where it looks as real motions of like captions do; else puts one of them in
    its place, the nearer the likelier, starting where it started.

    By construction `prior.settings.passes` of real motions stay, and what it returns it leaves alone the next time.
    A motion with more frames than the prior's, or fewer than 3, fails.
    """

    prior: MotionPrior

    @property
    def name(self) -> str:
        return "prior"

    def correct(
        self, joints: Floats, lengths: NDArray[np.int64], captions: Sequence[str], rng: np.random.Generator
    ) -> CorrectedJoints:
        lots = rng.random(len(joints))  # one a motion, so that what is done to one changes nothing for another
        out = joints.copy()
        fits = (lengths >= 3) & (lengths <= self.prior.frames)
        # A loop: each motion has candidates of its own, and 5 ms of linear algebra beside which a turn is nothing.
        for i in np.flatnonzero(fits).tolist():
            frames = int(lengths[i])
            look = self.prior.look(self.prior.standardised(joints[i : i + 1, :frames])[0], captions[i])
            if not self.prior.looks_real(look, joints[i, :frames]):
                real = self.prior.joints[self.prior.choose(look, float(lots[i])), :frames]
                out[i, :frames] = placed_like(real.astype(float), joints[i])
        return CorrectedJoints(out, mean_distance(out, joints, np.maximum(lengths, 1)), fits)

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), **self.prior.describe()}
