"""An experiment as its command watches it: one line a run that works now, with its generation, stage, loss and time
left; silent when stderr is not a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from loop.campaign import GENERATION
from loop.progress import Listener
from scsc import console

_FIELDS = ("generation", "stage", "left", "numbers")


@dataclass
class Pace:
    """Time left at the pace since the first word, which says what was there before."""

    begin: tuple[int, float] | None = None

    def left(self, done: int, total: int, now: float) -> float | None:
        """Seconds; None while nothing was done since then."""
        if self.begin is None:
            self.begin = (done, now)
        before, then = self.begin
        return (now - then) / (done - before) * (total - done) if done > before else None


@dataclass
class Runs:
    """A `Listener`: "RUN: STAGE" goes into the line of RUN, anything else has a line of its own."""

    bar: Progress
    clock: Callable[[], float] = time.monotonic
    rows: dict[str, Any] = field(default_factory=dict)
    paces: dict[str, Pace] = field(default_factory=dict)

    def __call__(self, stage: str, done: int, total: int) -> None:
        run, _, what = stage.rpartition(": ")
        row = self._row(run or what)
        if what not in (GENERATION, "generations"):
            self.bar.update(
                row, stage=what if run else "", completed=done, total=total, visible=bool(run) or done < total
            )
            return
        left = self.paces.setdefault(run, Pace()).left(done, total, self.clock())
        words: dict[str, Any] = {"left": "" if left is None or done == total else f"{console.duration(left)} left"}
        if run:  # a run may end here or wait for its next turn: it is shown again when it tells of a stage
            words |= {"generation": f"{done}/{total}", "stage": "", "numbers": ""}
            self.bar.update(row, visible=False, completed=0, total=None, **words)
        else:
            self.bar.update(row, completed=done, total=total, **words)

    def numbers(self, stage: str, values: Mapping[str, float]) -> None:
        run, _, what = stage.rpartition(": ")
        text = ", ".join(f"{name} {value:.3g}" for name, value in values.items())
        self.bar.update(self._row(run or what), numbers=text)

    def _row(self, name: str) -> Any:
        if name not in self.rows:
            empty: dict[str, Any] = dict.fromkeys(_FIELDS, "")
            self.rows[name] = self.bar.add_task(name, total=None, **empty)
        return self.rows[name]


def table(**more: Any) -> Progress:
    """The lines; `more` goes to rich."""
    return Progress(
        TextColumn("{task.description}"),
        TextColumn("{task.fields[generation]}", justify="right"),
        TextColumn("{task.fields[stage]}"),
        BarColumn(20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
        TextColumn("{task.fields[numbers]}"),
        **more,
    )


@contextmanager
def experiment_progress() -> Iterator[Listener]:
    """Within, what an experiment tells is shown."""
    with table(console=console.err, disable=not sys.stderr.isatty(), transient=True) as bar:
        yield Runs(bar)
