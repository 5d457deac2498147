"""How long work tells what it has done, without knowing who listens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, runtime_checkable

Report = Callable[[str, int, int], None]
"""Told (name of the stage, steps done, steps in all).

A listener may stop the work by raising: training writes its checkpoint first, so that no step is lost.
"""


@runtime_checkable
class Listener(Protocol):
    """A `Report` that also wants the numbers behind a step, such as the loss; a plain function is not told them."""

    def __call__(self, stage: str, done: int, total: int) -> None: ...

    def numbers(self, stage: str, values: Mapping[str, float]) -> None:
        """Told just before the step that they belong to."""
        ...


def tell(report: Report | None, stage: str, done: int, total: int, values: Mapping[str, float]) -> None:
    """Report a step, to a `Listener` with its numbers."""
    if report is None:
        return
    if isinstance(report, Listener):
        report.numbers(stage, values)
    report(stage, done, total)


def silent(stage: str, done: int, total: int) -> None:
    """A `Report` that tells nobody."""
