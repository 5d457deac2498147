"""A number with its 95 % interval, and three ways to one: Student's t, grouped jackknife, bootstrap.

Which is for what. A mean of independent values: t. A measure of two sets in which a duplicate is an event (Frechet
distance, kernel distance, nearest neighbours): the jackknife, which leaves samples out and never repeats one. The
bootstrap draws with replacement: a third of the samples are missing and others stand there twice, which shrinks every
k-th-neighbour radius, makes copies of each other "nearest neighbours" and raises a Frechet distance as if n were
smaller; it is used only for statistics of independent one-dimensional values.

All intervals take the samples as independent draws. Draws with fixed shares of classes, or several cuts of one
recording, are not: thin them to one per recording first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student

Float64 = NDArray[np.float64]
Indices = NDArray[np.int64]


class TooFew(ValueError):
    """There are fewer samples than a measure needs; the message says how many it needs."""


@dataclass(frozen=True)
class Estimate:
    """value, its standard error and 95 % interval (nan where they are not known), samples and features behind it."""

    value: float
    se: float
    low: float
    high: float
    n: tuple[int, ...]
    d: int
    note: str = ""


def require(n: int, least: int, what: str, of: str = "n") -> None:
    """Raise TooFew unless n >= least."""
    if n < least:
        raise TooFew(f"{what} needs {of} >= {least}, got {n}; draw more")


def with_error(
    value: float, se: float, freedom: float, n: Sequence[int], d: int, note: str = "", least: float = -math.inf
) -> Estimate:
    """value -+ t se with `freedom` degrees of freedom (inf: 1.96); the low end not below `least`."""
    half = float(student.ppf(0.975, freedom)) * se if freedom > 0 else math.nan
    # max(nan, least) would be `least`: keep the nan in front.
    low = value - half
    return Estimate(value, se, max(low, least) if math.isfinite(low) else low, value + half, tuple(n), d, note)


def mean_of(values: ArrayLike, d: int, note: str = "") -> Estimate:
    """Mean of (n,) independent values with s / sqrt(n), t with n - 1 degrees of freedom."""
    x = np.asarray(values, dtype=np.float64)
    se = float(x.std(ddof=1)) / math.sqrt(len(x)) if len(x) > 1 else math.nan
    return with_error(float(x.mean()), se, len(x) - 1, (len(x),), d, note)


def jackknife(
    measure: Callable[..., Float64], sizes: Sequence[int], groups: int, rng: np.random.Generator
) -> tuple[Float64, Float64]:
    """Value and standard error of measures of independent sets, by leaving out one of `groups` groups of each in turn.

    se^2 = sum over the sets of (G - 1) / G sum_g (without group g - their mean)^2. Where a measure's leading term
    vanishes (both sets of one law), it is too large by up to sqrt(2) (Efron and Stein 1981): careful, not short.

    Args:
        measure: takes one array of kept indices per set and gives (q,) numbers.
        sizes: samples of each set.
        groups: G; nan errors where a set has fewer than 2 G samples, or G = 0.
        rng: how the groups are drawn.

    Source: Shao and Wu 1989 (delete-d), Arvesen 1969 (several sets).
    """
    everything = [np.arange(size) for size in sizes]
    value = np.asarray(measure(*everything), dtype=np.float64)
    if groups < 2 or min(sizes) < 2 * groups:
        return value, np.full_like(value, math.nan)
    variance = np.zeros_like(value)
    for place, size in enumerate(sizes):
        group = rng.permutation(size) % groups
        without = []
        for left_out in range(groups):
            kept = list(everything)
            kept[place] = np.flatnonzero(group != left_out)
            without.append(measure(*kept))
        found = np.asarray(without, dtype=np.float64)
        variance += (groups - 1) / groups * ((found - found.mean(axis=0)) ** 2).sum(axis=0)
    return value, np.sqrt(variance)


def bootstrap(
    statistic: Callable[..., Float64], sets: Sequence[Float64], rng: np.random.Generator, replicates: int = 1000
) -> tuple[Float64, Float64, Float64]:
    """Standard error, 2.5 and 97.5 percentile of (q,) statistics of sets of independent values, each redrawn whole."""
    found = np.array(
        [statistic(*(one[rng.integers(len(one), size=len(one))] for one in sets)) for _ in range(replicates)]
    )
    low, high = np.quantile(found, [0.025, 0.975], axis=0)
    return found.std(axis=0, ddof=1), low, high
