"""Kernel distance (KID) with a standard error that holds for one law as for two."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from generative.distances import check_pair
from generative.judges.estimate import Estimate, require, with_error
from generative.judges.pairs import blocks

Float64 = NDArray[np.float64]


def kid_with_error(x: Float64, y: Float64) -> Estimate:
    """`kid` of samples (n, d), (m, d), in blocks of rows, with its standard error.

    The error, derived. Hoeffding's decomposition of the statistic U has uncorrelated terms:

        U - mean = 2/n sum a(x_i) + 2/m sum b(y_j) + 1/(n(n-1)) sum g_xx + 1/(m(m-1)) sum g_yy - 2/(nm) sum g_xy,

    a(x) = E k(x, X) - E k(x, Y) centred, b likewise, g the kernel centred in both arguments, so

        var U = 4 var(a)/n + 4 var(b)/m + S,   S = 2 E g_xx^2/(n(n-1)) + 2 E g_yy^2/(m(m-1)) + 4 E g_xy^2/(nm).

    For one law a = b = 0 and S is all there is. The row means that stand for a and b are noisy themselves: the
    variance of them, 4 s_a^2/n + 4 s_b^2/m (the jackknife), is on average the wanted leading part plus 2 S. So
    var U is estimated by that less S, and by S where this is less.

    Raises:
        ValueError: other widths, or values that are not finite; TooFew below four samples.

    Source: Binkowski et al. 2018 for the value; the error is derived here (compare Sutherland 2019).
    """
    value, noisy, second = parts(x, y)
    return with_error(value, math.sqrt(max(noisy - second, second)), math.inf, (len(x), len(y)), x.shape[1])


def parts(x: Float64, y: Float64) -> tuple[float, float, float]:
    """The distance, the jackknife's variance (leading part and twice S), and S."""
    require(min(len(x), len(y)), 4, "kid")
    check_pair(x, y)
    n, m = len(x), len(y)
    rows_x, square_x = _own(x)
    rows_y, square_y = _own(y)
    rows_xy, columns_xy, square_xy = _cross(x, y)
    value = float(rows_x.mean() + rows_y.mean() - 2 * rows_xy.mean())
    second = (
        2 * _centred(square_x, rows_x, rows_x) / (n * (n - 1))
        + 2 * _centred(square_y, rows_y, rows_y) / (m * (m - 1))
        + 4 * _centred(square_xy, rows_xy, columns_xy) / (n * m)
    )
    noisy = 4 * float((rows_x - rows_xy).var(ddof=1)) / n + 4 * float((rows_y - columns_xy).var(ddof=1)) / m
    return value, noisy, second


def _kernel(x: Float64, y: Float64) -> Float64:
    values: Float64 = (x @ y.T / x.shape[1] + 1.0) ** 3
    return values


def _own(x: Float64) -> tuple[Float64, float]:
    """Mean kernel of each sample with the others, (n,), and the mean square over pairs."""
    n = len(x)
    rows, square = np.empty(n), 0.0
    for part in blocks(n, n):
        block = _kernel(x[part], x)
        block[np.arange(block.shape[0]), np.arange(part.start, part.stop)] = 0.0
        rows[part] = block.sum(axis=1) / (n - 1)
        square += float((block**2).sum())
    return rows, square / (n * (n - 1))


def _cross(x: Float64, y: Float64) -> tuple[Float64, Float64, float]:
    """Mean kernel of each x with all y, (n,), of each y with all x, (m,), and the mean square."""
    rows, columns, square = np.empty(len(x)), np.zeros(len(y)), 0.0
    for part in blocks(len(x), len(y)):
        block = _kernel(x[part], y)
        rows[part] = block.mean(axis=1)
        columns += block.sum(axis=0) / len(x)
        square += float((block**2).sum())
    return rows, columns, square / (len(x) * len(y))


def _centred(square: float, rows: Float64, columns: Float64) -> float:
    """Mean square of a kernel centred in both arguments, from the uncentred one and its row and column means."""
    return max(square - float((rows**2).mean()) - float((columns**2).mean()) + float(rows.mean()) ** 2, 0.0)
