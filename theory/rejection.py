"""R22 [D]: the law that the authors' Gaussian toy really samples from, without drawing a sample.

Their corrector takes a 10 x 10 histogram of the synthetic points, mixes it with the target, and samples the mixture f
by rejection from the target g. Two things differ from the intention. The constant is M = max f/max g instead of
sup f/g, so acceptance is clipped: the output's density is proportional to min(g, f/M), with thin tails. And a bin is
looked up by int(), which rounds towards 0, so the lowest bins are as wide as two. At gamma = 0 this is no identity.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from theory.hypotheses import kept_share

Floats = NDArray[np.float64]
BINS = 10
_PEAK = 1 / (2 * math.pi)  # of the target N(0, I) in two dimensions


def _axis(low: Floats, high: Floats, wide_first: bool, order: int) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Gauss-Legendre nodes, weights (draws, nodes) and their bin numbers, over the whole support of the histogram."""
    x, w = np.polynomial.legendre.leggauss(order)
    step = (high - low) / BINS
    cells = np.concatenate([[-1], np.arange(BINS)]) if wide_first else np.arange(BINS)
    places = (cells[:, None] + (x + 1) / 2).ravel()
    nodes = low[:, None] + step[:, None] * places
    weights = step[:, None] / 2 * np.tile(w, len(cells))
    return nodes, weights, np.repeat(np.maximum(cells, 0), order)


def _histograms(points: Floats, low: Floats, high: Floats) -> Floats:
    """Densities of each draw's points in 10 x 10 equal bins over their bounding box, (draws, 10, 10)."""
    draws, count, _ = points.shape
    step = (high - low) / BINS
    cells = np.minimum(((points - low[:, None]) / step[:, None]).astype(int), BINS - 1)
    flat = (np.arange(draws)[:, None] * BINS + cells[..., 0]) * BINS + cells[..., 1]
    table = np.bincount(flat.ravel(), minlength=draws * BINS * BINS).reshape(draws, BINS, BINS)
    return np.asarray(table / (count * step.prod(axis=1))[:, None, None])


def second_moments(
    points: Floats, gamma: float, *, clipped: bool = True, wide_first: bool = True, order: int = 4
) -> Floats:
    """Second moment per dimension of the sampler's output, (draws,), given the synthetic points; target N(0, I).

    Args:
        points: (draws, count, 2) synthetic points, at least two different values on each axis.
        gamma: correction strength; the mixture is (1-t) histogram + t target, t = gamma/(1+gamma).
        clipped: with the authors' constant; False: a valid constant, that is exact draws from the mixture.
        wide_first: with the authors' look-up; False: floor.
        order: quadrature nodes for each bin and axis; the integrands are smooth but for the clipping edge.

    Raises:
        ValueError: the wrong shape, or points that span no box.
    """
    if points.ndim != 3 or points.shape[-1] != 2:
        raise ValueError(f"points must have shape (draws, count, 2), got {points.shape}; the toy is two-dimensional")
    if points.shape[1] < 2:
        raise ValueError(f"points must hold at least two of each draw, got {points.shape[1]}; take more")
    low, high = points.min(axis=1), points.max(axis=1)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        area = (high - low).prod(axis=1)
    # Beyond these the histogram's density leaves the floats; a side of 0, nan and inf fail as well.
    if not ((area > 1e-300) & (area < 1e300)).all():
        raise ValueError("points must span a box in both axes; give at least two different values on each")
    t = 1 - kept_share(gamma)
    table = (1 - t) * _histograms(points, low, high)
    (x, wx, i), (y, wy, j) = (_axis(low[:, axis], high[:, axis], wide_first, order) for axis in (0, 1))
    square = (x[:, :, None] ** 2 + y[:, None, :] ** 2) / 2
    target = _PEAK * np.exp(-square)
    weight = wx[:, :, None] * wy[:, None, :]
    mixture = table[:, i][:, :, j] + t * target
    if clipped:
        constant = (table.max(axis=(1, 2)) + t * _PEAK) / _PEAK
        inside = np.minimum(target, mixture / constant[:, None, None])
        outside = np.minimum(1.0, t / constant)  # of the target's density, beyond the histogram
    else:
        inside, outside = mixture, np.full(len(points), t)
    left = 1 - (target * weight).sum(axis=(1, 2)), 1 - (target * square * weight).sum(axis=(1, 2))
    mass = (inside * weight).sum(axis=(1, 2)) + outside * left[0]
    return np.asarray(((inside * square * weight).sum(axis=(1, 2)) + outside * left[1]) / mass)
