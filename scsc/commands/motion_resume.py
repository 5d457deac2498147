"""`scsc motion resume`: an experiment, continued from what its folder says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro

from scsc import console


@dataclass(frozen=True)
class MotionResume:
    """Continue an experiment where it stopped, with all arms and seeds that it was given: the same as the command that
    began it, without having to know that."""

    folder: tyro.conf.Positional[Path]
    """Folder of the experiment (what --out named)."""
    workers: int | Literal["ray"] | None = None
    """Processes, >= 1, or ray; left out: as many as it was begun with. The result does not depend on it."""
    generations: int | None = None
    """Generations after the first; left out: those that were asked for. More extend it."""
    json: Path | None = None
    """Also write the table there as JSON."""

    def run(self) -> int:
        from dataclasses import replace

        from scsc.commands.motion_run import MotionRun

        console.check_json(self.json)
        return replace(MotionRun.of_folder(self.folder, self.workers, self.generations), json=self.json).run()
