"""T14 [D]: the authors' accumulating toy in the mean field. Its sample grows without limit, so no theorem covers it.

Generation g trains on the n real points and, of each earlier batch i = 1..g, on the first int(per i/g) points.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory import updates
from theory.hypotheses import kept_share, number, whole

Floats = NDArray[np.float64]


def ramp_counts(generation: int, per: int = 25) -> NDArray[np.int64]:
    """Points that generation g takes of the batches 1..g, (g,): int(per i/g)."""
    per = whole("per", per, 1, "give the points of a batch")
    g = whole("generation", generation, 1, "generation 0 has no synthetic points")
    return per * np.arange(1, g + 1) // g


def training_size(generation: int, n: int = 50, per: int = 25) -> int:
    """Points that generation g trains on; about n + per (g+1)/2, so lam grows without limit."""
    return whole("n", n, 0, "give the real points") + int(ramp_counts(generation, per).sum())


def mean_field(generations: int, gamma: float, n: float = 50, per: int = 25, rounded: bool = True) -> Floats:
    """Expected error of the mean over generations 0..G, (G+1,), in units of the real sample's own error.

    delta_g = (n delta_real + a sum_i c_i delta_{i-1})/(n + sum_i c_i), c_i points of batch i.

    Args:
        n: real points in every generation; 0 = only the first fit saw them.
        rounded: c_i = int(per i/g), as the authors do; False: per i/g, for which `formulas.ramp_path` is exact.
    """
    generations = whole("generations", generations, 0, "choose such a value")
    per = whole("per", per, 1, "give the points of a batch")
    if not number(n) >= 0:
        raise ValueError(f"n must be >= 0 real points, got {n!r}; 0 means none after the first fit")
    a = kept_share(gamma)
    path = np.ones(generations + 1)
    weighted = 0.0  # sum of i delta_{i-1}
    for g in range(1, generations + 1):
        if rounded:
            counts = ramp_counts(g, per)
            size, synthetic = counts.sum(), counts @ path[:g]
        else:
            weighted += g * path[g - 1]
            size, synthetic = per * (g + 1) / 2, per * weighted / g
        path[g] = updates.trained(1.0, a * synthetic / size, s=size / (n + size))
    return path
