"""Polynomials in several variables over any numbers: floats, arrays (one polynomial for each entry), sympy symbols.

Just enough for plain arithmetic to run on them, so that a linear map of moments is read off the update rule itself.
Sympy's own polynomials do the same a hundred times slower.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Number = Any
Powers = tuple[int, ...]


class Polynomial:
    """A sum of coefficient times monomial; `terms` maps the exponents of the variables to the coefficient."""

    __slots__ = ("terms",)

    def __init__(self, terms: Mapping[Powers, Number]) -> None:
        self.terms = dict(terms)

    def __add__(self, other: Polynomial | Number) -> Polynomial:
        if not isinstance(other, Polynomial):
            other = self._constant(other)
        total = dict(self.terms)
        for powers, value in other.terms.items():
            total[powers] = total[powers] + value if powers in total else value
        return Polynomial(total)

    def __mul__(self, other: Polynomial | Number) -> Polynomial:
        if not isinstance(other, Polynomial):
            return Polynomial({powers: value * other for powers, value in self.terms.items()})
        total: dict[Powers, Number] = {}
        for left, x in self.terms.items():
            for right, y in other.terms.items():
                powers = tuple(map(int.__add__, left, right))
                total[powers] = total[powers] + x * y if powers in total else x * y
        return Polynomial(total)

    __radd__, __rmul__ = __add__, __mul__
    __array_ufunc__ = None  # array * polynomial comes here, entry by entry in the coefficients

    def __neg__(self) -> Polynomial:
        return self * -1

    def __sub__(self, other: Polynomial | Number) -> Polynomial:
        return self + other * -1

    def __rsub__(self, other: Number) -> Polynomial:
        return (-self).__add__(other)

    def __pow__(self, power: int) -> Polynomial:
        if power < 0:
            raise ValueError(f"power must be >= 0, got {power!r}; a polynomial has no inverse")
        result: Polynomial = self._constant(1)
        for _ in range(power):
            result = result * self
        return result

    def _constant(self, value: Number) -> Polynomial:
        size = len(next(iter(self.terms)))
        return Polynomial({(0,) * size: value})


def variables(count: int) -> tuple[Polynomial, ...]:
    """The `count` variables themselves, each a polynomial."""
    return tuple(Polynomial({tuple(int(i == j) for j in range(count)): 1}) for i in range(count))


def monomials(weights: Iterable[int], most: int) -> tuple[Powers, ...]:
    """All exponents whose weighted sum is at most `most`, the constant first."""
    weights = tuple(weights)
    found: list[Powers] = [()]
    for weight in weights:
        found = [
            (*powers, power)
            for powers, used in ((powers, _weight(powers, weights)) for powers in found)
            for power in range((most - used) // weight + 1)
        ]
    return tuple(sorted(found, key=lambda powers: (_weight(powers, weights), powers)))


def _weight(powers: Powers, weights: Iterable[int]) -> int:
    return sum(power * weight for power, weight in zip(powers, weights, strict=False))
