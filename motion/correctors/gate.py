"""The gate: a motion whose plausibility lies within the range of real motions is left alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from loop.corrector import Corrector, Gated
from motion.batch import MotionBatch
from motion.features.padded import decode_clips
from motion.features.representation import representation_named
from motion.joint_corrector import Floats, checked_motions
from motion.plausibility import UNITS, measure

FAULTS = ("penetration", "floating", "skating", "bone_variation")
"""Measures of which less is never worse: their ranges begin at 0."""
MEASURES = (*FAULTS, "jerk")
"""All that the gate looks at. Jerk has a lower end too: a motion smoothed to death is not real either."""
SHARE = 0.95
"""Share of the real motions that lie within all ranges together, at the least."""
LEAST = {"penetration": 1.0, "floating": 1.0, "skating": 1.0, "bone_variation": 0.1}
"""Least upper ends of the ranges, in the measures' units: rounding of rigid or motionless data must not decide."""
FEWEST = 40
"""Real motions from which 5 % can be told."""


@dataclass(frozen=True)
class PlausibilityGate:
    """Ranges of plausibility measures, joint ones: 95 % of real motions lie within all of them together.

    How: each real motion has, for each measure, the share of real motions that are as extreme as it or more (above or
    equal; for jerk also below or equal); the smallest over the measures says how unusual the motion is. The 5 % most
    unusual ones are left out, and the ranges are those that the others span, for faults from 0 to at least `LEAST`. A
    measure that is equal for many (no penetration at all) makes nobody unusual.

    ranges: (lowest, highest) of each of MEASURES, in the units of `motion.plausibility.UNITS`.
    motions: how many real ones it was fitted on.
    representation: of the features that batches hold.
    """

    ranges: Mapping[str, tuple[float, float]]
    motions: int
    representation: str = "hml263"

    def __post_init__(self) -> None:
        representation_named(self.representation)
        wrong = [name for name in MEASURES if name not in self.ranges]
        if wrong or len(self.ranges) != len(MEASURES):
            raise ValueError(f"ranges must be those of {', '.join(MEASURES)}, got {', '.join(self.ranges)}; fit a gate")
        for name, (low, high) in self.ranges.items():
            if not (np.isfinite([low, high]).all() and low <= high):
                raise ValueError(f"the range of {name} must be finite and in order, got {low!r}, {high!r}; fit a gate")

    @classmethod
    def fit(
        cls, joints: ArrayLike, lengths: ArrayLike | None = None, representation: str = "hml263"
    ) -> PlausibilityGate:
        """From real motions, (n, F, 22, 3) [m], y up, floor at y = 0, 20 fps; lengths (n,) FRAMES, 4 or more.

        Raises:
            ValueError: fewer than 40 motions, a shorter one, or one that is not finite.
        """
        given, size = checked_motions(joints, lengths)
        if len(given) < FEWEST:
            raise ValueError(f"a gate needs at least {FEWEST} real motions, got {len(given)}; give more")
        # One by one, as `within` does: sums over padded motions would differ in their last digits.
        found = [measure(motion[None, :frames]) for motion, frames in zip(given, size, strict=True)]
        table = np.array([[float(one[name][0]) for name in MEASURES] for one in found])
        if not np.isfinite(table).all():
            raise ValueError("a gate needs finite motions of at least 4 frames; leave out the others")
        usual = table[_usual(table)]
        low, high = usual.min(axis=0), usual.max(axis=0)
        ranges = {
            name: (0.0, max(float(high[k]), LEAST[name])) if name in FAULTS else (float(low[k]), float(high[k]))
            for k, name in enumerate(MEASURES)
        }  # fmt: skip
        return cls(ranges, len(table), representation)

    def within(self, joints: Floats) -> bool:
        """Whether one motion (T, 22, 3) [m] lies within all ranges; False where a measure has no value."""
        found = measure(joints[None])
        return all(low <= float(found[name][0]) <= high for name, (low, high) in self.ranges.items())

    def inside(self, batch: MotionBatch) -> NDArray[np.bool_]:
        """Whether each motion of a batch lies within all ranges, (n,); False where features are not finite."""
        kind = representation_named(self.representation)
        result = np.zeros(len(batch), bool)
        valid = np.arange(batch.features.shape[1]) < batch.lengths[:, None]
        sound = np.flatnonzero((np.isfinite(batch.features).all(axis=2) | ~valid).all(axis=1))
        clips = decode_clips(kind, batch.features[sound], batch.lengths[sound])
        # One by one: sums over padded motions would depend on the longest.
        result[sound] = [self.within(clip.astype(np.float64)) for clip in clips]
        return result

    def around(self, corrector: Corrector[MotionBatch]) -> Gated[MotionBatch]:
        """The corrector for motions outside the gate only."""
        return Gated(corrector, self.inside, json.dumps(self.describe()))

    def describe(self) -> dict[str, Any]:
        """What it is, as JSON; `from_json` reads it."""
        return {
            "name": "plausibility", "representation": self.representation, "share": SHARE, "motions": self.motions,
            "ranges": {name: list(self.ranges[name]) for name in MEASURES},
            "units": {name: UNITS[name] for name in MEASURES},
        }  # fmt: skip

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> PlausibilityGate:
        """What `describe` wrote.

        Raises:
            ValueError: something is missing or of another kind.
        """
        try:
            ranges = {str(name): (float(low), float(high)) for name, (low, high) in stored["ranges"].items()}
            return cls(ranges, int(stored["motions"]), str(stored["representation"]))
        except (KeyError, TypeError, AttributeError) as problem:
            raise ValueError(
                f"this is no gate that was kept ({problem!r:.80}); fit one and keep `describe()`"
            ) from None


def _usual(table: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
    """The 95 % (or a few more, where they tie) of the rows (n, k) that are least unusual, columns as MEASURES."""
    above = np.stack([np.searchsorted(np.sort(-c), -c, side="right") for c in table.T], axis=1)  # as extreme or more
    below = np.stack([np.searchsorted(np.sort(c), c, side="right") for c in table.T], axis=1)
    below[:, : len(FAULTS)] = len(table)
    tail = np.minimum(above, below).min(axis=1)
    most = int(np.floor((1 - SHARE) * len(table) + 1e-9))  # may be left out
    usual: NDArray[np.bool_] = tail >= np.sort(tail)[most]
    return usual
