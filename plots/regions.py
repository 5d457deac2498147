"""Where the loop is stable over (lambda, gamma): published against exact, and the exact stationary error.

The grids are those of theory's plain arithmetic, whole arrays at a time. Rows follow gamma, columns lam. Only finite
lam and gamma are drawn; `theory.rates` and `theory.moments` give single points, infinity included.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from plots import planes
from plots.statistics import Floats
from theory import formulas, rates, updates

LAM_MIN = 0.01
"""Left end of the lambda axis."""
GAMMA_LINEAR = 0.01
"""Below it the gamma axis is linear and reaches 0."""
REGIMES = ("fixed", "fresh")
"""Real data of the loop: the same n points in every generation, or n new ones."""
COLLAPSE_K = (2.0, 1000.0)
COLLAPSE_GAMMA = (1e-4, 10.0)
"""The plane of the loop without real data: k (log), gamma (linear below the first)."""
_LIMITS: dict[str, tuple[float, float]] = {
    "n": (1, 10**9),
    "points": (16, 1000),  # a grid of 1000 x 1000 takes 8 MB
    "lam_max": (10, 1e6),  # the published boundary, always below 1, lies inside, with room beside it
    "gamma_max": (1, 1e6),
}


@dataclass(frozen=True, kw_only=True)
class Plane:
    """What is mapped, checked.

    n: real points, 1 to 1e9. e: eps L/alpha, in [0, 1). mu: largest eigenvalue of A^-1 B, in [0, 1 + e].
    regime: one of `REGIMES`. points: grid points along each axis, 16 to 1000.
    lam_max: right end of the lambda axis, 10 to 1e6. gamma_max: upper end of the gamma axis, 1 to 1e6.

    Raises:
        ValueError: a number is out of its range or the regime is unknown.
        HypothesisError: e >= 1.
    """

    n: int = 50
    e: float = 0.0
    mu: float = 1.0
    regime: str = "fixed"
    points: int = 121
    lam_max: float = 100.0
    gamma_max: float = 100.0

    def __post_init__(self) -> None:
        for name, (least, most) in _LIMITS.items():
            value = getattr(self, name)
            whole = name in ("n", "points")
            if not least <= value <= most or (whole and int(value) != value):
                kind = "a whole number" if whole else "a number"
                raise ValueError(
                    f"{name} must be {kind} from {least:g} to {most:g}, got {value!r}; choose such a value"
                )
        if self.regime not in REGIMES:
            raise ValueError(f"regime must be one of {', '.join(REGIMES)}, got {self.regime!r}; choose one of them")
        if not 0 <= self.e < np.inf:
            raise ValueError(f"e = eps*L/alpha must be >= 0 and finite, got {self.e!r}; choose such a value")
        rates.lam_max_published(0.0, self.e)  # refuses e >= 1
        rates.rate_from_spectrum(1.0, 0.0, self.mu)
        if self.mu > (1 + self.e) * (1 + 1e-9):
            raise ValueError(
                f"mu must be <= 1 + e = {1 + self.e:g} (e bounds the spectrum of A^-1 B), got {self.mu!r}; "
                "lower mu or raise e"
            )


@dataclass(frozen=True)
class Maps:
    """The grids of a `Plane`, P points along each axis."""

    lam: Floats  # (P,) evenly spaced on a log axis
    gamma: Floats  # (P,) from 0, evenly spaced on the axis as drawn
    published: Floats  # (P, P) factor of Theorem 4.3; nan where it makes no statement
    exact: Floats  # (P, P) local rate
    stationary_error: Floats  # (P, P) n M_inf; nan where a generation has less than one synthetic point
    boundary: Floats  # (P,) lam below which the published theorem holds, for each gamma


@dataclass(frozen=True)
class Collapse:
    """The loop without real data, Q points along each axis."""

    k: Floats  # (Q,) synthetic points of a generation
    gamma: Floats  # (Q,) from 0
    variance: Floats  # (Q, Q) S_inf, rows follow gamma
    half: Floats  # (Q,) gamma at which S_inf = 1/2, for each k


def maps(plane: Plane) -> Maps:
    """All grids of a plane."""
    lam = planes.log_axis(LAM_MIN, plane.lam_max, plane.points)
    gamma = planes.zero_log_axis(GAMMA_LINEAR, plane.gamma_max, plane.points)
    columns, rows = lam[None, :], gamma[:, None]
    factor = published(columns, rows, plane.e)
    return Maps(
        lam=lam,
        gamma=gamma,
        published=np.where(factor < 1, factor, np.nan),
        exact=exact(columns, rows, plane.mu),
        stationary_error=stationary_error(columns, rows, plane.n, plane.regime),
        boundary=boundary(gamma, plane.e),
    )


def published(lam: Floats, gamma: Floats, e: float) -> Floats:
    """Factor of Theorem 4.3 [2nd], a u/(1-u) with u = lam(1+e); inf where u >= 1, >= 1 where it certifies nothing."""
    u, a = np.broadcast_arrays(lam * (1 + e), updates.kept_share(gamma))
    factor = np.full(u.shape, np.inf)
    known = u < 1
    factor[known] = updates.published_bound(u[known], a=a[known])
    return factor


def boundary(gamma: Floats, e: float) -> Floats:
    """The published theorem holds for lam below this: (1+gamma)/((2+gamma)(1+e)) [R]."""
    limit: Floats = 1 / ((1 + updates.kept_share(gamma)) * (1 + e))
    return limit


def exact(lam: Floats, gamma: Floats, mu: float) -> Floats:
    """T2 [D]: exact local rate a lam mu/(1 + lam mu), mu the largest eigenvalue of A^-1 B."""
    # as `rates.rate_from_spectrum`: lam mu in place of lam keeps the digits that 1 - s loses at large lam
    rate: Floats = updates.contraction(updates.synthetic_share(lam * mu), updates.kept_share(gamma))
    return rate


def stationary_error(lam: Floats | float, gamma: Floats | float, n: int, regime: str) -> Floats:
    """T9 [D]: n M_inf of the Gaussian loop (maximum likelihood), k = lam n; 1 is the error of the real data alone.

    nan where k < 1. k is not rounded: between whole numbers the formula interpolates.
    """
    k, a = np.broadcast_arrays(n * lam, updates.kept_share(gamma))
    k = np.where(k >= 1 - 1e-9, k, np.nan)  # lam = 1/n must survive its rounding
    s = k / (n + k)
    r = updates.contraction(s, a)
    if regime == "fresh":
        error: Floats = n * formulas.stationary_fresh(n + k, r, k)
    else:
        error = n * formulas.stationary_fixed(n + k, n, s, r, k)
    return error


def stationary_variance(k: Floats, gamma: Floats) -> Floats:
    """T9 [D]: S_inf = 1 - M_inf, the expected variance of the loop without real data, 1 for the target.

    0 at gamma = 0: without correction nothing is left.
    """
    variance: Floats = 1 - formulas.wright(k, updates.kept_share(gamma))
    return variance


def half_sample(k: Floats) -> Floats:
    """T10 [D]: the gamma at which S_inf = 1/2 without real data, (k-1)(1-a^2) = 1; about 1/(2k). inf for k <= 2."""
    with np.errstate(divide="ignore"):
        strength: Floats = formulas.half_sample_gamma(np.maximum(k, 2.0), sqrt=np.sqrt)
    return strength


def collapse(points: int = 161) -> Collapse:
    """The map of the loop without real data; it depends on nothing but k and gamma."""
    k = planes.log_axis(*COLLAPSE_K, points)
    gamma = planes.zero_log_axis(*COLLAPSE_GAMMA, points)
    return Collapse(k, gamma, stationary_variance(k[None, :], gamma[:, None]), half_sample(k))


def certified_share(found: Maps) -> float:
    """Share of the plane, as drawn, that the published theorem certifies; its boundary is integrated, not counted."""
    span = np.log(found.lam[[0, -1]])
    inside = np.clip((np.log(found.boundary) - span[0]) / (span[1] - span[0]), 0, 1)  # (P,) of each row
    return float(np.trapezoid(inside, dx=1 / (len(inside) - 1)))


def stable_share(found: Maps) -> float:
    """Share of the grid points at which the exact rate is below 1."""
    return float((found.exact < 1).mean())


def least_gamma(lam: float, n: int, regime: str) -> float | None:
    """Smallest gamma from which the stationary error is at most 1/n, that of the real data alone.

    The error falls with gamma, so there is one crossing. None where a generation has less than one synthetic point.
    """

    def excess(a: float) -> float:
        return float(stationary_error(lam, 1 / a - 1, n, regime)) - 1

    if np.isnan(excess(1.0)):
        return None
    if excess(1.0) <= 1e-12:  # n = 1 and k = 2: exactly 1, but for rounding
        return 0.0
    return float(1 / brentq(excess, 1e-9, 1.0, xtol=1e-15, rtol=1e-14) - 1)  # at a = 0 the error is 1 - s
