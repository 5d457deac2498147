"""Procedural motions as a law for the audit: what is looked at, and the ways in which a motion can leave them.

An amplitude of 1 displaces the direction's own statistic, on average, by its standard deviation under the truth; for
limb lengths, which the truth holds fixed, by that of adults. `extent` comes out about a third short, as bones keep
their lengths. `jitter` is measured in its variance, not in its size: noise moves a motion to no side, and variances are
what adds up. It can be added only: a negative amplitude does nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np

from loop.audit import Perturbation
from motion.batch import MotionBatch
from motion.evaluation import displacements as moved
from motion.evaluation.drift import STATISTICS, Float64, drift_statistics
from motion.experiment.dataset import draw_procedural
from motion.experiment.presets import PRESETS, Preset
from motion.features.padded import decode_clips, encode_clips
from motion.features.representation import representation_named
from motion.kinematics.bodies import SIZE

KIND = representation_named("hml263")
_SEED, _PILOT = 20260403, 400  # of the motions that set the units: the same whatever the audit's own seed

Change = Callable[[Float64, float, np.random.Generator], Float64]
"""(joints, amount in the unit of the direction's own statistic, rng) -> joints."""


def default_preset() -> Preset:
    """Kinds and frames of the smallest experiment."""
    return PRESETS["smoke"]


@dataclass(frozen=True)
class MotionTruth:
    """New procedural motions of a preset's kinds and length, each kind as often; statistics: `drift_statistics`."""

    preset: Preset = field(default_factory=default_preset)
    name: str = "motion"

    @property
    def moments(self) -> Sequence[str]:
        return STATISTICS

    @cached_property
    def perturbations(self) -> tuple[Perturbation[MotionBatch], ...]:
        speed, extent = (self._means[name] for name in ("speed cm/s", "range of motion cm"))
        return (
            self._along("height", "root height cm", lambda p, x, rng: moved.raised(p, x / 100)),
            self._along("drift", "drift left cm/s", lambda p, x, rng: moved.drifting(p, x / 100)),
            self._along("speed", "speed cm/s", lambda p, x, rng: moved.faster(p, _factor(x, speed, "speed"))),
            self._along("lean", "lean deg", lambda p, x, rng: moved.leaning(p, float(np.radians(x)))),
            self._along(
                "extent", "range of motion cm", lambda p, x, rng: moved.larger(p, _factor(x, extent, "extent"))
            ),
            self._along("limbs", "limb length %", lambda p, x, rng: moved.longer(p, _factor(x, 100.0, "limbs"))),
            self._along("jitter", "jitter mm2", lambda p, x, rng: moved.jittering(p, 1e-6 * x, rng)),
        )

    def sample(self, n: int, rng: np.random.Generator) -> MotionBatch:
        return draw_procedural(n, self.preset, rng)

    def statistics(self, batch: MotionBatch) -> Float64:
        return drift_statistics(joints_of(batch))

    def stock(self, count: int, rng: np.random.Generator) -> MotionBatch:
        """As `sample`; the last draws are kept, as an audit asks for them once for every perturbation."""
        return _drawn(self.preset, count, int(rng.integers(2**40)))

    @cached_property
    def _pilot(self) -> Float64:
        return self.statistics(self.sample(_PILOT, np.random.default_rng(_SEED)))

    @property
    def _means(self) -> dict[str, float]:
        return dict(zip(STATISTICS, self._pilot.mean(axis=0).tolist(), strict=True))

    @property
    def units(self) -> dict[str, float]:
        """What an amplitude of 1 displaces each statistic by; 0 for those that do not vary and have no direction."""
        found = dict(zip(STATISTICS, self._pilot.std(axis=0).tolist(), strict=True))
        return {**found, "limb length %": max(found["limb length %"], 100 * SIZE)}

    def _along(self, name: str, statistic: str, change: Change) -> Perturbation[MotionBatch]:
        unit = self.units[statistic]

        def apply(batch: MotionBatch, amplitude: float, rng: np.random.Generator) -> MotionBatch:
            joints = change(joints_of(batch), amplitude * unit, rng)
            return batch.with_features(encode_clips(KIND, list(joints), batch.features.shape[1], floor="given")[0])

        return Perturbation(name, apply, {statistic: 1.0})


def check_settings(n: int, amplitudes: Sequence[float]) -> None:
    """What an audit of motions needs beyond `AuditConfig`.

    Raises:
        ValueError: too few motions a batch; no amplitude above 0, so that jitter would have no retention.
    """
    if n < 20:
        raise ValueError(f"n must be >= 20 motions a batch, got {n}; raise it")
    if amplitudes and not max(amplitudes) > 0:
        raise ValueError(f"amplitudes for motion need one above 0 (jitter is only added), got {amplitudes}; add one")


def joints_of(batch: MotionBatch) -> Float64:
    """Joints of motions of one length, (n, T+1, 22, 3) [m]."""
    return np.stack(decode_clips(KIND, batch.features, batch.lengths)).astype(np.float64)


def _factor(more: float, mean: float, name: str) -> float:
    """1 + more/mean: what multiplies a statistic so that its mean grows by `more`.

    Raises:
        ValueError: it would turn round.
    """
    factor = 1 + more / mean
    if not factor > 0:
        raise ValueError(f"an amplitude turns {name!r} round (factor {factor:.3g}); take less negative amplitudes")
    return factor


@lru_cache(maxsize=2)
def _drawn(preset: Preset, count: int, seed: int) -> MotionBatch:
    return draw_procedural(count, preset, np.random.default_rng(seed))
