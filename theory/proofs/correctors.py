"""T6, T7: limits and rates under correctors that are not ideal; T9: correction against the real sample's error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from theory import updates
from theory.formulas import conditional_limit, shrink_limit, stationary_fixed, uncorrected_limit, wrong_weight
from theory.proofs.step import Proof, Step

lam, gamma = sp.symbols("lambda gamma", positive=True)
a, s = updates.kept_share(gamma), updates.synthetic_share(lam)


def _wrong_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    m, data, aimed = sp.symbols("m m_data m_q", real=True)
    w = claim(s, a)
    limit = (1 - w) * data + w * aimed
    step = updates.wrong_target_step(m, target=data, aimed=aimed, s=s, a=a)
    return (
        Step("global: G(m) - limit = r (m - limit)", step - limit - s * a * (m - limit)),
        Step("w = lam gamma/(1+gamma+lam gamma)", w - lam * gamma / (1 + gamma + lam * gamma)),
        Step("below 1: the data are never forgotten", 1 - w, "positive"),
    )


WRONG = Proof(
    codes=("T6",),
    statement="wrong corrector: same rate r, limit (1-w) m_data + w m_q",
    latex=r"m_\infty = (1-w)\,m_{data} + w\,m_q,\quad w = \frac{\lambda\gamma}{1+\gamma+\lambda\gamma}",
    assumptions=("exponential family in mean parameters; the corrector draws from a fixed law q",),
    paper="this project",
    status="D",
    claim=wrong_weight,
    wrong_name="weight s(1-a): one generation's share of corrected samples",
    wrong_claim=lambda s, a: s * (1 - a),
    steps=_wrong_steps,
    claims=("T-1",),
)


def _shrink_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    v = sp.symbols("v", positive=True)
    limit = claim(s, a)
    return (
        Step(
            "global: G(v) - limit = s a^2 (v - limit)",
            updates.shrink_step(v, s=s, a=a) - limit - s * a**2 * (v - limit),
        ),
        Step("under-dispersed: limit below 1", 1 - limit, "positive"),
    )


SHRINK = Proof(
    codes=("T7",),
    statement="shrinking corrector: variance settles at (1-s)/(1-s a^2) < 1, at rate s a^2",
    latex=r"v_\infty = \frac{1-s}{1-s a^2} < 1",
    assumptions=("one dimension, target variance 1, mean at the truth, population version",),
    paper="this project",
    status="D",
    claim=shrink_limit,
    wrong_name="limit with a instead of a^2",
    wrong_claim=lambda s, a: (1 - s) / (1 - s * a),
    steps=_shrink_steps,
)


def _transport_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    v = sp.symbols("v", positive=True)
    step = updates.transport_step(v, s=s, a=a, sqrt=sp.sqrt)
    return (
        Step("the truth is a fixed point", step.subs(v, 1) - 1),
        Step("slope there is r", sp.diff(step, v).subs(v, 1) - claim(s, a)),
    )


TRANSPORT = Proof(
    codes=("T7",),
    statement="optimal-transport corrector: v = 1 stays, local rate r",
    latex=r"v_\infty = 1,\qquad G'(1) = s a",
    assumptions=("one dimension, Gaussians of equal mean: the transport map is linear", "population version"),
    paper="this project",
    status="D",
    claim=updates.contraction,
    wrong_name="rate s a^2, as for shrinking",
    wrong_claim=lambda s, a: s * a * a,
    steps=_transport_steps,
)


def _conditional_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    delta = sp.symbols("delta", real=True)
    limit = claim(gamma, lam)
    step = updates.trained(1, updates.corrected(delta, 0, a=a), s=s)
    return (
        Step("E delta' - limit = r (E delta - limit), in units of delta_real", step - limit - s * a * (delta - limit)),
        Step("below 1 for lam, gamma > 0: correction beats the data", 1 - limit, "positive"),
        Step("gamma = 0: the real sample's own error", limit.subs(gamma, 0) - 1),
    )


CONDITIONAL = Proof(
    codes=("T9",),
    statement="given the real sample, E delta ends at (1+gamma)/(1+gamma+lam gamma) of its error: below it",
    latex=r"E[\delta_\infty \mid x] = \delta_r\,\frac{1+\gamma}{1+\gamma+\lambda\gamma}",
    assumptions=("fixed real set; the corrector draws from the truth, not from the fit",),
    paper="this project",
    status="D",
    claim=conditional_limit,
    wrong_name="lam in place of lam gamma",
    wrong_claim=lambda gamma, lam: (1 + gamma) / (1 + gamma + lam),
    steps=_conditional_steps,
    claims=("T-2",),
)


def _better_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    n, k, h = sp.symbols("n k h", positive=True)
    g = sp.symbols("g", nonnegative=True)
    share, kept = 1 / (1 + h), 1 / (2 * (1 + g))  # every s in (0, 1), every a <= 1/2
    error, most = (n * claim(n / (1 - share), n, share, share * kept, count) for count in (1 + k, sp.oo))
    return (
        Step("more synthetic points at the same share only add error", most - error, "positive"),
        Step("below 1/n even then", 1 - most, "positive"),
    )


BETTER = Proof(
    codes=("T9",),
    statement="gamma >= 1: the stationary squared error of the mean is below the real sample's 1/n for every lam > 0",
    latex=r"\gamma \ge 1 \Rightarrow n M_\infty < 1",
    assumptions=("T9, fixed real set, maximum likelihood; ideal corrector; k > 1",),
    paper="this project",
    status="D",
    claim=stationary_fixed,
    wrong_name="the same without correction: r = s",
    wrong_claim=lambda N, n, s, r, k: stationary_fixed(N, n, s, s, k),
    steps=_better_steps,
    claims=("T-2",),
)


def _uncorrected_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    h, more = sp.symbols("h m", positive=True)
    n, share = 1 + more, 1 / (1 + h)
    N = n / (1 - share)
    error = claim(share, n)
    return (
        Step("n times the stationary M at r = s", n * stationary_fixed(N, n, share, share, N - n) - error),
        Step("above 1: retraining on one's own data only harms", error - 1, "positive"),
        Step("bounded by 3/2", sp.Rational(3, 2) - error, "positive"),
        Step("worse with more synthetic data", -sp.diff(error, h), "positive"),
    )


UNCORRECTED = Proof(
    codes=("T9",),
    statement="fixed real set, no correction: the mean's error settles at (1+2s)/(1+s+s/n) of 1/n, between 1 and 3/2",
    latex=r"n M_\infty = \frac{1+2s}{1+s+s/n} \in (1, \tfrac32)",
    assumptions=("T9, maximum likelihood, bias 1, gamma = 0; n > 1, k > 0",),
    paper="MAD, synthetic augmentation loop; this project (value)",
    status="D",
    claim=uncorrected_limit,
    wrong_name="the fresh loop's gain, 1/(1+s): synthetic data help",
    wrong_claim=lambda s, n: 1 / (1 + s),
    steps=_uncorrected_steps,
    claims=("T-6", "T-9"),
)

PROOFS = (WRONG, SHRINK, TRANSPORT, CONDITIONAL, UNCORRECTED, BETTER)
