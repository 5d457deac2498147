"""T13: expectations of power sums of independent draws, and the conservation law seen by the weight-4 map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from theory.fourth import power_sum_moments
from theory.proofs.step import Proof, Step

m = sp.symbols("m1 m2 m3 m4", real=True)


def _expect(polynomial: Any, draws: tuple[Any, ...]) -> Any:
    """E of a polynomial in independent draws: every power y^j becomes m_j."""
    total = sp.Integer(0)
    for powers, coefficient in sp.Poly(polynomial, *draws).terms():
        total += coefficient * sp.prod([m[power - 1] for power in powers if power])
    return total


def _power_sum_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    steps = []
    for count in range(5):
        draws = sp.symbols(f"y1:{count + 1}", real=True)
        first, second = sum(draws, sp.Integer(0)), sum((y**2 for y in draws), sp.Integer(0))
        for (p, q), value in claim(sp.Integer(count), *m).items():
            if count == 0:
                steps.append(Step(f"no draws, p = {p}, q = {q}", value - (1 if p == q == 0 else 0)))
            else:
                steps.append(Step(f"{count} draws, p = {p}, q = {q}", _expect(first**p * second**q, draws) - value))
    return tuple(steps)


def _without_triples(k: Any, *moments: Any) -> Any:
    table = dict(power_sum_moments(k, *moments))
    table[2, 1] = k * moments[3] + 2 * k * (k - 1) * moments[2] * moments[0] + k * (k - 1) * moments[1] ** 2
    return table


POWER_SUMS = Proof(
    codes=("T13",),
    statement="E S1^p S2^q of k independent draws for p + 2q <= 4: the map of weight <= 4 is closed and linear",
    latex=r"E\,S_1^p S_2^q \in \mathbb{Q}[k][m_1,\dots,m_4],\quad S_j = \sum_i y_i^j",
    assumptions=("the expectation is a polynomial of degree p + q <= 4 in k, so five values of k prove it for all",),
    paper="this project",
    status="D",
    claim=power_sum_moments,
    wrong_name="triples of different draws left out of E S1^2 S2",
    wrong_claim=_without_triples,
    steps=_power_sum_steps,
)

PROOFS = (POWER_SUMS,)
