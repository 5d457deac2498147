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
        return _signed(self.expression, self.kind == "positive")


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


def _signed(expression: Expression, strictly: bool) -> bool:
    """True if the expression is positive (or nonnegative) for all values of its symbols.

    First by the coefficients of numerator and denominator, if all symbols are nonnegative: that needs no factoring,
    whose time depends on the hash seed (see `_vanishes`).
    """
    numerator, denominator = sp.fraction(sp.together(expression))
    if _positive_terms(denominator, True) and _positive_terms(numerator, strictly):
        return True
    if _sign_refuted(expression, strictly):
        return False
    reduced = sp.factor(sp.together(expression))
    return (reduced.is_positive if strictly else reduced.is_nonnegative) is True


def _sign_refuted(expression: Expression, strictly: bool) -> bool:
    """True if the expression has the wrong sign at one of a few exact points; symbols that may vanish also do."""
    symbols = sorted(expression.free_symbols, key=str)
    for size in (sp.Rational(1, 97), sp.Integer(1), sp.Integer(89)):
        for vanish in (False, True):
            point = {
                symbol: sp.Integer(0) if vanish and not symbol.is_positive else size * sp.prime(3 + index)
                for index, symbol in enumerate(symbols)
            }
            value = expression.subs(point)
            if value.is_Rational and (value < 0 or (strictly and value == 0)):
                return True
    return False


def _positive_terms(expression: Expression, strictly: bool) -> bool:
    """True for a polynomial in nonnegative symbols without negative coefficient; strictly: with a positive term."""
    symbols = sorted(expression.free_symbols, key=str)
    if not all(symbol.is_nonnegative for symbol in symbols) or not expression.is_polynomial(*symbols):
        return False
    if not symbols:
        return bool(expression > 0 if strictly else expression >= 0)
    terms = sp.Poly(sp.expand(expression), *symbols).terms()
    if not all(coefficient.is_nonnegative for _, coefficient in terms):
        return False
    known = [all(symbol.is_positive or not power for symbol, power in zip(symbols, powers, strict=True))
             for powers, _ in terms]  # fmt: skip
    return not strictly or any(k and c.is_positive for k, (_, c) in zip(known, terms, strict=True))


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
