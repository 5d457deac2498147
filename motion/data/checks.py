"""What may be wrong with a motion, found before it is used: each finding names its rule, its frame and the value.

Two kinds of rules: on joints as a file gives them (bones, axis, unit, floor, which the uniform body would hide), and on
clips as the program uses them (speed, frozen frames, length, captions).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motion.data.clip import MAX_SPEED, Clip
from motion.kinematics.retarget import bone_vectors
from motion.kinematics.skeleton import FEET_LEFT, FEET_RIGHT, FPS, JOINTS, N_JOINTS, J

Floats = NDArray[np.float64]

LENGTHS = (40, 200)
"""Frames of a clip that HumanML3D takes: at least the first, fewer than the second."""
MAX_BONE_VARIATION = 0.03
"""Standard deviation over mean of a bone's length beyond which a body is not rigid."""
FROZEN = 10
"""Frames in a row without any movement that are believed [frames]; a living body is never quite still."""
_STILL = 1e-6  # [m]
_BELOW = 0.05  # a standing toe deeper below where the others stand is a fault [m]
_SLOPE = 0.02  # rise over run of the ground under the standing toes
_REACH = 1.5  # horizontal extent of their places from which a slope can be told [m]
_SPOT, _SPOTS = 0.3, 5  # extent of one place [m], and how many of them make a slope
_RISE = 0.06  # height over the whole way below which it is noise [m]
_STANDING = 0.15  # a toe slower than this stands [m/s]
_ENOUGH = 10  # standing toes, from which the ground is judged
_TRUNK = (0.3, 0.55, 0.9)  # pelvis to head of people: the smallest, a usual one, the largest [m]
_UNITS = {1.0: "m", 0.01: "cm", 0.001: "mm", 0.0254: "inch", 0.3048: "foot"}
_TOES = [FEET_LEFT[1], FEET_RIGHT[1]]


@dataclass(frozen=True)
class Finding:
    """rule: a word for tables. frame: where, None if everywhere. text: the value and what it should be."""

    rule: str
    frame: int | None
    text: str

    def __str__(self) -> str:
        at = "" if self.frame is None else f" at frame {self.frame}"
        return f"{self.rule}{at}: {self.text}"


def check_joints(joints: Floats) -> tuple[Finding, ...]:
    """Rules on joints as stored, (T, 22, 3) [m, y up]: values, up axis, unit, bones, floor.

    Where values are not finite nothing else is looked at.
    """
    p = np.asarray(joints, dtype=np.float64)
    if p.ndim != 3 or p.shape[1:] != (N_JOINTS, 3) or len(p) < 1:
        raise ValueError(f"joints must have shape (T, {N_JOINTS}, 3), got {p.shape}; map the skeleton first")
    wrong = ~np.isfinite(p).all(axis=(1, 2))
    if wrong.any():
        return (Finding("not finite", int(np.flatnonzero(wrong)[0]), f"{int(wrong.sum())} frames have nan or inf"),)
    return (*check_orientation(p), *_bones(p), *_ground(p))


def guess_up(joints: Floats) -> tuple[int, float]:
    """The axis that points up and its sign, from the ankles to the head on average: (1, +1.0) is +y."""
    body = (joints[:, J["head"]] - joints[:, [J["left_ankle"], J["right_ankle"]]].mean(axis=1)).mean(axis=0)
    axis = int(np.abs(body).argmax())
    return (axis, float(np.sign(body[axis]))) if body[axis] else (1, 1.0)  # a body without size has no direction


def guess_unit(joints: Floats) -> float | None:
    """Metres of the unit in which a person would be as large as people are; None where no usual unit fits."""
    trunk = float(np.median(np.linalg.norm(joints[:, J["head"]] - joints[:, 0], axis=-1)))
    low, usual, high = _TRUNK
    fits = [unit for unit in _UNITS if low <= trunk * unit <= high]
    return min(fits, key=lambda unit: abs(np.log(trunk * unit / usual))) if fits else None


def upright(joints: Floats) -> tuple[Floats, tuple[str, ...]]:
    """Joints with +y up and in metres, (T, 22, 3), and in words what was guessed and changed.

    The axes are turned, not mirrored: left stays left.
    """
    notes = []
    out = np.asarray(joints, dtype=np.float64)
    axis, sign = guess_up(out)
    if (axis, sign) != (1, 1.0):
        up = np.zeros(3)
        up[axis] = sign
        others = [np.eye(3)[i] for i in range(3) if i != axis]
        basis = np.stack([others[0], up, np.cross(others[0], up)])  # rows: new x, y, z; a rotation
        out = out @ basis.T
        notes.append(f"up axis was {'+' if sign > 0 else '-'}{'xyz'[axis]}, turned to +y")
    unit = guess_unit(out)
    if unit is not None and unit != 1.0:
        out = out * unit
        notes.append(f"unit was {_UNITS[unit]}, scaled to m")
    return out, tuple(notes)


def check_orientation(p: Floats) -> Iterable[Finding]:
    """Up axis and unit of finite joints (T, 22, 3), on average over the motion: somebody who lies seems turned."""
    axis, sign = guess_up(p)
    if (axis, sign) != (1, 1.0):
        name = f"{'+' if sign > 0 else '-'}{'xyz'[axis]}"
        yield Finding("up axis", None, f"the head lies towards {name} of the feet, expected +y; turn the motion")
    unit = guess_unit(p)
    if unit is None:
        size = float(np.median(np.linalg.norm(p[:, J["head"]] - p[:, 0], axis=-1)))
        yield Finding(
            "unit", None, f"pelvis to head is {size:.3g}, no usual unit makes that a person; scale the motion"
        )
    elif unit != 1.0:
        yield Finding("unit", None, f"looks like {_UNITS[unit]}, expected m; multiply by {unit:g}")


def _bones(p: Floats) -> Iterable[Finding]:
    lengths = np.linalg.norm(bone_vectors(p), axis=-1)[:, 1:]
    mean = lengths.mean(axis=0)
    variation = lengths.std(axis=0) / np.where(mean > 0, mean, 1.0)
    worst = int(variation.argmax())
    if variation[worst] > MAX_BONE_VARIATION:
        frame = int(np.abs(lengths[:, worst] - mean[worst]).argmax())
        yield Finding(
            "bone length",
            frame,
            f"the bone to {JOINTS[worst + 1]} varies by {100 * variation[worst]:.1f} %, expected at most "
            f"{100 * MAX_BONE_VARIATION:g} %; repair the capture",
        )


def _ground(p: Floats) -> Iterable[Finding]:
    """A standing toe below the floor that the others stand on, and a floor that slopes; silent where nobody stands."""
    frames, places = _standing_toes(p)
    if len(frames) < _ENOUGH:
        return
    floor = float(np.median(places[:, 1]))
    slope = _slope(places)
    if slope > _SLOPE:
        yield Finding(
            "sloping floor", None, f"the toes stand on a slope of {100 * slope:.1f} %, expected level; turn it"
        )
        return  # then one height is no floor
    deepest = int(places[:, 1].argmin())
    if floor - places[deepest, 1] > _BELOW:
        yield Finding(
            "below floor", int(frames[deepest]),
            f"a toe stands {1000 * (floor - places[deepest, 1]):.0f} mm below where most do, expected at most "
            f"{1000 * _BELOW:.0f}; uneven ground, or repair the capture",
        )  # fmt: skip


def _standing_toes(p: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Frames (k,) and places (k, 3) of toes that are at rest before and after."""
    toes = p[:, _TOES]
    slow = np.linalg.norm(np.diff(toes, axis=0), axis=-1) < _STANDING / FPS  # (T-1, 2)
    frames, foot = np.nonzero(slow[:-1] & slow[1:])  # of frames 1 .. T-2
    return frames + 1, toes[1:-1][frames, foot]


def _slope(places: Floats) -> float:
    """Rise over run along the direction in which the places (n, 3), where toes stand, lie; 0 where it cannot be told.

    It can where they are several and far apart, and the slope explains most of their heights: a step does not slope,
    nor does a toe that is lifted here and there.
    """
    flat = places[:, [0, 2]] - places[:, [0, 2]].mean(axis=0)
    along = flat @ np.linalg.svd(flat, full_matrices=False)[2][0]
    spots = np.unique(np.round(along / _SPOT))
    if np.ptp(along) < _REACH or len(spots) < _SPOTS:
        return 0.0
    # One height a spot: somebody who waits at one end must not outweigh the way.
    height = np.array([np.median(places[np.round(along / _SPOT) == spot, 1]) for spot in spots])
    slope, start = np.polyfit(spots * _SPOT, height, 1)
    left = height - slope * spots * _SPOT - start
    told = abs(slope) * np.ptp(along) > _RISE and left.std() < 0.35 * height.std()  # a single step explains 0.5
    return float(abs(slope)) if told else 0.0


def check_clip(clip: Clip) -> tuple[Finding, ...]:
    """Rules on a clip: teleports, frozen frames, length, captions."""
    return (*_speed(clip), *_frozen(clip), *_length(clip))


def _speed(clip: Clip) -> Iterable[Finding]:
    speed = FPS * np.linalg.norm(np.diff(clip.joints.astype(float), axis=0), axis=-1)  # (T-1, 22)
    fast = np.flatnonzero(speed.max(axis=1) > MAX_SPEED)
    if len(fast):
        joint = int(speed[fast[0]].argmax())
        yield Finding(
            "teleport",
            int(fast[0]) + 1,
            f"{JOINTS[joint]} moves at {speed[fast[0], joint]:.0f} m/s, expected at most {MAX_SPEED:g}; cut it out",
        )


def _frozen(clip: Clip) -> Iterable[Finding]:
    still = np.abs(np.diff(clip.joints, axis=0)).max(axis=(1, 2)) < _STILL
    edges = np.flatnonzero(np.diff(np.concatenate([[False], still, [False]]).astype(int)))
    runs = edges.reshape(-1, 2)
    long = runs[(runs[:, 1] - runs[:, 0]) >= FROZEN]
    if len(long):
        first, last = (int(value) for value in long[0])
        yield Finding("frozen", first, f"nothing moves for {last - first} frames, expected movement; cut it out")


def _length(clip: Clip) -> Iterable[Finding]:
    low, high = LENGTHS
    if not low <= len(clip) < high:
        yield Finding("length", None, f"{len(clip)} frames, HumanML3D takes {low} to {high - 1}; cut or leave it")


FATAL = ("not finite", "up axis", "unit", "bone length", "teleport")
"""Rules whose findings make a clip bad. The others are told: ground and frozen frames as captured may be meant (stairs,
a pose that is held), and windows of the right length are cut from longer clips."""


def bad(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those findings that make a clip bad."""
    return tuple(finding for finding in findings if finding.rule in FATAL)
