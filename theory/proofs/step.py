"""A proof: a statement, what it assumes, and steps that sympy verifies one by one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import sympy as sp

from theory.results import Result

Expression = Any  # a sympy expression; sympy ships no type information


@dataclass(frozen=True)
class Step:
    """One line of a proof: `expression` vanishes, or has the sign that `kind` names, for all symbol values allowed."""

    text: str
    expression: Expression
    kind: Literal["zero", "positive", "nonnegative"] = "zero"

    def holds(self) -> bool:
        """True only if sympy can decide it; what it cannot decide counts as failed."""
        if self.kind == "zero":
            return not _refuted(self.expression) and _vanishes(self.expression)
        reduced = sp.factor(sp.together(self.expression))
        return (reduced.is_positive if self.kind == "positive" else reduced.is_nonnegative) is True


def _refuted(expression: Expression) -> bool:
    """True if a rational function is not 0 at one point, evaluated exactly: far cheaper than simplifying it."""
    expression = sp.sympify(expression)
    symbols = sorted(expression.free_symbols, key=str)
    if not expression.is_rational_function(*symbols):
        return False
    point = {symbol: sp.Rational(sp.prime(7 + index), 97) for index, symbol in enumerate(symbols)}
    value = expression.subs(point)
    return bool(value.is_Rational and value != 0)


def _vanishes(expression: Expression) -> bool:
    """True if sympy reduces the expression to 0.

    A rational function vanishes where its expanded numerator does. It is not factored: the time of that depends on
    the order of the terms, which changes with Python's hash seed, from milliseconds to hours.
    """
    numerator = sp.fraction(sp.together(expression))[0]
    return bool(sp.expand(numerator) == 0) or bool(sp.simplify(numerator) == 0)


def zeros(text: str, entries: Iterable[Expression]) -> tuple[Step, ...]:
    """One step for each entry of a matrix or list that must vanish."""
    return tuple(Step(f"{text} [{index}]", entry) for index, entry in enumerate(entries))


@dataclass(frozen=True, kw_only=True)
class Proof:
    """A named proof.

    latex: the statement; assumptions: what is not proved here but used; claim: the formula under proof, handed to
    `steps`; wrong_name, wrong_claim: the negative control, a wrong formula whose steps must not all verify; claims:
    ids of the claims ledger that this proof helps to decide.
    """

    codes: tuple[str, ...]
    statement: str
    latex: str
    assumptions: tuple[str, ...]
    paper: str
    status: str
    claim: Callable[..., Expression]
    wrong_name: str
    wrong_claim: Callable[..., Expression]
    steps: Callable[[Callable[..., Expression]], tuple[Step, ...]]
    claims: tuple[str, ...] = ()

    def verify(self, seed: int = 0, quick: bool = False) -> Result:
        """All steps must verify; nothing is drawn, so seed and quick change nothing."""
        count, failed, seconds = self._run(self.claim)
        return self._result(self.statement, count, "fail" if failed else "pass", seconds, seed, failed)

    def verify_control(self, seed: int = 0, quick: bool = False) -> Result:
        """With the wrong claim at least one step must fail."""
        count, failed, seconds = self._run(self.wrong_claim)
        return self._result(self.wrong_name, count, "rejected" if failed else "accepted", seconds, seed, failed)

    def _run(self, claim: Callable[..., Expression]) -> tuple[int, str, float]:
        start = time.perf_counter()
        steps = self.steps(claim)
        failed = next((step.text for step in steps if not step.holds()), "")
        return len(steps), failed, time.perf_counter() - start

    def _result(self, text: str, count: int, verdict: Any, seconds: float, seed: int, failed: str) -> Result:
        note = f"does not verify: {failed}" if failed else "" if count else "no steps"
        verdict = "fail" if verdict == "pass" and not count else verdict
        return Result(
            codes=self.codes,
            statement=text,
            paper=self.paper,
            status=self.status,
            claims=self.claims,
            kind="proof",
            inputs="; ".join(self.assumptions),
            quantity=self.latex,
            cases=count,
            measured=None,
            bound=None,
            verdict=verdict,
            seconds=seconds,
            seed=seed,
            note=note,
        )
