"""Linear regression on its own predictions: replace grows without bound, accumulate does not.

The setting of Dohmatob et al. 2024 (Model Collapse Demystified) and Gerstgrasser et al. 2024 (Is Model Collapse
Inevitable?), whose abstracts state linear growth and a finite bound [abs]; the formulas here are our own [D]. Inputs
N(0, I_d), drawn anew in each generation; labels w x + noise of variance sigma^2; least squares; n real and k synthetic
samples; the ideal corrector gives a synthetic label the true w with probability 1 - a. With e the error w_t - w*, G the
Gram matrix of the synthetic inputs whose labels stay and S that of all, e' = S^-1 (G e + noise).

Everything follows from three facts on N Gaussian inputs. E tr S^-1 = d/(N-d-1). Inputs are exchangeable, so a subset
of k has E tr(S^-1 G S^-1) = (k/N) E tr S^-1. And x = S^(1/2) q with q a row of a uniform orthonormal frame independent
of S, so that E sum_i |x_i|^2 x_i S^-2 x_i = (E tr S tr S^-1 + 2d)/(N+2), where E tr S tr S^-1 = (Nd-2) d/(N-d-1).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.hypotheses import kept_share
from theory.updates import Number

Floats = NDArray[np.float64]
SCHEDULES = ("augment", "replace", "fresh", "accumulate")


def fit_error(N: Number, d: Number) -> Number:
    """E |w - w*|^2 of least squares on N true samples, in units of sigma^2: d/(N-d-1)."""
    return d / (N - d - 1)


def own_term(N: Number, d: Number) -> Number:
    """(1/d) E sum_i |x_i|^2 x_i S^-2 x_i over all N inputs; 3/(N+2) for d = 1."""
    return ((N * d - 2) / (N - d - 1) + 2) / (N + 2)


def retention(n: Number, k: Number, d: Number, a: Number) -> Number:
    """[D] Factor on E |e|^2 per generation with n freshly labelled and k own samples, of which the share a stays.

    p2 + (p1 - p2) `own_term`: p1 = k a/N is the chance that a sample stays, p2 = k(k-1) a^2/(N(N-1)) that two do.
    """
    N = n + k
    first, both = k * a / N, k * (k - 1) * a * a / (N * (N - 1))
    return both + (first - both) * own_term(N, d)


def accumulated_step(N: Number, k: Number, d: Number) -> Number:
    """[D] What k further own samples, N with them, add to E |e|^2 without correction: k d/(N(N-d-1)) sigma^2.

    For k = n the sum over t >= 2 of d/(t(tn-d-1)) stays below pi^2/6 - 1 times the first fit's error d/(n-d-1).
    """
    return k * d / (N * (N - d - 1))


def error_path(
    n: int, k: int, d: int, gamma: float, generations: int, schedule: str, noise: float = 1.0
) -> Floats | None:
    """[D] E |w_t - w*|^2 over generations, (generations + 1,), exact; noise: sigma, the labels' standard deviation.

    None where the expectation does not close: a fixed real set (augment, accumulate) with 0 < gamma < inf, and augment
    with gamma = 0: errors of one generation then depend on the Gram matrix that later ones use again.

    Raises:
        ValueError: an unknown schedule, a negative or nan gamma, fewer than d + 2 samples to fit.
    """
    a = kept_share(gamma)
    if schedule not in SCHEDULES:
        raise ValueError(f"schedule must be one of {', '.join(SCHEDULES)}, got {schedule!r}; choose one of them")
    least = k if schedule == "replace" else n
    if least < d + 2:
        raise ValueError(f"a fit in {d} dimensions needs >= {d + 2} samples, got {least}; raise n (or lam)")
    steps = np.arange(generations + 1)
    first = float(fit_error(n, d))
    if k == 0:
        return noise**2 * np.full(generations + 1, first)
    if schedule in ("replace", "fresh"):
        real = 0 if schedule == "replace" else n
        factor, added = float(retention(real, k, d, a)), float(fit_error(real + k, d))
        path = np.empty(generations + 1)
        path[0] = first
        for t in steps[1:]:
            path[t] = factor * path[t - 1] + added
        return noise**2 * path
    sizes = n + k * (steps if schedule == "accumulate" else np.minimum(steps, 1))
    if a == 0:
        return noise**2 * np.asarray(fit_error(sizes, d), dtype=float)
    if a == 1 and schedule == "accumulate":
        grown = np.concatenate([[0.0], np.cumsum(accumulated_step(sizes[1:], k, d))])
        return noise**2 * (first + grown)
    return None
