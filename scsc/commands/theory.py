"""`scsc theory`: check the theorems, symbolically and numerically."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scsc.console import check_json, err, out, progress, show_table, write_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from theory.results import Result, Verifiable

COLUMNS = ("statement", "paper", "status", "cases", "slack", "verdict", "seconds")
FURTHER = ("codes", "claims", "kind", "inputs", "quantity", "measured", "bound", "seed", "note")


@dataclass(frozen=True)
class Theory:
    """Check the theorems: symbolic proofs (slack "-") and numeric checks (slack = allowed minus worst deviation).

    Exit status 1 if a check fails or, with --controls, if a wrong version of a statement is not rejected. Statistical
    checks have a false-alarm rate of 1 % each over seeds (Bonferroni); the default seed is fixed.
    """

    only: tuple[str, ...] = ()
    """Codes of the statements (T4), recipes (R2), listed proofs (P7) or `golden` to check; all by default. An unknown
    code lists them."""
    quick: bool = False
    """Fewer random cases: about ten seconds instead of half a minute."""
    controls: bool = False
    """Also run every check on a named wrong version of its statement, which must be rejected."""
    seed: int = 0
    """Seed of the random cases, >= 0; symbolic proofs draw nothing."""
    json: Path | None = None
    """File to write the table to, as a list of objects with the table's columns as keys, and more: codes, claims,
    inputs, the quantity measured and its bound."""

    def run(self) -> int:
        if self.seed < 0:
            raise ValueError(f"--seed must be >= 0, got {self.seed}; choose such a value")
        check_json(self.json)
        from theory import registry

        chosen = registry.select(self.only, all_statements())
        results: list[Result] = []
        try:
            with progress() as report:
                for result in registry.run(
                    chosen, seed=self.seed, quick=self.quick, controls=self.controls, report=report
                ):
                    results.append(result)
        except KeyboardInterrupt:
            if results:
                _show(results)
                out.print(f"stopped after {_summary(results)}; nothing was written")
            raise
        _show(results)
        write_json(self.json, [_entry(result) for result in results])
        bad = [result for result in results if not result.good]
        for result in bad:
            what = "a wrong statement was accepted" if result.verdict == "accepted" else "failed"
            err.print(f"{result.code} {what}: {result.statement} ({result.note})", markup=False, soft_wrap=True)
        out.print(_summary(results))
        return 1 if bad else 0


def all_statements() -> Sequence[Verifiable]:
    """Those of `theory`, and those that need the simulated loop."""
    from theory import registry
    from toy.checks import CHECKS

    return registry.ordered((*registry.STATEMENTS, *CHECKS))


def _show(results: list[Result]) -> None:
    from theory.hypotheses import TAGS

    for title, control in (("Statements", False), ("Negative controls: wrong statements", True)):
        rows = [_rounded(_row(result)) for result in results if result.is_control is control]
        if rows:
            show_table(title, COLUMNS, rows, {"paper": 22})
    tags = dict.fromkeys(result.status for result in results)
    out.print("status: " + "; ".join(f"{tag} = {TAGS[tag]}" for tag in tags))


def _row(result: Result) -> list[Any]:
    name = f"{result.code} {result.statement}"
    return [name, result.paper, result.status, result.cases, result.slack, result.verdict, result.seconds]


def _rounded(row: list[Any]) -> list[Any]:
    """The row with short numbers, which leave their width to the statement."""
    *words, slack, verdict, seconds = row
    return [*words, None if slack is None else float(f"{slack:.1e}"), verdict, round(seconds, 2)]


def _entry(result: Result) -> dict[str, Any]:
    entry = dict(zip(COLUMNS, _row(result), strict=True))
    if result.is_control:
        entry["statement"] = f"{result.code} control: {result.statement}"
    return entry | {name: getattr(result, name) for name in FURTHER}


def _summary(results: list[Result]) -> str:
    stated, controls = ([r for r in results if r.is_control is control] for control in (False, True))
    text = f"{sum(result.good for result in stated)} of {len(stated)} statements hold"
    if controls:
        text += f", {sum(result.good for result in controls)} of {len(controls)} wrong ones rejected"
    return f"{text} ({sum(result.seconds for result in results):.1f} s)"
