"""The arms of the experiment: what each trains on and how its samples are corrected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loop import Augment, Corrector, Mixture, NoCorrection, Schedule, kept_share, schedule_named
from motion.batch import MotionBatch
from motion.experiment.dataset import EMBEDDED, Dataset, draw_procedural
from motion.experiment.ideal import FreshMotion
from motion.experiment.presets import Preset
from motion.physics import PhysicsCorrector

ARM_LABELS = {
    "real": "real data only",
    "synthetic": "synthetic, uncorrected",
    "corrected": "synthetic, physics-corrected",
    "ideal": "synthetic, ideally corrected",
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

    def __post_init__(self) -> None:
        kept_share(self.gamma)
        schedule_named(self.schedule, self.lam)


def check_arm(name: str) -> None:
    """Raise ValueError if there is no such arm."""
    if name not in ARM_LABELS:
        raise ValueError(f"arms must be among {', '.join(ARM_LABELS)}, got {name!r}; choose among them")


def arm_parts(name: str, loop: LoopConfig, data: Dataset, preset: Preset) -> tuple[Schedule, Corrector[MotionBatch]]:
    """Schedule and corrector of an arm.

    Raises:
        ValueError: an unknown arm, or one that the data cannot feed.
    """
    check_arm(name)
    schedule = schedule_named(loop.schedule, loop.lam)
    if name == "real":
        return Augment(0.0), NoCorrection()
    if name == "synthetic":
        return schedule, NoCorrection()
    if name == "corrected":
        return schedule, Mixture(PhysicsCorrector(), loop.gamma)
    return schedule, Mixture(_ideal(data, preset), loop.gamma)


def _ideal(data: Dataset, preset: Preset) -> FreshMotion:
    if data.info["source"] == EMBEDDED:
        return FreshMotion(lambda count, rng: draw_procedural(count, preset, rng), EMBEDDED)

    def second(count: int, rng: np.random.Generator) -> MotionBatch:
        return data.second

    if not len(data.second):
        raise ValueError("the arm 'ideal' needs real motions beyond training and reference; use more data or leave it")
    return FreshMotion(second, "second")
