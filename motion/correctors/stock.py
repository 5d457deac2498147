"""A stock of real motions, of which parts of any length can be had with the numbers that describe them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop.progress import Report, silent
from motion.correctors.prior import MotionPrior
from motion.data.clip import Clip, whole_parts
from motion.data.procedural import KINDS, generate
from motion.evaluation.kinematics import KINEMATIC_DIM, Standardiser, kinematic_features
from motion.joint_corrector import Floats
from motion.kinematics.retarget import placed
from motion.kinematics.skeleton import FPS

STRIDE = FPS
"""Frames between the beginnings of parts: one every second of a motion."""
_AT_ONCE = 20_000  # frames whose features are worked out together: bounds the memory
_KEPT = 4  # lengths whose features are remembered
_RULER = 2 * FPS  # frames of the parts that the standardisation is fitted on
_EMBEDDED = (8 * len(KINDS), 200, 20260301)  # motions, frames of each, seed: none that the experiments draw


@dataclass(frozen=True)
class Parts:
    """Parts of one length. clip, start: (p,) where each begins; features: (p, d) standardised."""

    clip: NDArray[np.int64]
    start: NDArray[np.int64]
    features: Floats


@dataclass(frozen=True, eq=False)
class Stock:
    """Real motions on the uniform body, on a flat floor.

    clips: at least two; those that are not flat should not be here, see `from_clips`.
    """

    clips: tuple[Clip, ...]
    _parts: dict[int, Parts] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if len(self.clips) < 2:
            raise ValueError(f"a stock needs at least 2 motions on a flat floor, got {len(self.clips)}; add some")

    @classmethod
    def from_clips(cls, clips: Sequence[Clip]) -> Stock:
        """Those of the clips whose floor is flat.

        Raises:
            ValueError: fewer than two.
        """
        return cls(tuple(clip for clip in clips if clip.flat))

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over the joints of all motions, in their order, and where their capture failed."""
        digest = hashlib.sha256()
        for clip in self.clips:
            digest.update(f"{len(clip)} {clip.glitches}\0".encode())
            digest.update(np.ascontiguousarray(clip.joints, dtype="<f4").tobytes())
        return digest.hexdigest()

    @cached_property
    def standardiser(self) -> Standardiser:
        """Fitted on the kinematic features of all parts of two seconds, or as long as the shortest motion."""
        return Standardiser.fit(self._features(min(_RULER, *(len(clip) for clip in self.clips)))[1])

    def parts(self, frames: int) -> Parts:
        """All parts of `frames` frames, one from every second of each motion, without failed frames; maybe none."""
        if frames not in self._parts:
            while len(self._parts) >= _KEPT:
                del self._parts[next(iter(self._parts))]
            places, features = self._features(frames)
            self._parts[frames] = Parts(places[:, 0], places[:, 1], self.standardiser.apply(features))
        return self._parts[frames]

    def _features(self, frames: int) -> tuple[NDArray[np.int64], Floats]:
        """Clip and start of each part, (p, 2), and its kinematic features (p, d)."""
        places = [(k, start) for k, clip in enumerate(self.clips) for start in whole_parts(clip, frames, STRIDE)[0]]
        per_block = max(1, _AT_ONCE // frames)
        rows = [np.zeros((0, KINEMATIC_DIM))]
        for first in range(0, len(places), per_block):
            block = np.stack([self.clips[k].joints[s : s + frames] for k, s in places[first : first + per_block]])
            rows.append(kinematic_features(block, np.full(len(block), frames)))
        return np.array(places, dtype=np.int64).reshape(-1, 2), np.concatenate(rows)

    def motion(self, parts: Parts, index: int, frames: int) -> Floats:
        """One part, (frames, 22, 3) [m]: on its motion's floor, starting at x = z = 0, facing +z."""
        start = int(parts.start[index])
        return placed(self.clips[int(parts.clip[index])].joints[start : start + frames].astype(np.float64))

    def prior(self, frames: int, report: Report = silent) -> MotionPrior:
        """A prior of all parts of `frames` frames, calibrated for motions without captions.

        Raises:
            ValueError: no motion is as long, or too few parts.
        """
        parts = self.parts(frames)
        if not len(parts.clip):
            raise ValueError(f"no motion of the stock has {frames} frames, which a prior needs; use another --stock")
        joints = np.stack([self.motion(parts, i, frames) for i in range(len(parts.clip))]).astype(np.float32)
        clips = [self.clips[int(i)] for i in parts.clip]
        prior = MotionPrior(joints, tuple(clip.captions[0] for clip in clips), tuple(clip.name for clip in clips))
        prior.calibration(frames - 1, report, spoken=False)
        return prior

    def describe(self) -> dict[str, Any]:
        """What it is, as JSON."""
        frames = sum(len(clip) for clip in self.clips)
        return {"motions": len(self.clips), "frames": frames, "stride": STRIDE, "fingerprint": self.fingerprint}


def embedded_stock() -> Stock:
    """Procedural motions of all kinds, ten seconds each."""
    n, frames, seed = _EMBEDDED
    return Stock.from_clips(generate(n, frames=frames, seed=seed))
