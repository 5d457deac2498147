"""All correctors of motions by name. A new one adds a line to `_MAKERS`, and to `Material` what it is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop.corrector import Corrected, untouched
from motion.batch import MotionBatch
from motion.correctors.by_prior import PriorCorrector
from motion.correctors.kinematic import KinematicCorrector
from motion.correctors.prior import MotionPrior
from motion.correctors.prior_physics import PriorPhysicsCorrector
from motion.correctors.projection import ProjectionCorrector
from motion.correctors.reground import RegroundCorrector
from motion.correctors.stock import Stock
from motion.joint_corrector import CorrectedJoints, Floats, JointCorrector, checked_motions
from motion.physics import PhysicsCorrector, PhysicsSettings
from motion.physics.settings import Body


@dataclass(frozen=True, kw_only=True)
class Material:
    """What correctors are made of; each takes what it needs.

    representation: features of the batches, see `motion.features.representation`.
    body: whose bone lengths, see `PhysicsSettings`.
    stock: real motions, for `projection`.
    prior: for `prior` and `physics+prior`.
    """

    representation: str = "hml263"
    body: Body = "uniform"
    stock: Stock | None = None
    prior: MotionPrior | None = None


@dataclass(frozen=True)
class Unchanged(JointCorrector):
    """The identity: the very batch that it was given, nothing picked."""

    @property
    def name(self) -> str:
        return "none"

    def correct(
        self, joints: Floats, lengths: NDArray[np.int64], captions: Sequence[str], rng: np.random.Generator
    ) -> CorrectedJoints:
        given, _ = checked_motions(joints, lengths)
        return CorrectedJoints(given, np.zeros(len(given)), np.ones(len(given), bool))

    def __call__(self, batch: MotionBatch, rng: np.random.Generator) -> Corrected[MotionBatch]:
        return untouched(batch)

    def describe(self) -> dict[str, Any]:
        return {"name": self.name}


def _projection(material: Material) -> JointCorrector:
    if material.stock is None:
        raise ValueError("the corrector 'projection' needs a stock of real motions, got none; give one")
    return ProjectionCorrector(representation=material.representation, stock=material.stock, body=material.body)


def _prior(material: Material) -> PriorCorrector:
    if material.prior is None:
        raise ValueError("the correctors 'prior' and 'physics+prior' need a prior of real motions, got none; give one")
    return PriorCorrector(representation=material.representation, prior=material.prior, body=material.body)


def _physics(material: Material) -> PhysicsCorrector:
    return PhysicsCorrector(material.representation, PhysicsSettings(body=material.body))


_MAKERS: dict[str, Callable[[Material], JointCorrector]] = {
    "none": lambda m: Unchanged(m.representation),
    "reground": lambda m: RegroundCorrector(m.representation, m.body),
    "kinematic": lambda m: KinematicCorrector(m.representation, m.body),
    "physics": _physics,
    "projection": _projection,
    "prior": _prior,
    "physics+prior": lambda m: PriorPhysicsCorrector(
        representation=m.representation, prior=_prior(m), physics=_physics(m)
    ),
}
NAMES = tuple(_MAKERS)


def corrector_named(name: str, material: Material | None = None) -> JointCorrector:
    """The corrector of that name, a `loop.corrector.Corrector` of `MotionBatch`.

    Raises:
        ValueError: there is none, or `material` lacks what it needs.
    """
    if name not in _MAKERS:
        raise ValueError(f"the corrector must be one of {', '.join(NAMES)}, got {name!r}; choose among them")
    return _MAKERS[name](material or Material())
