"""A numeric check: a formula, a measurement that compares it with something computed independently, and a bound."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from theory.results import Result, Verdict


@dataclass(frozen=True)
class Measured:
    """The worst deviation over all cases (negative: every case stayed inside by that much) and their number."""

    worst: float
    cases: int


@dataclass(frozen=True, kw_only=True)
class Check:
    """A statement held against numbers.

    inputs, quantity: what is tried and what is measured, in words.
    bound: the largest deviation allowed, in the unit of `measure`; derived where it is stated, never tuned. None: the
    deviation is a standard score, and the bound is Bonferroni's at 1 % for the number of cases (`score_bound`).
    theory: the formula under test, handed to `measure`; wrong_name, wrong_theory: the negative control, a wrong
    formula whose deviation must exceed the bound.
    measure: (formula, seed, quick) -> Measured.
    claims: ids of the claims ledger that this check helps to decide.
    """

    codes: tuple[str, ...]
    statement: str
    paper: str
    status: str
    inputs: str
    quantity: str
    bound: float | None
    theory: Callable[..., Any]
    wrong_name: str
    wrong_theory: Callable[..., Any]
    measure: Callable[[Callable[..., Any], int, bool], Measured]
    claims: tuple[str, ...] = ()

    def verify(self, seed: int = 0, quick: bool = False) -> Result:
        """Pass if the worst deviation is within the bound; nan and no cases at all fail."""
        found, bound, seconds = self._measured(self.theory, seed, quick)
        good = found.cases > 0 and found.worst <= bound
        return self._result(self.statement, found, bound, "pass" if good else "fail", seconds, seed)

    def verify_control(self, seed: int = 0, quick: bool = False) -> Result:
        """Rejected if the wrong formula's deviation exceeds the bound; nan does not count as a rejection."""
        found, bound, seconds = self._measured(self.wrong_theory, seed, quick)
        caught = found.cases > 0 and found.worst > bound
        return self._result(self.wrong_name, found, bound, "rejected" if caught else "accepted", seconds, seed)

    def _measured(self, theory: Callable[..., Any], seed: int, quick: bool) -> tuple[Measured, float, float]:
        """What was found, the bound that holds for it, and the seconds it took."""
        start = time.perf_counter()
        found = self.measure(theory, seed, quick)
        bound = self.bound if self.bound is not None else score_bound(max(found.cases, 1))
        return found, bound, time.perf_counter() - start

    def _result(self, text: str, found: Measured, bound: float, verdict: Verdict, seconds: float, seed: int) -> Result:
        note = "" if verdict in ("pass", "rejected") else f"worst deviation {found.worst:.3g}, bound {bound:.3g}"
        return Result(
            codes=self.codes,
            statement=text,
            paper=self.paper,
            status=self.status,
            claims=self.claims,
            kind="check",
            inputs=self.inputs,
            quantity=self.quantity,
            cases=found.cases,
            measured=float(found.worst),
            bound=float(bound),
            verdict=verdict,
            seconds=seconds,
            seed=seed,
            note=note,
        )


def sample_covariance(points: NDArray[np.float64], divisor: int) -> NDArray[np.float64]:
    """Scatter of points (runs, n, d) about their mean over `divisor`, (runs, d, d)."""
    centred = points - points.mean(axis=1, keepdims=True)
    return np.asarray(centred.transpose(0, 2, 1) @ centred / divisor)


def score_bound(comparisons: int, level: float = 0.01) -> float:
    """Two-sided Bonferroni bound on the largest of so many standard scores; false alarm at most `level`."""
    return -float(special.ndtri(level / (2 * comparisons)))
