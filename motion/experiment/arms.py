"""The arms of the experiment: what each trains on and how its samples are corrected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from loop import Augment, Corrector, Mixture, NoCorrection, Schedule, kept_share, schedule_named
from motion.batch import MotionBatch
from motion.correctors.anchor import AnchorCorrector
from motion.correctors.named import Material, corrector_named
from motion.correctors.prior import MotionPrior
from motion.experiment.dataset import EMBEDDED, Dataset, draw_procedural
from motion.experiment.ideal import FreshMotion
from motion.experiment.knowledge import stock_of
from motion.experiment.presets import Preset

ARM_LABELS = {
    "real": "real data only",
    "synthetic": "synthetic, uncorrected",
    "corrected": "synthetic, physics-corrected",
    "kinematic": "synthetic, kinematically corrected",
    "reground": "synthetic, regrounded",
    "projection": "synthetic, nearest real motions",
    "prior": "synthetic, corrected by a prior",
    "physics+prior": "synthetic, corrected by prior and physics",
    "anchor": "synthetic, redrawn by generation 0",
    "ideal": "synthetic, ideally corrected",
}
"""Every arm with the words that pictures and tables use. All arms of a seed share generation 0."""

PRIOR_ARMS = ("projection", "prior", "physics+prior")
"""Those that need the prior, or its stock."""


@dataclass(frozen=True)
class LoopConfig:
    """What the arms with synthetic data have in common.

    schedule: augment | replace | fresh | accumulate. lam: synthetic motions per real one.
    gamma: strength of the correction; inf corrects every motion.
    prior_size: real motions that the prior is made of; packs give fewer where they have fewer left.
    """

    schedule: str = "replace"
    lam: float = 1.0
    gamma: float = float("inf")
    prior_size: int = 4000

    def __post_init__(self) -> None:
        kept_share(self.gamma)
        schedule_named(self.schedule, self.lam)


def check_arm(name: str) -> None:
    """Raise ValueError if there is no such arm."""
    if name not in ARM_LABELS:
        raise ValueError(f"arms must be among {', '.join(ARM_LABELS)}, got {name!r}; choose among them")


def arm_parts(
    name: str, loop: LoopConfig, data: Dataset, preset: Preset, knowledge: Knowledge
) -> tuple[Schedule, Corrector[MotionBatch]]:
    """Schedule and corrector of an arm.

    Raises:
        ValueError: an unknown arm, or one that the data cannot feed.
    """
    check_arm(name)
    if name == "real":
        return Augment(0.0), NoCorrection()
    schedule = schedule_named(loop.schedule, loop.lam)
    if name == "synthetic":
        return schedule, NoCorrection()
    return schedule, Mixture(corrector_of(name, data, preset, knowledge), loop.gamma)


def corrector_of(name: str, data: Dataset, preset: Preset, knowledge: Knowledge) -> Corrector[MotionBatch]:
    """The corrector of an arm that has one."""
    if name == "ideal":
        return _ideal(data, preset)
    if name == "anchor":
        return knowledge.anchor()
    material = Material()
    if name in PRIOR_ARMS:
        prior = knowledge.prior()
        material = Material(prior=prior, stock=stock_of(prior) if name == "projection" else None)
    return corrector_named("physics" if name == "corrected" else name, material)


@dataclass(frozen=True)
class Knowledge:
    """What correctors may know, read when an arm needs it. prior, anchor: make them."""

    prior: Callable[[], MotionPrior]
    anchor: Callable[[], AnchorCorrector]


def _ideal(data: Dataset, preset: Preset) -> FreshMotion:
    if data.info["source"] == EMBEDDED:
        return FreshMotion(lambda count, rng: draw_procedural(count, preset, rng), EMBEDDED)

    def second(count: int, rng: np.random.Generator) -> MotionBatch:
        return data.second

    if not len(data.second):
        raise ValueError("the arm 'ideal' needs real motions beyond training and reference; use more data or leave it")
    return FreshMotion(second, "second")
