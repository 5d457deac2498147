"""What a check hands back, and what every check offers: a verdict on the statement and one on a wrong version of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

Verdict = Literal["pass", "fail", "rejected", "accepted"]


@dataclass(frozen=True, kw_only=True)
class Result:
    """The outcome of one check, or of its negative control.

    codes: what it belongs to (T statement, R recipe, P listed proof), the first naming its row. claims: ids of the
    claims ledger that it helps to decide.
    kind: "proof" (symbolic) or "check" (numeric). inputs, quantity: what was tried and what was measured, in words.
    verdict: "pass" or "fail" for a statement; "rejected" (as it must be) or "accepted" for a negative control.
    cases: comparisons made (numeric) or steps verified (symbolic).
    measured, bound: the worst deviation found and the largest allowed; None for a symbolic proof.
    note: the step that did not verify, or the first thing to look at; empty when all is well.
    """

    codes: tuple[str, ...]
    statement: str
    paper: str
    status: str
    claims: tuple[str, ...]
    kind: Literal["proof", "check"]
    inputs: str
    quantity: str
    cases: int
    measured: float | None
    bound: float | None
    verdict: Verdict
    seconds: float
    seed: int
    note: str = ""

    @property
    def code(self) -> str:
        """The first code, which names the row."""
        return self.codes[0]

    @property
    def slack(self) -> float | None:
        """bound - measured: how far the check was from failing, in the unit of its deviation; None for a proof."""
        return None if self.measured is None or self.bound is None else self.bound - self.measured

    @property
    def is_control(self) -> bool:
        """True for the outcome on a wrong statement."""
        return self.verdict in ("rejected", "accepted")

    @property
    def good(self) -> bool:
        """True for a statement that passed and for a wrong one that was rejected."""
        return self.verdict in ("pass", "rejected")


class Verifiable(Protocol):
    """A statement that can be checked.

    codes: the statement and the recipe it belongs to, as in README.md ("T4", "R2"), the first being its row's name.
    """

    @property
    def codes(self) -> tuple[str, ...]: ...

    @property
    def statement(self) -> str: ...

    @property
    def claims(self) -> tuple[str, ...]: ...

    def verify(self, seed: int, quick: bool) -> Result:
        """Check the statement."""
        ...

    def verify_control(self, seed: int, quick: bool) -> Result:
        """Run the same check on a named wrong statement; it must be rejected."""
        ...
