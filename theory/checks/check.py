"""A numeric check: a formula, a measurement that compares it with something computed independently, and a bound."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from theory.results import Result, Verdict


@dataclass(frozen=True)
class Measured:
    """The worst deviation over all cases (negative: every case stayed inside by that much) and their number."""

    worst: float
    cases: int


@dataclass(frozen=True)
class Check:
    """A statement held against numbers.

    bound: the largest deviation allowed, in the unit of `measure`; derived where it is stated, never tuned.
    theory: the formula under test, handed to `measure`; wrong_name, wrong_theory: the negative control, a wrong
    formula whose deviation must exceed the bound.
    measure: (formula, seed, quick) -> Measured.
    """

    codes: tuple[str, ...]
    statement: str
    paper: str
    status: str
    bound: float
    theory: Callable[..., Any]
    wrong_name: str
    wrong_theory: Callable[..., Any]
    measure: Callable[[Callable[..., Any], int, bool], Measured]

    def verify(self, seed: int = 0, quick: bool = False) -> Result:
        """Pass if the worst deviation is within the bound; nan and no cases at all fail."""
        start = time.perf_counter()
        found = self.measure(self.theory, seed, quick)
        good = found.cases > 0 and found.worst <= self.bound
        return self._result(self.statement, found, "pass" if good else "fail", start, seed)

    def verify_control(self, seed: int = 0, quick: bool = False) -> Result:
        """Rejected if the wrong formula's deviation exceeds the bound; nan does not count as a rejection."""
        start = time.perf_counter()
        found = self.measure(self.wrong_theory, seed, quick)
        caught = found.cases > 0 and found.worst > self.bound
        return self._result(self.wrong_name, found, "rejected" if caught else "accepted", start, seed)

    def _result(self, text: str, found: Measured, verdict: Verdict, start: float, seed: int) -> Result:
        seconds = time.perf_counter() - start
        note = "" if verdict in ("pass", "rejected") else f"worst deviation {found.worst:.3g}, bound {self.bound:.3g}"
        return Result(
            self.codes[0],
            text,
            self.paper,
            self.status,
            found.cases,
            float(found.worst),
            self.bound,
            verdict,
            seconds,
            seed,
            note,
        )
