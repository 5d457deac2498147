"""R6 and T9, T11: conservation, stationary values and stability of the exact moments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from theory import updates
from theory.checks.check import Check, Measured
from theory.formulas import stationary_fixed, stationary_fresh, wright
from theory.moments import Regime, moments, spectral_radius, stationary

REGIMES: tuple[Regime, ...] = ("fixed", "fresh", "none")
GAMMAS = (0.0, 0.01, 0.1, 0.3, 1.0, 5.0, float("inf"))
SIZES = ((50, 25), (10, 200), (2, 2), (100, 900), (1000, 3))


def _conservation(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """|M + S - 1| over 200 generations: each adds rounding of order 1e-16 and r <= 1 never amplifies it."""
    runs = [theory(n, k, gamma, 200, regime) for n, k in SIZES for gamma in GAMMAS for regime in REGIMES]
    return Measured(max(float(np.abs(run.M + run.S - 1).max()) for run in runs), 201 * len(runs))


def _unbiased(n: int, k: int, gamma: float, generations: int, regime: Regime) -> Any:
    return moments(n, k, gamma, generations, regime, "unbiased")


def closed_form(n: int, k: int, gamma: float, regime: Regime) -> float:
    """T9 [D]: stationary M for the maximum-likelihood covariance."""
    a = updates.kept_share(gamma)
    N, s = n + k, k / (n + k)
    if regime == "none":
        return float(wright(k, a))
    return float(stationary_fixed(N, n, s, s * a, k) if regime == "fixed" else stationary_fresh(N, s * a, k))


def _stationary(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Solver against closed form, relative; the system's condition is at most 1/(1-a) <= 101 here: bound 1e-12."""
    rng = np.random.default_rng([seed, 5])
    worst, cases = 0.0, 100 if quick else 500
    for _ in range(cases):
        n, k = (int(value) for value in 10 ** rng.uniform(0.4, 3, 2))
        gamma, regime = float(10 ** rng.uniform(-2, 1)), REGIMES[int(rng.integers(3))]
        value = stationary(n, k, gamma, regime).M
        worst = max(worst, abs(theory(n, k, gamma, regime) / value - 1))
    return Measured(worst, cases)


def _no_synthetic_noise(n: int, k: int, gamma: float, regime: Regime) -> float:
    """Every synthetic sample counted as noiseless: k -> infinity inside the bracket, N kept."""
    a = updates.kept_share(gamma)
    N, s = n + k, k / (n + k)
    if regime == "none":
        return float(1 / (k * (1 - a * a)))
    far = 10**12
    return float(stationary_fixed(N, n, s, s * a, far) if regime == "fixed" else stationary_fresh(N, s * a, far))


def _radius(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Spectral radius of the map against r; eigenvalues of a 3x3 matrix that may be defective: bound sqrt(1e-16)."""
    worst, cases = 0.0, 0
    for n, k in SIZES:
        for gamma in GAMMAS:
            for regime in REGIMES:
                s, a = 1.0 if regime == "none" else k / (n + k), updates.kept_share(gamma)
                worst = max(worst, abs(spectral_radius(n, k, gamma, regime) - theory(s, a)))
                cases += 1
    return Measured(worst, cases)


def _power(exponent: Literal[1, 2]) -> Callable[[float, float], float]:
    return lambda s, a: (s * a) ** exponent


CHECKS = (
    Check(
        codes=("T8", "R6"),
        statement="conservation M + S = 1 over 200 generations, three data regimes",
        paper="this project",
        status="D",
        inputs="5 sizes (n, k), 7 gammas to inf, 3 data regimes, 200 generations",
        quantity="|M + S - 1|",
        bound=1e-12,
        theory=moments,
        wrong_name="conservation with the unbiased covariance",
        wrong_theory=_unbiased,
        measure=_conservation,
    ),
    Check(
        codes=("T9",),
        statement="stationary M: solver of the moment map = closed forms",
        paper="this project; the formula without real data: Wright",
        status="D",
        inputs="500 random (n, k, gamma, regime) (quick 100)",
        quantity="relative difference of solver and closed form",
        bound=1e-12,
        theory=closed_form,
        wrong_name="closed forms without the synthetic samples' own noise",
        wrong_theory=_no_synthetic_noise,
        measure=_stationary,
        claims=("T-5",),
    ),
    Check(
        codes=("T11",),
        statement="maximum likelihood: the moments settle with spectral radius r",
        paper="this project",
        status="D",
        inputs="5 sizes (n, k), 7 gammas to inf, 3 data regimes",
        quantity="|spectral radius - r|",
        bound=1e-8,
        theory=_power(1),
        wrong_name="radius r^2, as for the mean's squared error alone",
        wrong_theory=_power(2),
        measure=_radius,
        claims=("T-5",),
    ),
)
