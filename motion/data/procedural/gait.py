"""Motions made of steps: walking, running, side-stepping, turning. Feet stand where they are put."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from motion.data.procedural.body import FOOT_VECTOR, STANDING, Pose, build, centre_of_mass, rest, within_reach
from motion.data.procedural.curves import arch, bump, glide, sway

Float = NDArray[np.float64]
GRAVITY = 9.81


@dataclass(frozen=True)
class Gait:
    """How somebody steps.

    speed [m/s] along `course` [rad] from the facing direction (0 forward, pi backward, pi/2 left); turning [rad/s];
    stride [1/s] strides (two steps) a second; stance: share of a stride that a foot stands, below 0.5 is running;
    width [m] of each foot from the middle; clearance [m] of the toes; heel_off, toe_up [rad] pitch of the foot;
    bounce, side_sway [m] of the pelvis; lean [rad]; arm_swing, elbow [rad]; ahead [m] the feet stand before the body;
    linger: share of the swing in which a foot goes up before it goes ahead, and down after it, so as not to scuff;
    recovery [m]: how far the heel is drawn up behind before the leg comes forward.
    """

    speed: float
    course: float
    turning: float
    stride: float
    stance: float
    width: float
    clearance: float
    heel_off: float
    toe_up: float
    bounce: float
    side_sway: float
    lean: float
    arm_swing: float
    elbow: float
    hip_turn: float
    ahead: float = 0.0
    linger: float = 0.09
    recovery: float = 0.0


def _path(t: Float, gait: Gait) -> tuple[Float, Float]:
    """Place (..., 3) and heading (...) of the body on its course at any time."""
    heading = gait.turning * t
    angle = heading + gait.course
    if abs(gait.turning) < 1e-9:
        x, z = gait.speed * t * np.sin(gait.course), gait.speed * t * np.cos(gait.course)
    else:
        radius = gait.speed / gait.turning
        x, z = radius * (np.cos(gait.course) - np.cos(angle)), radius * (np.sin(angle) - np.sin(gait.course))
    return np.stack([x, np.zeros_like(t), z], axis=-1), heading


def _place(stance: Float, foot: int, start: float, gait: Gait) -> tuple[Float, Float]:
    """Toe place and yaw of a foot's n-th stance: under the body at mid-stance."""
    middle = (stance + gait.stance / 2 - start - 0.5 * foot) / gait.stride
    body, heading = _path(middle, gait)
    side = (1.0, -1.0)[foot] * gait.width
    front = FOOT_VECTOR[2] * 0.55 + gait.ahead
    sin, cos = np.sin(heading), np.cos(heading)
    offset = np.stack([side * cos + front * sin, np.zeros_like(sin), front * cos - side * sin], axis=-1)
    return body + offset, heading + (0.08, -0.08)[foot]


def steps(t: Float, gait: Gait, start: float, rng: np.random.Generator) -> Pose:
    """The pose over time; `start` is the phase of the left foot at t = 0 in strides."""
    frames = len(t)
    pose = rest(frames)
    phase = start + gait.stride * t
    body, heading = _path(t, gait)
    duty = gait.stance
    for foot in (0, 1):
        own = phase + 0.5 * foot
        stance = np.floor(own)
        within = own - stance
        here, yaw = _place(stance, foot, start, gait)
        there, next_yaw = _place(stance + 1, foot, start, gait)
        swing = (within - duty) / (1 - duty)
        share = glide((swing - gait.linger) / (1 - 2 * gait.linger))
        pose.toes[foot] = here + share[:, None] * (there - here)
        pose.feet[foot, :, 0] = yaw + share * (next_yaw - yaw)
        # Going backward a foot does in reverse what it does going forward: toes first, heel last.
        shown = (duty - within) % 1.0 if np.cos(gait.course) < -0.5 else within
        off = bump(shown, 0.62 * duty, duty + 0.05, duty + 0.08, duty + 0.5 * (1 - duty))
        up = bump(shown, duty + 0.45 * (1 - duty), duty + 0.8 * (1 - duty), duty + 0.82 * (1 - duty), 1.0)
        pose.feet[foot, :, 1] = gait.heel_off * off - gait.toe_up * up
        # Raised toes must not push the heel into the floor.
        pose.toes[foot, :, 1] = gait.clearance * arch(swing) + gait.recovery * bump(swing, 0, 0.36, 0.4, 0.94)
        pose.toes[foot, :, 1] += FOOT_VECTOR[2] * np.sin(gait.toe_up * up)
    cycle = 2 * np.pi * phase
    sideways = gait.side_sway * np.cos(cycle - np.pi * duty)
    pose.pelvis[:] = body + np.stack([sideways * np.cos(heading), 0 * t, -sideways * np.sin(heading)], axis=-1)
    pose.pelvis[:, 1] = STANDING + _height(phase, gait)
    swing_wave = np.cos(cycle)
    pose.turn[:, 0] = heading - gait.hip_turn * swing_wave
    pose.turn[:, 1] = 0.4 * gait.lean + sway(t, 0.01, rng)
    pose.turn[:, 2] = 0.5 * gait.hip_turn * np.sin(cycle - np.pi * duty)
    pose.bend[:, 0] = 0.6 * gait.lean + sway(t, 0.01, rng)
    pose.bend[:, 1] = 2.0 * gait.hip_turn * swing_wave + sway(t, 0.015, rng)
    pose.bend[:, 2] = -0.5 * gait.hip_turn * np.sin(cycle - np.pi * duty)
    pose.head[:] = -0.5 * gait.lean + sway(t, 0.03, rng)
    for side, sign in ((0, -1.0), (1, 1.0)):
        wave = sign * swing_wave
        pose.arms[side, :, 0] += gait.arm_swing * wave - 0.1 * gait.elbow + sway(t, 0.02, rng)
        pose.arms[side, :, 1] += sway(t, 0.015, rng)
        pose.arms[side, :, 3] += gait.elbow + 0.35 * gait.arm_swing * wave
    pose = within_reach(pose, constant=True)
    return pose if gait.stance >= 0.5 else _centred(pose, _height(phase, gait))


def _centred(pose: Pose, wanted: Float, rounds: int = 4) -> Pose:
    """The pelvis raised and lowered until the centre of mass, not the pelvis, goes up and down as `wanted` [m].

    The height about which it does so follows from the pose as given, then once more from the legs' reach.
    """
    level = np.mean(centre_of_mass(build(pose))[:, 1] - wanted)
    for _ in range(rounds):
        excess = centre_of_mass(build(pose))[:, 1] - wanted - level
        pelvis = pose.pelvis.copy()
        pelvis[:, 1] -= 1.2 * excess  # the feet, which keep their places, are part of the mass
        lowered = within_reach(replace(pose, pelvis=pelvis), constant=True)
        level -= 0.85 * (pelvis[0, 1] - lowered.pelvis[0, 1])
        pose = lowered
    return pose


def _height(phase: Float, gait: Gait) -> Float:
    """Height over the mean one: of the pelvis in walking, of the centre of mass in running.

    Walking: highest over the standing foot. Running: free fall in flight, half a sine on the floor, same speed where
    they meet.
    """
    if gait.stance >= 0.5:
        wave: Float = gait.bounce * np.cos(4 * np.pi * (phase - gait.stance / 2))
        return wave
    step = 0.5 / gait.stride
    stand = gait.stance / gait.stride
    flight = step - stand
    leap = GRAVITY * flight / 2  # upward speed at take-off
    s = (phase % 0.5) / gait.stride  # since the last touch-down
    on_floor = -leap * stand / np.pi * np.sin(np.pi * s / stand)
    f = s - stand
    return np.where(s < stand, on_floor, leap * f - GRAVITY * f * f / 2)


def walk(t: Float, tempo: float, amount: float, course: float, turning: float, rng: np.random.Generator) -> Pose:
    """Walking forward (course 0) or backward (pi); tempo and amount (length of steps) are 1 in the middle."""
    backward = np.cos(course) < 0
    stride = (0.85 if not backward else 0.75) * tempo * rng.uniform(0.95, 1.05)
    length = (1.15 if not backward else 0.75) * (1 + 0.7 * (amount - 1)) * rng.uniform(0.95, 1.05)  # of a stride [m]
    gait = Gait(
        speed=stride * length, course=course, turning=turning, stride=stride, stance=0.6, width=0.085,
        clearance=0.06 * rng.uniform(0.8, 1.2), heel_off=0.65 if not backward else 0.35, toe_up=0.2,
        bounce=0.012 * amount, side_sway=0.022, lean=0.04 if not backward else 0.0,
        arm_swing=0.35 * amount * tempo * (0.5 if backward else 1.0), elbow=0.12, hip_turn=0.08 * amount,
        recovery=0.03 if not backward else 0.0,
        ahead=-0.02 if not backward else 0.03,
    )  # fmt: skip
    return steps(t, gait, rng.uniform(), rng)


def run(t: Float, tempo: float, amount: float, turning: float, rng: np.random.Generator) -> Pose:
    """Running forward: both feet leave the floor, the centre of mass then falls freely."""
    stride = 1.45 + 0.25 * (tempo - 1.0) + rng.uniform(-0.04, 0.04)
    gait = Gait(
        speed=2.15 * tempo * amount * rng.uniform(0.96, 1.04), course=0.0, turning=turning, stride=stride,
        stance=0.31 - 0.04 * (tempo - 1.0), width=0.06, clearance=0.08, recovery=0.24, heel_off=1.1,
        toe_up=0.2, bounce=0.0,
        side_sway=0.012, lean=0.16, arm_swing=0.6 * amount, elbow=1.25, hip_turn=0.1, ahead=-0.04,
        linger=0.05,
    )  # fmt: skip
    return steps(t, gait, rng.uniform(), rng)


def side_step(t: Float, side: float, tempo: float, amount: float, rng: np.random.Generator) -> Pose:
    """Stepping sideways, to the left for side = +1, facing ahead."""
    stride = 0.8 * tempo * rng.uniform(0.95, 1.05)
    length = 0.42 * amount * rng.uniform(0.95, 1.05)
    gait = Gait(
        speed=stride * length, course=side * np.pi / 2, turning=0.0, stride=stride, stance=0.6, width=0.19,
        clearance=0.07, heel_off=0.1, toe_up=0.05, bounce=0.008, side_sway=0.03, lean=0.06, arm_swing=0.05,
        elbow=0.3, hip_turn=0.02,
    )  # fmt: skip
    return steps(t, gait, rng.uniform(), rng)


def turn_in_place(t: Float, side: float, tempo: float, amount: float, rng: np.random.Generator) -> Pose:
    """Turning on the spot with small steps, to the left for side = +1."""
    stride = 0.9 * tempo * rng.uniform(0.95, 1.05)
    gait = Gait(
        speed=0.0, course=0.0, turning=side * 0.9 * tempo * amount * rng.uniform(0.95, 1.05), stride=stride,
        stance=0.64, width=0.11, clearance=0.05, heel_off=0.15, toe_up=0.05, bounce=0.006, side_sway=0.035, lean=0.02,
        arm_swing=0.08, elbow=0.15, hip_turn=0.02,
    )  # fmt: skip
    pose = steps(t, gait, rng.uniform(), rng)
    head_first = replace(pose, bend=pose.bend + np.array([0.0, side * 0.12, 0.0]))
    return head_first


def march(t: Float, tempo: float, amount: float, rng: np.random.Generator) -> Pose:
    """Marching forward: knees high, arms swinging far, the trunk upright."""
    stride = 0.95 * tempo * rng.uniform(0.95, 1.05)
    gait = Gait(
        speed=stride * 0.95 * rng.uniform(0.95, 1.05), course=0.0, turning=0.0, stride=stride, stance=0.58, width=0.085,
        clearance=0.27 * amount * rng.uniform(0.95, 1.05), heel_off=0.35, toe_up=0.05, bounce=0.014, side_sway=0.022,
        lean=0.0, arm_swing=0.75 * amount, elbow=0.25, hip_turn=0.05, recovery=0.04, linger=0.07,
    )  # fmt: skip
    return steps(t, gait, rng.uniform(), rng)


def sneak(t: Float, tempo: float, amount: float, rng: np.random.Generator) -> Pose:
    """Sneaking forward: low, bent, with slow careful steps and bent arms before the body."""
    stride = 0.5 * tempo * rng.uniform(0.95, 1.05)
    gait = Gait(
        speed=stride * 0.85 * (1 + 0.5 * (amount - 1)), course=0.0, turning=0.0, stride=stride, stance=0.64, width=0.1,
        clearance=0.13, heel_off=0.3, toe_up=0.1, bounce=0.005, side_sway=0.03, lean=0.42, arm_swing=0.12, elbow=1.1,
        hip_turn=0.04, linger=0.12,
    )  # fmt: skip
    pose = steps(t, gait, rng.uniform(), rng)
    pose.pelvis[:, 1] -= 0.13
    pose.arms[:, :, 0] += 0.35
    return pose
