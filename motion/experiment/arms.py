"""The arms of the experiment: what each trains on and how its samples are corrected."""

from __future__ import annotations

from dataclasses import dataclass

from loop import Augment, Corrector, Mixture, NoCorrection, Schedule, schedule_named
from motion.batch import MotionBatch
from motion.physics import PhysicsCorrector

ARM_LABELS = {
    "real": "real data only",
    "synthetic": "synthetic, uncorrected",
    "corrected": "synthetic, physics-corrected",
}
"""Every arm with the words that pictures and tables use. All arms of a seed share generation 0."""


@dataclass(frozen=True)
class LoopConfig:
    """What the arms with synthetic data have in common.

    schedule: augment | replace | fresh | accumulate. lam: synthetic motions per real one.
    gamma: strength of the correction; inf corrects every motion.
    """

    schedule: str = "replace"
    lam: float = 1.0
    gamma: float = float("inf")


def arm_parts(name: str, loop: LoopConfig) -> tuple[Schedule, Corrector[MotionBatch]]:
    """Schedule and corrector of an arm.

    Raises:
        ValueError: an unknown arm, schedule or a wrong weight.
    """
    if name not in ARM_LABELS:
        raise ValueError(f"arms must be among {', '.join(ARM_LABELS)}, got {name!r}; choose among them")
    schedule = schedule_named(loop.schedule, loop.lam)
    if name == "real":
        return Augment(0.0), NoCorrection()
    return schedule, NoCorrection() if name == "synthetic" else Mixture(PhysicsCorrector(), loop.gamma)
