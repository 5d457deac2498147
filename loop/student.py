"""Student's t distribution for whole degrees of freedom: tail probability and quantile, by finite sums."""

from __future__ import annotations

import math


def central_probability(t: float, dof: int) -> float:
    """P(|T| <= t) for t >= 0.

    Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 (odd) and 26.7.4 (even).
    """
    if math.isinf(t):
        return 1.0
    angle = math.atan(t / math.sqrt(dof))
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = dof % 2
    term = cosine if odd else 1.0
    total = 0.0
    for i in range(1 + odd, dof, 2):
        total += term
        term *= cosine**2 * i / (i + 1)
    return 2 / math.pi * (angle + sine * total) if odd else sine * total


def two_sided(t: float, dof: int) -> float:
    """P(|T| > |t|), the p-value of a score t; absolute error about 1e-15.

    Raises:
        ValueError: fewer than one degree of freedom.
    """
    _check(dof)
    return max(0.0, 1.0 - central_probability(abs(t), dof))


def quantile(level: float, dof: int) -> float:
    """t such that P(|T| <= t) = level: half the width of a two-sided interval, in standard errors.

    Raises:
        ValueError: level outside (0, 1), or fewer than one degree of freedom.
    """
    _check(dof)
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, got {level!r}; 0.95 is usual")
    low, high = 0.0, 1.0
    while central_probability(high, dof) < level:
        low, high = high, 2 * high
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if central_probability(middle, dof) < level else (low, middle)
    return (low + high) / 2


def _check(dof: int) -> None:
    if dof < 1:
        raise ValueError(f"dof must be >= 1, got {dof}; take more samples")
