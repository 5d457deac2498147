"""MAD's fresh-data loop (Alemohammad et al. [P]): how much synthetic data is too much, and its figure's start.

Their bias lambda is `bias` (b) here, their covariance is the unbiased one; gamma = 0.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from scipy import integrate

from theory.formulas import mad_threshold_both, mad_threshold_variance
from theory.fourth import FourthMoments
from theory.hypotheses import HypothesisError, whole

MOST = 200_000
"""Synthetic points that are searched."""
FIGURE_LIMITS = {1.0: 12.2, 0.8: 20.7}
"""W2^2 in the long run for each bias, whatever the first fit, to within 1; Alemohammad et al.'s fresh-data figure."""
Criterion = Literal["variance", "both"]


def largest_admissible(n_r: int, bias: float, criterion: Criterion = "variance") -> int:
    """R13 [D]: most synthetic points k for which the stationary error is not above that of n_r real points alone.

    Exact, one dimension, fresh real data, all k in one array program. `variance`: E(v-1)^2; `both`:
    E delta^2 + E(v-1)^2/4.

    Raises:
        ValueError: n_r < 2, bias outside [0, 1), unknown criterion, or more points than can be searched.
        HypothesisError: there is no largest number: bias = 1 (honest synthetic data never do harm here), or so few
            real points that a collapsed variance is no worse than theirs.
    """
    whole("n_r", n_r, 2, "a variance needs two points")
    if criterion not in ("variance", "both"):
        raise ValueError(f"criterion must be 'variance' or 'both', got {criterion!r}; choose one of them")
    if bias == 1:
        raise HypothesisError("bias = 1: any amount of synthetic data helps the fresh loop; there is no largest one")
    if not 0 <= bias < 1:
        raise ValueError(f"bias must lie in [0, 1) (1 = honest sampling, no limit), got {bias!r}; choose such a value")
    real = 2 / (n_r - 1)  # E(v-1)^2 of n_r points
    allowed, collapsed = (real, 1.0) if criterion == "variance" else (1 / n_r + real / 4, 0.25)
    if allowed >= collapsed:  # k to infinity: v goes to 0 and delta with it
        raise HypothesisError(
            f"n_r = {n_r}: the error of so few real points is not below that of a collapsed model; there is no largest "
            "number of synthetic points; take a larger n_r"
        )
    limit = mad_threshold_variance(bias) if criterion == "variance" else mad_threshold_both(bias)
    most = 4 * math.ceil(limit)  # with few real points the largest number may lie above the limit for many
    while most <= MOST:
        k = np.arange(1, most + 1)
        end = FourthMoments(np.full(most, n_r), k, 0.0, "fresh", "unbiased", bias).stationary()
        error = end.variance_error if criterion == "variance" else end.delta2 + end.variance_error / 4
        good = error <= allowed
        if not good[most // 2 :].any():
            return int(k[good].max(initial=0))
        most *= 4
    raise ValueError(f"bias = {bias!r} at n_r = {n_r} admits too many points to search; take a smaller bias")


def first_fit_distance(d: int, n: int) -> float:
    """R14 [D]: E W2^2 to N(0, I_d) of a Gaussian fitted to n points, d and n large together: Marchenko-Pastur.

    d/n from the mean and d E(sqrt(x) - 1)^2 from the eigenvalues x of the sample covariance, ratio c = d/n.
    """
    whole("d", d, 1, "choose a dimension")
    whole("n", n, 1, "choose a sample size")
    c = d / n
    low, high = (1 - math.sqrt(c)) ** 2, (1 + math.sqrt(c)) ** 2

    def root(angle: float) -> float:
        # x = middle + half cos(angle) takes the square roots out of the density sqrt((high-x)(x-low))/(2 pi c x)
        x = (low + high) / 2 + (high - low) / 2 * math.cos(angle)
        return math.sqrt(x) / x * ((high - low) / 2 * math.sin(angle)) ** 2 / (2 * math.pi * c)

    mean_root = float(integrate.quad(root, 0.0, math.pi)[0])  # E sqrt(x); for c > 1 the atom at 0 adds nothing
    return d / n + d * (2 - 2 * mean_root)
