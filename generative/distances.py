"""Distances between sets of feature vectors: Frechet distance, diversity, nearest neighbours.

Values alone; `generative.judges` gives them with intervals, floors and what else a judge of a generator needs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.stats import norm

Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class FrechetDistance:
    """Squared 2-Wasserstein distance of two fitted Gaussians, and what it was computed from.

    With few samples it is biased upward (a set against another of the same law does not give 0): compare only values
    of equal n and d, and hold them against a real-versus-real floor.
    """

    value: float
    n: tuple[int, int]
    d: int

    @property
    def rank_deficient(self) -> bool:
        """True where a covariance cannot have full rank: the value is defined, its bias large."""
        return min(self.n) <= self.d

    @property
    def warning(self) -> str:
        """Empty, or why the value says little: fewer than two samples per feature."""
        if min(self.n) >= 2 * self.d:
            return ""
        return f"n = {min(self.n)} < 2 d = {2 * self.d}: biased upward, compare only at equal n and against the floor"


def frechet(x: Float64, y: Float64) -> FrechetDistance:
    """|mean_x - mean_y|^2 + tr(C_x + C_y - 2 (C_x C_y)^(1/2)) of samples (n, d) and (m, d).

    The trace of the root is the sum of the singular values of A_x A_y^T for any A^T A = C: symmetric roots, or with
    fewer samples than features the centred samples themselves, which are smaller. No root of a non-symmetric matrix,
    no complex part to drop, no 1e-6 to add when the covariances have no full rank.

    Raises:
        ValueError: fewer than two samples, other widths, or values that are not finite.
    """
    check_pair(x, y)
    shift = x.mean(axis=0) - y.mean(axis=0)
    (root_x, trace_x), (root_y, trace_y) = _factor(x), _factor(y)
    overlap = scipy.linalg.svdvals(root_x @ root_y.T).sum()
    value = float(shift @ shift + trace_x + trace_y - 2 * overlap)
    return FrechetDistance(max(value, 0.0), (len(x), len(y)), x.shape[1])


def frechet_gaussians(mean_x: Float64, cov_x: Float64, mean_y: Float64, cov_y: Float64) -> float:
    """Squared 2-Wasserstein distance of two Gaussians, means (d,), covariances (d, d) symmetric, >= 0; exact.

    |mean_x - mean_y|^2 + tr(C_x + C_y) - 2 sum of the singular values of C_x^(1/2) C_y^(1/2), which is the trace of
    (C_x^(1/2) C_y C_x^(1/2))^(1/2); roots by symmetric eigenvalues.

    Raises:
        ValueError: shapes do not fit, or a covariance is not symmetric.

    Source: Dowson and Landau 1982.
    """
    d = len(mean_x)
    if mean_x.shape != (d,) or mean_y.shape != (d,):
        raise ValueError(f"means must have one shape (d,), got {mean_x.shape} and {mean_y.shape}")
    for name, covariance in (("cov_x", cov_x), ("cov_y", cov_y)):
        if covariance.shape != (d, d):
            raise ValueError(f"{name} must have shape {(d, d)} like the means, got {covariance.shape}")
        if not np.allclose(covariance, covariance.T, rtol=1e-8, atol=1e-12 * float(np.abs(covariance).max(initial=0))):
            raise ValueError(f"{name} must be symmetric, got a difference from its transpose; pass (C + C.T) / 2")
    shift = mean_x - mean_y
    overlap = scipy.linalg.svdvals(_root(cov_x) @ _root(cov_y)).sum()
    return max(float(shift @ shift + np.trace(cov_x) + np.trace(cov_y) - 2 * overlap), 0.0)


def _factor(samples: Float64) -> tuple[Float64, float]:
    """A with A^T A = C, the covariance of samples (n, d), and the trace of C; A is (n, d) if n < d, else (d, d)."""
    n, d = samples.shape
    if n < d:
        centred = (samples - samples.mean(axis=0)) / math.sqrt(n - 1)
        return centred, float((centred**2).sum())
    covariance = np.atleast_2d(np.cov(samples, rowvar=False))
    return _root(covariance), float(np.trace(covariance))


def check_pair(x: Float64, y: Float64) -> None:
    """Raise ValueError unless both are at least two finite samples (n, d) of the same width."""
    for name, samples in (("x", x), ("y", y)):
        if samples.ndim != 2 or len(samples) < 2:
            raise ValueError(f"{name} must hold at least 2 samples, (n, d), got shape {samples.shape}; draw more")
        if not np.all(np.isfinite(samples)):
            raise ValueError(f"{name} must be finite, got nan or inf; drop those samples")
    if x.shape[1] != y.shape[1]:
        raise ValueError(f"x and y must have the same width, got {x.shape[1]} and {y.shape[1]}")


def _root(covariance: Float64) -> Float64:
    """Symmetric positive root; negative eigenvalues are rounding and count as 0."""
    values, vectors = scipy.linalg.eigh(covariance)
    root: Float64 = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    return root


def diversity(features: Float64, pairs: int, rng: np.random.Generator) -> float:
    """Mean Euclidean distance of `pairs` random pairs of two different samples, (n, d).

    Raises:
        ValueError: fewer than two samples or no pair.
    """
    if len(features) < 2 or pairs < 1:
        raise ValueError(f"diversity needs at least 2 samples and 1 pair, got {len(features)} and {pairs}")
    first = rng.integers(len(features), size=pairs)
    second = (first + rng.integers(1, len(features), size=pairs)) % len(features)
    return float(np.sqrt(((features[first] - features[second]) ** 2).sum(axis=1)).mean())


def nearest_distance(query: Float64, reference: Float64) -> Float64:
    """Euclidean distance of each query (m, d) to the nearest reference (n, d), (m,).

    Near 0 against the training set: the sample is a copy of a training motion.
    """
    if len(reference) < 1:
        raise ValueError("nearest_distance needs at least one reference sample, got none")
    distance: Float64 = cKDTree(reference).query(query, k=1)[0]
    return distance


@dataclass(frozen=True)
class Share:
    """A share of hits with its Wilson score interval (95 %)."""

    hits: int
    n: int

    @property
    def rate(self) -> float:
        return self.hits / self.n

    @property
    def low(self) -> float:
        return self._wilson(-1)

    @property
    def high(self) -> float:
        return self._wilson(1)

    def _wilson(self, side: int) -> float:
        z = float(norm.ppf(0.975))
        n, p = self.n, self.rate
        half = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        return min(1.0, max(0.0, (p + z**2 / (2 * n) + side * half) / (1 + z**2 / n)))


def knn_labels(real: Float64, labels: Sequence[str], query: Float64, k: int) -> tuple[str, ...]:
    """The commonest label among the k real neighbours of each query; ties go to the nearest of the tied labels.

    Raises:
        ValueError: labels do not match `real`, or k is outside 1 .. len(real).
    """
    if len(labels) != len(real):
        raise ValueError(f"labels must have one entry per real sample ({len(real)}), got {len(labels)}")
    if not 1 <= k <= len(real):
        raise ValueError(f"k must be 1 to {len(real)} (the real samples), got {k}")
    names, codes = np.unique(np.asarray(labels), return_inverse=True)
    index = cKDTree(real).query(query, k=range(1, k + 1))[1]  # (m, k), nearest first
    votes = codes[index]
    count = (votes[:, :, None] == votes[:, None, :]).sum(axis=2)
    winner = votes[np.arange(len(votes)), count.argmax(axis=1)]  # argmax takes the first: the nearest
    return tuple(str(names[code]) for code in winner)


def chance_agreement(found: Sequence[str], expected: Sequence[str]) -> float:
    """How often labels would agree if they had nothing to do with each other: sum over labels of both their shares.

    Raises:
        ValueError: no labels, or a different number of each.
    """
    if len(found) != len(expected) or not len(found):
        raise ValueError(f"found and expected must be equally many, at least 1, got {len(found)} and {len(expected)}")
    names = sorted({*found, *expected})
    shares = [np.array([list(labels).count(name) for name in names]) / len(labels) for labels in (found, expected)]
    return float(shares[0] @ shares[1])


def knn_action(real: Float64, labels: Sequence[str], query: Float64, expected: Sequence[str], k: int = 5) -> Share:
    """How often the k nearest REAL motions show the action that was asked for.

    Args:
        real, labels: standardised features (n, d) and actions of real motions the model has not seen.
        query, expected: standardised features (m, d) of samples and the actions their captions ask for.

    Raises:
        ValueError: sizes do not match, or there is no query.
    """
    if len(expected) != len(query) or not len(query):
        raise ValueError(f"expected must have one entry per query ({len(query)}, at least 1), got {len(expected)}")
    return agreement(knn_labels(real, labels, query, k), expected)


def agreement(found: Sequence[str], expected: Sequence[str]) -> Share:
    """How often labels agree, one by one; equally many, at least 1."""
    return Share(sum(a == b for a, b in zip(found, expected, strict=True)), len(expected))


def kid(x: Float64, y: Float64) -> float:
    """Kernel Inception Distance of Binkowski et al. 2018: unbiased squared MMD with the kernel (a.b/d + 1)^3.

    Its mean is 0 for two samples of one law, whatever their numbers, so values of different n may be compared; a single
    value may be negative. Computed on all pairs, not on blocks.

    Args:
        x, y: features (n, d) and (m, d), at least two of each.

    Raises:
        ValueError: fewer than two samples, other widths, or values that are not finite.
    """
    check_pair(x, y)
    n, m = len(x), len(y)

    def kernel(a: Float64, b: Float64) -> Float64:
        values: Float64 = (a @ b.T / a.shape[1] + 1.0) ** 3
        return values

    inside_x, inside_y = kernel(x, x), kernel(y, y)
    own_x = (inside_x.sum() - np.trace(inside_x)) / (n * (n - 1))
    own_y = (inside_y.sum() - np.trace(inside_y)) / (m * (m - 1))
    return float(own_x + own_y - 2 * kernel(x, y).mean())
