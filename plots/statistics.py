"""What is said about several runs: mean, standard error, t-interval bands, growth per generation, paired differences.

Values that are not finite are left out and counted, so a collapsed run never silently becomes a number; with fewer
than two values there is no band (nan), because one run says nothing about the spread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr, stdtrit  # scipy.stats would cost every command half a second more

Floats = NDArray[np.float64]
LEVEL = 0.95
"""Coverage of every interval drawn or printed."""


@dataclass(frozen=True)
class Band:
    """Mean of independent runs with its t-interval; every array has the shape of the values without the run axis."""

    mean: Floats  # nan where no run has a finite value
    se: Floats  # standard error of the mean, nan where count < 2
    low: Floats  # mean - t * se
    high: Floats  # mean + t * se
    count: NDArray[np.int64]  # runs with a finite value


@dataclass(frozen=True)
class Slope:
    """Growth of ln(value) per generation: mean over runs of each run's least-squares slope."""

    value: float  # [1/generation]; exp(value) is the factor per generation; nan if no run has two positive values
    low: float  # t-interval over runs; nan with one run
    high: float
    count: int  # runs that entered

    @property
    def halfwidth(self) -> float:
        """Half the width of the interval; nan with one run."""
        return (self.high - self.low) / 2


def band(values: ArrayLike, *, axis: int, level: float = LEVEL) -> Band:
    """Mean, standard error and t-interval over the runs, which lie along `axis`.

    Args:
        values: measured values, any shape, any unit; one independent run per index along `axis`.
        axis: the axis of the runs (seeds).
        level: coverage of the interval, in (0, 1).

    Raises:
        ValueError: `level` outside (0, 1), or `axis` is not an axis of `values`.
    """
    if not 0 < level < 1:
        raise ValueError(f"level must be in (0, 1), got {level!r}; 0.95 is usual")
    data = np.asarray(values, dtype=np.float64)
    if not -data.ndim <= axis < data.ndim:
        raise ValueError(f"axis must be one of the {data.ndim} axes of values, got {axis}; name the seed axis")
    finite = np.isfinite(data)
    count = np.asarray(finite.sum(axis=axis), dtype=np.int64)
    some = np.maximum(count, 1)
    mean = np.where(finite, data, 0.0).sum(axis=axis) / some
    middle = np.expand_dims(mean, axis)
    squares = (np.where(finite, data, middle) - middle) ** 2  # what is left out adds nothing (and inf - inf warns)
    freedom = np.maximum(count - 1, 1)
    se = np.where(count >= 2, np.sqrt(squares.sum(axis=axis) / freedom / some), np.nan)
    half = stdtrit(freedom, 0.5 + level / 2) * se
    mean = np.where(count >= 1, mean, np.nan)
    return Band(mean, se, mean - half, mean + half, count)


def standard_error(values: ArrayLike, *, axis: int) -> Floats:
    """Standard error of the mean over `axis` (sample deviation with n - 1, over sqrt n); nan with fewer than 2."""
    return band(values, axis=axis).se


def paired_difference(first: ArrayLike, second: ArrayLike, *, axis: int, level: float = LEVEL) -> Band:
    """Band of `first - second` where index i along `axis` is the same seed in both.

    Arms with the same seed share their random streams, so the difference varies less than either arm does.

    Raises:
        ValueError: the shapes differ.
    """
    one, two = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if one.shape != two.shape:
        raise ValueError(f"paired values must have the same shape, got {one.shape} and {two.shape}; align the seeds")
    usable = np.isfinite(one) & np.isfinite(two)
    return band(np.where(usable, one, np.nan) - np.where(usable, two, np.nan), axis=axis, level=level)


def log_slope(generation: ArrayLike, values: ArrayLike, *, level: float = LEVEL) -> Slope:
    """Exponential growth rate: slope of ln(value) over the generations, with its interval over seeds.

    The interval comes from the spread between seeds, never from the residuals of one line: the generations of one
    run depend on each other, and residuals would promise far too much.

    Args:
        generation: (G,).
        values: (G, S), one column per seed; values <= 0 and not finite ones are left out.

    Raises:
        ValueError: shapes do not match.
    """
    over_seeds = band(log_slopes(generation, values), axis=0, level=level)
    return Slope(float(over_seeds.mean), float(over_seeds.low), float(over_seeds.high), int(over_seeds.count))


def log_slopes(generation: ArrayLike, values: ArrayLike) -> Floats:
    """Least-squares slope of ln(value) over the generations of each seed, (S,) [1/generation]; nan where a seed has
    fewer than two positive values. Arguments and errors as of `log_slope`."""
    x, y = np.asarray(generation, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or y.ndim != 2 or len(x) != len(y):
        raise ValueError(f"generation must be (G,) and values (G, S), got {x.shape} and {y.shape}; transpose them")
    usable = np.isfinite(y) & (y > 0)
    logs = np.log(np.where(usable, y, 1.0))
    count = np.maximum(usable.sum(axis=0), 1)
    x_mean = np.where(usable, x[:, None], 0.0).sum(axis=0) / count
    dx = np.where(usable, x[:, None] - x_mean, 0.0)
    spread = (dx**2).sum(axis=0)
    slopes: Floats = np.where(spread > 0, (dx * logs).sum(axis=0) / np.where(spread > 0, spread, 1.0), np.nan)
    return slopes


def paired_p(first: ArrayLike, second: ArrayLike) -> float:
    """Two-sided p of Student's paired t test that the mean of `first - second` (S,) is 0; nan with fewer than 2 pairs.

    Differences that are all equal give 0, or 1 where they are all 0.
    """
    gap = paired_difference(first, second, axis=0)
    if gap.count < 2:
        return float("nan")
    if gap.se == 0:
        return 1.0 if gap.mean == 0 else 0.0
    return float(2 * stdtr(gap.count - 1, -abs(gap.mean) / gap.se))


def holm(p: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values, in the given order: below a level where the family of tests rejects at that level.

    nan (a test without data) stays nan and does not count.
    """
    order = sorted((value, index) for index, value in enumerate(p) if not np.isnan(value))
    adjusted = [float("nan")] * len(p)
    largest = 0.0
    for rank, (value, index) in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * value))
        adjusted[index] = largest
    return adjusted
