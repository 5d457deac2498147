"""Means over clips with their standard errors: means, ratios of means, paired differences, Holm's correction.

Cuts of one capture are alike, so errors are taken between captures: with r the residuals of n clips in G captures,
se = sqrt(G / (G - 1) sum_g (sum of r in capture g)^2) / n. Where every clip has a capture of its own this is the usual
s / sqrt(n). Values that are not finite are left out and counted.

Source: Liang and Zeger 1986 (clustered errors), Student's t with G - 1 degrees of freedom.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr

Floats = NDArray[np.float64]
Captures = Sequence[str] | None
"""The capture that each clip was cut from; None: one of its own each."""


@dataclass(frozen=True)
class Mean:
    """A mean over clips: value, its standard error (nan with fewer than two captures), and how many clips entered."""

    value: float
    se: float
    n: int


@dataclass(frozen=True)
class Difference:
    """Mean of a paired difference [unit of the values], its standard error, two-sided p of the paired t test, pairs."""

    value: float
    se: float
    p: float
    n: int


UNKNOWN = Mean(math.nan, math.nan, 0)
"""What a corrector does not report."""


def mean(values: ArrayLike, captures: Captures = None) -> Mean:
    """Mean of (n,) values."""
    x, codes = _finite(captures, values)
    if not len(x[0]):
        return UNKNOWN
    value = float(x[0].mean())
    return Mean(value, _error(x[0] - value, codes), len(x[0]))


def root_mean_square(squares: ArrayLike, captures: Captures = None) -> Mean:
    """Root of the mean of (n,) squares; its error by the delta method, 0 where the root is 0."""
    found = mean(squares, captures)
    root = math.sqrt(found.value) if found.n else math.nan
    return Mean(root, found.se / (2 * root) if root else found.se, found.n)


def ratio(after: ArrayLike, before: ArrayLike, captures: Captures = None, *, nothing: float = 1.0) -> Mean:
    """Mean of `after` over mean of `before`, (n,) each, >= 0; its error by the delta method.

    A clip at rest has no ratio of its own, therefore the ratio of the means. inf where only `before` is 0.

    nothing: the value where both are 0.
    """
    x, codes = _finite(captures, after, before)
    n = len(x[0])
    if not n:
        return UNKNOWN
    top, bottom = float(x[0].mean()), float(x[1].mean())
    if not bottom > 0:
        return Mean(math.inf, math.nan, n) if top > 0 else Mean(nothing, 0.0, n)
    value = top / bottom
    return Mean(value, _error((x[0] - value * x[1]) / bottom, codes), n)


def difference(first: ArrayLike, second: ArrayLike, captures: Captures = None) -> Difference:
    """Paired difference `first - second` of (n,) values of the same clips.

    Differences that are all equal give p = 0, or 1 where they are all 0; fewer than two captures give nan.
    """
    x, codes = _finite(captures, first, second)
    found = mean(x[0] - x[1], [str(code) for code in codes])
    freedom = len(np.unique(codes)) - 1
    if freedom < 1:
        p = math.nan
    elif found.se == 0:
        p = 1.0 if found.value == 0 else 0.0
    else:
        p = float(2 * stdtr(freedom, -abs(found.value) / found.se))
    return Difference(found.value, found.se, p, found.n)


def holm(p: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values in the given order; nan (a test without data) stays nan and does not count."""
    order = sorted((value, index) for index, value in enumerate(p) if not math.isnan(value))
    adjusted = [math.nan] * len(p)
    largest = 0.0
    for rank, (value, index) in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * value))
        adjusted[index] = largest
    return adjusted


def _finite(captures: Captures, *values: ArrayLike) -> tuple[list[Floats], NDArray[np.int64]]:
    """Values (n,) where all are finite, and a number for each clip's capture.

    Raises:
        ValueError: the sizes differ.
    """
    arrays = [np.asarray(value, dtype=np.float64) for value in values]
    n = len(arrays[0])
    if any(array.shape != (n,) for array in arrays) or (captures is not None and len(captures) != n):
        sizes = [array.shape for array in arrays] + ([] if captures is None else [(len(captures),)])
        raise ValueError(f"values and captures must have one entry per clip, got {sizes}; give all of one size")
    codes = np.arange(n) if captures is None else np.unique(np.array(captures, dtype=str), return_inverse=True)[1]
    kept = np.isfinite(arrays).all(axis=0)
    return [array[kept] for array in arrays], codes.reshape(n)[kept].astype(np.int64)


def _error(residuals: Floats, codes: NDArray[np.int64]) -> float:
    """Standard error of a mean from its residuals (n,), which sum to 0, between captures."""
    sums = np.bincount(np.unique(codes, return_inverse=True)[1].reshape(-1), weights=residuals)
    if len(sums) < 2:
        return math.nan
    return float(np.sqrt(len(sums) / (len(sums) - 1) * (sums**2).sum()) / len(residuals))
