"""Are samples copies of the training set? Their distance to it, against that of real data unknown to the model."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import betabinom, norm, rankdata

from generative.distances import check_pair
from generative.judges.estimate import Estimate, bootstrap, require
from generative.judges.pairs import nearest
from loop.seeds import stream

Float64 = NDArray[np.float64]

LEVEL = 0.05
LEAST = 19
"""Held-out samples below which the 5 % quantile is not one of them: 1 / LEVEL - 1."""


@dataclass(frozen=True)
class Memorisation:
    """share: samples nearer to the training set than all but 5 % of held-out real data; `expected` where nothing is
    memorised, p one-sided and exact. c_t: z of the Mann-Whitney test; far below 0 copies, far above 0 underfits; p_t
    one-sided for copies, in the normal limit.
    """

    share: Estimate
    expected: float
    p: float
    c_t: Estimate
    p_t: float


def memorisation(samples: Float64, training: Float64, held_out: Float64, *, seed: int = 0) -> Memorisation:
    """Of samples (n, d), the training set (t, d) of their model, and real data (m, d) that it has not seen.

    Both measures compare the distances of two sets to their nearest training samples; held-out data of the same
    recordings as the training set would hide copies. A model that is wrong everywhere is far from everything: look at
    the other measures first. Intervals: bootstrap of both sets of distances, the training set held fixed.

    Raises:
        ValueError: other widths, or not finite; TooFew: fewer than 19 held-out or 2 training samples.

    Source: Meehan, Chaudhuri and Dasgupta 2020 (C_T; there averaged over cells of a partition, here one cell); the
    share and its exact law are ours.
    """
    check_pair(samples, training)
    check_pair(held_out, training)
    return from_distances(nearest(samples, training), nearest(held_out, training), samples.shape[1], seed=seed)


def from_distances(samples: Float64, held_out: Float64, d: int, *, seed: int = 0) -> Memorisation:
    """As `memorisation`, of distances (n,) and (m,) to the nearest training sample; d is only passed on."""
    n, m = len(samples), len(held_out)
    value = statistics(samples, held_out)
    se, low, high = bootstrap(statistics, (samples, held_out), stream(seed, 0, "memorisation: bootstrap"))
    share, c_t = (Estimate(float(value[i]), float(se[i]), float(low[i]), float(high[i]), (n, m), d) for i in range(2))
    r = _rank(m)
    # How many of n lie below the r-th smallest of m exchangeable others: beta-binomial, whatever the law.
    p = float(betabinom(n, r, m + 1 - r).sf(round(share.value * n) - 1))
    return Memorisation(share, r / (m + 1), p, c_t, float(norm.cdf(c_t.value)))


def statistics(samples: Float64, held_out: Float64) -> Float64:
    """(2,) share below the 5 % quantile of the held-out distances, and C_T, of distances (n,) and (m,)."""
    n, m = len(samples), len(held_out)
    require(m, LEAST, "memorisation", "held-out n")
    threshold = np.partition(held_out, _rank(m) - 1)[_rank(m) - 1]
    ranks = rankdata(np.concatenate([samples, held_out]))
    u = float(ranks[:n].sum()) - n * (n + 1) / 2  # pairs in which the sample is farther, ties half
    counts = np.unique(ranks, return_counts=True)[1].astype(np.float64)
    ties = float((counts**3 - counts).sum()) / ((n + m) * (n + m - 1))
    variance = n * m / 12 * (n + m + 1 - ties)
    return np.array([float((samples < threshold).mean()), (u - n * m / 2) / math.sqrt(variance) if variance else 0.0])


def _rank(m: int) -> int:
    """r of the order statistic that a share of LEVEL of further samples falls below: r / (m + 1) <= LEVEL."""
    return max(1, math.floor(LEVEL * (m + 1) + 1e-9))
