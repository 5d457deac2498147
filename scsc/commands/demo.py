"""`scsc demo`: the whole idea, small, on the embedded default."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scsc import console


@dataclass(frozen=True)
class Demo:
    """Theory, Gaussian toy and a small motion loop; ends with the pictures it made. The same command again resumes."""

    out: Path = Path("runs/demo")
    """Folder for everything it makes."""
    workers: int = 2
    """Processes of the motion loop."""

    def run(self) -> int:
        from scsc.commands.motion_run import MotionRun
        from scsc.commands.theory import Theory
        from scsc.commands.toy_gaussian import ToyGaussian

        begin = time.perf_counter()
        toy, motion = self.out / "toy-gaussian", self.out / "motion"
        steps: list[tuple[str, Callable[[], int]]] = [
            ("1  The theorems, proved and checked", Theory(quick=True).run),
            ("2  The Gaussian loop, where the truth is known", ToyGaussian(out=toy).run),
            (
                "3  Human motion: a diffusion model that eats its own output",
                MotionRun(out=motion, workers=self.workers).run,
            ),
        ]
        for title, step in steps:
            console.out.print(f"\n[bold]{title}[/bold]")
            status = step()
            if status:
                return status
        console.out.print("\n[bold]4  Pictures[/bold]")
        from plots import draw_all

        pictures = [*draw_all(toy, self.out / "pictures"), *draw_all(motion, self.out / "pictures")]
        console.show_table("what was drawn", ("picture", "shows"), [[str(p.path), p.title] for p in pictures])
        console.out.print(f"all in {time.perf_counter() - begin:.0f} s; everything lies in {self.out}")
        return 0
