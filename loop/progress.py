"""How long work tells what it has done, without knowing who listens."""

from collections.abc import Callable

Report = Callable[[str, int, int], None]
"""Told (name of the stage, steps done, steps in all)."""


def silent(stage: str, done: int, total: int) -> None:
    """A `Report` that tells nobody."""
