"""Exact finite-sample moments of the Gaussian loop with the ideal corrector [D], any dimension, all lam and gamma.

In units of the target covariance: M = E delta delta^T (error of the fitted mean), S = E Sigma (fitted covariance),
P = E delta delta_real^T (with the mean of the fixed real set). Generation 0 is fitted to the n real points, or to
`first` points.

Data regimes and the loop's schedules: "fixed" trains on the same n real points in every generation (`augment`),
"fresh" on n new ones (`fresh`), "none" on synthetic ones alone (`replace`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from theory import updates
from theory.hypotheses import HypothesisError, kept_share, whole

Regime = Literal["fixed", "fresh", "none"]
Normalisation = Literal["mle", "unbiased"]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Moments:
    """M, S, P over generations 0..G, each (G+1,), in units of the target covariance."""

    M: Floats
    S: Floats
    P: Floats


@dataclass(frozen=True)
class Stationary:
    """The limits of M, S, P and the spectral radius with which they are approached."""

    M: float
    S: float
    P: float
    radius: float


@dataclass(frozen=True)
class _Loop:
    """Checked constants of one generation."""

    N: float
    s: float
    a: float
    bias: float
    nu: float
    regime: Regime

    def step(self, M: float, S: float, P: float) -> tuple[float, float, float]:
        new_M, new_S = updates.moment_step(M, S, P, N=self.N, s=self.s, a=self.a, bias=self.bias, nu=self.nu)
        new_P = updates.correlation_step(P, N=self.N, s=self.s, a=self.a) if self.regime == "fixed" else 0.0
        return new_M, new_S, new_P

    def affine(self) -> tuple[Floats, Floats]:
        """(matrix, offset) of the map, read off the map itself: it is affine in (M, S, P)."""
        offset = np.array(self.step(0.0, 0.0, 0.0))
        return np.array([self.step(*unit) for unit in np.eye(3)]).T - offset[:, None], offset


def moments(
    n: int,
    k: int,
    gamma: float,
    generations: int,
    regime: Regime = "fixed",
    normalisation: Normalisation = "mle",
    bias: float = 1.0,
    first: int | None = None,
) -> Moments:
    """M, S, P of generations 0 to `generations`.

    Args:
        n: real points (of generation 0 alone if regime is "none").
        k: synthetic points of each later generation, k = lam n; 0 means lam = 0.
        gamma: correction strength, 0 to inf.
        normalisation: covariance divided by N ("mle") or N - 1 ("unbiased").
        bias: factor in [0, 1] on the covariance of the synthetic samples (sampling bias; 1 = none).
        first: points of generation 0, see `first_points`.

    Raises:
        ValueError: a count is no whole number or too small, gamma < 0, bias outside [0, 1], unknown name.
    """
    loop = checked(n, k, gamma, regime, normalisation, bias)
    m = first_points(n, regime, normalisation, first)
    path = np.empty((whole("generations", generations, 0, "choose such a value") + 1, 3))
    state = (1 / m, 1 - 1 / m if normalisation == "mle" else 1.0, 1 / m if regime == "fixed" else 0.0)
    path[0] = state
    for generation in range(1, len(path)):
        state = loop.step(*state)
        path[generation] = state
    return Moments(*(np.ascontiguousarray(column) for column in path.T))


def stationary(
    n: int,
    k: int,
    gamma: float,
    regime: Regime = "fixed",
    normalisation: Normalisation = "mle",
    bias: float = 1.0,
) -> Stationary:
    """The limit of `moments` for generations to infinity, whatever the start.

    Raises:
        ValueError: as `moments`.
        HypothesisError: the moments have no attracting fixed point (spectral radius >= 1).
    """
    matrix, offset = checked(n, k, gamma, regime, normalisation, bias).affine()
    radius = _radius(matrix)
    if radius >= 1 - 1e-12:  # rounding of the eigenvalues of a 3x3 matrix with entries up to about 1
        if regime == "none" and gamma == 0:
            raise HypothesisError(
                "no real data and no correction: no attracting fixed point; take gamma > 0 or a regime with real data"
            )
        raise HypothesisError(
            f"the moments do not settle (spectral radius {radius:.6g} >= 1); use normalisation='mle' or a larger gamma"
        )
    M, S, P = (float(value) for value in np.linalg.solve(np.eye(3) - matrix, offset))
    return Stationary(M, S, P, radius)


def spectral_radius(
    n: int,
    k: int,
    gamma: float,
    regime: Regime = "fixed",
    normalisation: Normalisation = "mle",
    bias: float = 1.0,
) -> float:
    """T11 [D]: spectral radius of the moment map; below 1 the moments settle from every start."""
    return _radius(checked(n, k, gamma, regime, normalisation, bias).affine()[0])


def _radius(matrix: Floats) -> float:
    return float(np.abs(np.linalg.eigvals(matrix)).max())


def first_points(n: int, regime: Regime, normalisation: Normalisation, first: int | None) -> int:
    """How many points generation 0 is fitted to: n unless `first` says otherwise.

    Fresh data: any number. A fixed real set: at least n, of which the n stay; E delta_0 delta_r^T is 1/first, as the
    n are among them. Without real data n is itself that number.

    Raises:
        ValueError: a number that the regime does not allow, or no variance.
    """
    m = n if first is None else whole("first", first, 1, "choose such a value")
    if regime == "fixed" and m < n:
        raise ValueError(f"first must be >= n = {n} with a fixed real set, got {m}; the n points are among them")
    if regime == "none" and m != n:
        raise ValueError(f"first must be n = {n} without real data, got {m}; set n, which counts generation 0 alone")
    if normalisation == "unbiased" and m < 2:
        raise ValueError(f"n must be >= 2 for the unbiased covariance of generation 0, got {m}; take more or use mle")
    return m


def checked(n: int, k: int, gamma: float, regime: Regime, normalisation: Normalisation, bias: float) -> _Loop:
    a = kept_share(gamma)
    if regime not in ("fixed", "fresh", "none"):
        raise ValueError(f"regime must be 'fixed', 'fresh' or 'none', got {regime!r}; choose one of them")
    if normalisation not in ("mle", "unbiased"):
        raise ValueError(f"normalisation must be 'mle' or 'unbiased', got {normalisation!r}; choose one of them")
    for name, count, least in (("n", n, 1), ("k", k, 0)):
        whole(name, count, least, "round lam*n")
    if not 0 <= bias <= 1:
        raise ValueError(f"bias must lie in [0, 1] (1 = unbiased sampling), got {bias!r}; choose such a value")
    real = 0 if regime == "none" else n
    N = float(real + k)
    if N < 2:
        raise ValueError(f"a generation must train on >= 2 points, got {N:g}: no covariance; take a larger k or n")
    nu = 1.0 if normalisation == "mle" else N / (N - 1)
    return _Loop(N, k / N, a, float(bias), nu, regime)
