"""R11's constants and Markov's certificate: what stands in place of the theorem's unknown tau(n)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from theory import updates
from theory.certificates import distance_bound, markov_radius, noise_radius
from theory.checks.check import Check, Measured
from theory.formulas import conditional_limit
from theory.moments import moments


def _bounds(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Golden bounds at n = 50, lam = .5, T = 30, start 3, level .05; half units of the last digit."""
    units = []
    for gamma, factor, text in ((0.0, 1 / 3, ".54"), (0.0, 1.0, "13.9")):
        tau = noise_radius(50, 25, gamma, 30, 3.0)
        value = theory(factor, tau, 3.0, 30)[-1]
        units.append(abs(value - float(text)) / (0.5 * 10.0 ** -len(text.partition(".")[2])))
    return Measured(max(units), len(units))


def _recursion(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """The closed sum against d' = c d + tau, 1000 random (c, tau, start), 50 generations; relative, bound 1e-12."""
    rng = np.random.default_rng([seed, 23])
    worst = 0.0
    for factor, tau, start in zip(*rng.uniform(0, 2, (3, 1000)), strict=True):
        factor /= 2
        distance = [start]
        for _ in range(50):
            distance.append(factor * distance[-1] + tau)
        found = theory(factor, tau, start, 50)
        worst = max(worst, float((np.abs(found - distance) / np.maximum(distance, 1)).max()))
    return Measured(worst, 51_000)


def _shifted(factor: float, tau: float, start: float, generations: int) -> Any:
    """The sum begun at i = 1."""
    return distance_bound(factor, tau * factor, start, generations)


def _markov(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Share of runs beyond the radius minus the level, plus 5 of its standard errors: generation 0 to 10, d = 1.

    The loop point by point, with a fixed real set and the maximum-likelihood fit.
    """
    rng = np.random.default_rng([seed, 24])
    runs, n, k = 4000 if quick else 20_000, 20, 10
    worst, cases, level = -math.inf, 0, 0.3
    for gamma in (0.0, 0.3, 3.0):
        a = updates.kept_share(gamma)
        path = moments(n, k, gamma, 10)
        radius = theory(path, level)
        if np.abs(radius**2 * level / path.M - 1).max() > 1e-12:
            worst = math.inf  # another radius may hold as well, but is not Markov's
        real = rng.standard_normal((runs, n))
        mean, var = real.mean(axis=1), real.var(axis=1)
        for generation in range(11):
            if generation:
                own = mean[:, None] + np.sqrt(var)[:, None] * rng.standard_normal((runs, k))
                points = np.where(rng.random((runs, k)) < a, own, rng.standard_normal((runs, k)))
                training = np.concatenate([real, points], axis=1)
                mean, var = training.mean(axis=1), training.var(axis=1)
            share = float((np.abs(mean) >= radius[generation]).mean())
            worst, cases = max(worst, share - level + 5 * math.sqrt(share * (1 - share) / runs)), cases + 1
    return Measured(worst, cases)


def _conditional(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """E delta given the real sample, 400 generations of r <= .9, against its limit in units of delta_real."""
    rng = np.random.default_rng([seed, 25])
    lam, gamma = 10 ** rng.uniform(-2, 2, (2, 1000))
    s = updates.synthetic_share(lam)
    gamma = np.maximum(gamma, s / 0.9 - 1)
    delta = np.ones(1000)
    for _ in range(400):
        delta = updates.mean_parameter_step(delta, target=0.0, s=s, a=updates.kept_share(gamma)) + (1 - s)
    return Measured(float(np.abs(delta - theory(gamma, lam)).max()), 1000)


CHECKS = (
    Check(
        codes=("R11", "golden"),
        statement="golden bounds on the distance: .54 with the exact rate, 13.9 with the published factor",
        paper="Gillman et al., Theorem 4.3; this project (tau)",
        status="D",
        inputs="n = 50, lam = .5, gamma = 0, T = 30, start 3, level .05",
        quantity="difference in half units of the last digit",
        bound=1.0 + 1e-6,
        theory=distance_bound,
        wrong_name="the sum of powers begun at 1",
        wrong_theory=_shifted,
        measure=_bounds,
        claims=("T-1",),
    ),
    Check(
        codes=("R11",),
        statement="distance bound tau sum c^i + c^t start is the recursion d' = c d + tau",
        paper="Gillman et al., Theorem 4.3",
        status="R",
        inputs="1000 random (c, tau, start), 50 generations",
        quantity="relative difference",
        bound=1e-12,
        theory=distance_bound,
        wrong_name="the sum of powers begun at 1",
        wrong_theory=_shifted,
        measure=_recursion,
        claims=("T-1",),
    ),
    Check(
        codes=("T9",),
        statement="correction beats the data: E delta ends at (1+gamma)/(1+gamma+lam gamma) of the sample's error",
        paper="this project",
        status="D",
        inputs="1000 random (lam, gamma), .01 to 100, 400 generations",
        quantity="largest difference",
        bound=1e-12,
        theory=conditional_limit,
        wrong_name="the real sample's own error stays: 1",
        wrong_theory=lambda gamma, lam: np.ones_like(lam),
        measure=_conditional,
        claims=("T-2",),
    ),
    Check(
        codes=("T9",),
        statement="certificate: |delta_t| exceeds sqrt(M_t/eta) with probability at most eta",
        paper="this project (Markov's inequality)",
        status="D",
        inputs="n = 20, k = 10, gamma = 0, .3, 3, eta = .3, 20000 runs (quick 4000), generations 0 to 10",
        quantity="share of runs beyond, minus eta, plus 5 standard errors",
        bound=0.0,
        theory=markov_radius,
        wrong_name="radius sqrt(M_t): eta forgotten",
        wrong_theory=lambda path, level: np.sqrt(path.M),
        measure=_markov,
        claims=("T-1",),
    ),
)
