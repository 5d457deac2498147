"""T10 to T12: without real data. Where the moments settle, where they explode, where tails are too heavy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from theory import updates
from theory.formulas import explosion_gamma, fourth_edge, half_sample_gamma, transport_distance, wright
from theory.proofs.step import Proof, Step

k, gamma = sp.symbols("k gamma", positive=True)
more = sp.symbols("m", positive=True)
a = updates.kept_share(gamma)


def _half_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    at = updates.kept_share(claim(k, sqrt=sp.sqrt))
    S = 1 - wright(k, a)
    rule = (k - 1) * (1 - a**2) - 1
    return (
        Step("E Sigma is 1/2 there", 1 - wright(k, at) - sp.Rational(1, 2)),
        Step("S - 1/2 has the sign of (k-1)(1-a^2) - 1", S - sp.Rational(1, 2) - rule / (2 * (rule + 2))),
        Step("the denominator is positive: rule + 2 > 0", (rule + 2).subs(k, 1 + more), "positive"),
    )


HALF_SAMPLE = Proof(
    codes=("T10",),
    statement="half-sample rule: E Sigma >= 1/2 exactly for (k-1)(1-a^2) >= 1, that is gamma >= sqrt((k-1)/(k-2)) - 1",
    latex=r"S_\infty \ge \tfrac12 \iff (k-1)(1-a^2) \ge 1",
    assumptions=("T9, Wright's formula; k > 2",),
    paper="this project",
    status="D",
    claim=half_sample_gamma,
    wrong_name="half a corrected sample in each generation to the letter: gamma = 1/(2k)",
    wrong_claim=lambda k, *, sqrt: 1 / (2 * k),
    steps=_half_steps,
)


def _explosion_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    M, S = sp.symbols("M S", real=True)
    new = sp.Matrix(updates.moment_step(M, S, sp.Integer(0), N=k, s=sp.Integer(1), a=a, nu=k / (k - 1)))
    system = new.jacobian([M, S])
    edge = claim(k, sqrt=sp.sqrt)
    free = sp.symbols("a", positive=True)
    return (
        Step("det(1 - map) = (1-a)(1 - a^2 - a/k)", (sp.eye(2) - system).det() - (1 - a) * (1 - a**2 - a / k)),
        Step("it vanishes at gamma_c", (1 - a**2 - a / k).subs(gamma, edge)),
        Step("and falls with a: one edge, explosion below it", -sp.diff(1 - free**2 - free / k, free), "positive"),
    )


EXPLOSION = Proof(
    codes=("T11",),
    statement="unbiased covariance without real data: the moments have radius 1 at gamma_c, k(1-a^2) = a",
    latex=r"\det(1 - T) = (1-a)\left(1 - a^2 - \tfrac{a}{k}\right)",
    assumptions=("the moment map, s = 1; the map has nonnegative entries, so its radius is its largest eigenvalue",),
    paper="this project",
    status="D",
    claim=explosion_gamma,
    wrong_name="the half-sample gamma instead",
    wrong_claim=half_sample_gamma,
    steps=_explosion_steps,
)


def _edge_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    """Generator of (E delta^4, E delta^2 v, E v^2) per k generations as k grows, x = k gamma, weight-4 terms alone."""
    x = sp.symbols("x", positive=True)
    steps = []
    for name, loss in (("mle", 1), ("unbiased", 0)):  # v loses x to correction, and 1 more to the divisor k
        decay = x + loss
        generator = sp.Matrix([[-4 * x, 6, 0], [x, -2 * x - decay, 1], [0, 2 * x, 2 - 2 * decay]])
        edge = sp.nsimplify(claim(name))
        steps += [
            Step(f"{name}: the generator is singular at the edge", generator.det().subs(x, edge)),
            Step(
                f"{name}: no singular point above it",
                sp.Poly(-generator.det().subs(x, edge + more), more).as_expr(),
                "positive",
            ),
        ]
    return tuple(steps)


FOURTH_EDGE = Proof(
    codes=("T11", "T13"),
    statement="no real data: E v^2 diverges up to k gamma = 1/2 (maximum likelihood) or 3/2 (unbiased), k to infinity",
    latex=r"\det\begin{pmatrix}-4x&6&0\\x&-2x-c&1\\0&2x&2-2c\end{pmatrix} = 0,\quad c = x + 1\ \text{or}\ x",
    assumptions=(
        "gamma = x/k, k to infinity: delta loses gamma delta and gains noise of variance v/k; v loses (gamma + 1/k) v "
        "(without 1/k if unbiased), gains gamma delta^2 and noise of variance 2 v^2/k",
        "lower weights and higher orders in 1/k do not move the edge",
        "off-diagonal entries are nonnegative, so the largest eigenvalue is real: it crosses 0 at the last zero of det",
    ),
    paper="this project",
    status="D",
    claim=fourth_edge,
    wrong_name="E v^2 diverges up to 1/3 or 1/2",
    wrong_claim=lambda name: {"mle": sp.Rational(1, 3), "unbiased": sp.Rational(1, 2)}[name],
    steps=_edge_steps,
)


def _distance_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    t = sp.symbols("t", integer=True, nonnegative=True)
    c, y = sp.symbols("c y", positive=True)
    # E mu^2 gains E v/k = 1/k; E v stays 1; E sigma is multiplied by c
    rise = claim(t + 1, k, c) - claim(t, k, c) - 1 / k - 2 * (c**t - c ** (t + 1))
    chi = sp.integrate(y * y ** (k - 2) * sp.exp(-(y**2) / 2), (y, 0, sp.oo)) / (
        2 ** ((k - 1) / 2 - 1) * sp.gamma((k - 1) / 2)
    )
    c4 = sp.sqrt(2 / (k - 1)) * sp.gamma(k / 2) / sp.gamma((k - 1) / 2)
    return (
        Step("the target at t = 0", claim(sp.Integer(0), k, c)),
        Step("E W2^2 = E mu^2 + E v - 2 E sigma + 1 in one generation", sp.expand(rise)),
        Step(
            "c4 is the mean of chi over sqrt(k-1), k > 1",
            sp.simplify((chi / sp.sqrt(k - 1) / c4).subs(k, 1 + more)) - 1,
        ),
    )


DISTANCE = Proof(
    codes=("T12", "R8"),
    statement="fully synthetic loop in one dimension, unbiased: E W2^2 = t/k + 2(1 - c4^t)",
    latex=r"E\,W_2^2 = \tfrac{t}{k} + 2\,(1 - c_4(k)^t)",
    assumptions=("mu' = mu + sigma z/sqrt(k) and sigma' = sigma chi_{k-1}/sqrt(k-1), independent",),
    paper="this project; c4^t: Bertrand et al.",
    status="D",
    claim=transport_distance,
    wrong_name="drift of the mean alone: t/k",
    wrong_claim=lambda t, k, c: t / k,
    steps=_distance_steps,
    claims=("T-5",),
)

PROOFS = (HALF_SAMPLE, EXPLOSION, FOURTH_EDGE, DISTANCE)
