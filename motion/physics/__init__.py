"""Physics: a simulated humanoid under gravity and contact, and the corrector built on it."""

from motion.physics.correct import JointsReport, correct_joints
from motion.physics.corrector import PhysicsCorrector
from motion.physics.performed import perform
from motion.physics.settings import NEAREST, PhysicsSettings, Residual

__all__ = [
    "NEAREST", "JointsReport", "PhysicsCorrector", "PhysicsSettings", "Residual", "correct_joints", "perform",
]  # fmt: skip
