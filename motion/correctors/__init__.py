"""Correctors of motions beside physics, the gate, and one table of all by name."""

from motion.correctors.by_prior import PriorCorrector
from motion.correctors.gate import PlausibilityGate
from motion.correctors.kinematic import KinematicCorrector
from motion.correctors.named import NAMES, Material, corrector_named
from motion.correctors.prior import MotionPrior
from motion.correctors.projection import ProjectionCorrector
from motion.correctors.reground import RegroundCorrector
from motion.correctors.stock import Stock, embedded_stock

__all__ = [
    "NAMES", "KinematicCorrector", "Material", "MotionPrior", "PlausibilityGate", "PriorCorrector",
    "ProjectionCorrector", "RegroundCorrector", "Stock", "corrector_named", "embedded_stock",
]  # fmt: skip
