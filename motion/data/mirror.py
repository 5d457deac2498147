"""The mirror image of a captioned motion: left and right exchanged in joints and in words."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from motion.data.clip import Clip
from motion.kinematics.skeleton import MIRROR

_OTHER = {"left": "right", "right": "left", "counterclockwise": "clockwise", "clockwise": "counterclockwise"}
_WORDS = re.compile(r"(?<![a-z])(" + "|".join(_OTHER) + r")(?![a-z])", re.IGNORECASE)


def swap_sides(text: str) -> str:
    """The text with left and right, clockwise and counterclockwise exchanged; capitals kept."""

    def other(found: re.Match[str]) -> str:
        word = _OTHER[found[0].lower()]
        return word.capitalize() if found[0][0].isupper() else word

    return _WORDS.sub(other, text)


def mirrored(clip: Clip) -> Clip:
    """The clip seen in a mirror, as HumanML3D doubles its motions; named with a leading "M".

    Joints are (T, 22, 3) with x negated and partners exchanged; captions and action change sides. Mirroring twice
    gives the clip again, but for its name.
    """
    joints = (clip.joints * np.array([-1, 1, 1], np.float32))[:, list(MIRROR)]
    return replace(
        clip,
        name=f"M{clip.name}",
        joints=joints,
        captions=tuple(swap_sides(caption) for caption in clip.captions),
        action=swap_sides(clip.action),
    )
