"""R15: curation (Ferbach et al.) on random finite spaces: without real data, with them, and how near it stays."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theory.checks.check import Check, Measured
from theory.curation import choice_weight, curate, divergence, expected_reward, least_rise
from theory.formulas import curation_sup, quoted_gain, sharper_gain

Floats = NDArray[np.float64]
ROUNDING = 1e-12  # sums of at most 5 masses and 70 ways to draw; renormalised every step


def _problems(seed: int, quick: bool) -> Iterator[tuple[Floats, Floats, int]]:
    """Random laws and rewards, (batch, m) each, with K: m, K = 2 to 5, 300 problems in all (quick 64)."""
    rng = np.random.default_rng([seed, 16])
    batch = 4 if quick else 19
    for m in range(2, 6):
        for K in range(2, 6):
            yield rng.dirichlet(np.ones(m), batch), rng.normal(0, 1.5, (batch, m)), K


def _by_hand(p: Floats, reward: Floats, K: int) -> Floats:
    """H_K by its definition, over all m^(K-1) tuples of other draws: an independent implementation."""
    value, m = np.exp(reward), p.shape[-1]
    total = np.zeros_like(p)
    for tuple_ in np.ndindex(*(m,) * (K - 1)):
        chance = np.prod(p[:, tuple_], axis=1)[:, None]
        total += chance * K * value / (value + value[:, tuple_].sum(axis=1)[:, None])
    return total


def _weight(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """|H - by hand|, |sum p H - 1| and H - K."""
    worst, cases = 0.0, 0
    for p, reward, K in _problems(seed, quick):
        found = theory(p, reward, K)
        worst = max(worst, float(np.abs(found - _by_hand(p, reward, K)).max()))
        worst = max(worst, float(np.abs((p * found).sum(axis=1) - 1).max()), float((found - K).max()))
        cases += 3 * len(p)
    return Measured(worst, cases)


def _rise(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Shortfall of the rise of E e^r below its bound, in units of e^max r, over 30 rounds without real data."""
    worst, cases = -math.inf, 0
    for p, reward, K in _problems(seed, quick):
        top = np.exp(reward.max(axis=1))
        for _ in range(30):
            mean, variance = expected_reward(p, reward)
            p = curate(p, reward, K)
            short = (theory(variance, reward, K) - (expected_reward(p, reward)[0] - mean)) / top
            worst, cases = max(worst, float(short.max())), cases + len(p)
    return Measured(worst, cases)


def _without_share(variance: Floats, reward: Floats, K: int) -> Floats:
    return np.asarray(K * variance / np.exp(reward.max(axis=-1)))


def _vanishing(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Excess of the summed variances over their bound, in units of it: 200 rounds; so the least is O(1/T)."""
    worst, cases = -math.inf, 0
    for p, reward, K in _problems(seed, quick):
        bound, total = theory(p, reward, K), np.zeros(len(p))
        for _ in range(200):
            total += expected_reward(p, reward)[1]
            p = curate(p, reward, K)
        worst, cases = max(worst, float((total / bound - 1).max())), cases + len(p)
    return Measured(worst, cases)


def _variance_budget(p: Floats, reward: Floats, K: int) -> Floats:
    top = np.exp(reward.max(axis=1))
    return np.asarray(K / (K - 1) * top * (top - expected_reward(p, reward)[0]))


def _mixed(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Shortfall of E_t e^r below its bound with real data, in units of e^max r: t = 1 to 60, lam = .1 to 10."""
    worst, cases = -math.inf, 0
    for p, reward, K in _problems(seed, quick):
        top = np.exp(reward.max(axis=1))
        for lam in (0.1, 0.5, 2.0, 10.0):
            start, variance = expected_reward(p, reward)
            law = p
            for _ in range(60):
                law = curate(law, reward, K, lam, p)
                gain = theory(lam) * (K - 1) / K * variance / top
                worst = max(worst, float(((start + gain - expected_reward(law, reward)[0]) / top).max()))
                cases += len(p)
    return Measured(worst, cases)


def _stays_near(theory: Callable[..., Any], seed: int, quick: bool) -> Measured:
    """Excess of sup p_t/p_ref and of KL over their bounds, 60 generations, lam up to .95/(K-1)."""
    worst, cases = -math.inf, 0
    for p, reward, K in _problems(seed, quick):
        for share in (0.2, 0.6, 0.95):
            lam, law = share / (K - 1), p
            for _ in range(60):
                law = curate(law, reward, K, lam, p)
                limit = theory(K, lam)
                worst = max(worst, float((law / p).max() / limit - 1))
                worst = max(worst, float(divergence(law, p).max()) - math.log(limit))
                cases += 2 * len(p)
    return Measured(worst, cases)


FERBACH = "Ferbach et al."
RANDOM = "300 random spaces with m, K = 2 to 5 (quick 64), rewards N(0, 1.5^2)"

CHECKS = (
    Check(
        codes=("R15",),
        statement="curation weight H_K: a law again (sum p H = 1), never above K",
        paper=FERBACH,
        status="2nd",
        inputs=RANDOM,
        quantity="|H - its definition|, |sum p H - 1|, H - K",
        bound=ROUNDING,
        theory=choice_weight,
        wrong_name="the limit of many candidates, e^r/E e^r, for every K",
        wrong_theory=lambda p, r, K: np.exp(r) / expected_reward(p, r)[0][:, None],
        measure=_weight,
        claims=("T-7",),
    ),
    Check(
        codes=("R15",),
        statement="curation without real data, 30 rounds: E e^r rises by at least ((K-1)/K) Var(e^r)/e^max r",
        paper=FERBACH,
        status="2nd",
        inputs=RANDOM + ", 30 rounds",
        quantity="shortfall of the rise, in units of e^max r",
        bound=ROUNDING,
        theory=least_rise,
        wrong_name="a rise of K Var(e^r)/e^max r",
        wrong_theory=_without_share,
        measure=_rise,
        claims=("T-7",),
    ),
    Check(
        codes=("R15",),
        statement="curation removes variance: sum_t Var_t(e^r) <= (K/(K-1)) e^max r (e^max r - E_0 e^r)",
        paper="this project, from Ferbach et al.",
        status="D",
        inputs=RANDOM + ", 200 rounds",
        quantity="relative excess of the sum",
        bound=ROUNDING,
        theory=_variance_budget,
        wrong_name="a budget without the factor K/(K-1), halved",
        wrong_theory=lambda p, r, K: _variance_budget(p, r, K) * (K - 1) / (2 * K),
        measure=_vanishing,
        claims=("T-7",),
    ),
    Check(
        codes=("R15",),
        statement="curation with real data: E_t e^r - E_ref e^r >= lam(1+lam)^-3 ((K-1)/K) Var_ref(e^r)/e^max r",
        paper=FERBACH,
        status="2nd",
        inputs=RANDOM + ", lam = .1, .5, 2, 10, 60 generations",
        quantity="shortfall, in units of e^max r",
        bound=ROUNDING,
        theory=quoted_gain,
        wrong_name="the pure loop's rise: without the factor lam(1+lam)^-3",
        wrong_theory=lambda lam: 1.0,
        measure=_mixed,
        claims=("T-7",),
    ),
    Check(
        codes=("R15",),
        statement="the same, sharper by (1+lam)^2: factor lam/(1+lam) from the first generation on",
        paper="this project",
        status="D",
        inputs=RANDOM + ", lam = .1, .5, 2, 10, 60 generations",
        quantity="shortfall, in units of e^max r",
        bound=ROUNDING,
        theory=sharper_gain,
        wrong_name="factor lam: real data do not hold the law back",
        wrong_theory=lambda lam: lam,
        measure=_mixed,
        claims=("T-7",),
    ),
    Check(
        codes=("R15",),
        statement="curation with real data stays near them: sup p_t/p_ref <= 1/(1 - lam(K-1)), KL <= its logarithm",
        paper=FERBACH,
        status="2nd",
        inputs=RANDOM + ", lam = .2, .6, .95 of 1/(K-1), 60 generations",
        quantity="relative excess of the supremum and excess of KL",
        bound=ROUNDING,
        theory=curation_sup,
        wrong_name="a bound that forgets K: 1 + lam/10",
        wrong_theory=lambda K, lam: 1 + lam / 10,
        measure=_stays_near,
        claims=("T-7",),
    ),
)
