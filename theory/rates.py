"""Contraction rates of the loop: by how much one generation multiplies the error, and what each rate rests on.

Every function returns a `Rate`: the value, the hypotheses it checked with both sides, its status. lam = inf (no real
data) and gamma = inf (always correct) are ordinary values; lam = inf with gamma = 0 is a `HypothesisError`, as no
fixed point attracts. e stands for eps L/alpha, see `relative_gap`, or for what replaces it where both Hessians are
known, `hessians.hessian_gap`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from numpy.typing import ArrayLike

from theory import updates
from theory.hessians import pair
from theory.hypotheses import Hypothesis, HypothesisError, below, kept_share, strengths, synthetic_share

Status = Literal["theorem", "derived", "heuristic"]
_EXCEEDS = "the bound is not below 1: it promises no contraction"
_ROUNDED = "below 1, but by less than a float resolves: the half-life is not inf but above 1e15 generations"
_FINITE = "every finite lam; lam = inf itself is excluded: no real data and no correction"


@dataclass(frozen=True)
class Rate:
    """A factor per generation.

    value: >= 0; where it is not below 1, or inf because the statement gives no bound, `reason` says why.
    status: "theorem" (a paper's statement), "derived" (ours, verified) or "heuristic".
    tag: how well the source is known, a key of `hypotheses.TAGS`.
    """

    value: float
    status: Status
    hypotheses: tuple[Hypothesis, ...]
    reason: str = ""
    tag: str = "D"

    @property
    def contracts(self) -> bool:
        """True if the error shrinks."""
        return self.value < 1


@dataclass(frozen=True)
class Limit:
    """Up to which lam a rate is below 1.

    value: the limit, inf if there is none.
    attained: True if lam = value contracts as well; only ever at inf.
    reason: what the number alone does not say.
    """

    value: float
    attained: bool
    reason: str = ""

    def covers(self, lam: float) -> bool:
        """True if the rate is below 1 at lam."""
        return lam < self.value or (self.attained and lam == self.value)


def relative_gap(eps: float, lipschitz: float, alpha: float) -> float:
    """e = eps L/alpha: bounds the relative distance of the Hessians A and B (Kantorovich duality).

    Args:
        eps: W1 distance of p_theta* to the data law [units of x].
        lipschitz: L, Lipschitz constant in x of the Hessian of log p_theta* [1/(units of x)]. 0 for an exponential
            family in natural parameters; inf for the Gaussian in (mean, covariance): quadratic in x.
        alpha: smallest eigenvalue of -A, the curvature of the data log-likelihood at theta*.

    Raises:
        ValueError: eps or L negative or nan.
        HypothesisError: alpha <= 0 (theta* is no strict maximum) or L eps without bound.
    """
    for name, value in (("eps", eps), ("lipschitz", lipschitz)):
        if not value >= 0:
            raise ValueError(f"{name} must be >= 0, got {value!r}; choose such a value")
    if not (alpha > 0 and math.isfinite(alpha)):
        raise HypothesisError(
            f"alpha must be positive and finite, got {alpha!r}: theta* is no strict maximum of the data likelihood; "
            "choose other parameters of the model"
        )
    if math.isinf(lipschitz) or math.isinf(eps):
        raise HypothesisError(
            "eps*L is unbounded: the Hessian is not Lipschitz in x; use natural parameters (L = 0) or rate_exact",
            below("eps*L < inf", math.inf, math.inf),
        )
    e = eps * lipschitz / alpha
    if math.isinf(e):
        raise HypothesisError(f"eps*L/alpha overflows (eps {eps!r}, L {lipschitz!r}, alpha {alpha!r}); use rate_exact")
    return e


def rate_exponential_family(lam: float, gamma: float) -> Rate:
    """T4 [D]: r = lam/((1+lam)(1+gamma)), exact and global in mean parameters, even for a misspecified model."""
    s, a, held = strengths(lam, gamma)
    return _below_one(float(updates.contraction(s, a)), held)


def rate_from_spectrum(lam: float, gamma: float, mu: float) -> Rate:
    """T2 [D]: a lam mu/(1 + lam mu), mu the largest eigenvalue of A^-1 B; below a for every lam.

    Raises:
        ValueError: mu is negative, nan or inf.
    """
    if not (mu >= 0 and math.isfinite(mu)):
        raise ValueError(f"mu must be >= 0 and finite (an eigenvalue of A^-1 B), got {mu!r}; choose such a value")
    _, a, held = strengths(lam, gamma)
    # `updates.jacobian_eigenvalue` in other words: T4 with lam mu for lam. It needs no 1 - s, which keeps only four
    # digits at lam = 1e12 and so would spoil the rate of a small mu.
    value = float(updates.contraction(synthetic_share(lam * mu), a)) if mu > 0 else 0.0
    return _below_one(value, (*held, Hypothesis("mu >= 0", mu, 0.0, True)))


def rate_exact(lam: float, gamma: float, A: ArrayLike, B: ArrayLike) -> Rate:
    """T2 [D]: spectral radius of DG(theta*) = lam a (A + lam B)^-1 B; neither L eps < alpha nor a small lam is needed.

    Args:
        A: E_data of the Hessian of log p at theta*, (p, p) or a number; symmetric, negative definite.
        B: the same under p_theta*: minus the Fisher information; symmetric, negative semidefinite. The information
            identity behind it needs a support that does not depend on theta: otherwise only the bounds of T3 hold.

    Raises:
        ValueError, HypothesisError: as `hessians.pair`.
    """
    found = pair(A, B)
    rate = rate_from_spectrum(lam, gamma, float(found.mu[-1]))
    return replace(rate, hypotheses=(*rate.hypotheses, *found.hypotheses))


def rate_tight(lam: float, gamma: float, e: float) -> Rate:
    """T3 [D]: a u/(1+u), u = lam(1+e): bounds the spectral radius and the energy norm for every lam and e.

    Args:
        e: from `relative_gap` or, without a Lipschitz constant, `hessian_gap`.
    """
    s, a, held = strengths(lam, gamma)
    return _below_one(float(updates.tight_bound(_gap(e), s=s, a=a)), (*held, _nonnegative(e)))


def rate_euclidean(lam: float, gamma: float, e: float) -> Rate:
    """T3 [D]: a u/(1 + lam(1-e)), u = lam(1+e), bounds the Euclidean norm if lam e < 1 + lam.

    At gamma = 0 and e < 1 it is the uncurated rate of Ferbach et al., lam(alpha + eps L)/(alpha + lam(alpha - eps L))
    for lam < alpha/(2 eps L) [2nd].

    Args:
        e: from `relative_gap` or, without a Lipschitz constant, `hessian_gap` in the Euclidean norm.
    """
    s, a, held = strengths(lam, gamma)
    applies = below("s*e < 1, that is lam*e < 1 + lam", s * _gap(e), 1.0)
    value = float(updates.euclidean_bound(e, s=s, a=a)) if applies.holds else math.inf
    limit = lam_max_euclidean(gamma, e)
    rounded = value == 1 and lam < limit
    held = (*held, _nonnegative(e), applies)
    held = (*held, Hypothesis("lam < (1+gamma) / ((2+gamma) e - gamma)", lam, limit, value < 1 or rounded))
    reason = "" if value < 1 else _EXCEEDS if applies.holds else "lambda too large for the Euclidean bound"
    tag = "2nd" if gamma == 0 and e < 1 else "D"
    return Rate(value, "derived", held, _ROUNDED if rounded else reason, tag)


def rate_published(lam: float, gamma: float, e: float) -> Rate:
    """Theorem 4.3 of Gillman et al. [2nd; its condition on lam R]: a u/(1-u), u = lam(1+e).

    inf with a reason if u >= 1: the formula would turn negative there. At gamma = 0 its conditions are those under
    which Bertrand et al. prove stability: L eps < alpha and lam(1 + L eps/alpha) < 1/2 [2nd].

    Raises:
        HypothesisError: e >= 1.
    """
    _, a, held = strengths(lam, gamma)
    limit = lam_max_published(gamma, e)
    u = lam * (1 + e)
    value = float(updates.published_bound(u, a=a)) if u < 1 else math.inf
    held = (*held, _nonnegative(e), _admitted(e), below("u = lam*(1+e) < 1", u, 1.0))
    if gamma == 0:
        held = (*held, Hypothesis("lam*(1+e) < 1/2, as gamma = 0: Bertrand et al.", u, 0.5, lam < limit))
    held = (*held, Hypothesis("lam < (1+gamma) / ((2+gamma) (1+e))", lam, limit, lam < limit))
    reason = "" if lam < limit else _EXCEEDS if u < 1 else "lambda too large for the published bound"
    return Rate(value, "theorem", held, reason, "2nd")


def lam_max_exact(gamma: float) -> Limit:
    """T2 [D]: up to which lam the loop contracts: every lam, for every model with a strict maximum."""
    kept_share(gamma)
    return Limit(math.inf, gamma > 0, "" if gamma > 0 else _FINITE)


def lam_max_tight(gamma: float, e: float) -> Limit:
    """T3 [D]: up to which lam the tight bound is below 1: every lam, for every e."""
    _gap(e)
    return lam_max_exact(gamma)


def lam_max_published(gamma: float, e: float) -> float:
    """Theorem 4.3 covers lam below this: (1+gamma)/((2+gamma)(1+e)) [R]; never reaches 1.

    Raises:
        HypothesisError: e >= 1.
    """
    a = kept_share(gamma)
    if not _gap(e) < 1:
        raise HypothesisError(
            f"L*eps >= alpha: theorem 4.3 does not apply; use rate_exact (e = L*eps/alpha = {e:.4g}, must be < 1)",
            _admitted(e),
        )
    return 1 / ((1 + a) * (1 + e))


def lam_max_euclidean(gamma: float, e: float) -> float:
    """The Euclidean bound is below 1 for lam under this: (1+gamma)/((2+gamma)e - gamma) [D]; inf: no limit on lam."""
    a = kept_share(gamma)
    corrected = 1.0 if math.isinf(gamma) else gamma * a  # 1 - a, but exact for a small gamma
    excess = _gap(e) * (1 + a) - corrected
    return 1 / excess if excess > 0 else math.inf


def half_life(rate: float) -> float:
    """Generations in which the error halves, ln 2/ln(1/rate); 0 for rate 0, inf for rate >= 1.

    Raises:
        ValueError: rate is negative or nan.
    """
    if not rate >= 0:
        raise ValueError(f"rate must be >= 0 (a factor per generation), got {rate!r}; choose such a value")
    if rate == 0 or rate >= 1:
        return 0.0 if rate == 0 else math.inf
    return math.log(2) / -math.log(rate)


def _gap(e: float) -> float:
    if not (e >= 0 and math.isfinite(e)):
        raise ValueError(f"e = eps*L/alpha must be >= 0 and finite, got {e!r}; use relative_gap")
    return e


def _nonnegative(e: float) -> Hypothesis:
    return Hypothesis("e >= 0", e, 0.0, True)


def _admitted(e: float) -> Hypothesis:
    return below("L*eps < alpha, as e < 1", e, 1.0)


def _below_one(value: float, held: tuple[Hypothesis, ...]) -> Rate:
    """A rate that is below 1 by its formula; where the floats cannot show it, `reason` says so."""
    return Rate(value, "derived", held, "" if value < 1 else _ROUNDED)
