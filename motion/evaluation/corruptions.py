"""Eight ways to spoil a motion, for correctors to undo: what trackers, generators and capture do wrong.

Every corruption is a pure function of joints and of one random generator a clip, vectorised over clips. A clip's result
depends on its own joints, length and generator alone. Amplitudes are the specification's where it states them (jitter,
floating, sinking, limbs, lean); of the others it states what they do to a motion (wobble 32 mm, freezes 32 mm,
oscillating 59 mm mean joint distance), and they are chosen here to come near that. Frequencies are chosen here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop.seeds import stream
from motion.evaluation.drift import LIMBS
from motion.evaluation.movement import inside
from motion.kinematics.retarget import bone_vectors, from_bones
from motion.kinematics.rotations import rotate
from motion.kinematics.skeleton import FPS, N_JOINTS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rngs = Sequence[np.random.Generator]

JITTER = 0.015
"""Standard deviation of white noise on every coordinate [m]."""
HEIGHTS = (0.05, 0.15)
"""How high a clip floats or how deep it sinks, one of the two, equally likely [m]."""
OSCILLATION = 0.12
"""A clip rises from its height by 0 to this and sinks again [m] ..."""
OSCILLATION_HZ = (0.25, 0.5)
"""... this often, uniform between the two [1/s]."""
LIMB = 0.10
"""Thighs, shins, upper arms and forearms lengthen and shorten by this share, each by itself ..."""
LIMB_HZ = (0.5, 1.0)
"""... this often, uniform between the two [1/s]."""
WOBBLE = 0.020
"""Standard deviation of smooth noise on every coordinate [m]; for the mean joint distance times 1.6."""
WOBBLE_WIDTH = 0.1
"""Width of the Gaussian that smooths it [s]: half of the noise's power is below 0.76 Hz."""
FREEZE = 0.5
"""A clip stands still that long, then jumps to where it would be [s] ..."""
FREEZE_EVERY = 2.0
"""... once in every part of this length [s]; a shorter clip freezes once, for at most half its frames."""
LEAN = 20.0
"""The body leans by this in one direction, about the floor point under its root [degrees]."""


@dataclass(frozen=True)
class Corruption:
    """name; about: amplitude, in words; apply: clean joints (n, F, 22, 3), zero beyond each length, to spoiled ones."""

    name: str
    about: str
    apply: Callable[[Floats, Ints, Rngs], Floats]

    def __call__(self, joints: Floats, lengths: Ints, rngs: Rngs) -> Floats:
        """Spoiled motions; padding comes back as it was.

        Args:
            joints: (n, F, 22, 3) [m], y up, 20 fps. lengths: (n,) valid frames, 1 to F. rngs: one a motion.

        Raises:
            ValueError: sizes do not fit.
        """
        n, frames = joints.shape[:2]
        if joints.shape[2:] != (N_JOINTS, 3) or not n == len(lengths) == len(rngs):
            raise ValueError(
                f"joints must be (n, F, {N_JOINTS}, 3) with n lengths and generators, got {joints.shape}, "
                f"{len(lengths)} and {len(rngs)}; give one of each per motion"
            )
        if n and not 1 <= lengths.min() <= lengths.max() <= frames:
            raise ValueError(f"lengths must be 1 to {frames} frames, got {lengths.tolist()}; check the padding")
        valid = inside(joints, lengths)[..., None, None]
        clean = np.where(valid, joints, 0.0).astype(np.float64)
        return np.where(valid, self.apply(clean, lengths, rngs), joints)


def clip_streams(kind: str, names: Sequence[str], seed: int = 0) -> list[np.random.Generator]:
    """A random stream for each clip, by its name: the clips beside it change nothing."""
    return [stream(seed, 0, f"{kind} {name}") for name in names]


def _jitter(joints: Floats, lengths: Ints, rngs: Rngs) -> Floats:
    return joints + JITTER * _noise(joints.shape[1], lengths, rngs)


def _floating(joints: Floats, lengths: Ints, rngs: Rngs) -> Floats:
    return _raised(joints, _one_of(HEIGHTS, rngs)[:, None])


def _floating_oscillating(joints: Floats, lengths: Ints, rngs: Rngs) -> Floats:
    wave = _waves(joints.shape[1], 1, OSCILLATION_HZ, rngs)[..., 0]
    return _raised(joints, OSCILLATION * 0.5 * (1 + wave))


def _sinking(joints: Floats, lengths: Ints, rngs: Rngs) -> Floats:
    return _raised(joints, -_one_of(HEIGHTS, rngs)[:, None])


def _limb_lengths(joints: Floats, lengths: Ints, rngs: Rngs) -> Floats:
    factor = np.ones(joints.shape[:3])
    factor[..., LIMBS] += LIMB * _waves(joints.shape[1], len(LIMBS), LIMB_HZ, rngs)
    return from_bones(joints[:, :, 0], bone_vectors(joints) * factor[..., None])


def _wobble(joints: Floats, lengths: Ints, rngs: Rngs) -> Floats:
    sigma = WOBBLE_WIDTH * FPS
    reach = int(np.ceil(4 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel /= np.sqrt((kernel**2).sum())  # unit variance goes in, unit variance comes out
    frames = joints.shape[1]
    noise = _noise(frames + 2 * reach, lengths + 2 * reach, rngs)  # so that the ends are like the middle
    result = joints.copy()
    for i, weight in enumerate(kernel):
        result += WOBBLE * weight * noise[:, i : i + frames]
    return result


def _freezes(joints: Floats, lengths: Ints, rngs: Rngs) -> Floats:
    source = np.broadcast_to(np.arange(joints.shape[1]), joints.shape[:2]).copy()
    for row, length, rng in zip(source, lengths.tolist(), rngs, strict=True):
        parts = np.linspace(0, length, max(1, int(length / (FREEZE_EVERY * FPS))) + 1).astype(int)
        for first, end in zip(parts[:-1], parts[1:], strict=True):
            still = min(int(FREEZE * FPS), (end - first) // 2)  # frames that repeat the one before them
            start = first + int(rng.integers(end - first - still))
            row[start : start + still + 1] = start
    result: Floats = np.take_along_axis(joints, source[..., None, None], axis=1)
    return result


def _leaning(joints: Floats, lengths: Ints, rngs: Rngs) -> Floats:
    towards = np.array([rng.uniform(0, 2 * np.pi) for rng in rngs]).reshape(-1)
    half = np.radians(LEAN) / 2
    zero = np.zeros_like(towards)
    turn = np.stack([zero + np.cos(half), np.sin(half) * np.cos(towards), zero, np.sin(half) * np.sin(towards)], -1)
    below = joints[:, :, :1] * np.array([1.0, 0.0, 1.0])
    result: Floats = below + rotate(turn[:, None, None], joints - below)
    return result


CORRUPTIONS: tuple[Corruption, ...] = (
    Corruption("jitter", "white noise, 15 mm a coordinate", _jitter),
    Corruption("floating", "5 or 15 cm too high", _floating),
    Corruption("floating, oscillating", "rises by 0 to 12 cm, 0.25-0.5 Hz", _floating_oscillating),
    Corruption("sinking", "5 or 15 cm too low", _sinking),
    Corruption("limb lengths vary", "by 10 %, 0.5-1 Hz", _limb_lengths),
    Corruption("smooth wobble", "smooth noise, 20 mm a coordinate, 0.1 s", _wobble),
    Corruption("freezes and jumps", "0.5 s in every 2 s", _freezes),
    Corruption("leaning", "20 degrees", _leaning),
)


def corruption_named(name: str) -> Corruption:
    """The corruption of that name.

    Raises:
        ValueError: there is none.
    """
    for corruption in CORRUPTIONS:
        if corruption.name == name:
            return corruption
    raise ValueError(f"corruption must be one of {[one.name for one in CORRUPTIONS]}, got {name!r}; choose one")


def _raised(joints: Floats, height: Floats) -> Floats:
    """Joints higher by (n, F or 1) [m]."""
    result = joints.copy()
    result[..., 1] += height[..., None]
    return result


def _one_of(values: Sequence[float], rngs: Rngs) -> Floats:
    return np.array([values[int(rng.integers(len(values)))] for rng in rngs], dtype=np.float64)


def _noise(frames: int, lengths: Ints, rngs: Rngs) -> Floats:
    """Standard normal numbers (n, frames, 22, 3), drawn for each motion's own length, zero beyond."""
    noise = np.zeros((len(rngs), frames, N_JOINTS, 3))
    for row, length, rng in zip(noise, lengths.tolist(), rngs, strict=True):
        row[:length] = rng.standard_normal((length, N_JOINTS, 3))
    return noise


def _waves(frames: int, count: int, band: tuple[float, float], rngs: Rngs) -> Floats:
    """Sine waves (n, frames, count) of random phase and of frequencies in the band [1/s]."""
    drawn: NDArray[Any] = np.array([[rng.uniform(*band, count), rng.uniform(0, 1, count)] for rng in rngs])
    drawn = drawn.reshape(len(rngs), 2, 1, count)
    time = (np.arange(frames) / FPS)[None, :, None]
    wave: Floats = np.sin(2 * np.pi * (drawn[:, 0] * time + drawn[:, 1]))
    return wave
