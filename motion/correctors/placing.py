"""A motion taken to where another one stands."""

from __future__ import annotations

import numpy as np

from motion.joint_corrector import Floats
from motion.kinematics.retarget import heading, turn

_FLAT = np.array([1.0, 0.0, 1.0])


def placed_like(motion: Floats, other: Floats) -> Floats:
    """`motion` (T, 22, 3) [m] moved and turned about the vertical to start where, and as, `other` (T', 22, 3) does.

    Heights stay.
    """
    moved = motion - motion[0, 0] * _FLAT
    placed: Floats = turn(moved, float(heading(other[0]) - heading(motion[0]))) + other[0, 0] * _FLAT
    return placed
