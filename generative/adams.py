"""A three-step Adams-Bashforth solver that is exact on the unit Gaussian and on a point: "adams".

With alpha = sin(a), sigma = cos(a), the probability flow is dx/da = u = sigma x_0 - alpha e, where x_0 is the model's
estimate and e = (x - alpha x_0)/sigma the noise that goes with it; a runs from 0 (noise) to pi/2 (clean). For data
N(0, 1), the law of normalised features, u = 0; for data at a point u = x_0 sigma - e alpha with both fixed. Each step
integrates the combination of

    sigma,  alpha,  alpha lambda            lambda = log(alpha/sigma) = log tan(a)

that passes through the last three u: the estimate of x_0 is held, that of the noise is linear in log-SNR. The integrals
are elementary. So both laws come out exactly at any number of steps, noise at a = 0 and data at a = pi/2 are reached
without a cut, and the order is three on what is smooth. Derived here: an Adams-Bashforth method fitted to
trigonometric functions (Gautschi 1961), of variable step.

The first interval, from a = 0 to the second node, knows one u; it is done over once the second is known, at no cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from torch import Tensor

from generative.grids import grid
from generative.schedule import Denoise, Floats, level_at, scales_of


@dataclass(frozen=True)
class Plan:
    """All numbers of a run: per node its level, alpha and sigma, and per step the weights of the newest u first.

    again: weights of u_1, u_0 that integrate from pure noise to the second node.
    """

    levels: tuple[float, ...]
    alpha: tuple[float, ...]
    sigma: tuple[float, ...]
    weights: tuple[tuple[float, ...], ...]
    again: tuple[float, ...]


def _integrals(lam: float) -> Floats:
    """Antiderivatives in the angle of sigma, alpha and alpha lambda, (3,)."""
    if lam == -np.inf:
        return np.array([0.0, -1.0, -np.log(2)])
    if lam == np.inf:
        return np.array([1.0, 0.0, 0.0])
    alpha, sigma = scales_of(lam)
    return np.array([alpha, -sigma, np.log(alpha / (1 + sigma)) - sigma * lam])


def _weights(nodes: Floats, begin: float, end: float) -> tuple[float, ...]:
    """Weights of u at the nodes (lambda, (m,), m <= 3) in its integral between two lambdas: exact on the first m."""
    m = len(nodes)
    alpha, sigma = scales_of(nodes)
    functions = np.array([sigma, alpha, alpha * nodes])[:m]
    return tuple(np.linalg.solve(functions, (_integrals(end) - _integrals(begin))[:m]).tolist())


def plan(lam: Floats) -> Plan:
    """The numbers of a run over rising half log-SNRs, (n,), n >= 3, one evaluation each."""
    edges = [-np.inf, *lam[1:], np.inf]
    steps = [_weights(lam[max(0, i - 2) : i + 1][::-1], edges[i], edges[i + 1]) for i in range(len(lam))]
    alpha, sigma = scales_of(lam)
    levels = level_at(lam)
    return Plan(
        tuple(levels.tolist()),
        tuple(alpha.tolist()),
        tuple(sigma.tolist()),
        tuple(steps),
        _weights(lam[1::-1], -np.inf, lam[1]),
    )


@lru_cache(maxsize=32)
def planned(steps: int) -> Plan:
    """The plan on the stored grid of so many evaluations."""
    return plan(grid(steps))


def integrate(denoise: Denoise, noise: Tensor, numbers: Plan) -> Tensor:
    """From noise to a sample, (any shape), one evaluation a node."""
    x, known = noise, list[Tensor]()
    for i, level in enumerate(numbers.levels):
        u = (denoise(x, level) - numbers.alpha[i] * x) / numbers.sigma[i]
        known = [u, *known[:2]]
        if i == 1:
            x = noise + _sum(numbers.again, known)
        x = x + _sum(numbers.weights[i], known)
    return x


def _sum(weights: tuple[float, ...], known: list[Tensor]) -> Tensor:
    total = weights[0] * known[0]
    for weight, u in zip(weights[1:], known[1:], strict=False):
        total = total + weight * u
    return total
