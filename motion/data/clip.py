"""Clip: one captioned motion."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from motion.kinematics.retarget import placed
from motion.kinematics.skeleton import FPS, N_JOINTS

MAX_SPEED = 25.0
"""Fastest joint that is believed [m/s]; beyond it a capture has failed."""


@dataclass(frozen=True)
class Clip:
    """One motion with its captions.

    name: unique within its source.
    joints: (T, 22, 3) float32 [m], y up, 20 frames a second, the uniform body on the floor y = 0 (another body only
        where `generate(bodies=True)` drew it, to be written out or put on the uniform one).
    captions: at least one sentence, each describes the whole motion.
    action: class label, "" if unknown; for measuring only.
    source: the pack it comes from.
    licence: terms of use, in a few words.
    flat: True if the floor is the only thing that carries the person (no stairs, stools, ladders).
    glitches: frames at which the capture is known to have failed.
    split: the part of its pack that the clip belongs to ("train", "val", "test"), "" if the pack knows none.
    notes: what the reader had to put right (axis, unit), in words.
    """

    name: str
    joints: NDArray[np.float32]
    captions: tuple[str, ...]
    action: str
    source: str
    licence: str
    flat: bool = True
    glitches: tuple[int, ...] = ()
    split: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shape = self.joints.shape
        if self.joints.dtype != np.float32 or len(shape) != 3 or shape[1:] != (N_JOINTS, 3):
            raise ValueError(
                f"{self.name}: joints must be float32 (T, {N_JOINTS}, 3), got {self.joints.dtype} {shape}; use astype"
            )
        if shape[0] < 2:
            raise ValueError(f"{self.name}: a motion must have at least 2 frames, got {shape[0]}; leave it out")
        if not np.isfinite(self.joints).all():
            frame = int(np.flatnonzero(~np.isfinite(self.joints).all(axis=(1, 2)))[0])
            raise ValueError(f"{self.name}: joints must be finite, frame {frame} is not; repair or leave out the clip")
        if not self.captions or not all(caption.strip() for caption in self.captions):
            raise ValueError(f"{self.name}: captions must be sentences, got {self.captions!r}; write at least one")

    def __len__(self) -> int:
        return len(self.joints)


@dataclass(frozen=True)
class Windows:
    """Cuts of equal length.

    clips: the cuts, named `<clip>@<first frame>`.
    short: how many clips were too short to give any.
    broken: how many cuts were left out for glitches or joints beyond MAX_SPEED.
    """

    clips: tuple[Clip, ...]
    short: int
    broken: int


def fast_frames(clip: Clip) -> NDArray[np.bool_]:
    """(T,) True at both ends of a step in which some joint moves faster than MAX_SPEED."""
    speed = FPS * np.linalg.norm(np.diff(clip.joints.astype(float), axis=0), axis=-1).max(axis=1)
    fast = np.zeros(len(clip), bool)
    fast[1:] |= speed > MAX_SPEED
    fast[:-1] |= speed > MAX_SPEED
    return fast


def whole_parts(clip: Clip, frames: int, stride: int) -> tuple[list[int], int]:
    """First frames of the parts of a clip, one every `stride` frames, and how many more were left out: those with
    glitches or joints beyond MAX_SPEED."""
    bad = fast_frames(clip)
    bad[[g for g in clip.glitches if g < len(clip)]] = True
    starts = range(0, len(clip) - frames + 1, stride)
    good = [start for start in starts if not bad[start : start + frames].any()]
    return good, len(starts) - len(good)


def windows(clips: tuple[Clip, ...], frames: int, stride: int | None = None) -> Windows:
    """Cuts of exactly `frames` frames, each at the origin and facing +z again, on the floor of the whole motion.

    Args:
        clips: motions of any length.
        frames: frames of each cut.
        stride: frames between the beginnings of cuts; None means `frames` (no overlap).

    Raises:
        ValueError: fewer than 2 frames, or a stride below 1.
    """
    step = frames if stride is None else stride
    if frames < 2 or step < 1:
        raise ValueError(f"windows need frames >= 2 and stride >= 1, got {frames} and {step}; choose such values")
    cuts: list[Clip] = []
    short = broken = 0
    for clip in clips:
        if len(clip) < frames:
            short += 1
            continue
        starts, without = whole_parts(clip, frames, step)
        broken += without
        for start in starts:
            joints = placed(clip.joints[start : start + frames].astype(float)).astype(np.float32)
            cuts.append(replace(clip, name=f"{clip.name}@{start}", joints=joints, glitches=()))
    return Windows(tuple(cuts), short, broken)
