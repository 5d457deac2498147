"""How `scsc rates` shows a comparison: two tables and notes that fit 80 columns, and the same as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scsc import console

if TYPE_CHECKING:
    from theory.comparison import Comparison
    from theory.models import ModelAtOptimum


def show(lam: float, gamma: float, model: ModelAtOptimum, found: Comparison) -> None:
    """Print the rates, what each rests on, and the notes."""
    from theory.hypotheses import TAGS

    rows = [
        [row.name, "n/a" if row.rate is None else row.value, row.lam_max, row.half_life, row.rate and row.rate.status,
         row.rate and row.rate.tag]
        for row in found.rows
    ]  # fmt: skip
    console.show_table(
        f"lam = {lam:g}, gamma = {gamma:g}", ("rate", "value", "lam_max", "half-life", "status", "tag"), rows
    )
    gaps = [found.e, *found.known_e]
    names = ["e = eps*L/alpha", "e (A, B; tight)", "e (A, B; euclidean)"]
    said = [f"{name} = {'n/a' if e is None else console.cell(e)}" for name, e in zip(names, gaps, strict=False)]
    console.out.print(f"model: {model.name}; mu = {model.mu:.7g}, alpha = {model.alpha:.7g}", markup=False)
    console.out.print("; ".join(said), markup=False)
    held = _merged(found)
    console.show_table("Hypotheses", ("rate", "hypothesis", "left", "right", "holds"), held)
    for note in found.notes:
        console.out.print(f"- {note}", markup=False)
    tags = dict.fromkeys(row.rate.tag for row in found.rows if row.rate is not None)
    console.out.print("tag: " + "; ".join(f"{tag} = {TAGS[tag]}" for tag in tags), markup=False)


def _merged(found: Comparison) -> list[list[Any]]:
    """The table's rows: a hypothesis that several rates share stands there once."""
    owners: dict[tuple[Any, ...], list[str]] = {}
    for row in found.rows:
        for item in row.hypotheses:
            owners.setdefault((item.name, item.left, item.right, item.holds), []).append(row.name)
    every = [row.name for row in found.rows if row.rate is not None]
    return [["all" if names == every else ", ".join(names), *key] for key, names in owners.items()]


def entry(model: ModelAtOptimum, found: Comparison) -> dict[str, Any]:
    """What --json writes; the first six keys are those of the exact and the published statement."""
    stated = {row.name: row for row in found.stated}
    return {
        **{name: row.value for name, row in stated.items()},
        "lam_max": stated["published"].lam_max,
        "half_life": stated["exact"].half_life,
        "lam_max_each": {name: row.lam_max for name, row in stated.items()},
        "half_life_each": {name: row.half_life for name, row in stated.items()},
        "model": model.name,
        "mu": model.mu,
        "e": found.e,
        "from_hessians": [
            {"rate": row.name, "e": e, "value": row.value, "lam_max": row.lam_max, "half_life": row.half_life}
            for row, e in zip(found.known, found.known_e, strict=True)
        ],
        "hypotheses": [
            {"rate": row.name, "hypothesis": item.name, "left": item.left, "right": item.right, "holds": item.holds}
            for row in found.rows
            for item in row.hypotheses
        ],
        "notes": list(found.notes),
    }
