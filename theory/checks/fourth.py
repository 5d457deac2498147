"""T13: the weight-4 system against the second moments and against one generation simulated point by point."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from theory.checks.check import Check, Measured
from theory.checks.moments import GAMMAS, REGIMES, SIZES
from theory.fourth import FourthMoments, corrected_moments, weight_map
from theory.moments import Normalisation, Regime, moments

NAMES: tuple[Normalisation, ...] = ("mle", "unbiased")


def _second(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """E delta^2 and E v of both systems over 50 generations. Relative to 1: rounding of 30 terms, bound 1e-12."""
    worst, cases = 0.0, 0
    for n, k in SIZES:
        for gamma in GAMMAS[:: 3 if quick else 1]:
            for regime in REGIMES:
                for name in NAMES:
                    found = theory(n, k, gamma, regime, name, 0.9).path(50)
                    known = moments(n, k, gamma, 50, regime, name, 0.9)
                    worst = max(worst, *(float(np.abs(x).max()) for x in (found.delta2 - known.M, found.v - known.S)))
                    cases += 102
    return Measured(worst, cases)


SETTINGS: tuple[
    tuple[int, int, float, float, float, Regime, tuple[float, ...]], ...
] = (  # n, k, a, bias, nu, regime; states (delta, v, u, w)
    (4, 3, 0.6, 0.8, 1.0, "fixed", (0.7, 1.4, -0.4, 0.6)),
    (5, 4, 0.9, 1.0, 9 / 8, "fresh", (-1.1, 0.5, 0.0, 0.0)),
    (2, 6, 0.5, 1.0, 1.0, "none", (1.5, 0.8, 0.0, 0.0)),
)


def _one_generation(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """All monomials after one generation from a fixed state: polynomials of Gaussians, so tails are light.

    Standard errors are the sample's own, of 40,000 (quick) or 400,000 draws.
    """
    rng = np.random.default_rng([seed, 12])
    runs = 40_000 if quick else 400_000
    scores = []
    for n, k, a, bias, nu, regime, (delta, v, u, w) in SETTINGS:
        model = delta + math.sqrt(bias * v) * rng.standard_normal((runs, k))
        points = np.where(rng.random((runs, k)) < a, model, rng.standard_normal((runs, k)))
        s = 1.0 if regime == "none" else k / (n + k)
        real_mean, real_var = np.full(runs, u), np.full(runs, w)
        if regime == "fresh":
            real = rng.standard_normal((runs, n))
            real_mean, real_var = real.mean(axis=1), real.var(axis=1)
        mean = (1 - s) * real_mean + s * points.mean(axis=1)
        second = (1 - s) * (real_var + real_mean**2) + s * (points**2).mean(axis=1)
        var = nu * (second - mean**2)
        rows = weight_map(n=n, k=k, s=s, a=a, bias=bias, nu=nu, regime=regime, moments=theory)
        state = (delta, v, u, w, 0.0, 0.0)
        for powers, polynomial in rows.items():
            if not any(powers[:2]):
                continue  # a power of the real set alone: it does not change
            values = mean ** powers[0] * var ** powers[1] * math.prod((u**p * w**q) for p, q in (powers[2:] or (0, 0),))
            expected = sum(
                c * math.prod(x**p for x, p in zip(state, exponents, strict=True))
                for exponents, c in polynomial.terms.items()
            )
            scores.append((values.mean() - expected) / (values.std(ddof=1) / math.sqrt(runs)))
    return Measured(float(np.abs(scores).max()), len(scores))


def _gaussian_moments(delta: Any, v: Any, *, a: Any, bias: Any) -> tuple[Any, ...]:
    """A Gaussian with the mixture's mean and variance."""
    m1, m2, _, _ = corrected_moments(delta, v, a=a, bias=bias)
    var = m2 - m1 * m1
    return m1, m2, m1**3 + 3 * (m1 * var), m1**4 + 6 * (m1**2 * var) + 3 * var**2


CHECKS = (
    Check(
        codes=("T13",),
        statement="weight-4 system: its E delta^2 and E v are those of the moment map, 3 regimes, 2 normalisations",
        paper="this project",
        status="D",
        inputs="5 sizes (n, k), 7 gammas to inf (quick 3), bias 0.9, 50 generations",
        quantity="largest difference",
        bound=1e-12,
        theory=FourthMoments,
        wrong_name="no bias in the sampling",
        wrong_theory=lambda n, k, gamma, regime, name, bias: FourthMoments(n, k, gamma, regime, name, 1.0),
        measure=_second,
    ),
    Check(
        codes=("T13",),
        statement="weight-4 system: every monomial after one generation, simulated point by point",
        paper="this project",
        status="D",
        inputs="3 settings (n, k, a, bias, regime), 400000 draws each (quick 40000)",
        quantity="standard scores",
        bound=None,
        theory=corrected_moments,
        wrong_name="corrected samples mistaken for Gaussian: no third and fourth moments of the mixture",
        wrong_theory=_gaussian_moments,
        measure=_one_generation,
    ),
)
