"""Effective strength of any corrector, estimated from samples of a known truth.

The truth p* is perturbed along named directions j at several amplitudes; the retention rho_j is the slope of what is
left of the perturbation after the correction, and gamma_j = 1/rho_j - 1 the strength of the ideal corrector that would
leave as much: that one has rho = 1/(1+gamma) in every direction, as its output law (p + gamma p*)/(1+gamma) is linear
in p. A corrector also has a fixed-point bias, the distance of C#p* from p*: it decides the loop's limit, whatever the
strength. Derived here [D] for directions whose own moment the corrector maps into itself; that the smallest of the
named gamma_j governs stability is [H] unless the directions span all the model's moments.

Common random numbers: in one batch every amplitude perturbs the same samples, and the corrector reads the same stream.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from loop.audit_report import Audit, summary
from loop.batch import Batch
from loop.corrector import Corrected, Corrector
from loop.progress import Report, silent
from loop.retention import biases, retention
from loop.seeds import stream
from loop.two_sample import energy_test

B = TypeVar("B", bound=Batch)
Array = NDArray[np.float64]
_EXACT = 1e-14  # a variance below this share of the mean square is rounding


@dataclass(frozen=True)
class Perturbation(Generic[B]):
    """A direction in which the law can leave the truth.

    apply: (samples of the truth, amplitude, rng) -> as many samples of the perturbed law; amplitude 0 is the truth, and
    the displacement should grow in proportion to the amplitude, with its sign.
    weights: the direction's own moment, as weights on the truth's statistics by name.
    """

    name: str
    apply: Callable[[B, float, np.random.Generator], B]
    weights: Mapping[str, float]


class Truth(Protocol[B]):
    """A law that can be sampled, and how to look at it."""

    @property
    def moments(self) -> Sequence[str]:
        """Names of the K statistics."""
        ...

    @property
    def perturbations(self) -> Sequence[Perturbation[B]]: ...

    def sample(self, n: int, rng: np.random.Generator) -> B: ...

    def statistics(self, batch: B) -> Array:
        """T(x) of every sample, (n, K); the moments are their means."""
        ...


@dataclass(frozen=True)
class AuditConfig:
    """How much is drawn, and what counts as a finding.

    samples: in a batch; a corrector of scope "batch" is audited at this size of batch. batches: independent ones.
    level: of the intervals. error_rate: of each verdict. tolerance: departures in retention below it are no finding.
    """

    samples: int = 1000
    batches: int = 32
    amplitudes: tuple[float, ...] = (-0.2, -0.1, 0.1, 0.2)
    level: float = 0.95
    error_rate: float = 0.01
    tolerance: float = 0.02
    seed: int = 0
    permutations: int = 499
    compared: int = 400  # samples on each side of the two-sample test

    def __post_init__(self) -> None:
        least = {"samples": 20, "batches": 8, "seed": 0, "permutations": 99, "compared": 20}
        for name, value in least.items():
            if getattr(self, name) < value:
                raise ValueError(f"{name} must be >= {value} for an audit, got {getattr(self, name)}; raise it")
        if len(set(self.amplitudes)) < 2 or len(set(self.amplitudes)) < len(self.amplitudes):
            raise ValueError(f"amplitudes must be two or more different ones, got {self.amplitudes}; a line needs two")
        if not all(math.isfinite(e) and e != 0 for e in self.amplitudes):
            raise ValueError(f"amplitudes must be finite and not 0, got {self.amplitudes}; 0 perturbs nothing")
        for name in ("level", "error_rate"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} must be between 0 and 1, got {getattr(self, name)!r}; choose such a share")
        if not self.tolerance >= 0:
            raise ValueError(f"tolerance must be >= 0, got {self.tolerance!r}; 0 makes every difference a finding")


def audit(truth: Truth[B], corrector: Corrector[B], config: AuditConfig, report: Report = silent) -> Audit:
    """Retention, strength and bias of `corrector` on `truth`.

    Raises:
        ValueError: statistics that are not finite, a corrector that loses samples, a truth that contradicts itself.
    """
    names = tuple(truth.moments)
    directions = tuple(truth.perturbations)
    weights = np.array([_weights(direction, names) for direction in directions])  # (J, K)
    amplitudes = np.array(config.amplitudes)
    shape = (config.batches, len(directions), len(amplitudes))
    x, y = np.zeros(shape), np.zeros(shape)
    before, after, squares = (np.zeros((config.batches, len(names))) for _ in range(3))
    kept: list[Array] = []
    picked = failed = 0

    for r in range(config.batches):
        base = truth.sample(config.samples, stream(config.seed, r, "audit truth"))
        own = _means(truth, base, "the truth")
        done = _corrected(corrector, base, config.seed, r)
        statistics = _statistics(truth, done.samples, f"the corrector {corrector.describe()}")
        before[r], after[r] = own[0], statistics.mean(axis=0)
        squares[r] = own[1]
        picked, failed = picked + int(done.picked.sum()), failed + int(done.failed.sum())
        if sum(map(len, kept)) < config.compared:
            kept.append(statistics)
        for j, direction in enumerate(directions):
            for i, amplitude in enumerate(config.amplitudes):
                shifted = direction.apply(base, amplitude, stream(config.seed, r, "audit perturbation", j))
                what = f"the perturbation {direction.name!r}"
                x[r, j, i] = weights[j] @ (_means(truth, shifted, what)[0] - before[r])
                out = _corrected(corrector, shifted, config.seed, r).samples
                what = f"the corrector {corrector.describe()}"
                y[r, j, i] = weights[j] @ (_means(truth, out, what)[0] - after[r])
            report("audit", r * len(directions) + j + 1, config.batches * len(directions))

    for j, direction in enumerate(directions):
        if not np.any(x[:, j] @ amplitudes):
            raise ValueError(f"perturbation {direction.name!r} does not displace its own moment; correct its weights")
    square = squares.mean(axis=0)
    variance = square - before.mean(axis=0) ** 2
    # A constant's variance is 0 or what rounding leaves of it; one unit then stands for its deviation.
    deviation = np.where(variance > _EXACT * square, np.sqrt(np.maximum(variance, 0.0)), 1.0)
    verdicts = {"level": config.level, "error_rate": config.error_rate}
    found = tuple(
        retention(d.name, amplitudes, x[:, j], y[:, j], (after - before) @ weights[j], tolerance=config.tolerance,
                  **verdicts)
        for j, d in enumerate(directions)
    )  # fmt: skip
    corrected = np.concatenate(kept)[: config.compared] / deviation
    fresh = truth.sample(len(corrected), stream(config.seed, config.batches, "audit truth"))
    test = energy_test(
        corrected, _statistics(truth, fresh, "the truth") / deviation, config.permutations,
        stream(config.seed, 0, "audit permutations"),
    )  # fmt: skip
    total = config.batches * config.samples
    return summary(
        corrector.describe(), found, biases(names, before, after, deviation, config.level),
        (after - before) / deviation, test, (x @ amplitudes, y @ amplitudes), picked=picked / total,
        failed=failed / total, tolerance=config.tolerance, **verdicts,
    )  # fmt: skip


def _weights(direction: Perturbation[Any], names: tuple[str, ...]) -> list[float]:
    unknown = sorted(set(direction.weights) - set(names))
    if unknown:
        raise ValueError(f"perturbation {direction.name!r} names {unknown[0]!r}; moments are {', '.join(names)}")
    return [direction.weights.get(name, 0.0) for name in names]


def _statistics(truth: Truth[B], batch: B, what: str) -> Array:
    values = np.asarray(truth.statistics(batch), dtype=float)
    if values.shape != (len(batch), len(truth.moments)):
        raise ValueError(f"statistics must have shape {(len(batch), len(truth.moments))}, got {values.shape}")
    bad = np.flatnonzero(~np.isfinite(values).all(axis=0))
    if bad.size:
        raise ValueError(f"{what} gave a sample whose {truth.moments[bad[0]]!r} is nan or infinite; an audit needs"
                         " finite samples")  # fmt: skip
    return values


def _means(truth: Truth[B], batch: B, what: str) -> tuple[Array, Array]:
    """Means of T and of its squares over a batch, each (K,)."""
    values = _statistics(truth, batch, what)
    return values.mean(axis=0), (values**2).mean(axis=0)


def _corrected(corrector: Corrector[B], batch: B, seed: int, r: int) -> Corrected[B]:
    done = corrector(batch, stream(seed, r, "audit correct"))
    if len(done.samples) != len(batch):
        raise ValueError(f"corrector {corrector.describe()} returned {len(done.samples)} of {len(batch)} samples")
    return done
