"""All distances between two sets, a block of rows at a time: 5,000 against 5,000 samples need 32 MB."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

_ENTRIES = 2**22
"""Entries of a block (32 MB)."""


def blocks(rows: int, columns: int) -> Iterator[slice]:
    """Slices of the rows, each of at most _ENTRIES entries."""
    step = max(1, _ENTRIES // max(columns, 1))
    for start in range(0, rows, step):
        yield slice(start, min(start + step, rows))


def squared_distances(x: Float64, y: Float64) -> Iterator[tuple[slice, Float64]]:
    """Blocks (rows of x, squared Euclidean distances (rows, m)) of x (n, d) to y (m, d).

    By |x|^2 + |y|^2 - 2 x.y about y's mean: rounding of 1e-16 of the squared spread, so that copies lie at about 1e-8
    spreads of each other, not at 0.
    """
    centre = y.mean(axis=0)
    x, y = x - centre, y - centre
    squares_x, squares_y = (x**2).sum(axis=1), (y**2).sum(axis=1)
    for rows in blocks(len(x), len(y)):
        block = x[rows] @ y.T
        block *= -2
        block += squares_x[rows, None]
        block += squares_y
        yield rows, np.maximum(block, 0.0, out=block)


def nearest(query: Float64, reference: Float64) -> Float64:
    """Distance of each query (m, d) to the nearest reference (n, d), (m,); exactly 0 for a copy."""
    if len(reference) < 1:
        raise ValueError("reference must hold at least 1 sample, got none; pass the training set")
    index = np.empty(len(query), dtype=np.int64)
    for rows, block in squared_distances(query, reference):
        index[rows] = block.argmin(axis=1)
    distance: Float64 = np.sqrt(((query - reference[index]) ** 2).sum(axis=1))
    return distance


def kth_neighbour(x: Float64, k: int) -> Float64:
    """Squared distance of each of x (n, d) to its k-th nearest other one, (n,)."""
    found = np.empty(len(x))
    for rows, block in squared_distances(x, x):
        block[np.arange(block.shape[0]), np.arange(rows.start, rows.stop)] = np.inf  # not its own neighbour
        found[rows] = np.partition(block, k - 1, axis=1)[:, k - 1]
    return found
