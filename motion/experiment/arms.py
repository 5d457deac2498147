"""The arms of the experiment: what each trains on and how its samples are corrected."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, is_dataclass, replace

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
"""Every kind of arm with the words that pictures and tables use. All arms of a seed share generation 0."""

ALIASES = {"baseline": "real", "none": "synthetic", "uncorrected": "synthetic", "physics": "corrected"}
"""Other names of kinds: of correctors, and the paper's."""

_NO_SECOND = (
    "the arm 'ideal' needs as many further real motions as the reference has, which the data lack; use more data, a "
    "smaller --set reference=..., or other --arms"
)
PRIOR_ARMS = ("projection", "prior", "physics+prior")
"""The kinds that need the prior, or its stock."""

SIMULATED = ("corrected", "physics+prior")
"""Kinds of arms whose corrections are simulated: all others cost little beside drawing and training."""


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


@dataclass(frozen=True)
class Arm:
    """One arm, by its name KIND[-LAM][-gGAMMA]: `corrected`, `corrected-0.25`, `corrected-g0.3`, `synthetic-1`.

    kind: of `ARM_LABELS`. lam: with a number the real motions stay and LAM synthetic ones are added for each (the
    paper's arms); None: schedule and lam are the experiment's. gamma: strength of the correction; None: the
    experiment's.
    """

    kind: str
    lam: float | None = None
    gamma: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in ARM_LABELS:
            known = ", ".join((*ARM_LABELS, *ALIASES))
            raise ValueError(f"arms must be among {known}, got {self.kind!r}; choose among them")
        if (
            self.kind == "real"
            and self.lam is not None
            or self.kind in ("real", "synthetic")
            and self.gamma is not None
        ):
            raise ValueError(f"the arm {self.name} has nothing to add or correct; name it {self.kind}")
        if self.lam is not None:
            Augment(self.lam)
            if not self.lam > 0:
                raise ValueError(f"lam of an arm must be > 0, got {self.lam:g} in {self.name}; 0 is the arm real")
        if self.gamma is not None:
            kept_share(self.gamma)

    @property
    def name(self) -> str:
        lam = "" if self.lam is None else f"-{self.lam:g}"
        return self.kind + lam + ("" if self.gamma is None else f"-g{self.gamma:g}")

    @property
    def label(self) -> str:
        lam = "" if self.lam is None else f", λ = {self.lam:g}"
        return ARM_LABELS[self.kind] + lam + ("" if self.gamma is None else f", γ = {self.gamma:g}")

    def schedule(self, loop: LoopConfig, count: str = "round") -> Schedule:
        """count: how many lam n are, see `Preset`."""
        if self.kind == "real":
            return Augment(0.0)
        found = schedule_named(loop.schedule, loop.lam) if self.lam is None else Augment(self.lam)
        return replace(found, down=True) if count == "down" and is_dataclass(found) else found


_NAME = re.compile(r"(?P<kind>.*?)(?:-(?P<lam>[0-9.]+))?(?:-g(?P<gamma>[0-9.]+|inf))?")


def arm_named(name: str) -> Arm:
    """The arm of that name, see `Arm`.

    Raises:
        ValueError: there is none.
    """
    found = _NAME.fullmatch(name)
    kind, lam, gamma = found.group("kind", "lam", "gamma") if found else (name, None, None)
    try:
        numbers = [None if text is None else float(text) for text in (lam, gamma)]
    except ValueError:
        raise ValueError(f"arms are named KIND[-LAM][-gGAMMA], got {name!r}; for instance corrected-0.25-g1") from None
    return Arm(ALIASES.get(kind, kind), *numbers)


def weight_of(name: str, loop: LoopConfig) -> float:
    """About how long a generation of the arm takes, beside one on real data alone: good enough to begin the long ones
    first."""
    arm = arm_named(name)
    lam = 0.0 if arm.kind == "real" else loop.lam if arm.lam is None else arm.lam
    return 1.0 + lam * (2.0 if arm.kind in SIMULATED else 0.2)


def in_order(names: Iterable[str]) -> list[str]:
    """The arms as pictures and tables have them, each once: by kind, by lam if it is their own, by strength."""

    def place(name: str) -> tuple[int, float, float]:
        arm = arm_named(name)
        lam, gamma = (-1.0 if number is None else number for number in (arm.lam, arm.gamma))
        return list(ARM_LABELS).index(arm.kind), lam, gamma

    return sorted(dict.fromkeys(names), key=place)


def arm_parts(
    arm: Arm, loop: LoopConfig, data: Dataset, preset: Preset, knowledge: Knowledge
) -> tuple[Schedule, Corrector[MotionBatch]]:
    """Schedule and corrector of an arm.

    Raises:
        ValueError: one that the data cannot feed.
    """
    schedule = arm.schedule(loop, preset.count)
    if arm.kind in ("real", "synthetic"):
        return schedule, NoCorrection()
    gamma = loop.gamma if arm.gamma is None else arm.gamma
    return schedule, Mixture(corrector_of(arm.kind, data, preset, knowledge), gamma)


def check_arm(arm: Arm, loop: LoopConfig, data: Dataset) -> None:
    """Raise ValueError where an arm needs what the data lack; so it is refused before anything is trained."""
    if data.info["source"] == EMBEDDED:
        return
    if arm.kind == "ideal" and not len(data.second):
        raise ValueError(_NO_SECOND)
    if arm.kind != "real" and arm.schedule(loop).real_generation(1) == 1:
        raise ValueError(
            f"the schedule {loop.schedule!r} needs new real motions each generation, which a pack cannot give; choose "
            "--schedule augment"
        )


def corrector_of(name: str, data: Dataset, preset: Preset, knowledge: Knowledge) -> Corrector[MotionBatch]:
    """The corrector of a kind of arm that has one."""
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
        raise ValueError(_NO_SECOND)
    return FreshMotion(second, "second")
