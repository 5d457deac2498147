"""How different samples are: of each other (diversity), and of one caption (multimodality)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from generative.judges.estimate import Estimate, mean_of, require, with_error
from generative.judges.pairs import squared_distances
from loop.seeds import stream

Float64 = NDArray[np.float64]

T2M_PAIRS = 300
T2M_PAIRS_PER_CAPTION = 10


def diversity_with_error(features: Float64, *, pairs: int | None = None, seed: int = 0) -> Estimate:
    """Mean Euclidean distance of two different samples of (n, d), with its standard error.

    pairs: None: all pairs; se = 2 s / sqrt(n), s the deviation of the samples' mean distances to the others (U-
        statistic of degree 2). Else so many disjoint random pairs, which are independent: se = s / sqrt(pairs). T2M
        takes 300, out of two draws that may pair a sample with itself (one in n; not here).

    Raises:
        TooFew: fewer than 3 samples, or than two per pair.
    """
    n, d = features.shape
    if pairs is not None:
        require(n, 2 * max(pairs, 2), f"diversity of {pairs} disjoint pairs")
        order = stream(seed, 0, "diversity pairs").permutation(n)
        apart = features[order[:pairs]] - features[order[pairs : 2 * pairs]]
        return mean_of(np.sqrt((apart**2).sum(axis=1)), d, f"{pairs} pairs")
    require(n, 3, "diversity")
    rows = np.empty(n)
    for part, block in squared_distances(features, features):
        block[np.arange(block.shape[0]), np.arange(part.start, part.stop)] = 0.0
        rows[part] = np.sqrt(block).sum(axis=1) / (n - 1)
    return with_error(float(rows.mean()), 2 * float(rows.std(ddof=1)) / math.sqrt(n), n - 1, (n,), d, least=0.0)


def multimodality(features: Float64, *, pairs: int | None = None, seed: int = 0) -> Estimate:
    """Mean over captions of the mean distance of two samples of it, (captions, repeats, d); error between captions.

    pairs: None: all pairs of a caption. Else so many random pairs of two different samples, the same for each caption.
        T2M takes 100 captions, 30 repeats, 10 pairs, out of two draws that may pair a sample with itself (not here).

    Raises:
        ValueError: not three axes, values not finite, or no pair; TooFew: fewer than two captions or repeats.
    """
    if features.ndim != 3:
        raise ValueError(f"features must have shape (captions, repeats, d), got {features.shape}")
    if not np.all(np.isfinite(features)):
        raise ValueError("features must be finite, got nan or inf; drop those samples")
    if pairs is not None and pairs < 1:
        raise ValueError(f"pairs must be at least 1, or None for all, got {pairs}")
    captions, repeats, d = features.shape
    require(captions, 2, "multimodality", "captions")
    require(repeats, 2, "multimodality", "repeats")
    if pairs is None:
        first, second = np.triu_indices(repeats, 1)
    else:
        rng = stream(seed, 0, "multimodality pairs")
        first = rng.integers(repeats, size=pairs)
        second = (first + rng.integers(1, repeats, size=pairs)) % repeats
    # A caption at a time: all pairs of 100 x 30 samples of 512 numbers at once would be 180 MB.
    each = [np.sqrt(((one[first] - one[second]) ** 2).sum(axis=1)).mean() for one in features]
    return mean_of(each, d, f"{repeats} repeats")
