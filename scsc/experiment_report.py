"""What every experiment of arms and seeds shows at its end: rows of its records, means over seeds, seconds by stage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scsc import console

STAGES = ("sample", "correct", "fit", "measure")


def rows_of(out: Path, arms: Sequence[str], seeds: Sequence[int]) -> list[dict[str, Any]]:
    """One row an arm, seed and generation: its measures, and how many samples were corrected and failed."""
    from loop.campaign import records

    rows: list[dict[str, Any]] = []
    for arm in arms:
        for seed, chain in zip(seeds, records(out, arm, seeds), strict=True):
            rows += [
                {"arm": arm, "seed": seed, "generation": record.generation, **record.measures,
                 "corrected": record.correction.get("samples"), "failed": record.correction.get("failed")}
                for record in chain
            ]  # fmt: skip
    return rows


def values_at(rows: Sequence[dict[str, Any]], arm: str | None, generation: int, name: str) -> list[float]:
    """A measure of an arm (None: of any) at a generation, one value a seed."""
    return [
        float(row[name])
        for row in rows
        if (arm is None or row["arm"] == arm) and row["generation"] == generation and name in row
    ]


def mean_at(rows: Sequence[dict[str, Any]], arm: str | None, generation: int, name: str) -> float | None:
    """Mean over the seeds; None where nobody measured it."""
    found = values_at(rows, arm, generation, name)
    return sum(found) / len(found) if found else None


def show_costs(out: Path, arms: Sequence[str], seeds: Sequence[int]) -> None:
    """Mean seconds a generation and stage, by arm."""
    from loop.campaign import costs

    table: list[list[Any]] = []
    for arm in (None, *arms):
        found = costs(out, arm, seeds)
        if found:
            means = [sum(cost["seconds"].get(stage, 0.0) for cost in found) / len(found) for stage in STAGES]
            table.append([arm or "generation 0", *means, sum(means), max(cost["peak_memory_mb"] for cost in found)])
    console.show_table("seconds a generation", ("arm", *STAGES, "all", "peak MB"), table)
