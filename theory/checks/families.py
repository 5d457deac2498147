"""R2, R3, R4: the update rules themselves, differentiated numerically, against T2 and T4."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theory import updates
from theory.checks.check import Check, Measured
from theory.logistic import logistic_grid, logistic_mu, logistic_step

Floats = NDArray[np.float64]
GRID = [(lam, gamma) for lam in (0.1, 0.5, 1.0, 4.0) for gamma in (0.0, 0.3, 1.0, 5.0)]
WHOLE_SET = "correction of the whole training set: r = lam a/(1 + lam a)"


def _whole_set(s: float, a: float) -> float:
    return s * a / (1 - s + s * a)


def _outer(v: Floats) -> Floats:
    return v[..., :, None] * v[..., None, :]


def _target(rng: np.random.Generator, d: int) -> tuple[Floats, Floats]:
    root = rng.normal(size=(d, d)) / math.sqrt(d)
    return rng.normal(size=d), root @ root.T + np.eye(d)


def _gaussian_jacobian(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Central differences of step h = 1e-6 through `updates.gaussian_step`, all directions at once.

    The update is quadratic, so only rounding is left: about 1e-16 x 10/1e-6 = 1e-9, hence the bound 1e-8.
    """
    rng = np.random.default_rng([seed, 2])
    worst, cases, h = 0.0, 0, 1e-6
    for d in (1, 2, 3, 5):
        mean, cov = _target(rng, d)
        upper = np.triu_indices(d)
        size = d + len(upper[0])
        basis = np.zeros((size, d, d))
        basis[np.arange(d, size), upper[0], upper[1]] = basis[np.arange(d, size), upper[1], upper[0]] = 1.0
        along = np.eye(size)[:, :d]
        for lam, gamma in GRID:
            s, a = updates.synthetic_share(lam), updates.kept_share(gamma)
            ends = []
            for sign in (h, -h):
                new_mean, new_cov = updates.gaussian_step(
                    mean + sign * along,
                    cov + sign * basis,
                    target_mean=mean,
                    target_cov=cov,
                    s=s,
                    a=a,
                    outer=_outer,
                )
                ends.append(np.concatenate([new_mean, new_cov[:, upper[0], upper[1]]], axis=1))
            values = np.linalg.eigvals((ends[0] - ends[1]).T / (2 * h))
            worst = max(worst, float(np.abs(values - theory(s, a)).max()))
            cases += size
    return Measured(worst, cases)


def _far_start(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Starts 1000 target widths away: the distance in mean parameters shrinks by r in each of 3 generations.

    Relative to the size of the numbers subtracted, which is what rounding scales with: bound 1e-12.
    """
    rng = np.random.default_rng([seed, 3])
    worst, cases = 0.0, 0
    for d in (1, 2, 3, 5):
        target_mean, target_cov = _target(rng, d)
        best = target_cov + _outer(target_mean)
        for lam, gamma in GRID:
            s, a = updates.synthetic_share(lam), updates.kept_share(gamma)
            root = rng.normal(size=(16, d, d))
            mean, cov = 1e3 * rng.normal(size=(16, d)), 1e3 * root @ root.transpose(0, 2, 1)
            for _ in range(3):
                before = np.concatenate([mean - target_mean, (cov + _outer(mean) - best).reshape(16, -1)], axis=1)
                mean, cov = _step(mean, cov, target_mean, target_cov, s, a)
                after = np.concatenate([mean - target_mean, (cov + _outer(mean) - best).reshape(16, -1)], axis=1)
                gap = np.linalg.norm(after - theory(s, a) * before, axis=1) / np.linalg.norm(before, axis=1)
                worst = max(worst, float(gap.max()))
                cases += 16
    return Measured(worst, cases)


def _step(mean: Floats, cov: Floats, target_mean: Floats, target_cov: Floats, s: float, a: float) -> Any:
    """One generation of (m, d) means and (m, d, d) covariances; in one dimension through the scalar rule."""
    if len(target_mean) == 1:
        new_mean, new_cov = updates.gaussian_step(
            mean[:, 0], cov[:, 0, 0], target_mean=target_mean[0], target_cov=target_cov[0, 0], s=s, a=a
        )
        return new_mean[:, None], new_cov[:, None, None]
    return updates.gaussian_step(mean, cov, target_mean=target_mean, target_cov=target_cov, s=s, a=a, outer=_outer)


# ---- R3: logistic location, where the Hessian does depend on x


def _logistic_slope(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Central difference h = 1e-3 of `logistic_step` at theta* = 0: its error is O(h^2), about 1e-7; bound 1e-5."""
    worst, h = 0.0, 1e-3
    cases = [(3.0, 1.0, 1.0), (6.0, 1.0, 1.0)] + ([] if quick else [(3.0, 0.5, 0.0), (6.0, 10.0, 0.1), (0.5, 2.0, 0.3)])
    for width, lam, gamma in cases:
        x, data = logistic_grid(width, 0.02 if quick else 0.002)
        s, a = updates.synthetic_share(lam), updates.kept_share(gamma)
        slope = (logistic_step(h, x, data, s=s, a=a) - logistic_step(-h, x, data, s=s, a=a)) / (2 * h)
        worst = max(worst, abs(slope - theory(logistic_mu(x, data), s=s, a=a)))
    return Measured(worst, len(cases))


def _logistic_loop(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Data N(0, 36): e = 5.1, no hypothesis of the bounds holds; from theta = 2 the loop still settles at T2's rate.

    The measured rate is theta_20/theta_19; the update is odd, so its error is O(theta_19^2), far below 1e-5.
    """
    x, data = logistic_grid(6.0, 0.02)
    s, a = updates.synthetic_share(1.0), updates.kept_share(1.0)
    theta = [2.0]
    for _ in range(20):
        theta.append(logistic_step(theta[-1], x, data, s=s, a=a))
    return Measured(abs(theta[20] / theta[19] - theory(logistic_mu(x, data), s=s, a=a)), 20)


# ---- R4: curved family


def _curved_mu(ratio: Floats) -> Floats:
    return 3 / (2 + ratio)


def _curved_slope(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Central difference of relative step 1e-5 through `updates.curved_step` on random data moments.

    Truncation and rounding are both about 1e-10; bound 1e-7.
    """
    rng = np.random.default_rng([seed, 4])
    n = 1000
    m1 = np.append(rng.normal(0, 2, n), -1.0)
    m2 = np.append(m1[:-1] ** 2 + 10 ** rng.uniform(-1, 1, n), 1.0)
    lam = np.append(10 ** rng.uniform(-2, 2, n), 0.5)
    a = np.append(updates.kept_share(10 ** rng.uniform(-2, 1, n)), 1.0)
    s = updates.synthetic_share(lam)
    best = updates.curved_fit(m1, m2, sqrt=np.sqrt)
    h = 1e-5 * best
    ends = [updates.curved_step(best + sign * h, m1=m1, m2=m2, s=s, a=a, sqrt=np.sqrt) for sign in (1, -1)]
    rate = updates.jacobian_eigenvalue(theory(m1 / best), s=s, a=a)
    return Measured(float(np.abs((ends[0] - ends[1]) / (2 * h) - rate).max()), n + 1)


def _exponential(mu: float, *, s: float, a: float) -> float:
    return s * a


CHECKS = (
    Check(
        codes=("T4", "R2"),
        statement="Gaussian loop: eigenvalues of the numeric Jacobian are r, d = 1, 2, 3, 5",
        paper="this project",
        status="D",
        inputs="d = 1, 2, 3, 5; lam .1, .5, 1, 4; gamma 0, .3, 1, 5; h = 1e-6",
        quantity="|eigenvalue - r|",
        bound=1e-8,
        theory=updates.contraction,
        wrong_name=WHOLE_SET,
        wrong_theory=_whole_set,
        measure=_gaussian_jacobian,
        claims=("T-1",),
    ),
    Check(
        codes=("T4", "R2"),
        statement="Gaussian loop from far away: the mean parameters' error shrinks by r exactly",
        paper="this project",
        status="D",
        inputs="the same grid, 16 starts 1000 widths away, 3 generations",
        quantity="distance of the step from r times the error, relative to the error",
        bound=1e-12,
        theory=updates.contraction,
        wrong_name=WHOLE_SET,
        wrong_theory=_whole_set,
        measure=_far_start,
        claims=("T-1",),
    ),
    Check(
        codes=("T2", "R3"),
        statement="logistic location: slope of the update by quadrature",
        paper="this project",
        status="D",
        inputs="data N(0, 9) and N(0, 36); lam, gamma .5 to 10, 0 to 1; quadrature",
        quantity="|slope - rate|",
        bound=1e-5,
        theory=updates.jacobian_eigenvalue,
        wrong_name="the exponential family's rate s a",
        wrong_theory=_exponential,
        measure=_logistic_slope,
        claims=("T-1", "T-4"),
    ),
    Check(
        codes=("T2", "R3"),
        statement="logistic location with e = 5.1, outside every bound: the loop converges at the exact rate",
        paper="this project",
        status="D",
        inputs="data N(0, 36), lam = gamma = 1, start 2, 20 generations",
        quantity="|theta_20/theta_19 - rate|",
        bound=1e-5,
        theory=updates.jacobian_eigenvalue,
        wrong_name="the exponential family's rate s a",
        wrong_theory=_exponential,
        measure=_logistic_loop,
        claims=("T-4",),
    ),
    Check(
        codes=("T5", "R4"),
        statement="curved family N(theta, theta^2): slope of the update, random data moments",
        paper="this project",
        status="D",
        inputs="1000 random (m1, m2, lam, gamma) and (-1, 1, .5, 0)",
        quantity="|slope - rate|",
        bound=1e-7,
        theory=_curved_mu,
        wrong_name="the exponential family's mu = 1",
        wrong_theory=np.ones_like,
        measure=_curved_slope,
        claims=("T-1",),
    ),
)
