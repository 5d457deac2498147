"""What the toy commands of several models share: flags, the sweep over schedules, table and JSON."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import tyro

from loop.progress import Report
from scsc import console

if TYPE_CHECKING:
    from loop.ensemble import Curves, EnsembleConfig


@dataclass(frozen=True)
class ToySweep(ABC):
    """A sweep over gamma, lam and seeds, one schedule after the other, each in its folder OUT/SCHEDULE."""

    model: ClassVar[str]
    """The loop's name in the table's title."""
    shown: ClassVar[tuple[str, ...]]
    """Measures in the table; all of them stand in the JSON file."""

    gamma: tuple[float, ...] = (0.0, 0.3, 1.0)
    """Correction strengths of the ideal corrector, each >= 0; inf always corrects. One curve each."""
    lam: tuple[float, ...] = (1.0,)
    """Synthetic samples per real sample and generation, each >= 0. Every gamma runs with every lam."""
    schedule: tuple[str, ...] = ("augment",)
    """What a generation trains on, one or several: augment | replace | fresh | accumulate."""
    generations: int = 30
    """Generations after the first fit; a finished run is extended by asking for more."""
    runs: Annotated[int, tyro.conf.arg(aliases=["--seeds"])] = 256
    """Independent runs (seeds) of every cell."""
    seed: int = 0
    """Seed of all streams, >= 0."""
    out: Path = Path("runs/toy")
    """Folder of the run; the same command again resumes or re-reads it."""
    json: Path | None = None
    """Also write all measures of all generations there as JSON."""

    @abstractmethod
    def loop(self, part: Any, gammas: tuple[float, ...], lams: tuple[float, ...]) -> Any:
        """The ensemble of the cells; part: one of `parts`; refuses bad settings."""

    def parts(self) -> dict[str, Any]:
        """Folder's name -> what is run there: here a schedule."""
        return {name: name for name in dict.fromkeys(self.schedule)}

    def curves(
        self, loop: Any, config: EnsembleConfig, folder: Path, report: Report, extra: Mapping[str, Any]
    ) -> Curves:
        """Run it, or what is missing of it."""
        from loop.ensemble import run_ensemble

        return run_ensemble(loop, config, folder, report, extra)

    def expected(self, loop: Any) -> Mapping[str, Any]:
        """Theory by measure, (generations + 1, C), nan where there is none."""
        found: Mapping[str, Any] = loop.expected(self.generations)
        return found

    def run(self) -> int:
        console.check_json(self.json)
        from loop.ensemble import EnsembleConfig
        from toy.cells import curve_rows, grid, stored

        if not self.schedule:
            raise ValueError("--schedule needs at least one name; give augment, replace, fresh or accumulate")
        gammas, lams = grid(self.gamma, self.lam)
        loops = {name: self.loop(part, gammas, lams) for name, part in self.parts().items()}
        config = EnsembleConfig(self.seed, self.runs, self.generations)
        begin, rows = time.perf_counter(), []
        with console.progress() as report:
            for name, loop in loops.items():
                theory = self.expected(loop)
                extra = stored(gammas, lams, theory)
                curves = self.curves(loop, config, self.out / name, _named(report, name), extra)
                rows += curve_rows(gammas, lams, curves, theory, schedule=name)
        seconds = time.perf_counter() - begin
        self._show([row for row in rows if row["generation"] in (0, self.generations)])
        steps = len(loops) * len(gammas) * self.runs * self.generations
        console.out.print(
            f"{steps:,} generations in {seconds:.2f} s; kept in {self.out}; pictures: scsc plot {self.out}"
        )
        console.write_json(self.json, {"rows": rows, "seconds": seconds})
        return 0

    def _show(self, rows: list[dict[str, Any]]) -> None:
        known = {name for name in self.shown if any(row[f"{name}_theory"] is not None for row in rows)}
        columns, table = ["schedule", "gamma", "lam"], []
        for name in self.shown:
            columns += [f"{name.replace('_', ' ')} at start", "at end", "+- (1 SE)"] + ["theory"] * (name in known)
        ends = [row for row in rows if row["generation"] == self.generations]
        starts = [row for row in rows if row["generation"] == 0]
        for first, last in zip(starts, ends, strict=True):
            line = [last["schedule"], last["gamma"], last["lam"]]
            for name in self.shown:
                line += [first[f"{name}_mean"], last[f"{name}_mean"], last[f"{name}_se"]]
                line += [last[f"{name}_theory"]] * (name in known)
            table.append(line)
        console.show_table(f"{self.model}, generation {self.generations}, {self.runs} runs", columns, table)


def _named(report: Report, schedule: str) -> Report:
    """The same report, its stages named after the schedule."""

    def told(stage: str, done: int, total: int) -> None:
        report(f"{schedule}: {stage}", done, total)

    return told
