"""R18-R20: how much synthetic data helps or hurts (Fu 2024), kernel density loops, one moved point (Fu 2025)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from theory import updates
from theory.checks.check import Check, Measured
from theory.formulas import excess_error, kde_limit, kde_second_moment, sensitivity_limit

ANALOGUE = "analogue"


def _excess(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Closed form against the moment recursion with known variance, T = 1 to 200; relative to 1/n, bound 1e-12."""
    rng = np.random.default_rng([seed, 17])
    n, k = np.round(10 ** rng.uniform(0, 4, (2, 500)))
    N, s = n + k, k / (n + k)
    M, worst = 1 / n, 0.0
    for generation in range(1, 201):
        M, _ = updates.moment_step(M, 1.0, 1 / n, N=N, s=s, a=1)  # S = 1: sigma is known
        worst = max(worst, float(np.abs(n * (M - 1 / n - theory(n, k, generation))).max()))
    return Measured(worst, 500 * 200)


PEAKS = {1: 50, 5: 148, 10: 251, 50: 923}


def _peak(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Where the recursion peaks in k at n = 50, over every whole k up to 3000; and it has no fall as T grows."""
    k = np.arange(1.0, 3001.0)
    M, worst = np.full(3000, 1 / 50), 0.0
    for generation in range(1, 51):
        M, _ = updates.moment_step(M, 1.0, 1 / 50, N=50 + k, s=k / (50 + k), a=1)
        if generation in PEAKS:
            worst = max(worst, abs(float(k[M.argmax()]) - theory(generation)))
    end = 1 / 50 + excess_error(50, k, 10**9)
    return Measured(math.inf if (np.diff(end) <= 0).any() else worst, len(PEAKS))


def _total_variation(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Excess of TV(p', p*) over TV(p', q) + r TV(p, p*), p' the counts of 20 to 2000 draws from q; half of them q."""
    rng = np.random.default_rng([seed, 18])
    worst, cases = -math.inf, 2000
    for m in (2, 3, 5, 8):
        true, model = rng.dirichlet(np.ones(m), (2, cases // 4))
        s, a = rng.uniform(0, 1, (2, cases // 4, 1))
        q = (1 - s) * true + s * (a * model + (1 - a) * true)
        new = np.array([rng.multinomial(size, law) / size for size, law in zip(rng.integers(20, 2000, len(q)), q)])  # noqa: B905
        new[::2] = q[::2]
        left, step = (np.abs(x - y).sum(axis=1) / 2 for x, y in ((new, true), (new, q)))
        before = np.abs(model - true).sum(axis=1) / 2
        worst = max(worst, float((left - step - theory(s[:, 0], a[:, 0]) * before).max()))
    return Measured(worst, cases)


def _kde_grid(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Second moment of the loop's law as a density on a grid, convolved with the kernel in each generation.

    Target N(0, 1), [-15, 15] in steps of 0.02: sums of Gaussians, exact to rounding; bound 1e-9.
    """
    x = np.arange(-750, 751) * 0.02
    target = np.exp(-(x**2) / 2)
    target /= target.sum()
    worst, cases = 0.0, 0
    for lam, gamma, width in ((2.0, 0.3, 0.4), (0.5, 0.0, 0.3), (5.0, 1.0, 0.6)):
        kernel = np.exp(-(x**2) / (2 * width**2))
        kernel /= kernel.sum()
        r = updates.synthetic_share(lam) * updates.kept_share(gamma)
        law = np.convolve(target, kernel, mode="same")
        for generation in range(31):
            if generation:
                law = np.convolve((1 - r) * target + r * law, kernel, mode="same")
            worst = max(worst, abs(float((law * x**2).sum()) - theory(generation, r=r, width=width)))
            cases += 1
    return Measured(worst, cases)


def _kde_limit(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Characteristic functions after 400 generations of r <= .9 against the limit; rounding only, bound 1e-12."""
    rng = np.random.default_rng([seed, 19])
    target, kernel, start, r = rng.uniform(0, 1, (4, 1000))
    r = 0.9 * r
    phi = start
    for _ in range(400):
        phi = updates.kde_step(phi, target=target, kernel=kernel, r=r)
    return Measured(float(np.abs(phi - target * theory(kernel, r)).max()), 1000)


def _moved_point(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Two loops on real sets that differ in one point, with the same noise, point by point, 40 generations.

    c of k synthetic points stay uncorrected, a = c/k; the distance of the means is x/n D up to rounding: bound 1e-11.
    """
    rng = np.random.default_rng([seed, 20])
    worst, cases = 0.0, 0
    for n, k, kept, real in ((10, 7, 5, 1), (50, 25, 25, 1), (3, 30, 20, 1), (10, 7, 5, 0), (50, 25, 25, 0)):
        data = rng.standard_normal(n)
        other = data + np.eye(n)[0]
        s, a = k / (n + k), kept / k
        means, D = [data.mean(), other.mean()], 1.0
        for _ in range(40):
            own, fresh = rng.standard_normal(kept), rng.standard_normal(k - kept)
            again = rng.standard_normal(n)
            sets = (data, other) if real else (again, again)
            means = [
                float(np.concatenate([points, mean + own, fresh]).mean())
                for points, mean in zip(sets, means, strict=True)
            ]
            D = theory(D, s=s, r=s * a, real=real)
            worst, cases = max(worst, abs(n * (means[1] - means[0]) - D)), cases + 1
    return Measured(worst, cases)


def _golden(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Golden numbers of R18 to R20; half units of the last digit. `theory` maps lam to the share s."""
    s = theory(0.5)
    a = 1 / 1.3
    shift = 0.37  # TV of two Gaussians of equal width: 2 Phi(D/2 sigma) - 1, against integration of |p - q|/2
    x = np.linspace(-12, 12, 200_001)
    density = [np.exp(-((x - c) ** 2) / 2) / math.sqrt(2 * math.pi) for c in (0.0, shift)]
    variation = float(np.abs(density[0] - density[1]).sum() * (x[1] - x[0]) / 2)
    pairs = (
        (sensitivity_limit(s, s * a), ".896552"),
        (sensitivity_limit(theory(7.0), theory(7.0)), "1.000000"),
        (kde_second_moment(30, r=theory(2.0) * a, width=0.4), "1.328421"),
        (1 + variation - (2 * float(special.ndtr(shift / 2)) - 1), "1.000000"),
    )
    return Measured(max(abs(value - float(text)) / 5e-7 for value, text in pairs), len(pairs))


CHECKS = (
    Check(
        codes=("R18",),
        statement="the same in numbers: mean-squared error with a fixed real set and no correction, 200 generations",
        paper="Fu et al. 2024, " + ANALOGUE,
        status="D",
        inputs="500 random (n, k) up to 10^4, T = 1 to 200, variance known",
        quantity="n times the difference from the recursion",
        bound=1e-12,
        theory=excess_error,
        wrong_name="(k/N)^T instead of its square",
        wrong_theory=lambda n, k, T: k / (n * (n + 2 * k)) * (1 - (k / (n + k)) ** T),
        measure=_excess,
        claims=("T-8",),
    ),
    Check(
        codes=("R18", "golden"),
        statement="the error first rises, then falls with more synthetic data; the peak runs away with the horizon",
        paper="Fu et al. 2024, " + ANALOGUE,
        status="D",
        inputs="n = 50, every k up to 3000, T = 1, 5, 10, 50 and T to infinity",
        quantity="|peak - 50, 148, 251, 923|; inf if the limit falls anywhere",
        bound=0.0,
        theory=PEAKS.__getitem__,
        wrong_name="a peak at k = n for every horizon",
        wrong_theory=lambda generation: 50,
        measure=_peak,
        claims=("T-8",),
    ),
    Check(
        codes=("R18",),
        statement="total variation: TV_{t+1} <= TV(p_{t+1}, q_t) + r TV_t",
        paper="Fu et al. 2024, " + ANALOGUE,
        status="D",
        inputs="2000 random laws on 2 to 8 points, half of them re-estimated from 20 to 2000 draws",
        quantity="excess over the bound",
        bound=1e-12,
        theory=updates.contraction,
        wrong_name="factor r^2",
        wrong_theory=lambda s, a: (s * a) ** 2,
        measure=_total_variation,
        claims=("T-8",),
    ),
    Check(
        codes=("R19",),
        statement="kernel density loop: expected characteristic function settles at (1-r)K/(1-rK) of the target's",
        paper="this project",
        status="D",
        inputs="1000 random (target, kernel, start, r), 400 generations",
        quantity="largest difference",
        bound=1e-12,
        theory=kde_limit,
        wrong_name="one smoothing: K",
        wrong_theory=lambda kernel, r: kernel,
        measure=_kde_limit,
    ),
    Check(
        codes=("R19",),
        statement="kernel density loop: second moment grows to target + h^2/(1-r)",
        paper="this project",
        status="D",
        inputs="3 settings (lam, gamma, h), 30 generations, densities on a grid",
        quantity="|second moment - formula|",
        bound=1e-9,
        theory=kde_second_moment,
        wrong_name="a smoothing h^2 added in every generation: r = 1",
        wrong_theory=lambda generation, *, r, width: 1 + width**2 * (generation + 1),
        measure=_kde_grid,
    ),
    Check(
        codes=("R20",),
        statement="one moved real point: D' = (1-s) + r D (fixed real set), r D (fresh data), point by point",
        paper="Fu et al. 2025, " + ANALOGUE,
        status="D",
        inputs="5 settings (n, k, kept, regime), 40 generations of two loops with the same noise",
        quantity="|n times the distance of the means - D|",
        bound=1e-11,
        theory=updates.sensitivity_step,
        wrong_name="the synthetic points forget the moved one: D' = 1-s",
        wrong_theory=lambda D, *, s, r, real: (1 - s) * real,
        measure=_moved_point,
        claims=("T-9",),
    ),
    Check(
        codes=("R20", "R19", "golden"),
        statement="golden numbers: sensitivity, kernel density loop, total variation of a shift",
        paper="this project",
        status="D",
        inputs="lam = .5, 2, 7; gamma = 0, .3; h = .4",
        quantity="difference in half units of the last digit",
        bound=1.0 + 1e-6,
        theory=updates.synthetic_share,
        wrong_name="lam misread as the share of synthetic data",
        wrong_theory=lambda lam: lam / 10,
        measure=_golden,
        claims=("T-9",),
    ),
)
