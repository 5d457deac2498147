"""Closed forms that follow from the update rules, as plain arithmetic like these."""

from __future__ import annotations

from theory.updates import Number


def wright(k: Number, a: Number) -> Number:
    """T9: stationary M without real data, 1/(k - a^2(k-1)): Wright's drift-migration formula."""
    return 1 / (k - a**2 * (k - 1))


def stationary_fixed(N: Number, n: Number, s: Number, r: Number, k: Number) -> Number:
    """T9: stationary M with a fixed real set (maximum likelihood, bias 1)."""
    limit_P = (1 - s) / (n * (1 - r))
    return (1 / N + 2 * (1 - s) * r * limit_P) / (1 - r * r * (1 - 1 / k))


def stationary_fresh(N: Number, r: Number, k: Number) -> Number:
    """T9: stationary M with fresh real data each generation (maximum likelihood, bias 1)."""
    return (1 / N) / (1 - r * r * (1 - 1 / k))
