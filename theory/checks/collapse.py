"""T10-T12, R7, R8: the loop without real data collapses, explodes or stays, as its products of Wishart matrices say.

Statistical checks compare with *exact* standard errors: the logarithms are light-tailed, W2 is not.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import integrate, optimize, special

from theory.checks.check import Check, Measured, sample_covariance
from theory.collapse import logdet_drift, logdet_variance, lyapunov_exponents, w2_fourth, w2_squared
from theory.formulas import explosion_gamma, fourth_edge, half_sample_gamma
from theory.fourth import FourthMoments
from theory.moments import Normalisation, spectral_radius, stationary

Floats = NDArray[np.float64]


def _sample_covariances(rng: np.random.Generator, runs: int, k: int, d: int, divisor: int) -> Floats:
    return sample_covariance(rng.standard_normal((runs, k, d)), divisor)


def _exponents(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """QR of products of symmetric roots, k = 12, d = 3, unbiased. Increments are independent by rotation symmetry.

    Each has variance psi'((k-1-i)/2): that is the exact standard error, and there is no transient.
    """
    rng = np.random.default_rng([seed, 9])
    runs, steps, k, d = 64, 50 if quick else 500, 12, 3
    frame = np.broadcast_to(np.eye(d), (runs, d, d))
    total = np.zeros(d)
    for _ in range(steps):
        values, vectors = np.linalg.eigh(_sample_covariances(rng, runs, k, d, k - 1))
        root = (vectors * np.sqrt(values)[:, None, :]) @ vectors.transpose(0, 2, 1)
        frame, upper = np.linalg.qr(root @ frame)
        total += 2 * np.log(np.abs(np.einsum("rii->ri", upper))).sum(axis=0)
    error = np.sqrt(special.polygamma(1, (k - 1 - np.arange(d)) / 2) / (runs * steps))
    scores = (total / (runs * steps) - theory(k, d, "unbiased")) / error
    return Measured(float(np.abs(scores).max()), d)


def _logdet(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """log det after T = 60, k = 10, d = 2, both normalisations: mean and variance over runs.

    Standard errors: of the mean exactly sqrt(var/runs); of the variance from the fourth cumulant psi'''.
    """
    rng = np.random.default_rng([seed, 10])
    runs, steps, k, d = 2000 if quick else 20000, 60, 10, 2
    scores = []
    for name, divisor in (("mle", k), ("unbiased", k - 1)):
        sums = np.zeros(runs)
        for _ in range(steps):
            sums += np.linalg.slogdet(_sample_covariances(rng, runs, k, d, divisor))[1]
        variance = steps * logdet_variance(k, d)
        fourth = steps * float(special.polygamma(3, (k - 1 - np.arange(d)) / 2).sum())
        scores.append((sums.mean() - steps * theory(k, d, name)) / math.sqrt(variance / runs))
        scores.append((sums.var(ddof=1) - variance) / math.sqrt((fourth + 2 * variance**2) / runs))
    return Measured(float(np.abs(scores).max()), len(scores))


def _first_fourth(k: int) -> float:
    """E W2^4 after one generation, by quadrature over chi and with the Gaussian's moments: mu^2 = z^2/k."""

    def average(power: int) -> float:
        def integrand(y: float) -> float:
            log_density = (k - 2) * math.log(y) - y * y / 2 - (k - 3) / 2 * math.log(2) - math.lgamma((k - 1) / 2)
            return (y / math.sqrt(k - 1) - 1) ** power * math.exp(log_density)  # chi, k - 1 degrees of freedom

        return float(integrate.quad(integrand, 0, np.inf, epsabs=1e-13)[0])

    return 3 / k**2 + 2 * average(2) / k + average(4)


def _distance(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """E W2^2 of k = 20 points, T = 1, 10, 40, against simulation; the standard error is exact (weight-4 moments)."""
    rng = np.random.default_rng([seed, 11])
    runs, k = 20_000 if quick else 400_000, 20
    mean, sd = np.zeros(runs), np.ones(runs)
    scores = [0.0 if abs(w2_fourth(k, 1) / _first_fourth(k) - 1) < 1e-9 else math.inf]
    for generation in range(1, 41):
        mean = mean + sd * rng.standard_normal(runs) / math.sqrt(k)
        sd = sd * np.sqrt(rng.chisquare(k - 1, runs) / (k - 1))
        if generation in (1, 10, 40):
            expected = theory(k, generation)
            error = math.sqrt((w2_fourth(k, generation) - w2_squared(k, generation) ** 2) / runs)
            scores.append(((mean**2 + (sd - 1) ** 2).mean() - expected) / error)
    return Measured(float(np.abs(scores).max()), len(scores))


NORMALISATIONS: tuple[Normalisation, ...] = ("mle", "unbiased")
COUNTS = (3, 4, 5, 10, 30, 100, 1000, 10_000)


def _half_sample(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """S at that gamma, by the moment solver: 1/2 up to rounding times the condition number 1/(1-a) <= 2e4."""
    values = [stationary(2, k, float(theory(k)), "none").S for k in COUNTS]
    return Measured(float(np.abs(np.array(values) - 0.5).max()), len(values))


def _half_rule(k: int) -> float:
    return float(half_sample_gamma(k, sqrt=math.sqrt))


def _explosion(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Spectral radius at that gamma is 1, above it (x 1.01) less, below it (x .99) more: k = 3 to 10000."""
    worst = 0.0
    for k in COUNTS:
        edge = float(theory(k))
        radius = [spectral_radius(2, k, gamma, "none", "unbiased") for gamma in (edge, 0.99 * edge, 1.01 * edge)]
        worst = max(worst, abs(radius[0] - 1), math.inf if not radius[1] > 1 > radius[2] else 0.0)
    return Measured(worst, 3 * len(COUNTS))


def _explosion_rule(k: int) -> float:
    return float(explosion_gamma(k, sqrt=math.sqrt))


def _fourth_edge(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """k times the gamma where E v^2 stops diverging without real data, against its limit for many points.

    The next order is O(1/k): 2.5/k (unbiased) and less (maximum likelihood) are seen, 5/k is allowed.
    """
    worst, counts = 0.0, (30, 100, 300, 1000, 10_000)
    for name in NORMALISATIONS:
        limit = theory(name)
        for k in counts:
            excess = lambda g, k=k, name=name: FourthMoments(2, k, g, "none", name).radius - 1  # noqa: E731
            edge = optimize.brentq(excess, 0.35 / k, 4 / k)
            worst = max(worst, abs(k * edge - limit) * k / 5)
    return Measured(worst, 2 * len(counts))


def _real_data_settle(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Largest spectral radius minus 1 of the unbiased moment map with real data, lam up to 1e5, gamma >= 0."""
    worst, cases = -math.inf, 0
    for n in (1, 2, 5, 20, 50):
        for k in (2, 10, 100, 1000, 100_000):
            for gamma in (0.0, 1e-3, 0.1, 1.0, math.inf):
                worst = max(worst, spectral_radius(n, k, gamma, theory(), "unbiased") - 1)
                cases += 1
    return Measured(worst, cases)


CHECKS = (
    Check(
        codes=("T10",),
        statement="half-sample rule: E Sigma settles at 1/2 at gamma = sqrt((k-1)/(k-2)) - 1, about 1/(2k)",
        paper="this project",
        status="D",
        inputs="k = 3 to 10000, no real data, maximum likelihood",
        quantity="|S - 1/2|",
        bound=1e-10,
        theory=_half_rule,
        wrong_name="half a corrected sample in each generation to the letter: gamma = 1/(2k)",
        wrong_theory=lambda k: 1 / (2 * k),
        measure=_half_sample,
    ),
    Check(
        codes=("T11",),
        statement="unbiased covariance without real data explodes in mean below gamma_c, k(1-a^2) = a, and only there",
        paper="this project",
        status="D",
        inputs="k = 3 to 10000, gamma at, 1 % below and 1 % above gamma_c",
        quantity="|spectral radius - 1| at gamma_c; inf if a side is wrong",
        bound=1e-8,
        theory=_explosion_rule,
        wrong_name="the half-sample gamma instead",
        wrong_theory=_half_rule,
        measure=_explosion,
    ),
    Check(
        codes=("T11", "T13"),
        statement="no real data: E v^2 diverges up to gamma = 1/(2k), maximum likelihood, or 3/(2k), unbiased",
        paper="this project",
        status="D",
        inputs="k = 30 to 10000, root of the weight-4 radius",
        quantity="|k gamma - limit| in units of 5/k",
        bound=1.0,
        theory=fourth_edge,
        wrong_name="E v^2 diverges where E v does: nowhere, or up to 1/(2k)",
        wrong_theory=lambda name: 0.0 if name == "mle" else 0.5,
        measure=_fourth_edge,
    ),
    Check(
        codes=("T11",),
        statement="unbiased covariance with any real data, in numbers: the moments settle",
        paper="this project",
        status="D",
        inputs="n = 1 to 50, k = 2 to 100000, gamma = 0 to inf",
        quantity="spectral radius - 1",
        bound=-1e-9,
        theory=lambda: "fixed",
        wrong_name="the same claimed without real data",
        wrong_theory=lambda: "none",
        measure=_real_data_settle,
        claims=("T-9",),
    ),
    Check(
        codes=("T12", "R7"),
        statement="no real data, gamma = 0: Lyapunov exponents of the covariance, all negative: it collapses",
        paper="this project; collapse itself: MAD",
        status="D",
        inputs="k = 12, d = 3, 64 runs of 500 generations (quick 50)",
        quantity="standard scores, exact standard errors",
        bound=None,
        theory=lyapunov_exponents,
        wrong_name="exponents with k degrees of freedom instead of k - 1",
        wrong_theory=lambda k, d, name: lyapunov_exponents(k + 1, d, name) + math.log(k / (k - 1)),
        measure=_exponents,
        claims=("T-5",),
    ),
    Check(
        codes=("T12", "R7"),
        statement="fully synthetic loop: mean and variance of log det, both normalisations",
        paper="MAD; this project (law)",
        status="D",
        inputs="k = 10, d = 2, T = 60, 20000 runs (quick 2000)",
        quantity="standard scores, exact standard errors",
        bound=None,
        theory=logdet_drift,
        wrong_name="unbiased covariance has no drift: E Sigma is constant",
        wrong_theory=lambda k, d, name: 0.0 if name == "unbiased" else logdet_drift(k, d, name),
        measure=_logdet,
        claims=("T-5",),
    ),
    Check(
        codes=("T12", "R8"),
        statement="fully synthetic loop in one dimension: E W2^2 = t/k + 2(1 - c4(k)^t)",
        paper="this project; c4^t: Bertrand et al.",
        status="D",
        inputs="k = 20, T = 1, 10, 40, 400000 runs (quick 20000)",
        quantity="standard scores, exact standard errors",
        bound=None,
        theory=w2_squared,
        wrong_name="drift of the mean alone: t/k",
        wrong_theory=lambda k, t: t / k,
        measure=_distance,
        claims=("T-5",),
    ),
)
