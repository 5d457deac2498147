"""Motions on the spot: the feet stand, the rest of the body acts, the centre of mass stays over the feet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from motion.data.procedural.body import STANDING, Pose, balanced, rest, within_reach
from motion.data.procedural.curves import bump, ease, sway, through

Float = NDArray[np.float64]
Flags = NDArray[np.bool_]
GRAVITY = 9.81
FRAME = 0.05
"""Seconds of a frame: take-off and landing fall on frames, so that every frame is in flight or not."""


def beats(t: Float, length: float, rng: np.random.Generator) -> tuple[list[float], float]:
    """Begins of the repetitions that fit into the clip, and their length [s]; what is left over is stood."""
    whole = float(t[-1])
    length = min(length, whole)
    count = max(1, int(whole / length))
    first = rng.uniform(0, whole - count * length) if whole > count * length else 0.0
    return [first + k * length for k in range(count)], length


def stand(t: Float, rng: np.random.Generator, liveliness: float = 1.0) -> Pose:
    """Standing at ease with slow sway: the ground of the other motions."""
    pose = rest(len(t), rng.uniform(0.09, 0.13))
    amount = 0.02 * liveliness
    for angles in (pose.turn[:, 1], pose.turn[:, 2], pose.bend[:, 0], pose.bend[:, 1], pose.bend[:, 2]):
        angles += sway(t, 0.5 * amount, rng)
    pose.turn[:, 0] += sway(t, 0.8 * amount, rng)
    pose.head[:] = sway(t, 1.5 * amount, rng)
    for side in (0, 1):
        pose.arms[side, :, 0] += sway(t, 1.5 * amount, rng)
        pose.arms[side, :, 1] += np.abs(sway(t, amount, rng))
        pose.arms[side, :, 3] += np.abs(sway(t, 2 * amount, rng))
    return pose


def idle(t: Float, tempo: float, amount: float, rng: np.random.Generator) -> Pose:
    """Standing still, weight going from foot to foot."""
    pose = stand(t, rng, 1.6 * amount)
    shift = np.clip(0.5 + 0.2 * amount * np.sin(2 * np.pi * 0.22 * tempo * t + rng.uniform(0, 2 * np.pi)), 0, 1)
    return balanced(pose, shift)


def bow(t: Float, tempo: float, amount: float, rng: np.random.Generator) -> Pose:
    """Bending forward from the hips and coming up again."""
    pose = stand(t, rng)
    begins, length = beats(t, 2.4 / tempo, rng)
    down = sum((bump(t - b, 0, 0.38 * length, 0.6 * length, length) for b in begins), np.zeros_like(t))
    angle = 0.95 * amount * rng.uniform(0.92, 1.08)
    pose.turn[:, 1] += 0.45 * angle * down
    pose.bend[:, 0] += 0.55 * angle * down
    pose.head[:] += 0.25 * down
    pose.arms[:, :, 0] += 0.75 * angle * down
    return balanced(pose)


def squat(t: Float, tempo: float, amount: float, stay: bool, rng: np.random.Generator) -> Pose:
    """Bending the knees and coming up; with `stay` going down once and staying there."""
    pose = stand(t, rng)
    whole = float(t[-1])
    if stay:
        length = min(1.1 / tempo, 0.8 * whole)
        begin = rng.uniform(0, max(0.5 * (whole - length), 0.0))
        down = ease((t - begin) / length)
    else:
        begins, length = beats(t, 2.0 / tempo, rng)
        down = sum((bump(t - b, 0, 0.45 * length, 0.55 * length, length) for b in begins), np.zeros_like(t))
    depth = 0.34 * amount * rng.uniform(0.92, 1.08)
    pose.pelvis[:, 1] -= depth * down
    pose.turn[:, 1] += 1.1 * depth * down
    pose.bend[:, 0] += 0.9 * depth * down
    pose.head[:] -= 0.8 * depth * down
    pose.arms[:, :, 0] += (1.0 if not stay else 0.5) * down
    return balanced(pose)


def raise_arms(t: Float, tempo: float, amount: float, sideways: bool, rng: np.random.Generator) -> Pose:
    """Both arms up and down, in front or to the sides."""
    pose = stand(t, rng)
    begins, length = beats(t, 2.2 / tempo, rng)
    up = sum((bump(t - b, 0, 0.4 * length, 0.6 * length, length) for b in begins), np.zeros_like(t))
    pose.arms[:, :, 1 if sideways else 0] += 2.45 * amount * rng.uniform(0.95, 1.05) * up
    pose.arms[:, :, 3] *= 1 - 0.7 * up
    pose.bend[:, 0] -= 0.08 * up
    return balanced(pose)


def wave(t: Float, side: int, tempo: float, amount: float, rng: np.random.Generator) -> Pose:
    """Waving a raised hand; side 0 is left, 1 right."""
    pose = stand(t, rng)
    whole = float(t[-1])
    lift = min(0.7 / tempo, 0.35 * whole)
    begin = rng.uniform(0, 0.1 * whole)
    up = bump(t, begin, begin + lift, whole - lift, whole)
    waving = bump(t, begin + 0.6 * lift, begin + 1.2 * lift, whole - 1.2 * lift, whole - 0.6 * lift)
    swing = np.sin(2 * np.pi * 1.6 * tempo * t + rng.uniform(0, 2 * np.pi)) * waving
    arm = pose.arms[side]
    arm[:, 0] += 0.25 * up
    arm[:, 1] += (0.75 + 0.55 * amount) * up
    arm[:, 2] += 1.45 * up
    arm[:, 3] += 1.25 * up + 0.42 * amount * swing
    pose.bend[:, 2] += (-0.05, 0.05)[side] * up
    return balanced(pose)


def punch(t: Float, side: int, tempo: float, amount: float, rng: np.random.Generator) -> Pose:
    """Punching forward out of a guard; side 0 is left, 1 right."""
    pose = stand(t, rng)
    whole = float(t[-1])
    lift = min(0.5, 0.22 * whole)
    guard = bump(t, 0.0, lift, whole - lift, whole)
    inside = t - 0.8 * lift
    begins, length = beats(np.array([0.0, whole - 1.6 * lift]), 0.85 / tempo, rng)
    hit = sum((bump(inside - b, 0.1 * length, 0.5 * length, 0.56 * length, 0.98 * length) for b in begins), 0 * t)
    for arm in pose.arms:
        arm[:, 0] += 0.5 * guard
        arm[:, 3] += 1.75 * guard
    arm = pose.arms[side]
    arm[:, 0] += (0.95 + 0.12 * (amount - 1)) * hit
    arm[:, 3] -= 1.75 * hit
    inward = (-1.0, 1.0)[side]  # turning right brings the left shoulder forward
    pose.bend[:, 1] += inward * 0.5 * amount * hit
    pose.turn[:, 0] += inward * 0.15 * amount * hit
    pose.turn[:, 1] += 0.08 * hit
    pose.pelvis[:, 1] -= 0.03 * guard
    return balanced(pose)


def kick(t: Float, side: int, tempo: float, amount: float, rng: np.random.Generator) -> Pose:
    """Kicking forward with one leg, standing on the other; side 0 is left, 1 right."""
    pose = stand(t, rng)
    begins, length = beats(t, 1.8 / tempo, rng)
    none = np.zeros_like(t)
    shifted = sum((bump(t - b, 0.0, 0.26 * length, 0.74 * length, length) for b in begins), none)
    lifted = sum((bump(t - b, 0.2 * length, 0.42 * length, 0.55 * length, 0.82 * length) for b in begins), none)
    thrust = sum((bump(t - b, 0.32 * length, 0.5 * length, 0.53 * length, 0.72 * length) for b in begins), none)
    height = 0.45 * amount * rng.uniform(0.92, 1.08)
    toe = pose.toes[side]
    toe[:, 0] *= 1 - 0.5 * lifted
    toe[:, 1] += 0.28 * lifted + height * thrust
    toe[:, 2] += 0.1 * lifted + 0.75 * thrust
    pose.feet[side, :, 1] += 0.35 * lifted - 0.95 * thrust
    pose.free[side] = np.clip(4 * lifted, 0, 1)
    lean = 0.18 * amount * thrust
    pose.turn[:, 1] -= 1.2 * lean
    pose.bend[:, 0] += 0.9 * lean
    pose.turn[:, 0] += (-0.2, 0.2)[side] * thrust
    pose.bend[:, 1] -= (-0.35, 0.35)[side] * thrust
    for i, arm in enumerate(pose.arms):
        arm[:, 3] += 0.7 * shifted
        arm[:, 1] += 0.25 * shifted
        arm[:, 0] += (0.7 if i != side else -0.35) * thrust
    pose.pelvis[:, 1] -= 0.02 * shifted
    weight = 0.5 + (side - 0.5) * shifted  # kicking left stands on the right foot
    return balanced(pose, weight)


def jump(t: Float, tempo: float, amount: float, distance: float, rng: np.random.Generator) -> tuple[Pose, Flags]:
    """Jumps with both legs, `distance` [m] forward each.

    Returns:
        The pose, and (T,) bool, True between take-off and landing, ends included: there only gravity acts.
    """
    pose = stand(t, rng, 0.6)
    flight = FRAME * round(float(np.clip(0.4 * np.sqrt(amount) * rng.uniform(0.95, 1.05), 0.3, 0.5)) / FRAME)
    leap = GRAVITY * flight / 2  # speed at take-off
    crouch, rise = 0.22 + 0.06 * amount, 0.055
    push = max(0.3, 1.55 * (crouch + rise) / leap)
    down, land, up = 0.5 / tempo, 0.3, 0.5 / tempo
    length = down + push + flight + land + up
    if length > t[-1]:
        squeeze = max((float(t[-1]) - push - flight - land) / (down + up), 0.3)
        down, up = down * squeeze, up * squeeze
        length = down + push + flight + land + up
    begins, _ = beats(t, length, rng)
    high = np.full_like(t, STANDING)
    crouched, back, heel, thrown, going = (np.zeros_like(t) for _ in range(5))
    airborne = np.zeros(len(t), bool)
    toe_up, toe_on = np.zeros_like(t), np.zeros_like(t)
    for begin in begins:
        off = FRAME * np.ceil((begin + down + push) / FRAME - 1e-9)
        on = off + flight
        a = 1.3 * leap**2 / (2 * (crouch + rise))
        top = STANDING + rise
        bottom = (off - push, STANDING - crouch, 0.0, a)
        caught = (on + 0.55 * land, STANDING - 0.7 * crouch, 0.0, 0.8 * a)
        path = through(t, [(off - push - down, STANDING, 0, 0), bottom, (off, top, leap, -GRAVITY)])
        path = np.where(t > off, top + leap * (t - off) - GRAVITY * (t - off) ** 2 / 2, path)
        end = on + land + up
        after = through(t, [(on, top, -leap, -GRAVITY), caught, (end, STANDING, 0, 0)])
        path = np.where(t > on, after, path)
        mine = (t >= off - push - down) & (t <= end)
        high[mine] = path[mine]
        inside = (t >= off - 1e-9) & (t <= on + 1e-9)
        airborne |= inside
        crouched += bump(t, off - push - down, off - push, off - 0.9 * push, off)
        back += bump(t, off - push - down, off - push - 0.3 * down, off - push - 0.2 * down, off - 0.2 * push)
        crouched += 0.7 * bump(t, on - 0.05, on + 0.55 * land, on + 0.6 * land, end)
        heel += bump(t, off - 0.6 * push, off, on - 0.1, on + 0.5 * land)
        thrown += bump(t, off - 0.9 * push, off + 0.4 * flight, off + 0.6 * flight, end)
        u = np.clip((t - off) / flight, 0, 1)
        toe_up += np.where(inside, high - top + 0.06 * amount * (4 * u * (1 - u)) ** 2, 0.0)
        toe_on += distance * ease(u)
        # The body leads the feet at take-off and trails them at landing; between, its speed is constant.
        fast = 0.6 * distance / flight
        going += through(
            t,
            [
                (off - push, 0.0, 0.0, 0.0),
                (off, 0.25 * distance, fast, 0.0),
                (on, 0.85 * distance, fast, 0.0),
                (end, distance, 0.0, 0.0),
            ],
        )
    pose.pelvis[:, 1] = high
    pose.pelvis[:, 2] += going
    pose.toes[:, :, 1] += toe_up
    pose.toes[:, :, 2] += toe_on
    pose.feet[:, :, 1] += 0.75 * heel
    pose.free[:] = airborne & (toe_up > 0)
    pose.turn[:, 1] += 0.5 * crouched
    pose.bend[:, 0] += 0.35 * crouched
    pose.head[:] -= 0.3 * crouched
    pose.arms[:, :, 0] += -0.6 * back + 1.7 * amount * thrown
    pose.arms[:, :, 3] += 0.35 * thrown
    return within_reach(_over_feet(pose)), airborne


def _over_feet(pose: Pose) -> Pose:
    """The pelvis drawn back as the trunk bends forward, so that a crouch does not topple."""
    back = -0.16 * np.sin(np.clip(pose.turn[:, 1] + 0.5 * pose.bend[:, 0], -1, 1.2))
    return replace(pose, pelvis=pose.pelvis + np.stack([0 * back, 0 * back, back], axis=-1))
