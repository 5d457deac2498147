"""T3: bounds from e = eps L/alpha, how they follow from each other, and where each is below 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from theory import updates
from theory.proofs.step import Proof, Step

lam, gamma = sp.symbols("lambda gamma", positive=True)
e = sp.symbols("e", nonnegative=True)
a, s = updates.kept_share(gamma), updates.synthetic_share(lam)
u = lam * (1 + e)
gap = sp.symbols("g", nonnegative=True)  # by how much an inequality is met


def _tight_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    mu = sp.symbols("mu", nonnegative=True)
    bound = claim(e, s=s, a=a)
    rate = updates.jacobian_eigenvalue(mu, s=s, a=a)
    return (
        Step("mu <= 1+e: the bound is not below the eigenvalue", (claim(mu - 1 + gap, s=s, a=a) - rate), "nonnegative"),
        Step("below a for every lam and e", a - bound, "positive"),
        Step("the claim in u: a u/(1+u)", bound - a * u / (1 + u)),
    )


TIGHT = Proof(
    codes=("T3",),
    statement="tight bound a u/(1+u), u = lam(1+e): spectral radius and energy norm, all lam and e",
    latex=r"\rho(DG) = \|DG\|_{-A} \le \frac{a u}{1+u},\quad u = \lambda(1+e)",
    assumptions=(
        "T2",
        "|A - B| <= eps L (Kantorovich duality) and -A >= alpha, so -B <= -A + eps L <= (1+e)(-A): mu <= 1+e",
    ),
    paper="this project",
    status="D",
    claim=updates.tight_bound,
    wrong_name="bound that leaves the gap out: a lam/(1+lam)",
    wrong_claim=lambda e, *, s, a: s * a,
    steps=_tight_steps,
)


def _euclidean_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    # s e < 1 in symbols: e = (1 + 1/lam) / (1 + g), g > 0.
    g = sp.symbols("g", positive=True)
    inside = (1 + 1 / lam) / (1 + g)
    bound = claim(e, s=s, a=a)
    norm = lam * a * (1 + e) / (1 + lam - lam * e)
    return (
        Step("resolvent: lam a (1+e) times the geometric series of lam e/(1+lam)", bound - norm),
        Step("not below the tight bound", (bound - updates.tight_bound(e, s=s, a=a)).subs(e, inside), "nonnegative"),
        Step(
            "1 - bound has the sign of 1 - lam((1+a)e - (1-a))",
            (1 - bound) - (1 - lam * ((1 + a) * e - (1 - a))) / (1 + lam * (1 - e)),
        ),
    )


EUCLIDEAN = Proof(
    codes=("T3",),
    statement="Euclidean bound a u/(1 + lam(1-e)) where lam e < 1 + lam, and its limit on lam",
    latex=r"\|DG\| \le \frac{a u}{1+\lambda(1-e)} < 1 \iff \lambda < \frac{1+\gamma}{(2+\gamma)e-\gamma}",
    assumptions=(
        "lam A^-1 B = lam(I + E) with |E| <= |A^-1| |A - B| <= e",
        "|((1+lam)I + lam E)^-1| <= 1/(1+lam-lam e) (Neumann series)",
    ),
    paper="this project; gamma = 0: Ferbach et al.",
    status="D",
    claim=updates.euclidean_bound,
    wrong_name="the tight bound claimed for the Euclidean norm",
    wrong_claim=updates.tight_bound,
    steps=_euclidean_steps,
)


def _published_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    factor = claim(u, a=a)
    free = sp.symbols("u", positive=True)
    # u < 1 in symbols: lam = 1 / ((1+e)(1+g)), g > 0
    g = sp.symbols("g", positive=True)
    inside = 1 / ((1 + e) * (1 + g))
    return (
        Step("1 - factor = (1 - u(1+a))/(1-u)", 1 - claim(free, a=a) - (1 - free * (1 + a)) / (1 - free)),
        Step(
            "never below the Euclidean bound",
            (factor - updates.euclidean_bound(e, s=s, a=a)).subs(lam, inside),
            "nonnegative",
        ),
        Step("e = 0: published/exact = (1+lam)/(1-lam)", (factor / (s * a)).subs(e, 0) - (1 + lam) / (1 - lam)),
    )


PUBLISHED = Proof(
    codes=("T3",),
    statement="Theorem 4.3: its factor is below 1 exactly for lam(1+e) < (1+gamma)/(2+gamma)",
    latex=r"\frac{\rho(\lambda)}{1+\gamma} = \frac{a u}{1-u} < 1 \iff u < \frac{1+\gamma}{2+\gamma}",
    assumptions=("e < 1 and u < 1; that the factor bounds the loop is the paper's theorem, implied here by T3",),
    paper="Gillman et al., Theorem 4.3",
    status="2nd",
    claim=updates.published_bound,
    wrong_name="factor u/(1-u) without the correction",
    wrong_claim=lambda u, *, a: u / (1 - u),
    steps=_published_steps,
)

PROOFS = (TIGHT, EUCLIDEAN, PUBLISHED)
