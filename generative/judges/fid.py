"""Frechet distance with an error, and extrapolated to endlessly many samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from generative.distances import FrechetDistance, check_pair, frechet
from generative.judges.estimate import Estimate, Indices, jackknife, require, with_error
from loop.seeds import stream

Float64 = NDArray[np.float64]

GROUPS = 10
"""Groups of the jackknife."""
PARTS = (1, 2, 3, 4)
"""The sets are cut into so many parts for the extrapolation."""


def fid(x: Float64, y: Float64, *, seed: int = 0, groups: int = GROUPS) -> Estimate:
    """`frechet` of samples (n, d), (m, d) with its jackknife error; the note warns below two samples per feature.

    The interval is of what the value scatters by, not of the distance of the laws: the bias, about
    (1/n + 1/m) times a number that grows with d, is in it untouched. Compare at equal n, or use `fid_infinity`.

    Raises:
        ValueError: as `frechet`; TooFew below two samples.
    """
    require(min(len(x), len(y)), 2, "fid")
    check_pair(x, y)

    def measure(i: Indices, j: Indices) -> Float64:
        return np.array([frechet(x[i], y[j]).value])

    value, se = jackknife(measure, (len(x), len(y)), groups, stream(seed, 0, "fid: jackknife"))
    note = FrechetDistance(float(value[0]), (len(x), len(y)), x.shape[1]).warning
    return with_error(float(value[0]), float(se[0]), groups - 1, (len(x), len(y)), x.shape[1], note, least=0.0)


def fid_infinity(x: Float64, y: Float64, *, seed: int = 0, groups: int = GROUPS) -> Estimate:
    """The Frechet distance that endlessly many samples of both laws would have; may be a little below 0.

    The bias of few samples is c / n to first order. Both sets are cut at random into 1, 2, 3 and 4 disjoint parts;
    the mean over the parts of one count is a distance at that n which every sample has entered; the value is the
    intercept of the least-squares line of these means against 1/n. Its error is the jackknife's of the whole
    recipe, the parts held fixed: the residuals of the line would not do, since all means share the samples.

    Raises:
        TooFew: a quarter of a set has no more samples than features, where the bias is not c / n.

    Source: Chong and Forsyth 2020. There only generated samples are counted and the reference is taken as endless;
    here both shrink alike, which removes the bias of both. Parts instead of subsets that overlap: less noise.
    """
    n, d = len(x), x.shape[-1]
    require(min(n, len(y)), PARTS[-1] * (d + 1), f"fid_infinity of {d} features")
    check_pair(x, y)
    rng = stream(seed, 0, "fid infinity: parts")
    label_x, label_y = rng.permutation(n), rng.permutation(len(y))

    def measure(i: Indices, j: Indices) -> Float64:
        inverse, means = [], []
        for parts in PARTS:
            found = [
                frechet(x[i[label_x[i] % parts == part]], y[j[label_y[j] % parts == part]]) for part in range(parts)
            ]
            inverse.append(np.mean([1 / one.n[0] + 1 / one.n[1] for one in found]))
            means.append(np.mean([one.value for one in found]))
        return np.array([np.polynomial.polynomial.polyfit(inverse, means, 1)[0]])

    value, se = jackknife(measure, (n, len(y)), groups, stream(seed, 0, "fid infinity: jackknife"))
    return with_error(float(value[0]), float(se[0]), groups - 1, (n, len(y)), d)
