"""`scsc motion status`: how far an experiment is."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro

from scsc import console

if TYPE_CHECKING:
    from loop.status import RunStatus


@dataclass(frozen=True)
class MotionStatus:
    """How far an experiment is, and how long it will take, told from its folder alone, whether it runs or not."""

    folder: tyro.conf.Positional[Path]
    """Folder of the experiment (what --out named)."""
    workers: int = 2
    """Processes that the time left is worked out for."""
    json: Path | None = None
    """Also write it there as JSON."""

    def run(self) -> int:
        from loop.records import holder
        from loop.status import seconds_left, status_of

        console.check_json(self.json)
        if self.workers < 1:
            raise ValueError(f"--workers must be >= 1, got {self.workers}; 2 is usual")
        runs = status_of(self.folder)
        left = seconds_left(runs, self.workers)
        seeds = sorted({run.seed for run in runs})
        table: list[list[Any]] = []
        for arm in dict.fromkeys(run.arm for run in runs):
            of_seed = {run.seed: run for run in runs if run.arm == arm}
            paces = [run.seconds for run in of_seed.values() if not math.isnan(run.seconds)]
            pace = sum(paces) / len(paces) if paces else None
            table.append([arm, *(_cell(of_seed[seed]) for seed in seeds), pace])
        heads = ("arm", *(f"seed {seed}" for seed in seeds), "s a generation")
        console.show_table("generations finished, of how many after generation 0", heads, table)
        running = holder(self.folder)
        done = sum(run.state == "done" for run in runs)
        words = f"{done} of {len(runs)} runs are done; {'runs now: ' + running if running else 'nobody runs it'}"
        if done < len(runs):
            words += f"; {console.duration(left) if math.isfinite(left) else 'an unknown time'} left on {self.workers}"
            words += " processes" if running else f" processes; go on: scsc motion resume {self.folder}"
        console.out.print(words, markup=False)
        told = [{**asdict(run), "seconds": None if math.isnan(run.seconds) else run.seconds} for run in runs]
        console.write_json(self.json, {"runs": told, "running": running, "seconds_left": left})
        return 0


def _cell(run: RunStatus) -> str:
    text = f"{max(run.finished - 1, 0)}/{run.planned}" if run.finished else f"-/{run.planned}"
    if run.state == "running":
        return f"{text} {run.stage or 'running'}"
    return text if run.state == "waiting" else f"{text} {run.state}"
