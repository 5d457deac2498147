"""Identities that the derivations rest on, one proof each: P1 to P6, P11, P13 to P15 of the list in README.md."""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory import updates
from theory.formulas import wright
from theory.proofs.step import Proof, Step

lam, gamma, n, k = sp.symbols("lambda gamma n k", positive=True)
e, M, P = sp.symbols("e M P", nonnegative=True)
alpha, L, eps = sp.symbols("alpha L epsilon", positive=True)
a, s = updates.kept_share(gamma), updates.synthetic_share(lam)
N, share = n + k, k / (n + k)
GILLMAN = "Gillman et al., Theorem 4.3"

RATE = Proof(
    codes=("T4", "P1"),
    statement="r = s a is lam/((1+lam)(1+gamma))",
    latex=r"s a = \frac{\lambda}{(1+\lambda)(1+\gamma)}",
    assumptions=("lam, gamma >= 0",),
    paper="this project",
    status="D",
    claim=updates.contraction,
    wrong_name="shares added, not multiplied",
    wrong_claim=lambda s, a: s + a - 1,
    steps=lambda claim: (Step("r", claim(s, a) - lam / ((1 + lam) * (1 + gamma))),),
    claims=("T-2",),
)

BOUNDARY = Proof(
    codes=("T3", "P2"),
    statement="Theorem 4.3: its factor is 1 at u = (1+gamma)/(2+gamma)",
    latex=r"\frac{u}{(1-u)(1+\gamma)} = 1 \iff u = \frac{1+\gamma}{2+\gamma}",
    assumptions=("u = lam(1+e) < 1",),
    paper=GILLMAN,
    status="R",
    claim=updates.published_bound,
    wrong_name="the boundary of the uncorrected loop: factor u/(1-u)",
    wrong_claim=lambda u, *, a: u / (1 - u),
    steps=lambda claim: (Step("factor - 1 at the boundary", claim((1 + gamma) / (2 + gamma), a=a) - 1),),
    claims=("T-3",),
)

PUBLISHED_FORMS = Proof(
    codes=("T3", "P3"),
    statement="Theorem 4.3: the two forms of rho(lam)/(1+gamma) agree",
    latex=r"\frac{\lambda(\alpha+\varepsilon L)}{(1+\gamma)(\alpha-\lambda(\alpha+\varepsilon L))}"
    r" = \frac{\lambda(1+e)}{(1+\gamma)(1-\lambda(1+e))}",
    assumptions=("e = eps L/alpha",),
    paper=GILLMAN,
    status="2nd",
    claim=updates.published_bound,
    wrong_name="the tight bound's sign in the denominator: a u/(1+u)",
    wrong_claim=lambda u, *, a: a * u / (1 + u),
    steps=lambda claim: (
        Step(
            "difference of the forms",
            claim(lam * (1 + eps * L / alpha), a=a)
            - lam * (alpha + eps * L) / ((1 + gamma) * (alpha - lam * (alpha + eps * L))),
        ),
    ),
    claims=("T-1",),
)

UNCURATED_FORMS = Proof(
    codes=("T3", "P4"),
    statement="rate without curation: the two forms agree, and the Euclidean bound at gamma = 0 is that rate",
    latex=r"\frac{\lambda(\alpha+\varepsilon L)}{\alpha+\lambda(\alpha-\varepsilon L)}"
    r" = \frac{\lambda(1+e)}{1+\lambda(1-e)}",
    assumptions=("e = eps L/alpha",),
    paper="Ferbach et al.",
    status="2nd",
    claim=updates.euclidean_bound,
    wrong_name="the tight bound",
    wrong_claim=updates.tight_bound,
    steps=lambda claim: (
        Step(
            "difference of the forms",
            claim(eps * L / alpha, s=s, a=1) - lam * (alpha + eps * L) / (alpha + lam * (alpha - eps * L)),
        ),
    ),
    claims=("T-7",),
)

EUCLIDEAN_LIMIT = Proof(
    codes=("T3", "P5"),
    statement="Euclidean bound: it is 1 at lam = (1+gamma)/((2+gamma)e - gamma)",
    latex=r"\frac{a\lambda(1+e)}{1+\lambda(1-e)} = 1 \iff \lambda = \frac{1+\gamma}{(2+\gamma)e-\gamma}",
    assumptions=("(2+gamma)e > gamma",),
    paper="this project",
    status="D",
    claim=updates.euclidean_bound,
    wrong_name="the tight bound",
    wrong_claim=updates.tight_bound,
    steps=lambda claim: (
        Step("bound - 1", sp.together(claim(e, s=s, a=a) - 1).subs(lam, (1 + gamma) / ((2 + gamma) * e - gamma))),
    ),
    claims=("T-1",),
)


def _monotone(claim: Any) -> tuple[Step, ...]:
    mu = sp.symbols("mu", positive=True)
    rate = claim(mu, s=s, a=a)
    written = rate - a * lam * mu / (1 + lam * mu)
    computed = updates.contraction(updates.synthetic_share(lam * mu), a)  # as rates.py and the maps write it
    return (
        Step("the rate in lam", written),
        Step("it is the exponential family's at lam mu", rate - computed),
        Step("increasing in mu", sp.diff(rate, mu), "positive"),
        Step("increasing in lam", sp.diff(rate, lam), "positive"),
        Step("decreasing in gamma", -sp.diff(rate, gamma), "positive"),
        Step("one generation multiplies by 1/(1+gamma) exactly", rate * (1 + gamma) - claim(mu, s=s, a=1)),
    )


MONOTONE = Proof(
    codes=("T2", "P6"),
    statement="the exact rate rises with mu and lam, falls with gamma, as 1/(1+gamma): exponentially more stability",
    latex=r"\mu \mapsto \frac{a\lambda\mu}{1+\lambda\mu}\ \text{increasing},\qquad"
    r" \ln(1/\rho) = \ln(1+\gamma) + \ln\frac{1+\lambda\mu}{\lambda\mu}",
    assumptions=("mu, lam > 0, gamma >= 0", "T2"),
    paper="this project",
    status="D",
    claim=updates.jacobian_eigenvalue,
    wrong_name="a strength that adds to lam: lam mu/(1 + lam mu + gamma)",
    wrong_claim=lambda mu, *, s, a: s * mu / (s * mu + (1 - s) / a),
    steps=_monotone,
    claims=("T-2",),
)

SPREAD = Proof(
    codes=("T8", "P11"),
    statement="expected variance of a corrected sample is 1 - a^2 M where M + S = 1",
    latex=r"C = 1 - a^2 M",
    assumptions=("T8; bias 1",),
    paper="this project",
    status="D",
    claim=updates.corrected_variance,
    wrong_name="a mixture without the spread of its two means",
    wrong_claim=lambda M, S, *, a: a * S + (1 - a),
    steps=lambda claim: (Step("C - (1 - a^2 M)", claim(M, 1 - M, a=a) - (1 - a**2 * M)),),
)


def _scalar(claim: Any) -> tuple[Step, ...]:
    recursion = 1 / N + 2 * (1 - share) * share * a * P + share**2 * a**2 * (1 - 1 / k) * M
    return (Step("M' on M + S = 1", claim(M, 1 - M, P, N=N, s=share, a=a)[0] - recursion),)


SCALAR = Proof(
    codes=("T8", "P13"),
    statement="scalar recursion M' = 1/N + 2(1-s)s a P + s^2 a^2 (1 - 1/k) M",
    latex=r"M' = \tfrac1N + 2(1-s)s a P + s^2a^2(1-\tfrac1k) M",
    assumptions=("T8; bias 1, maximum likelihood",),
    paper="this project",
    status="D",
    claim=updates.moment_step,
    wrong_name="bias: synthetic covariance a tenth too small",
    wrong_claim=lambda M, S, P, *, N, s, a: updates.moment_step(M, S, P, N=N, s=s, a=a, bias=sp.Rational(9, 10)),
    steps=_scalar,
)

POOLED_NOISE = Proof(
    codes=("T8", "P14"),
    statement="noise of the pooled mean: (1-s)^2/n + s^2/k = 1/N",
    latex=r"\frac{(1-s)^2}{n} + \frac{s^2}{k} = \frac1N",
    assumptions=("s = k/N, N = n + k",),
    paper="this project",
    status="D",
    claim=lambda s: (1 - s) ** 2 / n + s**2 / k,
    wrong_name="weights that do not sum to 1",
    wrong_claim=lambda s: (1 - s**2) / n + s**2 / k,
    steps=lambda claim: (Step("noise - 1/N", claim(share) - 1 / N),),
)


def _wright(claim: Any) -> tuple[Step, ...]:
    alone = claim(k, a)
    moved = updates.moment_step(alone, 1 - alone, 0, N=k, s=sp.Integer(1), a=a)[0]
    return (Step("fixed point of the recursion", moved - alone),)


WRIGHT = Proof(
    codes=("T9", "P15"),
    statement="no real data: Wright's formula 1/(k - a^2(k-1)) is the stationary M",
    latex=r"M_\infty = \frac{1}{k - a^2(k-1)},\qquad S_\infty = 1 - M_\infty",
    assumptions=("T8; gamma > 0; maximum likelihood, bias 1",),
    paper="this project; the formula: Wright",
    status="D",
    claim=wright,
    wrong_name="Wright's formula with a instead of a^2",
    wrong_claim=lambda k, a: 1 / (k - a * (k - 1)),
    steps=_wright,
    claims=("T-5",),
)

PROOFS = (
    RATE,
    BOUNDARY,
    PUBLISHED_FORMS,
    UNCURATED_FORMS,
    EUCLIDEAN_LIMIT,
    MONOTONE,
    SPREAD,
    SCALAR,
    POOLED_NOISE,
    WRIGHT,
)
