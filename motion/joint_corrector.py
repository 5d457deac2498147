"""Correctors of motions work on joints; this is what makes a `loop.corrector.Corrector` of `MotionBatch` of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from loop.corrector import Corrected, Scope, notes_at
from motion.batch import MotionBatch
from motion.features.padded import decode_clips, encode_changes, encode_clips
from motion.features.representation import Representation, representation_named
from motion.kinematics.skeleton import N_JOINTS

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CorrectedJoints:
    """Motions as joints and what happened to each.

    joints: (n, F, 22, 3) [m]; a failed motion's and all padding frames as they came.
    moved: (n,) mean joint distance from the input [m]; 0 where failed.
    success: (n,) False where the corrector had no answer: the original stands there.
    replaced: (n,) True where another motion stands in a motion's place; None: nowhere, motions were moved only.
    """

    joints: Floats
    moved: Floats
    success: NDArray[np.bool_]
    replaced: NDArray[np.bool_] | None = field(default=None, kw_only=True)

    @property
    def encoded_anew(self) -> NDArray[np.bool_]:
        """(n,) True where nothing that the original's features say stays."""
        return np.zeros(len(self.success), bool) if self.replaced is None else self.replaced

    @property
    def notes(self) -> dict[str, Floats]:
        """What a record keeps of each motion besides, (n,) by name, nan where there is none."""
        return {}


@dataclass(frozen=True)
class JointCorrector(ABC):
    """A corrector of motions: features to joints, `correct`, and back.

    Of a motion that is moved the features change by what the move changes (`motion.features.padded.encode_changes`);
    one that is replaced has the features of what stands in its place.
    The floor stays where the corrected joints have it (no lowest point is subtracted). A motion whose features are not
    finite fails, and stays exactly as it was. `moved` is the mean joint distance [m].

    representation: name of the features that batches hold, see `motion.features.representation`.
    """

    representation: str = "hml263"

    def __post_init__(self) -> None:
        representation_named(self.representation)

    @property
    def scope(self) -> Scope:
        return "sample"

    @property
    @abstractmethod
    def name(self) -> str:
        """What commands and records call it."""

    @property
    def shortest(self) -> int:
        """Fewest FRAMES of a motion that it can correct; shorter ones fail."""
        return 2

    @property
    def failure(self) -> str:
        """What it means, in words, if a motion that is long enough fails."""
        return "no answer"

    @abstractmethod
    def correct(
        self, joints: Floats, lengths: NDArray[np.int64], captions: Sequence[str], rng: np.random.Generator
    ) -> CorrectedJoints:
        """The corrected motions; each result depends on its own motion and on `rng` alone where scope is "sample".

        Args:
            joints: (n, F, 22, 3) [m], y up, floor at y = 0, 20 fps; finite within each motion's length.
            lengths: (n,) valid FRAMES, 2 or more.
            captions: n texts, "" where there is none.

        Raises:
            ValueError: a shape or a length does not fit, or a valid frame is not finite.
        """

    def __call__(self, batch: MotionBatch, rng: np.random.Generator) -> Corrected[MotionBatch]:
        kind = representation_named(self.representation)
        n, frames = batch.features.shape[:2]
        moved, failed = np.zeros(n), np.ones(n, bool)
        inside = np.arange(frames) < batch.lengths[:, None]
        sound = np.flatnonzero((np.isfinite(batch.features).all(axis=2) | ~inside).all(axis=1))
        features = batch.features.copy()
        notes: dict[str, Floats] = {}
        if sound.size:
            joints, lengths = padded_joints(kind, batch.take(sound))

            def clips(padded: Floats, index: NDArray[np.intp]) -> list[Floats]:
                return [padded[i, : lengths[i]] for i in index]

            captions = [batch.captions[i] for i in sound]
            found = self.correct(joints, lengths, captions, rng)
            # What was not moved keeps its very features: encoding them again would round.
            good = np.flatnonzero(found.success & (found.moved > 0))
            anew, changed = good[found.encoded_anew[good]], good[~found.encoded_anew[good]]
            features[sound[anew]] = encode_clips(kind, clips(found.joints, anew), frames, floor="given")[0]
            features[sound[changed]] = encode_changes(
                kind, batch.features[sound[changed]], clips(joints, changed), clips(found.joints, changed)
            )
            moved[sound], failed[sound] = np.where(found.success, found.moved, 0.0), ~found.success
            notes = notes_at(sound, n, found.notes)
        return Corrected(batch.with_features(features), moved, np.ones(n, bool), failed, notes)

    def describe(self) -> dict[str, Any]:
        """What it is, as JSON: enters the identity of a run."""
        # "in place" tells runs from earlier ones, where features were encoded anew, or changed in a frame that was read
        return {"name": self.name, "representation": self.representation, "features": "in place"}


def padded_joints(kind: Representation, batch: MotionBatch) -> tuple[Floats, NDArray[np.int64]]:
    """Joints of a batch, (n, T+1, 22, 3) [m], zero beyond each motion, and their numbers of frames (n,)."""
    clips = decode_clips(kind, batch.features, batch.lengths)
    joints = np.zeros((len(clips), batch.features.shape[1] + 1, N_JOINTS, 3))
    for row, clip in zip(joints, clips, strict=True):
        row[: len(clip)] = clip
    return joints, batch.lengths + 1


def checked_motions(joints: ArrayLike, lengths: ArrayLike | None) -> tuple[Floats, NDArray[np.int64]]:
    """A copy of the joints (n, F, 22, 3) in double precision, and the valid frames of each (n,); None: all F.

    Raises:
        ValueError: wrong shape, lengths outside 1..F, or numbers that are not finite within a motion's length.
    """
    given = np.array(joints, dtype=np.float64)
    if given.ndim != 4 or given.shape[2:] != (N_JOINTS, 3):
        raise ValueError(f"joints must have shape (n, T, 22, 3), got {given.shape}; give one clip as joints[None]")
    n, frames = given.shape[:2]
    size = np.full(n, frames) if lengths is None else np.asarray(lengths)
    if size.shape != (n,) or (n and (size.min() < 1 or size.max() > frames)):
        raise ValueError(f"lengths must be {n} numbers from 1 to {frames}, got {size.tolist()}; check the padding")
    valid = np.arange(frames) < size[:, None]
    bad = np.flatnonzero(~np.isfinite(np.where(valid[..., None, None], given, 0.0)).all(axis=(1, 2, 3)))
    if bad.size:
        raise ValueError(f"joints must be finite, clip {bad[0]} has nan or inf; drop or repair it first")
    return given, size


def mean_distance(a: NDArray[np.floating[Any]], b: NDArray[np.floating[Any]], lengths: NDArray[np.int64]) -> Floats:
    """Mean joint distance of each motion over its valid frames, (n, F, 22, 3) twice -> (n,) [m]."""
    away = np.sqrt(((a - b) ** 2).sum(axis=-1)).mean(axis=2)
    inside = np.arange(a.shape[1]) < lengths[:, None]
    # Frame by frame: a sum in pairs would depend on the padding.
    result: Floats = np.cumsum(np.where(inside, away, 0.0), axis=1)[:, -1] / lengths
    return result
