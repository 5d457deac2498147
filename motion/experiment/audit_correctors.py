"""The correctors of motions that the audit command knows by name. A new one adds a line to `_MAKERS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from loop import Corrector, Mixture, NoCorrection, kept_share
from loop.progress import Report, silent
from motion.batch import MotionBatch
from motion.correctors.named import Material, corrector_named
from motion.experiment.arms import LoopConfig
from motion.experiment.audit_truth import MotionTruth
from motion.experiment.dataset import EMBEDDED
from motion.experiment.ideal import FreshMotion
from motion.experiment.knowledge import drawn_prior, stock_of


@dataclass(frozen=True)
class Sources:
    """What correctors are made of: the truth itself (`ideal`), or `size` motions of it that an audit never draws."""

    truth: MotionTruth
    size: int
    report: Report = silent

    def prior(self) -> Material:
        prior = drawn_prior(self.truth.preset, self.size)
        prior.calibration(self.truth.preset.frames, self.report)
        return Material(prior=prior)

    def stock(self) -> Material:
        return Material(stock=stock_of(drawn_prior(self.truth.preset, self.size)))


_MAKERS: dict[str, Callable[[Sources], Corrector[MotionBatch]]] = {
    "none": lambda sources: NoCorrection(),
    "reground": lambda sources: corrector_named("reground"),
    "kinematic": lambda sources: corrector_named("kinematic"),
    "physics": lambda sources: corrector_named("physics"),
    "projection": lambda sources: corrector_named("projection", sources.stock()),
    "prior": lambda sources: corrector_named("prior", sources.prior()),
    "physics+prior": lambda sources: corrector_named("physics+prior", sources.prior()),
    "ideal": lambda sources: FreshMotion(sources.truth.stock, EMBEDDED),
}
NAMES = tuple(_MAKERS)


def motion_corrector(
    name: str, gamma: float, truth: MotionTruth, *, size: int = LoopConfig.prior_size, report: Report = silent
) -> Corrector[MotionBatch]:
    """The corrector `name`, applied to the share gamma/(1+gamma) of the motions.

    size: motions that `projection` and the prior know.

    Raises:
        ValueError: unknown name, or a strength that is negative or nan.
    """
    if name not in _MAKERS:
        raise ValueError(f"corrector of motions must be one of {', '.join(NAMES)}, got {name!r}; choose one of them")
    kept_share(gamma)
    return Mixture(_MAKERS[name](Sources(truth, size, report)), gamma)
