"""R1: T2 and T3 on random pairs of Hessians, ill-conditioned and singular ones among them.

Bound 1e-9 for rounding alone, fixed before any run: the condition numbers of A and B reach 1e6, so that eigenvalues
of A^-1 B, whitened, lose about 1e6 units of 1e-16, and 1e-9 leaves a factor of ten.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theory import updates
from theory.checks.check import Check, Measured
from theory.hessians import hessian_gap
from theory.rates import lam_max_euclidean, rate_euclidean, rate_exact, rate_exponential_family, rate_tight

Floats = NDArray[np.float64]
DIMENSIONS = (1, 2, 3, 5)
ROUNDING = 1e-9


@dataclass(frozen=True)
class Pairs:
    """Random loops in `d` parameters, each field (n,), and what their Jacobians do."""

    s: Floats
    a: Floats
    e: Floats  # |A - B|/alpha: the smallest e = eps L/alpha that the loop can have
    mu: Floats  # largest eigenvalue of A^-1 B
    radius: Floats  # spectral radius of DG
    energy: Floats  # its norm in <u,v> = -u^T A v
    euclid: Floats  # its Euclidean norm


def _frames(rng: np.random.Generator, n: int, d: int) -> Floats:
    return np.asarray(np.linalg.qr(rng.normal(size=(n, d, d)))[0])


def _hessians(rng: np.random.Generator, n: int, d: int) -> tuple[Floats, Floats]:
    """(A, B), each (n, d, d): a third B of its own frame, a third the same with zero eigenvalues, a third near A."""
    spread = rng.uniform(0, np.log(1e6), (2, n, 1))  # log of the condition numbers
    sizes = np.exp(spread * rng.uniform(0, 1, (2, n, d)) + rng.uniform(-3, 3, (2, n, 1)))
    kind = np.arange(n) % 3
    sizes[1][kind == 1, 0] = 0.0
    q, w = _frames(rng, n, d), _frames(rng, n, d)
    A = -(q * sizes[0][:, None, :]) @ q.transpose(0, 2, 1)
    B = -(w * sizes[1][:, None, :]) @ w.transpose(0, 2, 1)
    near = kind == 2
    noise = rng.normal(size=(n, d, d))
    noise = noise + noise.transpose(0, 2, 1)
    noise *= (rng.uniform(0, 1.5, n) * sizes[0].min(axis=1) / np.linalg.norm(noise, 2, axis=(1, 2)))[:, None, None]
    values, vectors = np.linalg.eigh((A + noise)[near])
    B[near] = (vectors * np.minimum(values, 0)[:, None, :]) @ vectors.transpose(0, 2, 1)
    return (A + A.transpose(0, 2, 1)) / 2, (B + B.transpose(0, 2, 1)) / 2


@lru_cache(maxsize=2)
def random_pairs(seed: int, count: int) -> Pairs:
    """`count` loops over d = 1, 2, 3, 5; lam log-uniform in [.01, 100], gamma in {0} and [.01, 10] and {inf}."""
    rng = np.random.default_rng([seed, 1])
    parts = [_measure(rng, count // len(DIMENSIONS), d) for d in DIMENSIONS]
    return Pairs(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _measure(rng: np.random.Generator, n: int, d: int) -> tuple[Floats, ...]:
    A, B = _hessians(rng, n, d)
    lam = 10 ** rng.uniform(-2, 2, n)
    gamma = 10 ** rng.uniform(-2, 1, n)
    gamma[rng.random(n) < 0.2] = 0.0
    gamma[rng.random(n) < 0.02] = np.inf
    a, s = updates.kept_share(gamma), updates.synthetic_share(lam)
    DG = (lam * a)[:, None, None] * np.linalg.solve(A + lam[:, None, None] * B, B)
    root = np.linalg.cholesky(-A)
    half = np.linalg.solve(root, -B)
    mu = np.linalg.eigvalsh(np.linalg.solve(root, half.transpose(0, 2, 1)))[:, -1]
    alpha = np.linalg.eigvalsh(-A)[:, 0]
    # |L^T DG L^-T| is the norm of DG in <u,v> = -u^T A v, where -A = L L^T.
    whitened = np.linalg.solve(root, (root.transpose(0, 2, 1) @ DG).transpose(0, 2, 1)).transpose(0, 2, 1)
    return (
        s,
        a,
        np.linalg.norm(A - B, 2, axis=(1, 2)) / alpha,
        np.maximum(mu, 0.0),
        np.abs(np.linalg.eigvals(DG)).max(axis=1),
        np.linalg.norm(whitened, 2, axis=(1, 2)),
        np.linalg.norm(DG, 2, axis=(1, 2)),
    )


def _pairs(seed: int, quick: bool) -> Pairs:
    return random_pairs(seed, 4000 if quick else 20000)


def _exact(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    p = _pairs(seed, quick)
    rate = theory(p.mu, s=p.s, a=p.a)
    return Measured(float(max(np.abs(p.radius - rate).max(), np.abs(p.energy - rate).max())), 2 * p.mu.size)


def _tight(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    p = _pairs(seed, quick)
    bound = theory(p.e, s=p.s, a=p.a)
    return Measured(float(max((p.radius - bound).max(), (p.energy - bound).max())), 2 * p.mu.size)


def _euclidean(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    p = _pairs(seed, quick)
    applies = (p.s * p.e < 1) & (p.a > 0)  # a = 0: 0 <= 0 says nothing
    bound = theory(p.e[applies], s=p.s[applies], a=p.a[applies])
    # Relative: towards s e = 1 the bound grows without limit.
    return Measured(float(((p.euclid[applies] - bound) / np.maximum(bound, 1)).max()), int(applies.sum()))


def _published(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    p = _pairs(seed, quick)
    u = p.s / (1 - p.s) * (1 + p.e)
    applies = (u < 1) & (p.e < 1) & (p.a > 0)
    bound = theory(u[applies], a=p.a[applies])
    return Measured(float(((p.euclid[applies] - bound) / np.maximum(bound, 1)).max()), int(applies.sum()))


def _uncorrected(bound_below: float, theory: Callable[..., Any], p: Pairs) -> Measured:
    """Excess of the Euclidean norm over a bound on uncorrected loops, where it says something (below 1)."""
    lam = p.s / (1 - p.s)
    applies = (p.a == 1) & (p.e < 1) & (lam * (1 + p.e) < bound_below) & (lam * p.e < 0.5)
    return Measured(float((p.euclid[applies] - theory(p.e[applies], lam[applies])).max()), int(applies.sum()))


def _bertrand(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """lam(1+e) < 1/2, where the factor is below 1."""
    return _uncorrected(0.5, theory, _pairs(seed, quick))


def _uncurated(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """lam e < 1/2, without a limit on lam(1+e)."""
    return _uncorrected(np.inf, theory, _pairs(seed, quick))


def _limits(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """|bound - 1| at the limit on lam, relative rounding of about 1/margin: gamma, e where the limit is below 1e3."""
    rng = np.random.default_rng([seed, 26])
    worst, cases = 0.0, 0
    for gamma, e in zip(10 ** rng.uniform(-2, 1, 400), rng.uniform(0, 3, 400), strict=True):
        limit = theory(float(gamma), float(e))
        if limit < 1e3:
            worst, cases = max(worst, abs(rate_euclidean(limit, float(gamma), float(e)).value - 1)), cases + 1
    return Measured(worst, cases)


def _matrices(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """`rate_exact` and the bounds with the e of `hessian_gap` on matrices, against eigenvalues and norms of DG."""
    rng = np.random.default_rng([seed, 27])
    worst, cases = 0.0, 0
    for A, B in zip(*_hessians(rng, 200, 3), strict=True):
        lam, gamma = float(10 ** rng.uniform(-2, 2)), float(10 ** rng.uniform(-2, 1))
        DG = lam / (1 + gamma) * np.linalg.solve(A + lam * B, B)
        radius = float(np.abs(np.linalg.eigvals(DG)).max())
        worst = max(worst, abs(rate_exact(lam, gamma, A, B).value - radius))
        tight = rate_tight(lam, gamma, theory(A, B)).value
        # mu >= 1: the tight bound with that e is the exact rate; below, it is s a
        family = rate_exponential_family(lam, gamma).value
        worst, cases = max(worst, abs(tight - max(radius, family))), cases + 2
        e = hessian_gap(A, B, "euclidean")
        if e / (1 + 1 / lam) < 1:
            excess = float(np.linalg.norm(DG, 2)) - rate_euclidean(lam, gamma, e).value
            spread = float(np.abs(np.linalg.eigvals(np.linalg.solve(A, B)) - 1).max())  # |A^-1 B - I| <= e
            worst = max(worst, excess, spread - e * (1 + 1e-9) if spread > 1e-3 else 0.0)
            worst = max(worst, abs(float(np.linalg.norm(A - B, 2)) / -float(np.linalg.eigvalsh(A)[-1]) / e - 1) - 1e-6)
            cases += 3
    return Measured(worst, cases)


CHECKS = (
    Check(
        codes=("T2", "R1"),
        statement="spectral radius and energy norm of DG equal a lam mu/(1+lam mu): random Hessians",
        paper="this project",
        status="D",
        inputs="20000 loops (quick 4000): d = 1, 2, 3, 5, condition numbers to 1e6, lam .01 to 100, gamma 0 to inf",
        quantity="|spectral radius - rate| and |energy norm - rate|",
        bound=ROUNDING,
        theory=updates.jacobian_eigenvalue,
        wrong_name="the exponential family's rate s a for every model",
        wrong_theory=lambda mu, *, s, a: s * a,
        measure=_exact,
        claims=("T-1", "T-4"),
    ),
    Check(
        codes=("T3", "R1"),
        statement="no random loop exceeds the tight bound (spectral radius, energy norm)",
        paper="this project",
        status="D",
        inputs="the same loops, e = |A - B|/alpha",
        quantity="excess of spectral radius and energy norm over the bound",
        bound=ROUNDING,
        theory=updates.tight_bound,
        wrong_name="bound that leaves the gap out: a lam/(1+lam)",
        wrong_theory=lambda e, *, s, a: s * a,
        measure=_tight,
        claims=("T-1",),
    ),
    Check(
        codes=("T3", "R1"),
        statement="no random loop exceeds the Euclidean bound (Euclidean norm, lam e < 1 + lam)",
        paper="this project; gamma = 0: Ferbach et al.",
        status="D",
        inputs="those of the loops with lam e < 1 + lam",
        quantity="excess of the Euclidean norm over the bound, relative where it exceeds 1",
        bound=ROUNDING,
        theory=updates.euclidean_bound,
        wrong_name="the same with half the gap",
        wrong_theory=lambda e, *, s, a: updates.euclidean_bound(e / 2, s=s, a=a),
        measure=_euclidean,
        claims=("T-1",),
    ),
    Check(
        codes=("T3", "R1"),
        statement="Theorem 4.3: no random loop within its hypotheses exceeds its factor",
        paper="Gillman et al., Theorem 4.3",
        status="2nd",
        inputs="those of the loops with u < 1 and e < 1",
        quantity="excess of the Euclidean norm over the factor, relative where it exceeds 1",
        bound=ROUNDING,
        theory=updates.published_bound,
        wrong_name="its factor with a squared: correction counted twice",
        wrong_theory=lambda u, *, a: updates.published_bound(u, a=a * a),
        measure=_published,
        claims=("T-1", "T-3"),
    ),
    Check(
        codes=("T3", "R1"),
        statement="iterative retraining without correction: no random loop with lam(1+e) < 1/2 exceeds u/(1-u) < 1",
        paper="Bertrand et al.",
        status="2nd",
        inputs="those of the loops with gamma = 0, e < 1 and lam(1+e) < 1/2",
        quantity="excess of the Euclidean norm over the factor",
        bound=ROUNDING,
        theory=lambda e, lam: updates.published_bound(lam * (1 + e), a=1),
        wrong_name="its factor without the gap: lam/(1-lam)",
        wrong_theory=lambda e, lam: updates.published_bound(lam, a=1),
        measure=_bertrand,
        claims=("T-3",),
    ),
    Check(
        codes=("T3", "R1"),
        statement="retraining without curation: no random loop with lam e < 1/2 exceeds the improved rate < 1",
        paper="Ferbach et al.",
        status="2nd",
        inputs="those of the loops with gamma = 0, e < 1 and lam e < 1/2",
        quantity="excess of the Euclidean norm over lam(1+e)/(1+lam(1-e))",
        bound=ROUNDING,
        theory=lambda e, lam: updates.euclidean_bound(e, s=updates.synthetic_share(lam), a=1),
        wrong_name="the same without the gap: lam/(1+lam)",
        wrong_theory=lambda e, lam: updates.synthetic_share(lam),
        measure=_uncurated,
        claims=("T-7",),
    ),
    Check(
        codes=("T3", "R1"),
        statement="Euclidean bound: it is 1 at its limit on lam",
        paper="this project",
        status="D",
        inputs="400 random (gamma, e), those with a limit below 1000",
        quantity="|bound - 1|",
        bound=ROUNDING,
        theory=lam_max_euclidean,
        wrong_name="the published limit for it",
        wrong_theory=lambda gamma, e: (1 + gamma) / ((2 + gamma) * (1 + e)),
        measure=_limits,
        claims=("T-1",),
    ),
    Check(
        codes=("T3", "T2", "R1"),
        statement="bounds from A and B themselves, no Lipschitz constant: tight is the exact rate where mu >= 1",
        paper="this project",
        status="D",
        inputs="200 random pairs of 3 x 3 Hessians, lam .01 to 100, gamma .01 to 10",
        quantity="difference from eigenvalues of DG, excess of its norm",
        bound=ROUNDING,
        theory=hessian_gap,
        wrong_name="the Euclidean gap |A - B|/alpha for the energy norm",
        wrong_theory=lambda A, B: hessian_gap(A, B, "euclidean"),
        measure=_matrices,
        claims=("T-1", "T-4"),
    ),
)
