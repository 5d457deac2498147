"""Everything `scsc theory` can check, how to choose from it, and how to run it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from theory.checks import CHECKS
from theory.proofs import PROOFS
from theory.results import Result, Verifiable


def _order(code: str) -> tuple[int, int, str]:
    """Statements (T4) by number, then recipes (R2), listed proofs (P7), then the rest."""
    parts = re.fullmatch(r"([TRP])(\d+)", code)
    return ("TRP".index(parts[1]), int(parts[2]), "") if parts else (3, 0, code)


def ordered(statements: Iterable[Verifiable]) -> tuple[Verifiable, ...]:
    """Statements by their first code, as the table shows them."""
    return tuple(sorted(statements, key=lambda item: _order(item.codes[0])))


STATEMENTS: tuple[Verifiable, ...] = ordered((*PROOFS, *CHECKS))


def codes(statements: Iterable[Verifiable]) -> tuple[str, ...]:
    """All codes: statements by number, then recipes, then listed proofs, then the rest."""
    return tuple(sorted({code for item in statements for code in item.codes}, key=_order))


def select(only: Sequence[str], statements: Sequence[Verifiable] | None = None) -> tuple[Verifiable, ...]:
    """Of the statements (all of this package by default) those that carry one of the codes; all if none is given.

    Raises:
        ValueError: a code that no statement carries.
    """
    pool = STATEMENTS if statements is None else tuple(statements)
    known = {code.lower() for code in codes(pool)}
    unknown = [code for code in only if code.lower() not in known]
    if unknown:
        raise ValueError(f"no statement {unknown[0]!r}; known: {', '.join(codes(pool))}; choose among them")
    wanted = {code.lower() for code in only} or known
    return tuple(item for item in pool if wanted & {code.lower() for code in item.codes})


def run(
    statements: Iterable[Verifiable],
    *,
    seed: int = 0,
    quick: bool = False,
    controls: bool = False,
    report: Callable[[str, int, int], None] = lambda stage, done, total: None,
) -> Iterator[Result]:
    """Check each statement and, with `controls`, its negative control right after it; results as they come."""
    chosen = tuple(statements)
    for done, item in enumerate(chosen):
        report("theory", done, len(chosen))
        yield item.verify(seed, quick)
        if controls:
            yield item.verify_control(seed, quick)
    report("theory", len(chosen), len(chosen))
