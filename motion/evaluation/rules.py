"""What a motion shows, read off its joints by rules: action and side of the procedural kinds, without a trained judge.

The rules are thresholds on plain quantities (how far, how high, which hand, which way), set on motions of other seeds
than those they are tested on; a motion of another kind gets the kind whose rule it meets first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motion.kinematics.retarget import heading
from motion.kinematics.skeleton import FPS, J

Float = NDArray[np.float64]
SIDES = ("left", "right")
_TOES, _WRISTS = [J["left_foot"], J["right_foot"]], [J["left_wrist"], J["right_wrist"]]


@dataclass(frozen=True)
class Signs:
    """Quantities of one motion, joints (T, 22, 3) [m, y up], that the rules look at."""

    joints: Float

    @cached_property
    def airborne(self) -> int:
        """Frames in which nothing touches the floor, to 1 cm."""
        return int((self.joints[..., 1].min(axis=1) > 0.01).sum())

    @cached_property
    def yaw(self) -> Float:
        """Heading of the hips and shoulders over time, unwrapped, from 0 [rad]; left is positive."""
        angle = np.unwrap(heading(self.joints))
        turned: Float = angle - angle[0]
        return turned

    @cached_property
    def course(self) -> Float:
        """Mean velocity of the pelvis in the frame of the body, (forward, left) [m/s]."""
        step = np.diff(self.joints[:, 0], axis=0)
        now = heading(self.joints)[:-1]
        forward = step[:, 2] * np.cos(now) + step[:, 0] * np.sin(now)
        left = step[:, 0] * np.cos(now) - step[:, 2] * np.sin(now)
        return np.array([forward.mean(), left.mean()]) * FPS

    @cached_property
    def stepped(self) -> Float:
        """How far each toe gets from where it stood first, horizontally, (2,) [m]."""
        away = self.joints[:, _TOES][..., [0, 2]] - self.joints[:1, _TOES][..., [0, 2]]
        far: Float = np.linalg.norm(away, axis=-1).max(axis=0)
        return far

    @cached_property
    def travel(self) -> float:
        """How far the pelvis gets from where it was first, horizontally [m]."""
        return float(np.linalg.norm((self.joints[:, 0] - self.joints[0, 0])[:, [0, 2]], axis=-1).max())

    @cached_property
    def lifted(self) -> Float:
        """How high each toe gets, (2,) [m]."""
        high: Float = self.joints[:, _TOES, 1].max(axis=0)
        return high

    @cached_property
    def pelvis(self) -> Float:
        """Height of the pelvis over time, (T,) [m]."""
        return self.joints[:, 0, 1]

    @cached_property
    def hands(self) -> Float:
        """Wrists less the middle of the shoulders, in the frame of the first pelvis heading, (T, 2, 3) [m]."""
        shoulders = self.joints[:, [J["left_shoulder"], J["right_shoulder"]]].mean(axis=1, keepdims=True)
        away: Float = self.joints[:, _WRISTS] - shoulders
        return away

    @cached_property
    def lean(self) -> Float:
        """Head less pelvis, (T, 3) [m]."""
        return self.joints[:, J["head"]] - self.joints[:, 0]

    @cached_property
    def twist(self) -> Float:
        """Angle of the shoulders against the hips over time, left positive [rad]."""
        lines = [self.joints[:, J[f"left_{part}"]] - self.joints[:, J[f"right_{part}"]] for part in ("shoulder", "hip")]
        angles = [np.arctan2(-line[:, 2], line[:, 0]) for line in lines]
        return np.unwrap(angles[0] - angles[1])

    @cached_property
    def hand_speed(self) -> Float:
        """Largest speed of each wrist, (2,) [m/s]."""
        speed: Float = FPS * np.linalg.norm(np.diff(self.joints[:, _WRISTS], axis=0), axis=-1).max(axis=0)
        return speed


def kind_of(joints: Any) -> str:
    """The kind of procedural motion that the rules see, as its action is named: `walk`, `kick left` ...

    Args:
        joints: (T, 22, 3) [m, y up], facing +z first.
    """
    signs = Signs(np.asarray(joints, dtype=np.float64))
    if signs.airborne >= 2:
        return _flying(signs)
    if signs.travel > 0.25 or signs.stepped.min() > 0.15 or (signs.stepped.min() > 0.08 and abs(signs.yaw[-1]) > 0.5):
        return _stepping(signs)
    return _standing(signs)


def _side(positive: bool) -> str:
    return SIDES[0] if positive else SIDES[1]


def _flying(s: Signs) -> str:
    if s.course[0] > 1.0:
        return "run"
    return "jump forward" if s.joints[-1, 0, 2] > 0.15 else "jump"


def _stepping(s: Signs) -> str:
    forward, left = s.course
    way = np.linalg.norm(np.diff(s.joints[:, 0], axis=0)[:, [0, 2]], axis=-1).sum()
    if abs(s.yaw[-1]) > 0.5 and max(abs(forward), abs(left)) < 0.2:
        return f"turn {_side(s.yaw[-1] > 0)}"
    if abs(left) > abs(forward):
        return f"side step {_side(left > 0)}"
    if forward < 0:
        return "walk backward"
    if abs(s.yaw[-1]) / max(way, 0.1) > 0.75:  # [rad/m]
        return f"circle {_side(s.yaw[-1] > 0)}"
    if s.lean[:, 2].mean() > 0.13 and np.cos(s.yaw).min() > 0.5:
        return "sneak"
    knees = s.joints[:, [J["left_knee"], J["right_knee"]], 1].max()
    return "march" if knees > 0.575 else "walk"


def _standing(s: Signs) -> str:
    kicked = int(s.lifted.argmax())
    if s.lifted[kicked] > 0.15:
        return f"kick {SIDES[kicked]}"
    low, lean = float(s.pelvis.min()), float(s.lean[:, 2].max())
    if low < 0.72:  # the trunk bends about as far as the pelvis sinks, much farther in picking up
        if lean > 1.2 * (s.pelvis[0] - low):
            return "pick up"
        return "crouch" if s.pelvis[-1] < low + 0.1 else "squat"
    sideways = s.lean[:, 0]
    if np.abs(sideways).max() > 0.15:
        return f"side bend {_side(bool(sideways[np.abs(sideways).argmax()] > 0))}"
    if lean > 0.22:
        return "bow"
    return _arms(s)


def _arms(s: Signs) -> str:
    """Standing upright: the hands decide, then the trunk."""
    left, right = s.hands[:, 0], s.hands[:, 1]
    top = np.array([left[:, 1].max(), right[:, 1].max()])  # over the shoulders
    gap = np.linalg.norm(left - right, axis=-1)
    upper = int(top.argmax())
    if gap.min() < 0.125:
        return "clap"
    if top.min() > 0.3 and s.lean[:, 2].min() < -0.05:
        return "stretch"
    if gap.max() > 1.2:
        out = np.concatenate([hand[gap > 1.2, 2] for hand in (left, right)])
        return "arm circles" if np.ptp(out) > 0.193 else "raise arms"
    if top.min() > 0.1:
        return "raise arms"
    turned = float(np.ptp(s.twist))
    if top[upper] > 0.1:
        return f"{'throw' if turned > 0.5 else 'wave'} {SIDES[upper]}"
    if top.min() > -0.1 and turned > 0.25:
        if s.pelvis.min() < 0.8:
            return "dance"
        return f"punch {_side(left[:, 2].max() > right[:, 2].max())}"
    return "twist" if turned > 0.4 else "idle"
