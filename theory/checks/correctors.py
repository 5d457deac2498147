"""T6, T7: what a corrector does that is not ideal. The laws are moved point by point, on quantile grids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from theory import updates
from theory.checks.check import Check, Measured
from theory.formulas import shrink_limit, wrong_weight


def _wrong_limit(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """A law on 6 points, fitted exactly (its masses are mean parameters), run for 400 generations of r <= .9.

    r^400 is 5e-19: what is left is rounding of sums of 6 masses, bound 1e-12.
    """
    rng = np.random.default_rng([seed, 6])
    cases = 100 if quick else 1000
    data, aimed, p = rng.dirichlet(np.ones(6), (3, cases))
    lam, gamma = 10 ** rng.uniform(-2, 3, (2, cases))
    s, a = updates.synthetic_share(lam)[:, None], updates.kept_share(gamma)[:, None]
    a = np.minimum(a, 0.9 / s)  # settle within the 400 generations
    for _ in range(400):
        p = (1 - s) * data + s * (a * p + (1 - a) * aimed)
    w = theory(s, a)
    return Measured(float(np.abs(p - (1 - w) * data - w * aimed).max()), cases)


def _grid(count: int) -> Any:
    """Quantiles of N(0, 1) at the midpoints, rescaled to variance 1 so that only the maps are tested."""
    x = special.ndtri((np.arange(count) + 0.5) / count)
    return x / x.std()


def _shrink(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Points of a model are shrunk one by one and pooled with the data's, 200 generations of s a^2 <= .8: 4e-20."""
    rng = np.random.default_rng([seed, 7])
    cases = 50 if quick else 300
    s, a = rng.uniform(0, 0.95, cases), rng.uniform(0, 1, cases)
    a = np.minimum(a, np.sqrt(0.8 / np.maximum(s, 1e-9)))
    x, v = _grid(400), rng.uniform(0, 5, cases)
    for _ in range(200):
        moved = a[:, None] * (np.sqrt(v)[:, None] * x)
        v = (1 - s) + s * (moved**2).mean(axis=1)  # means are 0
    return Measured(float(np.abs(v - theory(s, a)).max()), cases)


def _transport(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Slope of the variance update at the target by central differences; transport by sorting, not by its formula.

    h = 1e-4: truncation about h^2, rounding 1e-16/h; bound 1e-7.
    """
    rng = np.random.default_rng([seed, 8])
    cases, h = 200, 1e-4
    s, a = rng.uniform(0, 1, (2, cases, 1))
    x = _grid(401)
    target = rng.permutation(x)

    def update(v: float) -> Any:
        points = rng.permutation(np.sqrt(v) * x)
        image = np.empty_like(points)
        image[np.argsort(points)] = np.sort(target)  # optimal in one dimension: order is kept
        moved = a * points + (1 - a) * image
        return (1 - s[:, 0]) + s[:, 0] * (moved**2).mean(axis=1)

    stays = np.abs(update(1.0) - 1).max()
    slope = (update(1 + h) - update(1 - h)) / (2 * h)
    return Measured(float(max(stays, np.abs(slope - theory(s[:, 0], a[:, 0])).max())), 2 * cases)


CHECKS = (
    Check(
        codes=("T6",),
        statement="wrong corrector: the limit lies between data and corrector, w = lam gamma/(1+gamma+lam gamma)",
        paper="this project",
        status="D",
        inputs="1000 random laws on 6 points for data, corrector and start (quick 100); lam, gamma .01 to 1000",
        quantity="largest difference of a mass after 400 generations",
        bound=1e-12,
        theory=wrong_weight,
        wrong_name="weight s(1-a): one generation's share of corrected samples",
        wrong_theory=lambda s, a: s * (1 - a),
        measure=_wrong_limit,
        claims=("T-1",),
    ),
    Check(
        codes=("T7",),
        statement="shrinking corrector: variance settles at (1-s)/(1-s a^2) < 1, no gamma describes it",
        paper="this project",
        status="D",
        inputs="300 random (s, a) (quick 50), 400 points a model, 200 generations",
        quantity="|variance - limit|",
        bound=1e-12,
        theory=shrink_limit,
        wrong_name="the ideal corrector's limit 1",
        wrong_theory=lambda s, a: np.ones_like(s),
        measure=_shrink,
    ),
    Check(
        codes=("T7",),
        statement="optimal-transport corrector: the truth stays and the local rate is r = s a",
        paper="this project",
        status="D",
        inputs="200 random (s, a), transport of 401 points by sorting",
        quantity="|variance at the truth - 1| and |slope - r|",
        bound=1e-7,
        theory=updates.contraction,
        wrong_name="rate s a^2, as for shrinking",
        wrong_theory=lambda s, a: s * a * a,
        measure=_transport,
    ),
)
