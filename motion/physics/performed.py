"""Clips as a simulated body performs them: what was drawn becomes what a body under gravity and contact does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from motion.data.clip import Clip
from motion.kinematics.retarget import normalise
from motion.physics.correct import correct_joints
from motion.physics.settings import PERFORMED

FAILED = "the simulated body failed at it: as it was drawn"
"""Note of a clip that could not be performed."""


def perform(clips: Sequence[Clip]) -> tuple[Clip, ...]:
    """The clips as the simulated body performs them, on the uniform body, on the floor, at the origin, facing +z.

    One at which the body fails stays as it was and has the note FAILED. A clip's result does not depend on the others.

    Args:
        clips: on the uniform body, all of one length.

    Raises:
        ValueError: clips of different lengths.
    """
    if not clips:
        return ()
    if len({len(clip) for clip in clips}) > 1:
        raise ValueError("clips must have one length to be performed together, got several; perform each length alone")
    done = correct_joints(np.stack([clip.joints for clip in clips]), settings=PERFORMED)
    return tuple(
        replace(
            clip, joints=normalise(joints).astype(np.float32), notes=clip.notes if success else (*clip.notes, FAILED)
        )
        for clip, joints, success in zip(clips, done.joints, done.success, strict=True)
    )
