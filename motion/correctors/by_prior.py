"""The prior as corrector: what looks real stays, the rest becomes a real motion of a like caption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motion.correctors.placing import placed_like
from motion.correctors.prior import MotionPrior
from motion.joint_corrector import CorrectedJoints, Floats, JointCorrector, checked_motions, mean_distance
from motion.kinematics.retarget import uniform_body
from motion.physics.correct import have_body
from motion.physics.settings import Body


@dataclass(frozen=True, kw_only=True)
class PriorCorrector(JointCorrector):
    """Leaves a motion alone, to the bit, where it looks as real motions of like captions do; else puts one of them in
    its place, the nearer the likelier, starting where it started.

    By construction `prior.settings.passes` of real motions stay, and what it returns it leaves alone the next time.
    A motion with more frames than the prior's (or than all but a few of them), or fewer than 3, fails, and so does one
    without legs.

    body: "uniform" takes motions as they are and gives real ones on the uniform body; "clip" judges the original on the
        uniform body, and puts the real motion on the original's bones.
    """

    prior: MotionPrior
    body: Body = "uniform"

    @property
    def name(self) -> str:
        return "prior"

    @property
    def shortest(self) -> int:
        return 3

    @property
    def failure(self) -> str:
        return f"the prior's motions have {self.prior.frames} frames, this one has more, or its joints are no body"

    def correct(
        self, joints: Floats, lengths: NDArray[np.int64], captions: Sequence[str], rng: np.random.Generator
    ) -> CorrectedJoints:
        given, size = checked_motions(joints, lengths)
        lots = rng.random(len(given))  # one a motion, so that what is done to one changes nothing for another
        out = given.copy()
        fits = (size >= self.shortest) & (size <= self.prior.frames)
        # A loop: each motion has candidates of its own, and milliseconds of linear algebra beside which a turn is
        # nothing.
        for i in np.flatnonzero(fits).tolist():
            motion = given[i, : size[i]]
            if not self.prior.serves(len(motion)) or not have_body(motion[None])[0]:
                fits[i] = False
                continue
            judged = motion if self.body == "uniform" else uniform_body(motion)
            look = self.prior.look(self.prior.standardised(judged[None])[0], captions[i])
            if not self.prior.looks_real(look, motion):
                real = self.prior.joints[self.prior.choose(look, float(lots[i])), : size[i]]
                out[i, : size[i]] = placed_like(real.astype(float), motion, self.body)
        moved = mean_distance(out, given, size)
        return CorrectedJoints(out, moved, fits, replaced=moved > 0)

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "body": self.body, **self.prior.describe()}
