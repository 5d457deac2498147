"""Bodies of other proportions: what a capture of somebody else would hold, before it is put on the uniform body."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from motion.kinematics.retarget import LEGS, bone_vectors, from_bones, ground
from motion.kinematics.rotations import unit
from motion.kinematics.skeleton import BONE_LENGTHS, MIRROR, N_JOINTS, J

Float = NDArray[np.float64]

SIZE, SHAPE = 0.055, 0.03
"""Standard deviations of the logarithms of an adult's whole and of each part; our choice, after how adults differ."""
STATURE = (0.86, 1.16)
"""Smallest and largest adult that is drawn: toes to head, standing, over the uniform body's."""
_LOWER = [J[f"{side}_{part}"] for side in ("left", "right") for part in ("hip", "knee", "ankle", "foot")]
_UPRIGHT = [J[name] for name in ("left_knee", "left_ankle", "spine1", "spine2", "spine3", "neck", "head")]


def draw_body(rng: np.random.Generator, size: float = 0.1, shape: float = 0.06) -> Float:
    """Bone lengths (22,) [m] of somebody: the uniform body's, scaled as a whole and bone by bone, both sides alike.

    size, shape: standard deviations of the logarithms of the whole and of each bone.

    Raises:
        ValueError: a deviation that is negative or above 0.5.
    """
    if not (0 <= size <= 0.5 and 0 <= shape <= 0.5):
        raise ValueError(f"size and shape must be 0 to 0.5 (standard deviations of logs), got {size} and {shape}")
    own = rng.normal(0.0, shape, N_JOINTS)
    own = (own + own[list(MIRROR)]) / np.where(np.arange(N_JOINTS) == np.array(MIRROR), 2.0, np.sqrt(2.0))
    lengths: Float = BONE_LENGTHS * np.exp(rng.normal(0.0, size) + own)
    return lengths


def draw_adult(rng: np.random.Generator) -> Float:
    """Bone lengths (22,) [m] of an adult: as `draw_body` with SIZE and SHAPE, within STATURE.

    The legs, hips to toes, are one part: their proportions to each other are the uniform body's. So the feet of a
    motion that is put on this body stand and do not slide where they did on the uniform one; with thighs and shins of
    their own they would skate nearly twice as far.
    """
    usual = BONE_LENGTHS[_UPRIGHT].sum()
    while True:  # one draw in a hundred is too small or too large
        lengths = draw_body(rng, SIZE, SHAPE)
        lengths[_LOWER] = BONE_LENGTHS[_LOWER] * (lengths[_LOWER[0]] / BONE_LENGTHS[_LOWER[0]])
        if STATURE[0] <= lengths[_UPRIGHT].sum() / usual <= STATURE[1]:
            return lengths


def on_body(joints: Float, lengths: Float) -> Float:
    """A motion (T, 22, 3) [m] as a body with these bone lengths does it: directions kept, path scaled by the legs.

    `retarget` undoes it exactly, whatever the proportions. The lowest joint touches the floor.
    """
    directions = unit(bone_vectors(np.asarray(joints, dtype=np.float64)))
    root = joints[:, 0] * (lengths[list(LEGS)].sum() / BONE_LENGTHS[list(LEGS)].sum())
    return ground(from_bones(root, lengths[:, None] * directions))
