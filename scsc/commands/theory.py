"""`scsc theory`: check the theorems, symbolically and numerically."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scsc.console import err, out, progress, show_table, write_json

if TYPE_CHECKING:
    from theory.results import Result

COLUMNS = ("statement", "paper", "status", "cases", "slack", "verdict", "seconds")


@dataclass(frozen=True)
class Theory:
    """Check the theorems: symbolic proofs (slack "-") and numeric checks (slack = allowed minus worst deviation).

    Exit status 1 if a check fails or, with --controls, if a wrong version of a statement is not rejected.
    """

    only: tuple[str, ...] = ()
    """Codes of the statements (T4), recipes (R2) or `golden` to check; all by default. An unknown code lists them."""
    quick: bool = False
    """Fewer random cases: a few seconds instead of up to a minute."""
    controls: bool = False
    """Also run every check on a named wrong version of its statement, which must be rejected."""
    seed: int = 0
    """Seed of the random cases, >= 0; symbolic proofs draw nothing."""
    json: Path | None = None
    """File to write the table to, as a list of objects with the table's columns as keys."""

    def run(self) -> int:
        if self.seed < 0:
            raise ValueError(f"--seed must be >= 0, got {self.seed}; choose such a value")
        from theory import registry
        from theory.hypotheses import TAGS

        chosen = registry.select(self.only)
        with progress() as report:
            results = list(
                registry.run(chosen, seed=self.seed, quick=self.quick, controls=self.controls, report=report)
            )
        stated = [result for result in results if result.verdict in ("pass", "fail")]
        controls = [result for result in results if result.verdict in ("rejected", "accepted")]
        show_table("Statements", COLUMNS, [_row(result) for result in stated])
        if controls:
            show_table("Negative controls: wrong statements", COLUMNS, [_row(result) for result in controls])
        tags = dict.fromkeys(result.status for result in results)
        out.print("status: " + "; ".join(f"{tag} = {TAGS[tag]}" for tag in tags))
        write_json(self.json, [_entry(result) for result in results])
        bad = [result for result in results if not result.good]
        for result in bad:
            what = "a wrong statement was accepted" if result.verdict == "accepted" else "failed"
            err.print(f"{result.code} {what}: {result.statement} ({result.note})", markup=False)
        out.print(_summary(stated, controls))
        return 1 if bad else 0


def _row(result: Result) -> list[Any]:
    name = f"{result.code} {result.statement}"
    return [name, result.paper, result.status, result.cases, result.slack, result.verdict, result.seconds]


def _entry(result: Result) -> dict[str, Any]:
    entry = dict(zip(COLUMNS, _row(result), strict=True))
    if result.verdict in ("rejected", "accepted"):
        entry["statement"] = f"{result.code} control: {result.statement}"
    return entry


def _summary(stated: list[Result], controls: list[Result]) -> str:
    seconds = sum(result.seconds for result in (*stated, *controls))
    text = f"{sum(result.good for result in stated)} of {len(stated)} statements hold"
    if controls:
        text += f", {sum(result.good for result in controls)} of {len(controls)} wrong ones rejected"
    return f"{text} ({seconds:.1f} s)"
