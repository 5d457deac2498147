"""`scsc plot`: pictures from run folders."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import tyro

from scsc.console import out as terminal
from scsc.console import show_table, write_json


@dataclass(frozen=True)
class Plot:
    """Draw stability against generations from what runs have kept, finished or not."""

    folders: tyro.conf.Positional[tuple[Path, ...]] = ()
    """Runs, experiments, ensembles, or folders that contain such folders."""
    out: Path | None = None
    """Where the pictures go; FOLDER/plots if not given, one sub-folder each if there are several."""
    json: Path | None = None
    """Write the table as JSON."""

    def run(self) -> int:
        from plots import Picture, draw_all

        if not self.folders:
            raise ValueError("name at least one folder to plot, got none; name what --out named when it ran")
        folders = {folder.absolute(): folder for folder in self.folders}
        base = Path(os.path.commonpath(list(folders)))
        pictures: list[Picture] = []
        for place, folder in folders.items():
            target = folder / "plots" if self.out is None else self.out / place.relative_to(base)
            pictures += draw_all(folder, target)
        rows = [(picture.path, picture.title) for picture in pictures]
        show_table("pictures (each also as PDF)", ["picture", "shows"], rows)
        for picture in pictures:
            for note in picture.notes:
                terminal.print(f"{picture.path.parent.name}/{picture.path.name}: {note}", markup=False)
        shown = [
            {"picture": str(picture.path), "pdf": str(picture.pdf), "shows": picture.title, "notes": picture.notes}
            for picture in pictures
        ]
        write_json(self.json, {"pictures": shown})
        return 0
