"""R5, R9 to R12, R18: the simulated Gaussian loop held against theory, as checks for `scsc theory` beside its own.

The loop is the fused ensemble; formulas come from `theory`. Standard errors are exact where the theory has them (the
weight-4 moments, one dimension): without real data the tails are heavy, and a sample's own standard error lies.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop.ensemble import EnsembleConfig, run_ensemble
from theory.certificates import distance_bound, noise_radius
from theory.checks.check import Check, Measured, score_bound
from theory.formulas import excess_error, wright
from theory.fourth import FourthMoments
from theory.moments import Normalisation, Regime, Stationary, moments, stationary
from theory.updates import contraction
from toy.gaussian_ensemble import GaussianEnsemble
from toy.known_variance import KnownVarianceEnsemble
from toy.model_checks import CHECKS as MODEL_CHECKS
from toy.prediction import REGIMES, exact_errors

Floats = NDArray[np.float64]
RMS = 1.6
"""Largest root mean square of standard scores; they depend on each other over generations, so it may exceed 1."""


def _scores(n: int, lam: float, gammas: tuple[float, ...], schedule: str, runs: int, generations: int, seed: int,
            expected: Callable[[int, int, float, Regime], Any]) -> Floats:  # fmt: skip
    """Exact standard scores of E delta^2 and E v against `expected` in every generation but the first."""
    problem = GaussianEnsemble(gammas, (lam,) * len(gammas), n, 1, schedule)
    curves = run_ensemble(problem, EnsembleConfig(seed, runs, generations))
    regime = REGIMES[schedule]
    found = []
    for cell, gamma in enumerate(gammas):
        k = problem.k[cell]
        path = FourthMoments(n, k, gamma, regime).path(generations)
        theory = expected(n, k, gamma, regime)
        for curve, values, name in (("mean_error2", theory.M, "delta2"), ("variance", theory.S, "v")):
            gap = curves[curve][1:, :, cell].mean(axis=1) - values[1:]
            found.append(gap / path.standard_error(name, runs)[1:])
    return np.array(found)


def _moments(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Three schedules, generations 1 to 12: the largest score over Bonferroni's bound, and the rms over 1.6."""
    runs, generations = (1024, 12) if quick else (8192, 12)
    scores = np.concatenate(
        [
            _scores(20, lam, gammas, schedule, runs, generations, seed, lambda *x: theory(*x[:3], generations, x[3]))
            for schedule, lam, gammas in (
                ("augment", 0.5, (0.0, 0.3, 1.0, np.inf)),
                ("fresh", 2.0, (0.0, 0.3, 1.0, np.inf)),
                ("replace", 0.5, (0.3, 1.0, np.inf)),
            )
        ]
    ).ravel()
    worst = max(float(np.abs(scores).max()) / score_bound(scores.size), float(np.sqrt((scores**2).mean())) / RMS)
    return Measured(worst, scores.size)


def _other_regime(n: int, k: int, gamma: float, generations: int, regime: Regime) -> Any:
    other: dict[Regime, Regime] = {"fixed": "fresh", "fresh": "fixed", "none": "none"}
    return moments(n, k, gamma, generations, other[regime])


def _no_real_data(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """k = 30, gamma = .1 after 80 generations (.826^80 = 2e-7 of the start is left); M and S = 1 - M."""
    runs, generations, k, gamma = 1024 if quick else 8192, 80, 30, 0.1
    curves = run_ensemble(GaussianEnsemble((gamma,), (1.0,), k, 1, "replace"), EnsembleConfig(seed, runs, generations))
    path = FourthMoments(k, k, gamma, "none").path(generations)
    limit = float(theory(k, 1 / (1 + gamma)))
    scores = [
        (curves[curve][-1, :, 0].mean() - value) / path.standard_error(name, runs)[-1]
        for curve, value, name in (("mean_error2", limit, "delta2"), ("variance", 1 - limit, "v"))
    ]
    return Measured(float(np.abs(scores).max()), len(scores))


STATIONARY = {0.0: 0.2808, 0.1: 0.2704, 0.3: 0.2561, 1.0: 0.2346, 5.0: 0.2139}
START, QUOTED_ERROR = 0.2525, 0.0007


def _distance(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """E W2 of n = 50, k = 25, d = 2 after 12 generations (3^-12 is left), and at the start; joint standard errors.

    Quoted values have their own error of .0007. E W2 must also fall from each strength to the next.
    """
    runs = 2048 if quick else 20_000
    curves = run_ensemble(GaussianEnsemble(tuple(STATIONARY), (0.5,) * 5), EnsembleConfig(seed, runs, 12))["w2"]
    quoted = np.array([theory(gamma) for gamma in STATIONARY])
    last, error = curves[-1].mean(axis=0), np.hypot(curves[-1].std(axis=0, ddof=1) / np.sqrt(runs), QUOTED_ERROR)
    first = (curves[0, :, 0].mean() - START) / np.hypot(curves[0, :, 0].std(ddof=1) / np.sqrt(runs), QUOTED_ERROR)
    falling = bool((np.diff(last) < 0).all())
    worst = max(float(np.abs((last - quoted) / error).max()), abs(float(first)))
    return Measured(worst if falling else float("inf"), 2 * len(STATIONARY))


def _next_strength(gamma: float) -> float:
    values = [*STATIONARY.values(), START]
    return values[list(STATIONARY).index(gamma) + 1]


def _coverage(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Share of runs that leave the bound in any of T = 30 generations, minus the level, less 3 standard errors.

    n = 50, lam = .5, known variance, start 3, level .05, tau from `noise_radius`; the factor is the exact rate.
    """
    runs, generations, n, k, start, level = 4096 if quick else 32_768, 30, 50, 25, 3.0, 0.05
    gammas = (0.0, 0.3, 1.0)
    problem = KnownVarianceEnsemble(gammas, (k,) * 3, n, start)
    error = run_ensemble(problem, EnsembleConfig(seed, runs, generations))["error"]
    worst = -np.inf
    for cell, gamma in enumerate(gammas):
        factor = float(theory(k / (n + k), 1 / (1 + gamma)))
        bound = distance_bound(factor, noise_radius(n, k, gamma, generations, start, level), start, generations)
        left = float((error[1:, :, cell] > bound[1:, None]).any(axis=0).mean())
        worst = max(worst, left - level - 3 * float(np.sqrt(level * (1 - level) / runs)))
    return Measured(worst, len(gammas) * generations)


MAD_REAL, MAD_SYNTHETIC = 100, 900


def _fresh(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """M and S of MAD's fresh loop after 60 generations (.9^60 of S's start is left, 1e-5), from two first fits."""
    runs, generations = 256 if quick else 2048, 60
    scores = []
    for bias in (1.0, 0.8):
        limit = theory(MAD_REAL, MAD_SYNTHETIC, 0.0, "fresh", "unbiased", bias)
        for first in (100, 1000):
            lam = MAD_SYNTHETIC / MAD_REAL
            problem = GaussianEnsemble((0.0,), (lam,), MAD_REAL, 1, "fresh", "unbiased", bias, first)
            curves = run_ensemble(problem, EnsembleConfig(seed, runs, generations))
            errors = exact_errors(problem, 0, generations, runs)
            for name, value in (("mean_error2", limit.M), ("variance", limit.S)):
                scores.append((curves[name][-1, :, 0].mean() - value) / errors[name][-1])
    return Measured(float(np.abs(scores).max()), len(scores))


def _other_bias(n: int, k: int, gamma: float, regime: Regime, normalisation: Normalisation, bias: float) -> Stationary:
    return stationary(n, k, gamma, regime, normalisation, math.sqrt(bias) if bias < 1 else 0.9)


def _amounts(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Mean-squared error over k and T without correction; Gaussian errors, so E delta^2 has variance 2 M^2 exactly."""
    runs, n, ks = 4096 if quick else 32_768, 50, (5, 25, 50, 148, 400, 2000)
    curves = run_ensemble(KnownVarianceEnsemble((0.0,) * len(ks), ks, n), EnsembleConfig(seed, runs, 50))["error2"]
    scores = []
    for cell, k in enumerate(ks):
        for generation in (1, 5, 10, 50):
            expected = 1 / n + theory(n, k, generation)
            scores.append((curves[generation, :, cell].mean() - expected) / (expected * np.sqrt(2 / runs)))
    return Measured(float(np.abs(scores).max()), len(scores))


CHECKS = (
    Check(
        codes=("R5", "T8", "T13"),
        statement="simulated Gaussian loop: E delta^2 and E v of every generation, three schedules",
        paper="this project",
        status="D",
        inputs="n = 20, d = 1, lam = .5, 2; gamma = 0 to inf; 8192 runs (quick 1024), generations 1 to 12",
        quantity="largest score over Bonferroni's bound at 1 %, rms over 1.6; exact standard errors",
        bound=1.0,
        theory=moments,
        wrong_name="fixed and fresh real data exchanged",
        wrong_theory=_other_regime,
        measure=_moments,
        claims=("T-1", "T-2"),
    ),
    Check(
        codes=("R9", "T9"),
        statement="simulated loop without real data: Wright's formula",
        paper="this project; the formula: Wright",
        status="D",
        inputs="k = 30, gamma = .1, d = 1, 80 generations, 8192 runs (quick 1024)",
        quantity="standard scores of M and S, exact standard errors",
        bound=None,
        theory=wright,
        wrong_name="Wright's formula with a instead of a^2",
        wrong_theory=lambda k, a: 1 / (k - a * (k - 1)),
        measure=_no_real_data,
        claims=("T-5",),
    ),
    Check(
        codes=("R10", "golden"),
        statement="simulated loop: golden E W2, stationary for five strengths and at the start; it falls with gamma",
        paper="this project",
        status="D",
        inputs="n = 50, k = 25, d = 2, 12 generations, 20000 runs (quick 2048)",
        quantity="standard scores, the quoted error .0007 included; inf if not falling",
        bound=4.0,
        theory=STATIONARY.__getitem__,
        wrong_name="the value of the next strength",
        wrong_theory=_next_strength,
        measure=_distance,
        claims=("T-2",),
    ),
    Check(
        codes=("R11",),
        statement="simulated loop stays within tau sum c^i + c^t start, c the exact rate, with probability 1 - delta",
        paper="Gillman et al., Theorem 4.3; this project (tau)",
        status="D",
        inputs="n = 50, lam = .5, gamma = 0, .3, 1, start 3, T = 30, delta = .05, 32768 runs (quick 4096)",
        quantity="share of runs that leave the bound, minus delta and 3 standard errors",
        bound=0.0,
        theory=contraction,
        wrong_name="a rate that is too good: r/2",
        wrong_theory=lambda s, a: s * a / 2,
        measure=_coverage,
        claims=("T-1",),
    ),
    Check(
        codes=("R12",),
        statement="simulated fresh loop of MAD: stationary M (effective size) and S, with and without sampling bias",
        paper="MAD, fresh data loop; this project (values)",
        status="D",
        inputs="n_r = 100, n_s = 900, b = 1, .8, n_ini = 100, 1000, d = 1, unbiased; 2048 runs (quick 256)",
        quantity="standard scores of M and S, exact standard errors",
        bound=None,
        theory=stationary,
        wrong_name="another bias: its root, .9 for 1",
        wrong_theory=_other_bias,
        measure=_fresh,
        claims=("T-6",),
    ),
    Check(
        codes=("R18",),
        statement="simulated loop: mean-squared error rises, then falls with more synthetic data",
        paper="Fu et al. 2024, analogue",
        status="D",
        inputs="n = 50, k = 5 to 2000, T = 1 to 50, no correction, known variance; 32768 runs (quick 4096)",
        quantity="standard scores, exact standard errors",
        bound=None,
        theory=excess_error,
        wrong_name="(k/N)^T instead of its square",
        wrong_theory=lambda n, k, T: k / (n * (n + 2 * k)) * (1 - (k / (n + k)) ** T),
        measure=_amounts,
        claims=("T-8",),
    ),
    *MODEL_CHECKS,
)
