"""Section 4, T8, T9: the exact finite-sample moments of the Gaussian loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from theory import updates
from theory.formulas import stationary_fixed, stationary_fresh
from theory.proofs.step import Proof, Step

n, k, gamma = sp.symbols("n k gamma", positive=True)
M, S, P, b, nu = sp.symbols("M S P b nu", real=True)
a = updates.kept_share(gamma)
N, s, r = n + k, k / (n + k), k / (n + k) * updates.kept_share(gamma)


def _derivation_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    """From one generation in one dimension: delta' = (1-s) x + s (a delta + z), pooled covariance, expectations."""
    delta, x, z, v, x2 = sp.symbols("delta x z v x2", real=True)
    # (a) variance of the corrected law, from its raw moments; target N(0, 1), model N(delta, b v)
    raw = updates.corrected(b * v + delta**2, 1, a=a)
    centred = raw - updates.corrected(delta, 0, a=a) ** 2
    C = updates.corrected_variance(M, S, a=a, bias=b)
    as_expected = {(2,): M}
    polynomial = sp.Poly(sp.expand(centred), delta)
    mixed = sum(c * as_expected.get(powers, 1) for powers, c in polynomial.terms()).subs(v, S)
    # (b) squared error of the new mean; x = real mean, z = sampling noise of the synthetic mean
    error = sp.expand(updates.trained(x, a * delta + z, s=s) ** 2)
    # (c) pooled covariance: within-group parts and the spread between the two group means
    spread = sp.expand(s * (1 - s) * (x - a * delta - z) ** 2)
    within = (1 - s) * (1 - 1 / n) + s * (1 - 1 / k) * C
    # the noise z has mean 0 and variance C/k, and is independent of x and delta
    table = {(2, 0, 0): M, (0, 2, 0): 1 / n, (1, 1, 0): P, (0, 0, 2): C / k, (1, 0, 1): 0, (0, 1, 1): 0}

    def expect(expression: Any) -> Any:
        return sum(c * table[powers] for powers, c in sp.Poly(expression, delta, x, z).terms())

    new_M, new_S = claim(M, S, P, N=N, s=s, a=a, bias=b, nu=nu)
    alone = sp.expand((a * delta + z) ** 2)
    alone_M, alone_S = claim(M, S, sp.Integer(0), N=k, s=sp.Integer(1), a=a, bias=b, nu=nu)
    new_P = sp.Poly(sp.expand(updates.trained(x, a * delta + z, s=s) * x), delta, x, z)
    first = sum(c * table[powers] for powers, c in new_P.terms())
    written = (1 - s) ** 2 / n + 2 * (1 - s) * s * a * P + s**2 * (a**2 * M + C / k)
    return (
        Step("variance of the corrected law is C", mixed - C),
        Step("E delta'^2 = M'", expect(error) - new_M),
        Step("E pooled covariance = S'", nu * (within + expect(spread)) - new_S),
        Step("E delta' x = P'", first - updates.correlation_step(P, N=N, s=s, a=a)),
        Step("no real data (s = 1, N = k): E delta'^2 = M'", expect(alone) - alone_M),
        Step("no real data: (1 - 1/k) C = S'", nu * (1 - 1 / k) * C - alone_S),
        Step("M' as written with n and k", written - new_M),
    )


def _without_spread(M: Any, S: Any, P: Any, **constants: Any) -> tuple[Any, Any]:
    new_M, _ = updates.moment_step(M, S, P, **constants)
    s, a, N = constants["s"], constants["a"], constants["N"]
    C = updates.corrected_variance(M, S, a=a, bias=constants["bias"])
    return new_M, constants["nu"] * (1 - 1 / N) * (1 - s + s * C)


DERIVATION = Proof(
    codes=("T8", "moments"),
    statement="moment map (M, S, P) of the Gaussian loop from one generation",
    latex=r"(M,S,P)\mapsto(M',S',P'),\quad C = abS + (1-a) + a(1-a)M",
    assumptions=(
        "one dimension; in more, each term is the same multiple of the target covariance",
        "samples are independent given the model; mean and covariance estimates are the sample ones, so "
        "E S_hat = (1 - 1/k) Cov",
    ),
    paper="this project",
    status="D",
    claim=updates.moment_step,
    wrong_name="pooled covariance without the spread between the group means",
    wrong_claim=_without_spread,
    steps=_derivation_steps,
)


def _conservation_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    steps = []
    for text, share, points, correlation in (
        ("fixed", s, N, P),
        ("fresh", s, N, 0),
        ("no", sp.Integer(1), k, 0),
    ):
        new_M, new_S = claim(M, S, correlation, N=points, s=share, a=a)
        kept = updates.mean_parameter_step(M + S, target=1, s=share, a=a)
        steps += [
            Step(f"{text} real data: M' + S' - 1 = r (M + S - 1)", new_M + new_S - kept),
            Step(f"{text} real data: M + S = 1 is kept", (new_M + new_S - 1).subs(S, 1 - M)),
        ]
    return tuple(steps)


def _unbiased(M: Any, S: Any, P: Any, *, N: Any, s: Any, a: Any) -> Any:
    return updates.moment_step(M, S, P, N=N, s=s, a=a, nu=N / (N - 1))


CONSERVATION = Proof(
    codes=("T8", "P12"),
    statement="conservation: M + S = 1 for all t, gamma, lam and data regimes (maximum likelihood)",
    latex=r"M_t + S_t = 1",
    assumptions=("the moment map; start M = 1/n, S = 1 - 1/n; maximum likelihood; bias 1",),
    paper="this project",
    status="D",
    claim=updates.moment_step,
    wrong_name="conservation with the unbiased covariance",
    wrong_claim=_unbiased,
    steps=_conservation_steps,
)


def _stationary_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    fixed, fresh = claim(N, n, s, r, k), stationary_fresh(N, r, k)
    limit_P = (1 - s) / (n * (1 - r))

    def moved(value: Any, correlation: Any, share: Any, points: Any) -> Any:
        return updates.moment_step(value, 1 - value, correlation, N=points, s=share, a=a)[0] - value

    count = sp.symbols("m", positive=True)  # k = 1 + m, at least one point
    return (
        Step("fixed: P is the fixed point", updates.correlation_step(limit_P, N=N, s=s, a=a) - limit_P),
        Step("fixed: M is the fixed point", moved(fixed, limit_P, s, N)),
        Step("fresh: M is the fixed point", moved(fresh, 0, s, N)),
        Step("the recursion contracts: 1 - r^2 (1 - 1/k) > 0", (1 - r**2 * (1 - 1 / k)).subs(k, 1 + count), "positive"),
    )


STATIONARY = Proof(
    codes=("T9",),
    statement="stationary M with real data, fixed or fresh; the recursion contracts",
    latex=r"M_\infty = \frac{1/N + 2(1-s) r P_\infty}{1 - r^2(1 - 1/k)},\qquad S_\infty = 1 - M_\infty",
    assumptions=("T8; maximum likelihood, bias 1; gamma > 0 or real data",),
    paper="this project",
    status="D",
    claim=stationary_fixed,
    wrong_name="the fresh loop's limit for a fixed real set",
    wrong_claim=lambda N, n, s, r, k: stationary_fresh(N, r, k),
    steps=_stationary_steps,
)

PROOFS = (DERIVATION, CONSERVATION, STATIONARY)
