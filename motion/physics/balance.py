"""Motions that lean as a whole are put upright: no body stands, or walks on, with its mass beside its feet.

Over a few seconds the floor's force passes under the centre of mass in the mean (momentum does not grow without bound),
and it acts at the feet. The mean way from the feet on the floor to the centre of mass is therefore upright: within 9
degrees in 99 % of captured motions. A generated or captured motion beyond has been tilted; by how much, and whither,
the same mean tells. Derived here (the zero moment point's mean); status: heuristic, tested on real motions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from motion.kinematics.mass import centre_of_mass
from motion.kinematics.rotations import inverse, rotate
from motion.kinematics.skeleton import FPS, J
from motion.physics.quaternions import Floats
from motion.plausibility import sole_points

UPRIGHT = 11.0
"""Tilts up to this are left alone [degrees]: a captured motion in a hundred has more."""
TRUNK = 8.0
"""The trunk must lean the same way, by at least this in the mean: a lifted leg is no lean [degrees]."""
FOOT_HEIGHT, FOOT_SPEED = 0.08, 0.6
"""Feet this much higher than the lower one [m], or this fast [m/s], carry 1/e of it."""
ROUNDS = 3
"""Upright, other feet may turn out to carry: the tilt is measured again."""


def tilt(joints: Floats) -> Floats:
    """Mean way from the feet that carry to the centre of mass, (n, T, 22, 3) -> (n, 3) [m]."""
    n, frames = joints.shape[:2]
    sole = sole_points(joints, np.ones((n, frames), bool)).reshape(n, frames, 2, 2, 3).mean(axis=3)
    height = sole[..., 1] - sole[..., 1].min(axis=-1, keepdims=True)
    step = np.gradient(sole, axis=1) * FPS
    pace = np.sqrt((step * step).sum(axis=-1))
    load = np.exp(-((height / FOOT_HEIGHT) ** 2) - (pace / FOOT_SPEED) ** 2) + 1e-4  # never quite nothing: all feet fly
    support = (load[..., None] * sole).sum(axis=2) / load.sum(axis=2)[..., None]
    weight = load.sum(axis=2)
    away = (weight[..., None] * (centre_of_mass(joints) - support)).sum(axis=1)
    result: Floats = away / weight.sum(axis=1)[:, None]
    return result


def balance(joints: Floats) -> Floats:
    """`joints` (n, T, 22, 3) [m] turned upright where they lean by more than `UPRIGHT`; others stay bit for bit.

    A clip is turned as a whole, in every frame about the floor point under its root, so that it goes where it went.
    """
    turn = np.zeros((len(joints), 2))  # direction of the lean (x, z) times its angle [rad]
    leans = np.ones(len(joints), bool)
    upright = joints
    for round_ in range(ROUNDS):
        way = tilt(upright)
        across = np.sqrt((way[:, (0, 2)] ** 2).sum(axis=1))
        angle = np.arctan2(across, way[:, 1])
        if not round_:
            leans = (angle > np.radians(UPRIGHT)) & (_trunk_towards(joints, way) > np.radians(TRUNK))
            if not leans.any():
                return joints
        turn += np.where(leans, angle / np.maximum(across, 1e-9), 0.0)[:, None] * way[:, (0, 2)]
        upright = np.where(leans[:, None, None, None], _turned_back(joints, turn), joints)
    return upright


def _trunk_towards(joints: Floats, way: Floats) -> Floats:
    """How far the trunk leans in the horizontal direction of `way` (n, 3), in the mean over the frames, (n,) [rad]."""
    trunk = (joints[:, :, J["neck"]] - joints[:, :, J["pelvis"]]).mean(axis=1)
    across = np.sqrt((way[:, (0, 2)] ** 2).sum(axis=1))
    ahead = (trunk[:, (0, 2)] * way[:, (0, 2)]).sum(axis=1) / np.maximum(across, 1e-9)
    angle: Floats = np.arctan2(ahead, trunk[:, 1])
    return angle


def _turned_back(joints: Floats, turn: NDArray[np.float64]) -> Floats:
    angle = np.sqrt((turn * turn).sum(axis=1))
    half, towards = angle / 2, turn / np.maximum(angle, 1e-9)[:, None]
    lean = np.stack([np.cos(half), np.sin(half) * towards[:, 1], 0 * half, -np.sin(half) * towards[:, 0]], axis=-1)
    root = joints[:, :, :1]
    height = root[..., 1:2] / np.cos(angle)[:, None, None, None]  # of the root before it leaned
    below = root - rotate(lean[:, None, None], height * np.array([0.0, 1.0, 0.0]))
    upright: Floats = below + rotate(inverse(lean)[:, None, None], joints - below)
    return upright
