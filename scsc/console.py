"""What every command shows and writes: tables, progress, JSON; all quiet when the output is not a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)  # fmt: skip
from rich.table import Table
from rich.text import Text

from loop import files
from loop.progress import Listener

out = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
err = Console(stderr=True, highlight=False)


def show_table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    widths: Mapping[str, int] | None = None,
) -> None:
    """Print a table; floats with four significant digits. `widths` limits columns, which leaves more to the others."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for index, name in enumerate(columns):
        words = all(isinstance(row[index], str | Path) for row in rows)
        table.add_column(
            name, justify="left" if words else "right", overflow="fold", max_width=(widths or {}).get(name)
        )
    for row in rows:
        table.add_row(*(Text(cell(value)) for value in row))  # not as markup: captions may hold brackets
    out.print(table)


def cell(value: Any) -> str:
    """One value as the tables show it: floats with four significant digits, None as a dash."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)


def duration(seconds: float) -> str:
    """Seconds as one says them: 40 s, 12 min, 3 h 05 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02d} min"


class _Speed(ProgressColumn):
    """Steps a second of a stage that has steps enough to tell."""

    def render(self, task: Task) -> Text:
        return Text("" if task.speed is None or (task.total or 0) < 20 else f"{task.speed:.3g}/s")


@dataclass
class _Bars:
    """A `Listener` that shows one bar a stage."""

    bar: Progress
    tasks: dict[str, Any] = field(default_factory=dict)

    def __call__(self, stage: str, done: int, total: int) -> None:
        self.bar.update(self._task(stage), completed=done, total=total, visible=done < total)

    def numbers(self, stage: str, values: Mapping[str, float]) -> None:
        text = ", ".join(f"{name} {value:.3g}" for name, value in values.items())
        self.bar.update(self._task(stage), numbers=text)

    def _task(self, stage: str) -> Any:
        if stage not in self.tasks:
            self.tasks[stage] = self.bar.add_task(stage, total=None, numbers="")
        return self.tasks[stage]


@contextmanager
def progress() -> Iterator[Listener]:
    """Progress bars with ETA, speed and loss on stderr, one line a stage; silent when stderr is not a terminal."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        _Speed(),
        TextColumn("{task.fields[numbers]}"),
        console=err,
        disable=not sys.stderr.isatty(),
        transient=True,
    ) as bar:
        yield _Bars(bar)


def check_json(path: Path | None) -> None:
    """Refuse, before any work, a place where `write_json` could not write.

    Raises:
        ValueError: it is a folder. OSError: its folder cannot be made.
    """
    if path is None:
        return
    if path.is_dir():
        raise ValueError(f"--json must name a file, {path} is a folder; add a file name")
    path.parent.mkdir(parents=True, exist_ok=True)


def write_json(path: Path | None, value: Any) -> None:
    """Write `value` as strict JSON, atomically; nothing when `path` is None."""
    check_json(path)
    if path is not None:
        files.write_json(path, value)
