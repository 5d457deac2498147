"""A real motion put in the place of another one."""

from __future__ import annotations

import numpy as np

from motion.joint_corrector import Floats
from motion.kinematics.bodies import on_body
from motion.kinematics.retarget import heading, turn
from motion.physics.ik import bone_lengths
from motion.physics.settings import Body

_FLAT = np.array([1.0, 0.0, 1.0])


def placed_like(motion: Floats, other: Floats, body: Body = "uniform") -> Floats:
    """`motion` (T, 22, 3) [m] moved and turned about the vertical to start where, and as, `other` (T', 22, 3) does.

    body: "uniform" leaves the body as it is, and heights with it; "clip" gives it the other's bones (and the floor its
        lowest joint).
    """
    if body == "clip":
        motion = on_body(motion, bone_lengths(other[None])[0])
    moved = motion - motion[0, 0] * _FLAT
    placed: Floats = turn(moved, float(heading(other[0]) - heading(motion[0]))) + other[0, 0] * _FLAT
    return placed
