"""Curation on finite spaces (Ferbach et al. [2nd]): choice among K independent draws with probability ~ e^reward.

Laws are (..., m), rewards (..., m); leading axes are independent problems. Masses are renormalised by the caller after
every step: an error of mass grows by a factor K a round.
"""

from __future__ import annotations

import itertools
import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

from theory import updates
from theory.hypotheses import whole

Floats = NDArray[np.float64]


@lru_cache(maxsize=64)
def _draws(m: int, count: int) -> tuple[Floats, Floats]:
    """All ways in which `count` draws fall on m points: counts (C, m) and logarithms of their multinomials (C,)."""
    bars = np.array(list(itertools.combinations(range(m + count - 1), m - 1)))  # between m heaps of draws
    ends = np.full((len(bars), 1), -1), np.full((len(bars), 1), m + count - 1)
    counts = np.diff(np.hstack([ends[0], bars.astype(int), ends[1]]), axis=1) - 1.0
    return counts, special.gammaln(count + 1) - special.gammaln(counts + 1).sum(axis=1)


def choice_weight(p: Floats, reward: Floats, K: int) -> Floats:
    """H_K(x) = E[K e^r(x)/(e^r(x) + sum_{j<K} e^r(x_j))], x_j independent of law p; (..., m), at most K.

    One round without real data turns p into p H_K. Exact, by all ways in which the other K - 1 draws can fall.

    Raises:
        ValueError: K < 2, shapes differ, p is no law, a reward is not finite; more than 10^7 counts to go through.
    """
    K = whole("K", K, 2, "one candidate leaves no choice")
    p, reward = _law("p", p), np.asarray(reward, dtype=float)
    if p.shape != reward.shape:
        raise ValueError(f"p and reward must have the same shape, got {p.shape} and {reward.shape}; give both (..., m)")
    if not np.isfinite(reward).all():
        raise ValueError("reward must be finite; give a large finite value instead of inf")
    m = p.shape[-1]
    if math.comb(m + K - 2, m - 1) * m > 10**7:
        raise ValueError(f"K must leave few ways in which K - 1 draws fall on {m} points, got {K}; take a smaller K")
    counts, coefficients = _draws(m, K - 1)
    chance = np.exp(coefficients + special.xlogy(counts, p[..., None, :]).sum(axis=-1))  # (..., C)
    # e^(r_j - r_x), (..., x, j), capped short of overflow: the chosen share is 0 there to all digits
    advantage = np.exp(np.minimum(reward[..., None, :] - reward[..., :, None], 600.0))
    terms = 1 / (1 + advantage @ counts.T)  # (..., x, C)
    return np.asarray(K * np.einsum("...c,...xc->...x", chance, terms))


def curate(p: Floats, reward: Floats, K: int, lam: float = math.inf, reference: Floats | None = None) -> Floats:
    """Law after one generation, (p_ref + lam p H_K)/(1+lam), renormalised; lam = inf: no real data (`reference`).

    Raises:
        ValueError: as `choice_weight`; lam negative or nan; lam finite without a reference.
    """
    if not lam >= 0:
        raise ValueError(f"lam must be >= 0 (inf = no real data), got {lam!r}; choose such a value")
    if reference is None and not math.isinf(lam):
        raise ValueError(f"lam = {lam!r} mixes with real data, but there is no reference law; give one or lam = inf")
    s = 1.0 if math.isinf(lam) else float(updates.synthetic_share(lam))
    p = _law("p", p)
    known = np.zeros_like(p) if reference is None else _law("reference", reference)
    if known.shape[-1] != p.shape[-1]:
        raise ValueError(f"reference must have {p.shape[-1]} points like p, got {known.shape[-1]}; give one for each")
    new = np.asarray(updates.curated(p, choice_weight(p, reward, K), reference=known, s=s))
    return np.asarray(new / new.sum(axis=-1, keepdims=True))


def expected_reward(p: Floats, reward: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of e^reward under p, (...) each."""
    value = np.exp(reward)
    mean = (p * value).sum(axis=-1)
    return mean, (p * (value - mean[..., None]) ** 2).sum(axis=-1)


def least_rise(variance: Floats, reward: Floats, K: int) -> Floats:
    """[2nd] Without real data E e^r rises by at least ((K-1)/K) Var(e^r)/e^max r in each round."""
    return np.asarray((K - 1) / K * variance / np.exp(reward.max(axis=-1)))


def divergence(p: Floats, q: Floats) -> Floats:
    """Kullback-Leibler divergence of p from q, (...) [nat]; 0 log 0 = 0.

    Raises:
        ValueError: p or q is no law, or they have different numbers of points.
    """
    p, q = _law("p", p), _law("q", q)
    if p.shape[-1] != q.shape[-1]:
        raise ValueError(f"q must have {p.shape[-1]} points like p, got {q.shape[-1]}; give a mass for each")
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p > 0, p * np.log(p / q), 0.0)
    return np.asarray(terms.sum(axis=-1))


def divergence_bound(K: int, lam: float) -> float:
    """[2nd] With real data KL(p_t, p_ref) <= -log(1 - lam(K-1)) if lam < 1/(K-1); else the bound is inf.

    Raises:
        ValueError: K < 2, lam negative or nan.
    """
    whole("K", K, 2, "one candidate leaves no choice")
    if not lam >= 0:
        raise ValueError(f"lam must be >= 0, got {lam!r}; choose such a value")
    return -math.log1p(-lam * (K - 1)) if lam * (K - 1) < 1 else math.inf


def _law(name: str, value: Floats) -> Floats:
    law = np.asarray(value, dtype=float)
    if law.ndim < 1 or not (law >= 0).all() or not np.allclose(law.sum(axis=-1), 1.0, atol=1e-9):
        raise ValueError(f"{name} must be a law (entries >= 0 with sum 1 along the last axis); renormalise it")
    return law
