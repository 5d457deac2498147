"""Further motions on the spot: clapping, stretching, throwing, bending, turning the trunk; the feet stand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from motion.data.procedural.body import Pose, balanced
from motion.data.procedural.curves import bump, ease
from motion.data.procedural.standing import beats, stand

Float = NDArray[np.float64]


def _summed(begins: list[float], t: Float, *edges: float) -> Float:
    """One bump for each repetition, its rise, top, fall and end after the repetition's begin [s]."""
    rise, top, fall, end = edges
    total = np.zeros_like(t)
    for begin in begins:
        total = total + bump(t - begin, rise, top, fall, end)
    return total


def clap(t: Float, tempo: float, amount: float, rng: np.random.Generator) -> Pose:
    """Clapping before the chest; `amount` is how wide the hands part."""
    pose = stand(t, rng)
    whole = float(t[-1])
    lift = min(0.5, 0.2 * whole)
    up = bump(t, 0.0, lift, whole - lift, whole)
    rate = 1.5 * tempo * rng.uniform(0.95, 1.05)
    apart = 0.5 - 0.5 * np.cos(2 * np.pi * rate * t + rng.uniform(0, 2 * np.pi))
    for arm in pose.arms:
        arm[:, 0] += 0.75 * up
        arm[:, 3] += 1.05 * up
        arm[:, 2] += (-0.78 + 0.62 * amount * apart) * up
    pose.bend[:, 0] += 0.05 * up
    return balanced(pose)


def stretch(t: Float, tempo: float, amount: float, rng: np.random.Generator) -> Pose:
    """Both arms far up, the trunk drawn long and a little back, then at ease again."""
    pose = stand(t, rng)
    begins, length = beats(t, 3.2 / tempo, rng)
    up = _summed(begins, t, 0.0, 0.35 * length, 0.7 * length, length)
    held = _summed(begins, t, 0.3 * length, 0.45 * length, 0.6 * length, 0.75 * length)
    for arm in pose.arms:
        arm[:, 0] += 1.3 * up + 1.35 * min(amount, 1.12) * up
        arm[:, 3] *= 1 - 0.8 * up
        arm[:, 1] += 0.1 * held
    pose.bend[:, 0] -= (0.16 * up + 0.12 * held) * amount
    pose.head[:] -= 0.35 * held * amount
    return balanced(pose)


def throw(t: Float, side: int, tempo: float, amount: float, rng: np.random.Generator) -> Pose:
    """Throwing overarm, drawing back first; side 0 is left, 1 right."""
    pose = stand(t, rng)
    begins, length = beats(t, 2.4 / tempo, rng)
    back = _summed(begins, t, 0.0, 0.32 * length, 0.36 * length, 0.62 * length)
    ahead = _summed(begins, t, 0.36 * length, 0.62 * length, 0.66 * length, length)
    arm, other = pose.arms[side], pose.arms[1 - side]
    arm[:, 0] += -0.15 * back + 1.35 * amount * ahead
    arm[:, 1] += 1.35 * back + 0.15 * ahead
    arm[:, 2] += 1.3 * back
    arm[:, 3] += 1.5 * back - 0.1 * ahead
    other[:, 0] += 0.8 * back - 0.2 * ahead
    other[:, 3] += 0.4 * back
    inward = (-1.0, 1.0)[side]  # turning right brings the left shoulder forward
    pose.bend[:, 1] += inward * (0.55 * ahead - 0.5 * back) * amount
    pose.turn[:, 0] += inward * (0.12 * ahead - 0.12 * back)
    pose.bend[:, 0] += 0.22 * ahead - 0.06 * back
    return balanced(pose)


def pick_up(t: Float, tempo: float, amount: float, rng: np.random.Generator) -> Pose:
    """Bending knees and trunk until both hands reach far down, and up again."""
    pose = stand(t, rng)
    begins, length = beats(t, 2.8 / tempo, rng)
    down = _summed(begins, t, 0.0, 0.42 * length, 0.55 * length, length)
    depth = 0.3 * amount * rng.uniform(0.95, 1.05)
    pose.pelvis[:, 1] -= depth * down
    pose.turn[:, 1] += 0.65 * amount * down
    pose.bend[:, 0] += 0.6 * amount * down
    pose.head[:] += 0.1 * down
    for arm in pose.arms:
        arm[:, 0] += 1.15 * amount * down
        arm[:, 3] *= 1 - 0.6 * down
    return balanced(pose)


def side_bend(t: Float, side: int, tempo: float, amount: float, rng: np.random.Generator) -> Pose:
    """Bending the trunk sideways, the far arm over the head; side 0 is left, 1 right."""
    pose = stand(t, rng)
    begins, length = beats(t, 2.6 / tempo, rng)
    over = _summed(begins, t, 0.0, 0.42 * length, 0.58 * length, length)
    lean = 0.6 * amount * rng.uniform(0.93, 1.07)
    towards = (-1.0, 1.0)[side]  # roll to the left is negative
    pose.bend[:, 2] += towards * 0.8 * lean * over
    pose.turn[:, 2] += towards * 0.2 * lean * over
    pose.arms[1 - side, :, 1] += 2.5 * over
    pose.arms[1 - side, :, 3] += 0.35 * over
    pose.arms[side, :, 1] += 0.12 * over
    return balanced(pose)


def arm_circles(t: Float, tempo: float, amount: float, rng: np.random.Generator) -> Pose:
    """Both arms out to the sides, drawing circles."""
    pose = stand(t, rng)
    whole = float(t[-1])
    lift = min(0.8, 0.25 * whole)
    out = bump(t, 0.0, lift, whole - lift, whole)
    angle = 2 * np.pi * 0.9 * tempo * t + rng.uniform(0, 2 * np.pi)
    size = 0.32 * amount
    for arm in pose.arms:
        arm[:, 1] += (1.3 + size * np.sin(angle)) * out
        arm[:, 0] += size * np.cos(angle) * out
        arm[:, 3] *= 1 - 0.7 * out
    return balanced(pose)


def twist(t: Float, tempo: float, amount: float, rng: np.random.Generator) -> Pose:
    """Turning the trunk from side to side, the arms swinging along."""
    pose = stand(t, rng)
    whole = float(t[-1])
    going = bump(t, 0.0, min(0.7, 0.2 * whole), whole - min(0.7, 0.2 * whole), whole)
    wave = np.sin(2 * np.pi * 0.5 * tempo * t + rng.uniform(0, 2 * np.pi)) * going
    pose.bend[:, 1] += 0.85 * amount * wave
    pose.turn[:, 0] += 0.2 * amount * wave
    for i, sign in enumerate((1.0, -1.0)):
        pose.arms[i, :, 1] += 0.35 * going
        pose.arms[i, :, 0] += 0.35 * sign * amount * wave
        pose.arms[i, :, 3] += 0.5 * going
    return balanced(pose)


def dance(t: Float, tempo: float, amount: float, rng: np.random.Generator) -> Pose:
    """Swaying to a beat: weight from foot to foot, knees giving, arms in the air moving along."""
    pose = stand(t, rng)
    whole = float(t[-1])
    going = ease(t / min(0.6, 0.2 * whole))
    angle = 2 * np.pi * 0.75 * tempo * t + rng.uniform(0, 2 * np.pi)
    swing, beat = np.sin(angle) * going, (0.5 - 0.5 * np.cos(2 * angle)) * going
    pose.pelvis[:, 1] -= 0.05 * amount * beat + 0.02 * going
    pose.bend[:, 2] += 0.16 * amount * swing
    pose.bend[:, 1] += 0.22 * amount * np.sin(angle + 0.6) * going
    pose.head[:] += 0.12 * beat
    for i, sign in enumerate((1.0, -1.0)):
        pose.arms[i, :, 0] += (0.55 + 0.25 * amount * sign * np.sin(angle)) * going
        pose.arms[i, :, 1] += (0.55 + 0.3 * amount * np.sin(angle + i * np.pi)) * going
        pose.arms[i, :, 3] += (1.1 + 0.3 * np.cos(angle)) * going
    return balanced(pose, 0.5 + 0.2 * amount * swing)
