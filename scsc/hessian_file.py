"""A user's own model for `scsc rates`: its two Hessians, from a JSON file."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from theory.models import ModelAtOptimum

SHAPE = '{"A": [[...]], "B": [[...]]}, optional "eps" and "lipschitz"'


def read_hessians(path: Path) -> ModelAtOptimum:
    """The model of a file {"A": [[...]], "B": [[...]], "eps": 0.1, "lipschitz": 2}; a number may be "inf".

    Raises:
        OSError: the file cannot be read.
        ValueError: no such JSON, or numbers that `models.from_hessians` refuses; the message names the file.
    """
    from theory.models import from_hessians

    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise ValueError(f"{path} is not readable JSON ({problem}); write {SHAPE}") from None
    if not isinstance(found, dict) or not {"A", "B"} <= set(found):
        raise ValueError(f"{path} must hold an object with A and B; write {SHAPE}")
    unknown = sorted(set(found) - {"A", "B", "eps", "lipschitz"})
    if unknown:
        raise ValueError(f"{path} holds the unknown key {unknown[0]!r}; write {SHAPE}")
    eps, lipschitz = (_number(path, name, found.get(name)) for name in ("eps", "lipschitz"))
    try:
        return from_hessians(found["A"], found["B"], eps, lipschitz, name=f"hessians of {path.name}")
    except ValueError as problem:
        raise ValueError(f"{path}: {problem}") from None


def _number(path: Path, name: str, value: Any) -> float | None:
    if value == "inf":
        return math.inf
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300):
        return None if value is None else float(value)
    raise ValueError(f'{path}: {name} must be a number or "inf", got {value!r:.40}; write {SHAPE}')
