"""What the one-step test shows at its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from scsc import console

if TYPE_CHECKING:
    from motion.experiment.one_step import Step


def show_steps(steps: Sequence[Step]) -> None:
    """One row a corrector and generation, and which correctors help at every generation."""
    rows: list[list[Any]] = [
        [step.corrector, "real" if step.generation < 0 else step.generation, step.before, step.after, step.ratio,
         step.low, step.high, step.moved, 100 * step.unmoved, 100 * step.failed]
        for step in steps
    ]  # fmt: skip
    console.show_table(
        f"one-step test, n = {steps[0].n}: network-free Frechet distance to real motions, before and after",
        ("corrector", "generation", "before", "after", "ratio", "95 % from", "to", "moved mm", "unmoved %", "failed %"),
        rows,
    )
    by_name: dict[str, list[Step]] = {}
    for step in steps:
        if step.generation >= 0:
            by_name.setdefault(step.corrector, []).append(step)
    helps = [name for name, found in by_name.items() if all(step.high < 1 for step in found)]
    console.out.print(f"ratio below 1 with its interval at every generation: {', '.join(helps) or 'none'}")
