"""Which generations keep their model: the weights are nearly all that a run takes on disk."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_EVERY = re.compile(r"every:([1-9][0-9]*)")


@dataclass(frozen=True)
class Keep:
    """every: generations 0, every, 2 every ... keep their model, besides the newest, from which a run goes on; 0: only
    the newest does. Measures, records and pictures are always kept."""

    every: int = 1

    def dropped(self, whole: Sequence[int]) -> list[int]:
        """Of the whole generations, in order, those whose model is not kept."""
        return [g for g in whole[:-1] if not self.every or g % self.every]


def keep_named(name: str) -> Keep:
    """all, last, or every:N.

    Raises:
        ValueError: another name.
    """
    if name in ("all", "last"):
        return Keep(1 if name == "all" else 0)
    found = _EVERY.fullmatch(name)
    if found is None:
        raise ValueError(f"keep must be all, last or every:N with N >= 1, got {name!r}; for instance every:10")
    return Keep(int(found[1]))
