"""Where a body's mass is, and what the floor must do for a motion: ground reaction and zero moment point.

Point masses at the joints: no model, no simulation. It tells motions that nobody can perform from those that somebody
may; what a simulated body does with them is `motion.physics`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from motion.kinematics.skeleton import FPS, N_JOINTS, J

Float = NDArray[np.float64]
GRAVITY = 9.81
REACH = 0.10
"""How far beyond toe joints and ankles a foot can press: toes and heel [m]."""
STRONGEST = 4.0
"""Largest ground reaction that a body is believed to give [its weight]; sprinters reach it."""
_DOWN = 0.03  # a foot joint below this height may press [m]
_FEET = [J[f"{side}_{part}"] for side in ("left", "right") for part in ("ankle", "foot")]
_ANKLE = 0.055  # height of the ankle over the toe joint of a flat foot [m]


def _mass_of_joints() -> Float:
    """Share of body mass that each joint stands for: segment masses placed along their bones.

    Source: segment masses and centres after de Leva 1996 (male), trunk spread over the spine by us.
    """
    share = np.zeros(N_JOINTS)
    for name, mass in (("pelvis", 0.11), ("spine1", 0.10), ("spine2", 0.10), ("spine3", 0.125), ("head", 0.0694)):
        share[J[name]] += mass
    segments = (
        ("hip", "knee", 0.1416, 0.41),
        ("knee", "ankle", 0.0433, 0.445),
        ("ankle", "foot", 0.0137, 0.5),
        ("shoulder", "elbow", 0.0271, 0.577),
        ("elbow", "wrist", 0.0162, 0.457),
        ("wrist", "wrist", 0.0061, 1.0),
    )
    for side in ("left", "right"):
        for top, end, mass, along in segments:
            share[J[f"{side}_{top}"]] += mass * (1 - along)
            share[J[f"{side}_{end}"]] += mass * along
    total: Float = share / share.sum()
    return total


MASS = _mass_of_joints()
"""(22,) share of body mass that each joint stands for."""
MASS.setflags(write=False)


def centre_of_mass(joints: NDArray[np.floating[Any]]) -> Float:
    """(..., 22, 3) -> (..., 3) [m]."""
    centre: Float = np.einsum("...jc,j->...c", joints, MASS)
    return centre


def ground_reaction(joints: NDArray[np.floating[Any]]) -> dict[str, Float]:
    """What the floor must give each motion, (n, T, 22, 3) [m, y up] -> {name: (n,)}.

    - load: largest vertical force [body weights]; free fall is 0.
    - pull: share of frames in which the floor would have to pull the body down by more than a tenth of its weight.
    - outside: share of the frames with a foot on the floor in which the zero moment point, where the floor's force
      acts, lies beyond the feet by more than `REACH`: a body would topple.
    - performable: share of frames free of all three faults (load up to `STRONGEST`).

    Accelerations are second differences of the motion smoothed over five frames, so single frames of capture noise do
    not count. The rate of change of angular momentum is that of the point masses.

    Raises:
        ValueError: another shape, or fewer than 7 frames.
    """
    p = np.asarray(joints, dtype=np.float64)
    if p.ndim != 4 or p.shape[2:] != (N_JOINTS, 3) or p.shape[1] < 7:
        raise ValueError(f"joints must have shape (n, T >= 7, {N_JOINTS}, 3), got {p.shape}; give longer motions")
    kernel = np.array([1.0, 4.0, 6.0, 4.0, 1.0]) / 16
    smooth = sum(weight * p[:, i : p.shape[1] - 4 + i] for i, weight in enumerate(kernel))  # (n, T-4, 22, 3)
    acceleration = np.diff(smooth, 2, axis=1) * FPS**2  # (n, T-6, 22, 3)
    place = p[:, 3:-3]
    force = np.einsum("ntjc,j->ntc", acceleration, MASS) + np.array([0.0, GRAVITY, 0.0])  # per kg
    # Moment of inertia forces and weight about the origin: the floor's force must act where it has no horizontal part.
    pushed = acceleration + np.array([0.0, GRAVITY, 0.0])
    moment = np.einsum("ntjc,j->ntc", np.cross(place, pushed), MASS)
    up = force[..., 1]
    firm = up > 0.1 * GRAVITY
    safe = np.where(firm, up, 1.0)
    zero = np.stack([moment[..., 2], -moment[..., 0]], axis=-1) / safe[..., None]  # x, z of the zero moment point
    feet = place[:, :, _FEET]
    height = feet[..., 1] - np.array([_ANKLE, 0.0, _ANKLE, 0.0])
    down = height < _DOWN
    low = np.where(down[..., None], feet[..., [0, 2]], np.inf).min(axis=2) - REACH
    high = np.where(down[..., None], feet[..., [0, 2]], -np.inf).max(axis=2) + REACH
    standing = down.any(axis=-1) & firm
    outside = standing & ~((zero > low) & (zero < high)).all(axis=-1)
    pull = up < -0.1 * GRAVITY
    strong = up > STRONGEST * GRAVITY
    floating = firm & ~down.any(axis=-1) & (up > 0.5 * GRAVITY)  # held up by nothing
    return {
        "load": up.max(axis=1) / GRAVITY,
        "pull": pull.mean(axis=1),
        "outside": outside.sum(axis=1) / np.maximum(standing.sum(axis=1), 1),
        "performable": 1 - (outside | pull | strong | floating).mean(axis=1),
    }
