"""R12, R13, R18 to R20: amounts of synthetic data, kernel density loops, the effect of one real point."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from theory import updates
from theory.formulas import (
    excess_error,
    fresh_gain,
    kde_limit,
    kde_second_moment,
    mad_threshold_both,
    mad_threshold_variance,
    sensitivity_limit,
)
from theory.fourth import WEIGHT, weight_map
from theory.polynomial import monomials
from theory.proofs.step import Proof, Step

n, k, lam, gamma = sp.symbols("n k lambda gamma", positive=True)
N, s = n + k, k / (n + k)
ANALOGUE = "analogue"


def _excess_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    start, power = sp.symbols("T q", positive=True)  # q = (k/N)^(2T)
    here, then = claim(n, k, start), claim(n, k, start + 1)
    moved = updates.moment_step(1 / n + here, 1, 1 / n, N=N, s=s, a=1)[0] - 1 / n
    asked = sp.expand_power_exp(moved - then).subs((k / N) ** (2 * start), power)
    return (
        Step("no excess at T = 0", claim(n, k, sp.Integer(0))),
        Step("the recursion M' = (1-s)^2/n + 2(1-s)s/n + s^2 M + s^2/k", asked),
        Step(
            "largest at T to infinity, k/(n(n+2k)): it only rises with k", sp.diff(k / (n * (n + 2 * k)), k), "positive"
        ),
    )


EXCESS = Proof(
    codes=("R18", "P16"),
    statement="fixed real set, no correction: mean-squared error 1/n + k/(n(n+2k)) (1 - (k/N)^2T)",
    latex=r"M_T = \frac1n + \frac{k}{n(n+2k)}\left(1 - (k/N)^{2T}\right)",
    assumptions=("variance known; gamma = 0, so P = 1/n",),
    paper="Fu et al. 2024, " + ANALOGUE,
    status="D",
    claim=excess_error,
    wrong_name="k/(n(n+k)) in front",
    wrong_claim=lambda n, k, T: k / (n * (n + k)) * (1 - (k / (n + k)) ** (2 * T)),
    steps=_excess_steps,
    claims=("T-8",),
)

FRESH = Proof(
    codes=("R12", "P17"),
    statement="fresh loop with many points: n_e/n_r = 1 + s, so never above 2",
    latex=r"\frac{1/N}{1-s^2} = \frac{1}{n(1+s)}",
    assumptions=("gamma = 0, b = 1, k large: stationary M = (1/N)/(1-s^2)",),
    paper="MAD, fresh data loop",
    status="D",
    claim=fresh_gain,
    wrong_name="synthetic points count as real: n_e/n_r = 1/(1-s)",
    wrong_claim=lambda s: 1 / (1 - s),
    steps=lambda claim: (
        Step("stationary M", (1 / N) / (1 - s**2) - 1 / (n * claim(s))),
        Step("below 2", 2 - claim(s), "positive"),
    ),
    claims=("T-6",),
)


def _expansion() -> tuple[Any, Any, Any, Any]:
    """E (v-1)^2 and E delta^2 of the fresh loop at order x^2, x = 1/n_r, minus those of n_r real points; and k, b.

    The weight-4 map moves delta and v by O(x), so three rounds of it give the stationary point to x^2.
    """
    x, b = sp.symbols("x b", positive=True)
    points = 1 / x + k
    rows = weight_map(
        n=1 / x, k=k, s=k * x / (1 + k * x), a=sp.Integer(1), bias=b, nu=points / (points - 1), regime="fresh"
    )

    def cut(expression: Any) -> Any:
        expanded = sp.expand(expression)
        return sum(expanded.coeff(x, i) * x**i for i in range(3))

    entries = {
        (row, column[:2]): cut(sp.series(sp.cancel(sp.together(value)), x, 0, 3).removeO())
        for row, polynomial in rows.items()
        for column, value in polynomial.terms.items()
    }
    basis = monomials((1, 2), WEIGHT)
    state = {powers: sp.Integer(not any(powers)) for powers in basis}
    for _ in range(4):
        state = {row: cut(sum(entries.get((row, column), 0) * state[column] for column in basis)) for row in basis}
    variance = sp.expand(state[0, 2] - 2 * state[0, 1] + 1 - (2 * x + 2 * x**2))  # real points alone: 2/(n-1)
    return variance, sp.expand(state[2, 0] - x), x, b


def _threshold_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    variance, error, x, b = _expansion()
    by_variance, by_both = claim(b)
    both = sp.expand(error + variance / 4)
    return (
        Step("order x: synthetic data change nothing", variance.coeff(x, 1)),
        Step(
            "order x^2 of E(v-1)^2: (1-b)^2 k^2 - 2(2-b^2) k",
            variance.coeff(x, 2) - (1 - b) ** 2 * k**2 + 2 * (2 - b**2) * k,
        ),
        Step("order x^2 of E delta^2: -(2-b) k", error.coeff(x, 2) + (2 - b) * k),
        Step("no loss of variance at the threshold", variance.coeff(x, 2).subs(k, by_variance)),
        Step("no loss of both at the threshold", both.coeff(x, 2).subs(k, by_both)),
    )


THRESHOLD = Proof(
    codes=("R13", "P18"),
    statement="fresh loop with bias b: largest harmless n_s is 2(2-b^2)/(1-b)^2, or [4(2-b)+2(2-b^2)]/(1-b)^2 for both",
    latex=r"n_s^{max} \to \frac{2(2-b^2)}{(1-b)^2}",
    assumptions=("one dimension, unbiased covariance, gamma = 0, n_r to infinity with n_s fixed", "T13"),
    paper="MAD; this project (its value)",
    status="D",
    claim=lambda b: (mad_threshold_variance(b), mad_threshold_both(b)),
    wrong_name="4/(1-b)^2 and 8/(1-b)^2",
    wrong_claim=lambda b: (4 / (1 - b) ** 2, 8 / (1 - b) ** 2),
    steps=_threshold_steps,
    claims=("T-6",),
)


kernel, r, target = sp.symbols("K r target", positive=True)


def _kde_limit_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    phi = sp.symbols("phi", real=True)
    limit = target * claim(kernel, r)
    step = updates.kde_step(phi, target=target, kernel=kernel, r=r)
    return (Step("phi' - limit = r K (phi - limit)", step - limit - r * kernel * (phi - limit)),)


KDE_LIMIT = Proof(
    codes=("R19",),
    statement="kernel density loop: the expected characteristic function settles at (1-r)K/(1-rK) of the target's",
    latex=r"\frac{\varphi_\infty}{\varphi^*} = \frac{(1-r)\hat K}{1-r\hat K}",
    assumptions=("the estimate is linear in the empirical measure, so expectations close for every n", "r = s a"),
    paper="this project",
    status="D",
    claim=kde_limit,
    wrong_name="one smoothing: K",
    wrong_claim=lambda kernel, r: kernel,
    steps=_kde_limit_steps,
)


def _kde_moment_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    t, h = sp.symbols("t h", positive=True)
    here, then = (claim(time, r=r, width=h, target=target) for time in (t, t + 1))
    return (
        Step("t = 0: target + h^2", claim(sp.Integer(0), r=r, width=h, target=target) - target - h**2),
        Step("m' = (1-r) target + r m + h^2", sp.expand_power_exp((1 - r) * target + r * here + h**2 - then)),
    )


KDE_MOMENT = Proof(
    codes=("R19",),
    statement="kernel density loop: expected second moment target + h^2 (1-r^(t+1))/(1-r), for every n",
    latex=r"E x_t^2 = \sigma^2 + h^2\,\frac{1-r^{t+1}}{1-r}",
    assumptions=("a convolution adds second moments; expectations close as above", "r = s a"),
    paper="this project",
    status="D",
    claim=kde_second_moment,
    wrong_name="a smoothing h^2 added in every generation",
    wrong_claim=lambda t, *, r, width, target: target + width**2 * (t + 1),
    steps=_kde_moment_steps,
)


def _sensitivity_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    D = sp.symbols("D", real=True)
    a, share = updates.kept_share(gamma), updates.synthetic_share(lam)
    r = share * a
    limit = claim(share, r)
    return (
        Step(
            "fixed real set: D' - limit = r (D - limit)",
            updates.sensitivity_step(D, s=share, r=r, real=1) - limit - r * (D - limit),
        ),
        Step("fresh data: the point is forgotten at rate r", updates.sensitivity_step(D, s=share, r=r, real=0) - r * D),
        Step("gamma = 0: 1 for ever", limit.subs(gamma, 0) - 1),
        Step("gamma > 0: below 1", 1 - limit, "positive"),
    )


SENSITIVITY = Proof(
    codes=("R20",),
    statement="one moved real point: its effect on the mean stays bounded, and settles at (1-s)/(1-r) of the first",
    latex=r"D_\infty = \frac{1-s}{1-r} \le 1",
    assumptions=("fixed real set (with fresh data it vanishes at rate r); population version of the loop",),
    paper="Fu et al. 2025, " + ANALOGUE,
    status="D",
    claim=sensitivity_limit,
    wrong_name="1 - s: the synthetic points forget the moved one",
    wrong_claim=lambda s, r: 1 - s,
    steps=_sensitivity_steps,
    claims=("T-9",),
)

PROOFS = (EXCESS, FRESH, THRESHOLD, KDE_LIMIT, KDE_MOMENT, SENSITIVITY)
