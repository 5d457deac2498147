"""Update rules of the loop as plain arithmetic: floats, fractions, numpy arrays and sympy symbols alike.

No validation here. The code that is simulated is the code that is proved: `proofs` calls these very functions with
symbols, `rates`, `moments` and `checks` with numbers. Except where lam itself is named, arguments are the two shares
in [0, 1], so that lam = inf (s = 1) and gamma = inf (a = 0) are ordinary values:

    a = 1/(1+gamma)   the share of synthetic samples that the correction leaves alone
    s = lam/(1+lam)   the share of synthetic samples in the training set
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Number = Any  # float, fractions.Fraction, numpy array or sympy expression


def kept_share(gamma: Number) -> Number:
    """a = 1/(1+gamma), also for gamma = inf."""
    return 1 / (1 + gamma)


def synthetic_share(lam: Number) -> Number:
    """s = lam/(1+lam) for finite lam; `hypotheses.shares` adds lam = inf."""
    return lam / (1 + lam)


# ---- the mixtures


def corrected(model: Number, target: Number, *, a: Number) -> Number:
    """An expectation under pi_gamma p = (p + gamma p*)/(1+gamma), the law that the ideal corrector leaves. [2nd]"""
    return a * model + (1 - a) * target


def trained(data: Number, synthetic: Number, *, s: Number) -> Number:
    """An expectation under the training law (data + lam synthetic)/(1+lam)."""
    return (1 - s) * data + s * synthetic


# ---- one generation, population version


def mean_parameter_step(m: Number, *, target: Number, s: Number, a: Number) -> Number:
    """T4 [D]: mean parameter E T(x) of an exponential family after one generation.

    The maximum-likelihood fit reproduces the training law's E T, which is linear in the mixture; the data's E T is
    `target`, because the fit theta* of the data matches it, whether the family contains the data law or not.
    """
    return trained(target, corrected(m, target, a=a), s=s)


def square(x: Number) -> Number:
    """x times itself: the outer product of a scalar."""
    return x * x


def gaussian_step(
    mean: Number,
    cov: Number,
    *,
    target_mean: Number,
    target_cov: Number,
    s: Number,
    a: Number,
    outer: Callable[[Number], Number] | None = None,
) -> tuple[Number, Number]:
    """T4 [D] for the Gaussian family: mean and covariance after one generation.

    Args:
        mean, cov: the current model, scalars in one dimension, else (d,) and (d, d) with leading axes of one's own.
        target_mean, target_cov: mean and covariance of the data.
        outer: v -> v v^T for the kind of vector in use; by default the square of a scalar.
    """
    outer = outer or square
    raw = mean_parameter_step(cov + outer(mean), target=target_cov + outer(target_mean), s=s, a=a)
    new_mean = mean_parameter_step(mean, target=target_mean, s=s, a=a)
    return new_mean, raw - outer(new_mean)


def curved_fit(q1: Number, q2: Number, *, sqrt: Callable[[Number], Number]) -> Number:
    """T5 [D]: maximum-likelihood theta > 0 of the curved family N(theta, theta^2) from raw moments q1, q2."""
    return (sqrt(q1 * q1 + 4 * q2) - q1) / 2


def curved_step(
    theta: Number, *, m1: Number, m2: Number, s: Number, a: Number, sqrt: Callable[[Number], Number]
) -> Number:
    """T5 [D]: one generation in N(theta, theta^2); m1, m2 are the raw moments of the data."""
    best = curved_fit(m1, m2, sqrt=sqrt)
    q1 = trained(m1, corrected(theta, best, a=a), s=s)
    q2 = trained(m2, corrected(2 * theta * theta, 2 * best * best, a=a), s=s)
    return curved_fit(q1, q2, sqrt=sqrt)


# ---- rates


def contraction(s: Number, a: Number) -> Number:
    """T4 [D]: r = s a = lam/((1+lam)(1+gamma)), the exact factor per generation in an exponential family."""
    return s * a


def jacobian(big_a: Number, big_b: Number, *, lam: Number, a: Number) -> Number:
    """T1 [D], one parameter: DG(theta*) = lam a B/(A + lam B); finite lam."""
    return lam * a * big_b / (big_a + lam * big_b)


def jacobian_eigenvalue(mu: Number, *, s: Number, a: Number) -> Number:
    """T2 [D]: a lam mu/(1 + lam mu), for mu an eigenvalue of A^-1 B; needs mu > 0 at s = 1."""
    return a * (s * mu / (1 - s + s * mu))  # the fraction first: at s = 1 it is 1 even for a subnormal mu


def tight_bound(e: Number, *, s: Number, a: Number) -> Number:
    """T3 [D]: a u/(1+u), u = lam(1+e): bounds the spectral radius and the energy norm for every lam and e."""
    return a * s * (1 + e) / (1 + s * e)


def euclidean_bound(e: Number, *, s: Number, a: Number) -> Number:
    """T3 [D for gamma > 0]: a u/(1 + lam(1-e)): bounds the Euclidean norm where s e < 1."""
    return a * s * (1 + e) / (1 - s * e)


def published_bound(u: Number, *, a: Number) -> Number:
    """Theorem 4.3 [2nd]: a u/(1-u) for u = lam(1+e) < 1; in u, so that its boundary is exact in floats."""
    return a * u / (1 - u)


# ---- finite samples: the Gaussian loop (section 4 of the derivations, [D])


def corrected_variance(M: Number, S: Number, *, a: Number, bias: Number = 1) -> Number:
    """C: expected variance of one corrected sample; a mixture adds the spread a(1-a) delta^2 of its two means."""
    return a * bias * S + (1 - a) + a * (1 - a) * M


def moment_step(
    M: Number, S: Number, P: Number, *, N: Number, s: Number, a: Number, bias: Number = 1, nu: Number = 1
) -> tuple[Number, Number]:
    """(M, S) after one generation, in units of the target covariance.

    Args:
        M, S, P: E delta delta^T, E Sigma, E delta delta_real^T.
        N: training points of a generation, real and synthetic; s: the synthetic share of them.
        bias: factor on the covariance of the synthetic samples (1 = honest sampling).
        nu: 1 for the maximum-likelihood covariance, N/(N-1) for the unbiased one.

    Written with N and s only: s/k = (1-s)/n = 1/N, so k = 0 and no real data (s = 1) need no case of their own.
    """
    C = corrected_variance(M, S, a=a, bias=bias)
    new_M = (1 - s) / N + 2 * (1 - s) * s * a * P + s * s * a * a * M + s * C / N
    new_S = nu * ((1 - 1 / N) * (1 - s + s * C) + s * (1 - s) * (a * a * M - 2 * a * P))
    return new_M, new_S


def correlation_step(P: Number, *, N: Number, s: Number, a: Number) -> Number:
    """P after one generation with a fixed real set: the same real mean enters every fit."""
    return 1 / N + s * a * P


# ---- correctors that are not ideal


def wrong_target_step(m: Number, *, target: Number, aimed: Number, s: Number, a: Number) -> Number:
    """T6 [D]: mean parameter after one generation if the corrector draws from a law with E T = `aimed`."""
    return trained(target, corrected(m, aimed, a=a), s=s)


def shrink_step(v: Number, *, s: Number, a: Number) -> Number:
    """T7 [D]: variance after one generation if every synthetic sample is multiplied by a (1-D, target variance 1)."""
    return trained(1, a * a * v, s=s)


def transport_step(v: Number, *, s: Number, a: Number, sqrt: Callable[[Number], Number]) -> Number:
    """T7 [D]: variance after one generation if samples move the share 1-a of the way along the optimal transport map.

    In 1-D between Gaussians of equal mean that map is linear: the moved law has standard deviation a sigma + (1-a).
    """
    moved = a * sqrt(v) + (1 - a)
    return trained(1, moved * moved, s=s)


# ---- other models and measures


def kde_step(phi: Number, *, target: Number, kernel: Number, r: Number) -> Number:
    """R19 [D]: expected characteristic function of a kernel density estimate's law after one generation, r = s a.

    The estimate of n points is their empirical measure times the kernel, and linear in it: expectations close.
    """
    return kernel * corrected(phi, target, a=r)


def sensitivity_step(D: Number, *, s: Number, r: Number, real: Number) -> Number:
    """R20 [D], analogue of Fu 2025: how a moved real point keeps moving the mean, in units of its first effect.

    real: the share of the moved point that the generation still trains on, 1 with a fixed real set, 0 with fresh data.
    """
    return (1 - s) * real + r * D


def curated(p: Number, weight: Number, *, reference: Number, s: Number) -> Number:
    """Ferbach et al. [2nd]: law after one generation of curation, (p_ref + lam p H)/(1+lam); H = `weight`."""
    return trained(reference, p * weight, s=s)
