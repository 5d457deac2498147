"""Ways of doing a motion: the same steps and gestures with another posture and other arms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from motion.data.procedural.body import Pose, balanced, within_reach

Float = NDArray[np.float64]

STYLES: dict[str, tuple[str, ...]] = {
    "neutral": ("",),
    "tired": (" tiredly", " in an exhausted way", " as if weary"),
    "proud": (" proudly", " in a proud way", " with the chest out"),
    "cheerful": (" cheerfully", " in a happy way", " full of joy"),
    "careful": (" carefully", " in a cautious way", " as if on ice"),
}
"""Each style with its words; neutral says nothing."""

_BEND = {"tired": 0.13, "proud": -0.09, "cheerful": -0.03, "careful": 0.08}  # forward pitch of the spine [rad]
_HEAD = {"tired": 0.28, "proud": -0.14, "cheerful": -0.1, "careful": 0.15}  # of the neck [rad]
_SWING = {"tired": 0.6, "proud": 1.1, "cheerful": 1.35, "careful": 0.75}  # of what the arms do, about their mean
_AWAY = {"tired": -0.02, "proud": 0.1, "cheerful": 0.06, "careful": 0.14}  # abduction of the arms [rad]
_ELBOW = {"tired": -0.08, "proud": 0.05, "cheerful": 0.22, "careful": 0.3}  # flexion [rad]
_LOW = {"tired": 0.012, "proud": 0.0, "cheerful": 0.0, "careful": 0.03}  # pelvis [m]


def styled(pose: Pose, style: str, standing: bool) -> Pose:
    """The pose in another style; `standing` puts the centre of mass back over the feet.

    Feet keep their places, so what stood stands; `neutral` returns the very pose.
    """
    if style == "neutral":
        return pose
    bend, head, arms, pelvis = pose.bend.copy(), pose.head.copy(), pose.arms.copy(), pose.pelvis.copy()
    bend[:, 0] += _BEND[style]
    head += _HEAD[style]
    flexion = arms[..., 0]
    arms[..., 0] = flexion.mean(axis=1, keepdims=True) + _SWING[style] * (flexion - flexion.mean(axis=1, keepdims=True))
    arms[..., 1] += _AWAY[style]
    arms[..., 3] = np.maximum(arms[..., 3] + _ELBOW[style], 0.05)
    pelvis[:, 1] -= _LOW[style]
    changed = replace(pose, bend=bend, head=head, arms=arms, pelvis=pelvis)
    return balanced(changed) if standing else within_reach(changed, constant=True)
