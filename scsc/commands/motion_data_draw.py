"""`scsc motion data draw`: procedural motions into a plain folder, as if they had been captured."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scsc import console

if TYPE_CHECKING:
    from motion.data.draw import Drawn


@dataclass(frozen=True)
class MotionDataDraw:
    """Draw captioned motions that this program makes, into a folder of .npy joints with captions, actions and terms of
    use. The same command again continues or finds nothing to do; a larger --n adds to what is there."""

    out: Path = Path("runs/motion-drawn")
    """Folder of the motions: a new or empty one, or one of the same drawing."""
    n: int = 100
    """How many motions; fewer are the first ones of more."""
    frames: int = 60
    """Frames of each, 30 to 400, at 20 a second."""
    seed: int = 0
    """Seed of all that is drawn."""
    kinds: tuple[str, ...] | None = None
    """Kinds of motions, each in quotes where it has several words ("kick left"); left out: all."""
    styles: tuple[str, ...] = ("neutral",)
    """Ways in which they are done, each draws one: neutral | tired | proud | cheerful | careful."""
    bodies: bool = False
    """Each motion on a body of its own proportions, as a capture of somebody would be."""
    performed: bool = False
    """As a simulated body performs them, not as they are drawn (a tenth of a second more for each)."""
    json: Path | None = None
    """Also write the table there as JSON."""

    def run(self) -> int:
        console.check_json(self.json)
        from motion.data.draw import draw
        from motion.data.procedural import KINDS, Drawing

        drawing = Drawing(self.frames, self.seed, KINDS if self.kinds is None else self.kinds, self.styles, self.bodies)
        performer = None
        if self.performed:
            from motion.physics import perform

            performer = perform
        begin = time.perf_counter()
        with console.progress() as report:
            found = draw(drawing, self.n, self.out, performer=performer, report=report)
        self._show(found, time.perf_counter() - begin)
        return 0

    def _show(self, found: Drawn, seconds: float) -> None:
        from motion.kinematics.skeleton import FPS

        columns = ("kind", "motions", "frames", "seconds")
        lines: list[list[Any]] = [
            [kind, count, count * self.frames, count * self.frames / FPS] for kind, count in found.kinds.items()
        ]
        title = f"seed {self.seed}, {self.frames} frames each"
        title += ", bodies of their own" if self.bodies else ""
        title += ", performed" if self.performed else ""
        total = [self.n, self.n * self.frames, self.n * self.frames / FPS]
        console.show_table(title, columns, [*lines, ["all", *total]])
        for name in found.unperformed[:20]:
            console.out.print(f"{name} could not be performed and is as it was drawn")
        if len(found.unperformed) > 20:
            console.out.print(f"and {len(found.unperformed) - 20} more")
        made = f"{found.made} drawn in {seconds:.1f} s" if found.made else "nothing to do: all were there"
        console.out.print(f"{made}; kept in {self.out}; next: scsc motion data prepare {self.out}", markup=False)
        rows = [dict(zip(columns, line, strict=True)) for line in lines]
        console.write_json(
            self.json,
            {
                "rows": rows, "motions": self.n, "frames": total[1], "seconds": total[2], "folder": str(self.out),
                "made": found.made, "unperformed": found.unperformed,
            },
        )  # fmt: skip
