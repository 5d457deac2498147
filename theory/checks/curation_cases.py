"""R16, R17: curation where everything is known: two points, and Gaussians under a quadratic reward."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from theory.checks.check import Check, Measured
from theory.curation import curate, divergence, divergence_bound
from theory.formulas import tilted_path, two_point_ratio


def _two_points(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Ratio of the bad mass in successive rounds once it is below 1e-9: its next order is of that size; bound 1e-7."""
    worst, cases = 0.0, 0
    for K in (2, 3, 5):
        for advantage in (0.5, 1.0, 3.0):
            p, reward = np.array([1e-9, 1 - 1e-9]), np.array([0.0, advantage])
            ratio = curate(p, reward, K)[0] / p[0]
            worst, cases = max(worst, abs(float(ratio) - theory(K, math.exp(advantage)))), cases + 1
    return Measured(worst, cases)


GOLDEN_MASSES = (".61552929", ".72489069", ".81704803", ".88612555", ".93275644")


def _golden(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """K = 2, advantage 1 from (1/2, 1/2): five rounds, then the mixed loop's limit and its KL; half units."""
    reward, half = np.array([0.0, 1.0]), np.array([0.5, 0.5])
    p, values = half, []
    for text in GOLDEN_MASSES:
        p = curate(p, reward, theory(2))
        values.append(abs(float(p[1]) - float(text)) / 5e-9)
    mixed = half
    for _ in range(200):
        mixed = curate(mixed, reward, theory(2), 0.5, half)
    ratio = two_point_ratio(theory(2), math.e)
    bound = divergence_bound(theory(2), 0.5)
    for value, text in (
        (float(mixed[1]), ".55701358"),
        (float(divergence(mixed, half)), ".0065153"),
        (ratio, ".5378828"),
        (bound, ".693147"),
    ):
        values.append(abs(value - float(text)) / (0.5 * 10.0 ** -(len(text) - 1)))
    return Measured(max(values), len(values))


def _tilt(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Perfect curation (K = inf) of a Gaussian density on a grid, multiplied by e^r and renormalised t times.

    Trapezoidal sums of Gaussians on [-60, 60], step 0.005: exact to rounding; bound 1e-9 after 20 products.
    """
    x = np.linspace(-60, 60, 24_001)
    worst, cases = 0.0, 0
    for mean, v, centre, tau2 in ((0.0, 1.0, 1.0, 4.0), (-3.0, 2.0, 5.0, 0.5), (1.0, 0.3, 1.0, 30.0)):
        log_p = -((x - mean) ** 2) / (2 * v)
        for t in range(1, 21):
            log_p = log_p - (x - centre) ** 2 / (2 * tau2)
            p = np.exp(log_p - log_p.max())
            p /= p.sum()
            found = float((p * x).sum())
            spread = float((p * (x - found) ** 2).sum())
            expected = theory(mean, v, t, centre=centre, tau2=tau2)
            worst, cases = max(worst, abs(found - expected[0]), abs(spread - expected[1])), cases + 2
    return Measured(worst, cases)


def _exponential(mean: float, v: float, t: int, *, centre: float, tau2: float) -> tuple[float, float]:
    """Variance falling by the first round's factor in every round."""
    factor = 1 / (1 + v / tau2)
    return tilted_path(mean, v, t, centre=centre, tau2=tau2)[0], v * factor**t


CHECKS = (
    Check(
        codes=("R16",),
        statement="two points: the bad mass vanishes at rate K/(1+(K-1)e^D)",
        paper="this project",
        status="D",
        inputs="K = 2, 3, 5; advantage .5, 1, 3; bad mass 1e-9",
        quantity="|ratio of successive masses - rate|",
        bound=1e-7,
        theory=two_point_ratio,
        wrong_name="rate e^-D, as with infinitely many candidates",
        wrong_theory=lambda K, advantage: 1 / advantage,
        measure=_two_points,
        claims=("T-7",),
    ),
    Check(
        codes=("R16", "golden"),
        statement="golden masses of the two-point loop, pure and with real data, and KL against its bound",
        paper="this project",
        status="D",
        inputs="K = 2, advantage 1, start (1/2, 1/2), lam = inf and .5",
        quantity="difference in half units of the last digit",
        bound=1.0 + 1e-6,
        theory=lambda K: K,
        wrong_name="one candidate more",
        wrong_theory=lambda K: K + 1,
        measure=_golden,
        claims=("T-7",),
    ),
    Check(
        codes=("R17",),
        statement="Gaussian under perfect curation by a quadratic reward: variance 1/(1/v + t/tau^2), only 1/t",
        paper="this project",
        status="D",
        inputs="3 Gaussians and rewards, 20 rounds, on a grid",
        quantity="|mean - formula| and |variance - formula|",
        bound=1e-9,
        theory=tilted_path,
        wrong_name="exponential decay of the variance",
        wrong_theory=_exponential,
        measure=_tilt,
        claims=("T-7",),
    ),
)
