"""What was found of a claim, and how intervals and p-values become a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from plots.statistics import Band, holm, paired_difference, paired_p

Verdict = Literal["holds", "does not hold", "undecided", "not tested"]
LEVEL = 0.05
FEWEST = 5
"""Seeds below which nothing is decided: an interval of so few says nothing."""


@dataclass(frozen=True)
class Finding:
    """One row of the ledger. seeds: 0 where the claim is not about seeds. command: what repeats it."""

    claim: str
    verdict: Verdict
    measured: str
    data: str = ""
    seeds: int = 0
    command: str = ""


@dataclass(frozen=True)
class Comparison:
    """Paired difference `first - second` over seeds; p: Holm's, within the family that it was tested in."""

    name: str
    band: Band
    p: float

    @property
    def sign(self) -> int:
        """-1 or 1 where the difference is significant, else 0."""
        enough = int(self.band.count) >= FEWEST and self.p < LEVEL
        return int(np.sign(self.band.mean)) if enough else 0

    def __str__(self) -> str:
        b = self.band
        if int(b.count) < 2:
            return f"{self.name}: {float(b.mean):+.3g} (one seed)"
        return f"{self.name}: {float(b.mean):+.3g} ({float(b.low):+.3g} to {float(b.high):+.3g}), p {self.p:.2g}"


def compare(pairs: Sequence[tuple[str, np.ndarray, np.ndarray]]) -> list[Comparison]:
    """Paired comparisons (name, first (S,), second (S,)) as one family."""
    adjusted = holm([paired_p(first, second) for _, first, second in pairs])
    return [
        Comparison(name, paired_difference(first, second, axis=0), p)
        for (name, first, second), p in zip(pairs, adjusted, strict=True)
    ]


def all_of(signs: Sequence[int], wanted: int, seeds: int) -> Verdict:
    """holds: every sign is the wanted one; does not hold: one is the opposite; else, or with few seeds, undecided."""
    if not signs:
        return "not tested"
    if seeds < FEWEST:
        return "undecided"
    if all(sign == wanted for sign in signs):
        return "holds"
    return "does not hold" if any(sign == -wanted for sign in signs) else "undecided"
