"""What a measure says of real data against real data, and the protocol of 20 replications."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from generative.judges.estimate import require
from loop.seeds import stream

Float64 = NDArray[np.float64]

T2M_REPLICATIONS = 20


@dataclass(frozen=True)
class Replications:
    """A measure repeated: values (R, ...)."""

    values: Float64

    @property
    def mean(self) -> Float64:
        found: Float64 = self.values.mean(axis=0)
        return found

    @property
    def t2m_half(self) -> Float64:
        """1.96 s / sqrt(R), s with R in the denominator: what T2M prints after its +-. It holds what was drawn anew in
        each replication, nothing else: not the test set, which is the same in all of them.
        """
        half: Float64 = 1.96 * self.values.std(axis=0) / math.sqrt(len(self.values))
        return half

    @property
    def percentiles(self) -> tuple[Float64, Float64]:
        """2.5 and 97.5 percentile of single values."""
        low, high = np.quantile(self.values, [0.025, 0.975], axis=0)
        return low, high


@dataclass(frozen=True)
class AgainstFloor:
    """value: samples against one half of the real data. floor: the other half against it. Both of n against n.

    excess: the difference, replication by replication. The splits share the data: `t2m_half` says how well the mean
    over splits of these data is known, `percentiles` how single splits scatter, neither what fresh real data would do.
    """

    value: Replications
    floor: Replications
    n: int

    @property
    def excess(self) -> Replications:
        return Replications(self.value.values - self.floor.values)


def replicated(
    measure: Callable[[np.random.Generator], ArrayLike], replications: int = T2M_REPLICATIONS, seed: int = 0
) -> Replications:
    """The T2M protocol: `measure` with 20 generators; it should draw the samples anew each time, and the pools.

    Raises:
        ValueError: fewer than 2 replications.
    """
    if replications < 2:
        raise ValueError(f"replications must be at least 2, got {replications}; T2M takes {T2M_REPLICATIONS}")
    found = [measure(stream(seed, index, "replication")) for index in range(replications)]
    return Replications(np.asarray(found, dtype=np.float64))


def against_floor(
    measure: Callable[[Float64, Float64], ArrayLike],
    samples: Float64,
    real: Float64,
    *,
    replications: int = T2M_REPLICATIONS,
    seed: int = 0,
) -> AgainstFloor:
    """A measure of two sets, between samples (n, d) and real (m, d), and between disjoint halves of the real.

    Each replication halves the real data at random, and takes as many samples as a half has, without replacement; with
    fewer samples the halves are cut to their number. So both numbers are of sets of one size, and a bias of few
    samples is in both.

    Args:
        measure: takes (samples, real); gives a number or several.

    Raises:
        TooFew: fewer than 4 real or 2 samples; and as `measure`, of the halves.
    """
    require(len(real), 4, "a floor of two halves", "real n")
    require(len(samples), 2, "a value beside its floor")
    size = min(len(real) // 2, len(samples))

    def one(rng: np.random.Generator) -> tuple[Float64, Float64]:
        order = rng.permutation(len(real))
        against, other = real[order[:size]], real[order[size : 2 * size]]
        drawn = samples[rng.permutation(len(samples))[:size]]
        value, floor = measure(drawn, against), measure(other, against)
        return np.asarray(value, dtype=np.float64), np.asarray(floor, dtype=np.float64)

    found = [one(stream(seed, index, "floor")) for index in range(replications)]
    return AgainstFloor(
        Replications(np.array([value for value, _ in found])),
        Replications(np.array([floor for _, floor in found])),
        size,
    )
