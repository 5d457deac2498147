"""The one-step test of a corrector, before any loop: does it bring a generator's motions nearer to real ones?

distance(C(synthetic), real) / distance(synthetic, real), on samples of generation 0 and of a collapsed generation. A
corrector of use is below 1 on both; the ideal corrector, applied to every motion, comes down to the distance of two
real sets. Necessary, not sufficient: the loop itself may still drift where the distance does not look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from generative.distances import frechet
from loop import Corrector
from loop.progress import Report, silent
from motion.batch import MotionBatch
from motion.evaluation.kinematics import Standardiser, kinematic_features
from motion.features.hml263 import decode

Float = NDArray[np.float64]
_SUBSETS = 60
_LEVEL = 0.95


@dataclass(frozen=True)
class Step:
    """What one corrector did to the samples of one generation; generation -1 stands for real motions.

    before, after: network-free Frechet distance to real motions. ratio: after / before, with its interval from `low` to
    `high` (delete-half jackknife over the samples, 95 %); for real motions both stand against the floor.
    moved: mean joint distance [mm]. unmoved, failed: shares of the samples.
    """

    corrector: str
    generation: int
    n: int
    before: float
    after: float
    ratio: float
    low: float
    high: float
    moved: float
    unmoved: float
    failed: float

    def row(self) -> dict[str, Any]:
        return asdict(self)


def one_step(
    correctors: Sequence[tuple[str, Corrector[MotionBatch]]],
    samples: Sequence[tuple[int, MotionBatch]],
    real: MotionBatch,
    seed: int = 0,
    report: Report = silent,
) -> list[Step]:
    """The test of some correctors.

    Args:
        correctors: names and correctors.
        samples: generations (-1 for real motions other than `real`) and their motions.
        real: held-out real motions that no corrector knows; they set the ruler, too.
        seed: of the correctors' random streams and of the intervals; all correctors get the same.
    """
    raw = _features(real)
    ruler = Standardiser.fit(raw)
    against = ruler.apply(raw)
    steps = []
    total = len(correctors) * len(samples)
    halves = [_Halves.of(ruler.apply(_features(batch)), against, seed) for _, batch in samples]
    for name, corrector in correctors:
        for (generation, batch), before in zip(samples, halves, strict=True):
            done = corrector(batch, np.random.default_rng([seed, generation + 1]))
            after = before if done.samples is batch else _Halves.of(
                ruler.apply(_features(done.samples)), against, seed
            )  # fmt: skip
            ratio, low, high = _ratio(before, after)
            steps.append(
                Step(
                    name, generation, len(batch), before.whole, after.whole, ratio, low, high,
                    1e3 * float(done.moved.mean()), float((done.moved == 0).mean()), float(done.failed.mean()),
                )
            )  # fmt: skip
            report("one-step test", len(steps), total)
    return steps


def _features(batch: MotionBatch) -> Float:
    return kinematic_features(decode(batch.features), batch.lengths)


@dataclass(frozen=True)
class _Halves:
    """The distance of a set, whole, and the logarithms of those of random halves of it, the same for sets of one
    size."""

    whole: float
    logs: Float

    @classmethod
    def of(cls, features: Float, real: Float, seed: int) -> _Halves:
        rng = np.random.default_rng([seed, 1])
        halves = [rng.permutation(len(features))[: len(features) // 2] for _ in range(_SUBSETS)]
        logs = [np.log(max(frechet(features[half], real).value, 1e-12)) for half in halves]
        return cls(frechet(features, real).value, np.array(logs))


def _ratio(before: _Halves, after: _Halves) -> tuple[float, float, float]:
    """after / before and its interval: the standard error of its logarithm is the spread over random halves.

    Halves are drawn without replacement, the same samples before and after: n - d = d = n / 2, so the jackknife's
    factor is 1 (Shao and Wu 1989, delete-d jackknife). The bias of the distance in the size of a half is common to a
    half's numerator and denominator, and to all halves.
    """
    value = after.whole / before.whole
    reach = float(norm.ppf((1 + _LEVEL) / 2)) * float(np.std(after.logs - before.logs, ddof=1))
    return value, float(value * np.exp(-reach)), float(value * np.exp(reach))
