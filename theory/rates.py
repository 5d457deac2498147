"""Contraction rates of the loop: by how much one generation multiplies the error, and what each rate rests on.

Every function returns a `Rate`: the value, the hypotheses it checked with both sides, its status. lam = inf (no real
data) and gamma = inf (always correct) are ordinary values; lam = inf with gamma = 0 is a `HypothesisError`, as no
fixed point attracts. e stands for eps L/alpha, see `relative_gap`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory import updates
from theory.hypotheses import Hypothesis, HypothesisError, below, kept_share, shares

Status = Literal["theorem", "derived", "heuristic"]
_EXCEEDS = "the bound is not below 1: it promises no contraction"


@dataclass(frozen=True)
class Rate:
    """A factor per generation.

    value: >= 0; inf where the statement gives no bound, and then `reason` says why.
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
            "eps*L is unbounded: the Hessian is not Lipschitz in x; use natural parameters (L = 0) or rate_exact"
        )
    e = eps * lipschitz / alpha
    if math.isinf(e):
        raise HypothesisError(f"eps*L/alpha overflows (eps {eps!r}, L {lipschitz!r}, alpha {alpha!r}); use rate_exact")
    return e


def rate_exponential_family(lam: float, gamma: float) -> Rate:
    """T4 [D]: r = lam/((1+lam)(1+gamma)), exact and global in mean parameters, even for a misspecified model."""
    s, a = shares(lam, gamma)
    return Rate(float(updates.contraction(s, a)), "derived", ())


def rate_from_spectrum(lam: float, gamma: float, mu: float) -> Rate:
    """T2 [D]: a lam mu/(1 + lam mu), mu the largest eigenvalue of A^-1 B; below a for every lam.

    Raises:
        ValueError: mu is negative, nan or inf.
    """
    if not (mu >= 0 and math.isfinite(mu)):
        raise ValueError(f"mu must be >= 0 and finite (an eigenvalue of A^-1 B), got {mu!r}; choose such a value")
    s, a = shares(lam, gamma)
    value = float(updates.jacobian_eigenvalue(mu, s=s, a=a)) if mu > 0 else 0.0
    return Rate(value, "derived", (Hypothesis("mu >= 0", mu, 0.0, True),))


def rate_exact(lam: float, gamma: float, A: ArrayLike, B: ArrayLike) -> Rate:
    """T2 [D]: spectral radius of DG(theta*) = lam a (A + lam B)^-1 B; neither L eps < alpha nor a small lam is needed.

    Args:
        A: E_data of the Hessian of log p at theta*, (d, d) or a number; symmetric, negative definite.
        B: the same under p_theta*: minus the Fisher information; symmetric, negative semidefinite. The information
            identity behind it needs a support that does not depend on theta: otherwise only the bounds of T3 hold.

    Raises:
        ValueError: shapes differ, not square, not finite or not symmetric.
        HypothesisError: A is not negative definite (theta* is no strict maximum) or B not negative semidefinite.
    """
    hessian, fisher = _symmetric("A", A), _symmetric("B", B)
    if hessian.shape != fisher.shape:
        raise ValueError(f"A and B must have the same shape, got {hessian.shape} and {fisher.shape}; give both (d, d)")
    top_a, top_b = (float(np.linalg.eigvalsh(x)[-1]) for x in (hessian, fisher))
    rounding = 1e-10 * float(np.abs(fisher).max())
    held = (
        Hypothesis("A negative definite", top_a, 0.0, top_a < 0),
        Hypothesis("B negative semidefinite", top_b, 0.0, top_b <= rounding),
    )
    if not held[0].holds:
        raise HypothesisError(
            f"A must be negative definite, largest eigenvalue {top_a:.6g}: theta* is no strict maximum"
        )
    if not held[1].holds:
        raise HypothesisError(f"B must be negative semidefinite (minus a Fisher information), eigenvalue {top_b:.6g}")
    try:
        root = np.linalg.cholesky(-hessian)
    except np.linalg.LinAlgError:
        raise HypothesisError(f"A is singular to rounding (largest eigenvalue {top_a:.6g}); rescale it") from None
    half = np.linalg.solve(root, -fisher)
    spectrum = np.linalg.eigvalsh(np.linalg.solve(root, half.T))
    found = rate_from_spectrum(lam, gamma, max(float(spectrum[-1]), 0.0))
    return Rate(found.value, "derived", held)


def rate_tight(lam: float, gamma: float, e: float) -> Rate:
    """T3 [D]: a u/(1+u), u = lam(1+e): bounds the spectral radius and the energy norm for every lam and e."""
    s, a = shares(lam, gamma)
    return Rate(float(updates.tight_bound(_gap(e), s=s, a=a)), "derived", ())


def rate_euclidean(lam: float, gamma: float, e: float) -> Rate:
    """T3 [D for gamma > 0, 2nd for gamma = 0]: a u/(1 + lam(1-e)) bounds the Euclidean norm if lam e < 1 + lam."""
    s, a = shares(lam, gamma)
    applies = below("s*e < 1, that is lam*e < 1 + lam", s * _gap(e), 1.0)
    value = float(updates.euclidean_bound(e, s=s, a=a)) if applies.holds else math.inf
    limit = Hypothesis("lam < (1+gamma)/((2+gamma)e - gamma)", lam, lam_max_euclidean(gamma, e), value < 1)
    reason = "" if value < 1 else _EXCEEDS if applies.holds else "lambda too large for the Euclidean bound"
    return Rate(value, "derived", (applies, limit), reason, "D" if gamma > 0 else "2nd")


def rate_published(lam: float, gamma: float, e: float) -> Rate:
    """Theorem 4.3 of Gillman et al. [2nd; its condition on lam R]: a u/(1-u), u = lam(1+e).

    inf with a reason if u >= 1: the formula would turn negative there.

    Raises:
        HypothesisError: e >= 1.
    """
    _, a = shares(lam, gamma)
    limit = lam_max_published(gamma, e)
    u = lam * (1 + e)
    value = float(updates.published_bound(u, a=a)) if u < 1 else math.inf
    held = (
        below("L*eps < alpha, as e < 1", e, 1.0),
        below("u = lam*(1+e) < 1", u, 1.0),
        Hypothesis("lam < (1+gamma)/((2+gamma)(1+e))", lam, limit, lam < limit),
    )
    reason = "" if lam < limit else _EXCEEDS if u < 1 else "lambda too large for the published bound"
    return Rate(value, "theorem", held, reason, "2nd")


def lam_max_published(gamma: float, e: float) -> float:
    """Theorem 4.3 covers lam below this: (1+gamma)/((2+gamma)(1+e)) [R]; never reaches 1.

    Raises:
        HypothesisError: e >= 1.
    """
    a = kept_share(gamma)
    if not _gap(e) < 1:
        raise HypothesisError("L*eps >= alpha: theorem 4.3 does not apply; use rate_exact")
    return 1 / ((1 + a) * (1 + e))


def lam_max_euclidean(gamma: float, e: float) -> float:
    """The Euclidean bound is below 1 for lam under this: (1+gamma)/((2+gamma)e - gamma) [D]; inf: no limit on lam."""
    kept_share(gamma)
    excess = _gap(e) - 1 if math.isinf(gamma) else (2 + gamma) * e - gamma
    if excess <= 0:
        return math.inf
    return 1 / excess if math.isinf(gamma) else (1 + gamma) / excess


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


def _symmetric(name: str, value: ArrayLike) -> NDArray[np.float64]:
    matrix = np.atleast_2d(np.asarray(value, dtype=np.float64))
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"{name} must be a number or a square matrix, got shape {np.shape(value)}; give a Hessian")
    if not np.isfinite(matrix).all():
        raise ValueError(f"{name} must be finite, got {matrix.tolist()}; check how it was computed")
    gap = float(np.abs(matrix - matrix.T).max())
    if gap > 1e-8 * float(np.abs(matrix).max()):
        raise ValueError(f"{name} must be symmetric, its sides differ by {gap:.3g}; give (X + X.T)/2")
    return (matrix + matrix.T) / 2
