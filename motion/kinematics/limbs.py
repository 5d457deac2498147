"""Two-bone inverse kinematics in closed form."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


def two_bone(root: Float, end: Float, first: float, second: float, pole: Float) -> Float:
    """The middle joint (knee, elbow) of a chain of two bones from `root` to `end`.

    Args:
        root: (..., 3) hip or shoulder [m].
        end: (..., 3) ankle or wrist [m]; should be within reach, |first - second| <= distance <= first + second.
        first, second: bone lengths [m].
        pole: (..., 3) the side towards which the joint bends; any length, not along the chain.

    Returns:
        (..., 3) [m], in the plane of the chain and the pole, at `first` from the root and `second` from the end. Out
        of reach the joint lies on the line, at `first` from the root.
    """
    chain = end - root
    distance = np.sqrt((chain * chain).sum(-1, keepdims=True))
    along = chain / np.maximum(distance, 1e-12)
    aside = pole - (pole * along).sum(-1, keepdims=True) * along
    aside = aside / np.maximum(np.sqrt((aside * aside).sum(-1, keepdims=True)), 1e-12)
    reach = (first**2 - second**2 + distance**2) / (2 * np.maximum(distance, 1e-12))
    reach = np.clip(reach, -first, first)
    height = np.sqrt(np.maximum(first**2 - reach**2, 0.0))
    middle: Float = root + reach * along + height * aside
    return middle
