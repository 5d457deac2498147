"""`scsc plot`: pictures from run folders."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import tyro

from scsc.console import out as terminal
from scsc.console import show_table, write_json
from scsc.figure_record import write_record

if TYPE_CHECKING:
    from plots import Picture


@dataclass(frozen=True)
class Plot:
    """Draw stability against generations from what runs have kept, finished or not; several runs also together."""

    folders: tyro.conf.Positional[tuple[Path, ...]] = ()
    """Runs, experiments, ensembles, or folders that contain such folders; or records of figures, *.json."""
    out: Path | None = None
    """Where the pictures go; FOLDER/plots if not given, one sub-folder each if there are several, and what they show
    together in the folder that they have in common."""
    together: bool = False
    """Draw what lies in the folders into one picture too; with several folders that is always done."""
    axis: Literal["auto", "log", "linear"] = "auto"
    """The measures' axis: logarithmic, linear, or as suits the range of the values (auto)."""
    record: Path | None = None
    """Also write there a small JSON record of the curves (of one experiment, or of ensembles)."""
    json: Path | None = None
    """Write the table as JSON."""

    def run(self) -> int:
        from plots import scaled

        if not self.folders:
            raise ValueError("name at least one folder to plot, got none; name what --out named when it ran")
        with scaled(self.axis):
            pictures = self._pictures()
        rows = [(picture.path, picture.title) for picture in pictures]
        show_table("pictures (each also as PDF and SVG)", ["picture", "shows"], rows)
        for picture in pictures:
            for note in picture.notes:
                terminal.print(f"{picture.path.parent.name}/{picture.path.name}: {note}", markup=False)
        shown = [
            {
                "picture": str(picture.path),
                "pdf": str(picture.pdf),
                "svg": str(picture.svg),
                "shows": picture.title,
                "notes": picture.notes,
            }
            for picture in pictures
        ]
        write_json(self.json, {"pictures": shown})
        return 0

    def _pictures(self) -> list[Picture]:
        from plots import draw_all, draw_together
        from plots.folders import find, read_json
        from plots.record import draw, read
        from plots.together import short_names

        records = [path for path in self.folders if path.suffix == ".json" and path.is_file()]
        pictures = [draw(read(path), self.out or path.parent / "plots") for path in records]
        folders = {folder.absolute(): folder for folder in self.folders if folder not in records}
        if not folders:
            return pictures
        base = Path(os.path.commonpath(list(folders)))
        for place, folder in folders.items():
            target = folder / "plots" if self.out is None else self.out / place.relative_to(base)
            pictures += draw_all(folder, target)
        if len(folders) > 1 or self.together:
            pictures += draw_together(list(folders.values()), base / "plots" if self.out is None else self.out)
        if self.record is not None:
            found = list(dict.fromkeys(run for folder in folders.values() for run in find(folder)))
            names = short_names(found)
            title = "Several runs" if len(found) > 1 else names[found[0]]
            made = [read_json(about).get("command") for run in found if (about := run / "experiment.json").is_file()]
            write_record(self.record, [(run, names[run]) for run in found], title, {"runs": made} if made else {})
        return pictures
