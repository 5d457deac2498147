"""`scsc motion data map`: which joint of a strange BVH skeleton is which of ours, to be looked at and edited."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro

from scsc import console


@dataclass(frozen=True)
class MotionDataMap:
    """Show how the skeleton of a folder's BVH files is understood; write it down to be corrected by hand.

    Exit status 1 if a joint was not found."""

    folder: tyro.conf.Positional[Path]
    """Folder with .bvh or .bvh.gz files of one skeleton; its map.json is read where there is one."""
    write: bool = False
    """Write map.json there, with what was found; joints that were not found stand in it as ""."""

    def run(self) -> int:
        from motion.data.bvh import read_bvh
        from motion.data.skeleton_map import MAP_FILE, map_of, write_map
        from motion.kinematics.skeleton import JOINTS

        found = sorted(path for path in self.folder.iterdir() if path.name.lower().endswith((".bvh", ".bvh.gz")))
        if not found:
            raise ValueError(f"{self.folder} has no .bvh or .bvh.gz file; name the folder that has")
        tree = read_bvh(found[0]).tree
        chosen = map_of(tree, self.folder)
        missing = [name for name in JOINTS if name not in chosen.joints]
        rows = []
        for name in JOINTS:
            place = chosen.joints.get(name)
            text = "not found" if place is None else place if isinstance(place, str) else (
                f"{100 * place[2]:.0f} % of the way from {place[0]} to {place[1]}"
            )  # fmt: skip
            rows.append([name, text])
        console.show_table(f"{found[0].name}: {len(tree.names)} joints", ("ours", "the file's"), rows)
        console.out.print(
            f"unit {chosen.unit_m:g} m, up {chosen.up}; the file has {', '.join(tree.names[:60])}", markup=False
        )
        path = self.folder / MAP_FILE
        if self.write:
            write_map(path, chosen)
            console.out.print(f"written to {path}: edit it where it is wrong")
        elif missing:
            console.out.print(f"{len(missing)} joints were not found: --write makes {path}, name them there")
        return 1 if missing else 0
