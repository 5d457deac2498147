"""Energy distance of two samples with a permutation p-value: zero exactly where two laws agree, in every moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class TwoSample:
    """distance: 2 E|X-Y| - E|X-X'| - E|Y-Y'| of the samples, >= 0 [units of the points]. p: under equal laws."""

    distance: float
    p: float


def energy_test(x: Array, y: Array, permutations: int, rng: np.random.Generator) -> TwoSample:
    """Are x and y samples of one law? Permutation test on the energy distance.

    With signs s = +1 on x and -1 on y the distance is -(s^T D s)/m^2, D the pairwise Euclidean distances: one matrix
    product serves all permutations. The p-value (1 + #{permuted >= observed})/(1 + permutations) is exact for
    independent samples; a corrector of scope "batch" makes its samples dependent, and the p-value approximate.

    Args:
        x, y: (m, K), as many of one as of the other.

    Raises:
        ValueError: shapes differ, or fewer than two points.

    Source: Szekely and Rizzo, energy statistics; the quadratic form derived here.
    """
    if x.shape != y.shape or x.ndim != 2 or len(x) < 2:
        raise ValueError(f"x and y must be two (m, K) samples of equal size m >= 2, got {x.shape} and {y.shape}")
    m = len(x)
    points = np.concatenate([x, y])
    squares = (points**2).sum(axis=1)
    gaps = np.sqrt(np.maximum(squares[:, None] + squares[None, :] - 2 * points @ points.T, 0.0))  # (2m, 2m)
    np.fill_diagonal(gaps, 0.0)
    signs = np.concatenate([np.ones(m), -np.ones(m)])
    all_signs = np.column_stack([signs, *(rng.permutation(signs) for _ in range(permutations))])
    distances = -np.einsum("ij,ij->j", all_signs, gaps @ all_signs) / m**2
    observed = max(float(distances[0]), 0.0)
    reached = int((distances[1:] >= observed - 1e-12).sum())
    return TwoSample(observed, (1 + reached) / (1 + permutations))
