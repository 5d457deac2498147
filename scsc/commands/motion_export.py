"""`scsc motion export`: an experiment's records for other programs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro

from scsc import console


@dataclass(frozen=True)
class MotionExport:
    """Records of an experiment, running or not, as event files for TensorBoard. The same command again brings them up
    to date."""

    folder: tyro.conf.Positional[Path]
    """Folder of the experiment (what --out named)."""
    tensorboard: Path
    """Where the event files go, a folder a run: tensorboard --logdir shows it."""
    json: Path | None = None
    """Also write the table there as JSON."""

    def run(self) -> int:
        from scsc.tensorboard_export import export

        console.check_json(self.json)
        rows = export(self.folder, self.tensorboard)
        console.show_table("event files", ("arm", "seed", "generations"), rows)
        console.out.print(f"tensorboard --logdir {self.tensorboard}", markup=False)
        told = [{"arm": arm, "seed": seed, "generations": count} for arm, seed, count in rows]
        console.write_json(self.json, {"runs": told})
        return 0
