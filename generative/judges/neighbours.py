"""Precision, recall, density and coverage: which set lies where the other one is, by balls of k-th neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generative.distances import check_pair
from generative.judges.estimate import Estimate, Indices, jackknife, require, with_error
from generative.judges.pairs import kth_neighbour, squared_distances
from loop.seeds import stream

Float64 = NDArray[np.float64]

K = 5
NAMES = ("precision", "recall", "density", "coverage")


@dataclass(frozen=True)
class Neighbours:
    """precision: share of samples in a real ball. recall: share of real ones in a ball of a sample. density: real balls
    around a sample, over k. coverage: share of real balls that hold a sample.
    """

    precision: Estimate
    recall: Estimate
    density: Estimate
    coverage: Estimate


def neighbours(samples: Float64, real: Float64, *, k: int = K, groups: int = 10, seed: int = 0) -> Neighbours:
    """The four measures of samples (n, d) against real ones (m, d), with jackknife errors of both sets.

    A ball reaches to the k-th nearest other one of its own set, its edge included. For one law the mean density is 1
    and that of coverage `expected_coverage`; precision and recall depend on the law and on n: hold them against a
    floor of equal n. The errors are careful: interactions of up to k + 1 samples decide a ball, and the jackknife
    counts an interaction of j samples j times; simulated, they are 1.4 to 2.4 times the true ones.

    Raises:
        ValueError: other widths, not finite, or k < 1; TooFew unless both have more than k samples.

    Source: Kynkaanniemi et al. 2019 (precision, recall; k = 3 there), Naeem et al. 2020 (density, coverage; k = 5).
    """
    _check(samples, real, k)
    sizes = (len(samples), len(real))

    def measure(i: Indices, j: Indices) -> Float64:
        return shares(samples[i], real[j], k)

    if groups and min(sizes) * (groups - 1) // groups <= k:
        groups = 0  # a set less a group would have no k-th neighbour: no error
    value, se = jackknife(measure, sizes, groups, stream(seed, 0, "neighbours: jackknife"))
    found = [
        with_error(float(v), float(s), groups - 1, sizes, real.shape[1], least=0.0)
        for v, s in zip(value, se, strict=True)
    ]
    return Neighbours(*found)


def shares(samples: Float64, real: Float64, k: int = K) -> Float64:
    """(4,) precision, recall, density, coverage; as `neighbours`, without errors."""
    _check(samples, real, k)
    radius_real, radius_samples = kth_neighbour(real, k), kth_neighbour(samples, k)
    around = np.empty(len(samples))  # real balls around each sample
    reached, covered = np.zeros(len(real), bool), np.zeros(len(real), bool)
    for rows, block in squared_distances(samples, real):
        inside = block <= radius_real
        around[rows] = inside.sum(axis=1)
        covered |= inside.any(axis=0)
        reached |= (block <= radius_samples[rows, None]).any(axis=0)
    return np.array([(around > 0).mean(), reached.mean(), around.mean() / k, covered.mean()])


def _check(samples: Float64, real: Float64, k: int) -> None:
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}; choose 5 as published")
    require(min(len(samples), len(real)), k + 1, f"precision and recall with k = {k}")
    check_pair(samples, real)


def expected_coverage(n: int, m: int, k: int = K) -> float:
    """Mean coverage of n samples and m real ones of one law without ties: 1 - prod_{i=1..k} (m - i) / (n + m - i).

    A ball holds no sample if the k nearest of the n + m - 1 others of its centre are all real.

    Source: Naeem et al. 2020.
    """
    i = np.arange(1, k + 1)
    return float(1 - np.prod((m - i) / (n + m - i)))
