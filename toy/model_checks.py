"""R16, R17, R19, R20 and regression: loops of further models, run through the ensembles and held against theory."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop.ensemble import EnsembleConfig, run_ensemble
from theory import updates
from theory.checks.check import Check, Measured
from theory.curation import choice_weight
from theory.formulas import kde_second_moment, tilted_path, two_point_ratio
from theory.regression import error_path
from toy.curated_gaussian import CuratedGaussianEnsemble
from toy.finite import FiniteEnsemble
from toy.kernel import KernelEnsemble
from toy.moved_point import MovedPointEnsemble, sensitivity
from toy.regression_ensemble import RegressionEnsemble

Floats = NDArray[np.float64]


def _scores(curve: Floats, expected: Floats) -> Floats:
    """Standard scores of the mean over runs (axis 1) of (G, runs, C) against (G, C); rounding counts as 1e-12."""
    error = curve.std(axis=1, ddof=1) / np.sqrt(curve.shape[1])
    return np.asarray((curve.mean(axis=1) - expected) / np.maximum(error, 1e-12))


def _measured(scores: list[Floats]) -> Measured:
    flat = np.concatenate([part.ravel() for part in scores])
    return Measured(float(np.abs(flat).max()), flat.size)


def _kernel(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """n = 50, k = 100, h = .4: generations 0 to 30 for three strengths, with the fixed and with fresh real sets."""
    runs, generations, gammas = 256 if quick else 1024, 30, (0.3, 1.0, np.inf)
    found = []
    for schedule in ("augment", "fresh"):
        loop = KernelEnsemble(gammas, (2.0,) * 3, 50, 0.4, schedule)
        curve = run_ensemble(loop, EnsembleConfig(seed, runs, generations))["second_moment"]
        r = np.array([2 / 3 * updates.kept_share(gamma) for gamma in gammas])
        steps = np.arange(generations + 1)[:, None]
        found.append(_scores(curve, np.asarray(theory(steps, r=r, width=0.4))))
    return _measured(found)


def _moved(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """The mean's sensitivity, n = 10, k = 5 and 20, moved by 1, generations 1 to 20, with and without fixed real data.

    Without correction a fixed set gives 1 in every generation; the fitted variance feels the moved point as well,
    which adds noise of mean 0.
    """
    runs, generations = 512 if quick else 2048, 20
    found = []
    for schedule, real, lams, gammas in (
        ("augment", 1, (0.5, 0.5, 2.0), (0.0, 0.3, 0.3)),
        ("fresh", 0, (0.5, 0.5, 2.0), (0.0, 0.3, 0.3)),
        ("replace", 0, (2.0,), (1.0,)),
    ):
        loop = MovedPointEnsemble(gammas, lams, 10, 1, schedule, shift=1.0)
        curve = sensitivity(loop, EnsembleConfig(seed, runs, generations))
        s = np.ones(1) if schedule == "replace" else np.array([lam / (1 + lam) for lam in lams])
        a = np.array([updates.kept_share(gamma) for gamma in gammas])
        D, path = np.ones(len(gammas)), []
        for _ in range(generations):
            D = theory(D, s=s, r=s * a, real=real)
            path.append(D)
        found.append(_scores(curve[1:], np.array(path)))
    return _measured(found)


def _two_points(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """K = 2, advantages .5, 1, 3, bad mass from 1/2 down: given p it becomes p(rho + p(1-rho)), rho the limiting ratio.

    n = k = 10^8 counts and six rounds; exact binomial standard errors of all blocks together.
    """
    runs, n, found = 64 if quick else 512, 10**8, []
    for advantage in (0.5, 1.0, 3.0):
        loop = FiniteEnsemble((0.0,), (1.0,), n, (0.5, 0.5), (0.0, advantage), 2, "replace")
        p = 1 - run_ensemble(loop, EnsembleConfig(seed, runs, 6))["top_mass"][..., 0]  # (7, runs)
        rho = theory(2, math.exp(advantage))
        expected = p[:-1] * (rho + p[:-1] * (1 - rho))
        error = np.sqrt((expected * (1 - expected)).sum(axis=1) / n)
        found.append((p[1:] - expected).sum(axis=1) / error)
    return _measured(found)


def _curated(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """The law's step p -> p H_K with real data and correction, four points, K = 3, generations 1 to 8.

    n = 10^7: what is nonlinear adds 1e-7, a standard error is 1e-5 (quick: 2e-5).
    """
    runs, truth, rewards = 64 if quick else 512, (0.1, 0.2, 0.3, 0.4), (3.0, 1.0, 0.0, -1.0)
    gammas, lams, found = (0.0, 0.0, 0.5), (0.5, 4.0, 4.0), []
    for schedule in ("augment", "fresh"):
        loop = FiniteEnsemble(gammas, lams, 10**7, truth, rewards, 3, schedule)
        curve = run_ensemble(loop, EnsembleConfig(seed, runs, 8))["top_mass"]
        expected = np.empty((9, 3))
        for cell, (gamma, lam) in enumerate(zip(gammas, lams, strict=True)):
            s, a, law = updates.synthetic_share(lam), updates.kept_share(gamma), np.array(truth)
            for generation in range(9):
                expected[generation, cell] = law[0]
                chosen = law * theory(law, np.array(rewards), 3)
                law = (1 - s) * np.array(truth) + s * (a * chosen / chosen.sum() + (1 - a) * np.array(truth))
        found.append(_scores(curve, expected)[1:])
    return _measured(found)


def _tilted(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """tau2 = 4, centre 1, from N(0, 1), k = 10^6: mean and variance of rounds 1 to 20; terms of order 1/k are 1e-6."""
    runs, rounds = 64 if quick else 512, 20
    loop = CuratedGaussianEnsemble((0.0,), (1.0,), 10**6, 1, "replace")
    curves = run_ensemble(loop, EnsembleConfig(seed, runs, rounds))
    mean, variance = theory(0.0, 1.0, np.arange(1, rounds + 1), centre=1.0, tau2=4.0)
    return _measured(
        [_scores(curves[name][1:], path[:, None]) for name, path in (("mean", mean), ("variance", variance))]
    )


def _regression(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """n = k = 20, d = 3, generations 0 to 10: replace, fresh, accumulate; every strength with a closed form."""
    runs, generations = 512 if quick else 2048, 10
    found = []
    for schedule, gammas in (
        ("replace", (0.0, 0.3, np.inf)),
        ("fresh", (0.0, 0.3, np.inf)),
        ("accumulate", (0.0, np.inf)),
    ):
        loop = RegressionEnsemble(gammas, (1.0,) * len(gammas), 20, 3, schedule)
        curve = run_ensemble(loop, EnsembleConfig(seed, runs, generations))["error2"]
        expected = [theory(20, 20, 3, gamma, generations, schedule) for gamma in gammas]
        found.append(_scores(curve, np.stack(expected, axis=1)))
    return _measured(found)


def _all_replace(n: int, k: int, d: int, gamma: float, generations: int, schedule: str) -> Any:
    return error_path(n, k, d, gamma, generations, "replace")


CHECKS = (
    Check(
        codes=("R19",),
        statement="simulated kernel density loop: second moment grows to target + h^2/(1-r)",
        paper="this project",
        status="D",
        inputs="n = 50, k = 100, h = .4, gamma = .3, 1, inf, fixed and fresh real data; 1024 runs (quick 256)",
        quantity="standard scores, generations 0 to 30",
        bound=None,
        theory=kde_second_moment,
        wrong_name="one blur in all: target + h^2",
        wrong_theory=lambda generation, *, r, width: 1 + width**2 + 0 * r * generation,
        measure=_kernel,
    ),
    Check(
        codes=("R20",),
        statement="simulated loops that differ in one real point: D' = (1-s) + r D (fixed real set), r D (else)",
        paper="Fu et al. 2025, analogue",
        status="D",
        inputs="n = 10, k = 5, 20, gamma = 0, .3, 1, three schedules, coupled; 2048 runs (quick 512)",
        quantity="standard scores, generations 1 to 20",
        bound=None,
        theory=updates.sensitivity_step,
        wrong_name="the synthetic points forget the moved one: D' = 1-s",
        wrong_theory=lambda D, *, s, r, real: (1 - s) * real + 0 * D,
        measure=_moved,
        claims=("T-9",),
    ),
    Check(
        codes=("R16",),
        statement="simulated curation on two points: the bad mass falls by K/(1+(K-1)e^D), K = 2",
        paper="Ferbach et al.; this project (rate)",
        status="D",
        inputs="D = .5, 1, 3, n = 10^8, six rounds without real data; 512 runs (quick 64)",
        quantity="standard scores, exact standard errors",
        bound=None,
        theory=two_point_ratio,
        wrong_name="the rate of perfect curation, e^-D",
        wrong_theory=lambda K, advantage: 1 / advantage,
        measure=_two_points,
        claims=("T-7",),
    ),
    Check(
        codes=("R15", "R16"),
        statement="simulated curation with real data and correction: the law's step is p H_K mixed with both",
        paper="Ferbach et al.",
        status="2nd",
        inputs="four points, K = 3, lam = .5, 4, gamma = 0, .5, n = 10^7, 8 generations; 512 runs (quick 64)",
        quantity="standard scores of the best point's mass",
        bound=None,
        theory=choice_weight,
        wrong_name="the limit of many candidates",
        wrong_theory=lambda p, reward, K: np.exp(reward) / (p @ np.exp(reward)),
        measure=_curated,
        claims=("T-7",),
    ),
    Check(
        codes=("R17",),
        statement="simulated Gaussian loop with perfect curation, quadratic reward: variance 1/(1/v + t/tau^2)",
        paper="Ferbach et al.; this project (rate)",
        status="D",
        inputs="tau^2 = 4, centre 1, from N(0, 1), k = 10^6, 20 rounds; 512 runs (quick 64)",
        quantity="standard scores of mean and variance",
        bound=None,
        theory=tilted_path,
        wrong_name="an exponential fall: one round's factor in every round",
        wrong_theory=lambda mean, v, rounds, *, centre, tau2: (
            centre - (centre - mean) * (tau2 / (tau2 + v)) ** rounds,
            v * (tau2 / (tau2 + v)) ** rounds,
        ),
        measure=_tilted,
        claims=("T-7",),
    ),
    Check(
        codes=("regression",),
        statement="simulated regression on own labels: replaced the error grows, accumulated it stays bounded",
        paper="this project; the setting: Gerstgrasser et al. 2024",
        status="D",
        inputs="n = k = 20, d = 3, gamma = 0, .3, inf, three schedules; 2048 runs (quick 512)",
        quantity="standard scores of E |w - w*|^2, generations 0 to 10",
        bound=None,
        theory=error_path,
        wrong_name="the error of replacing for every schedule",
        wrong_theory=_all_replace,
        measure=_regression,
    ),
)
