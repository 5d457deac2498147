"""`scsc toy preset NAME`: the published toy figures and what they would have shown, each with its figure."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from scsc import console
from scsc.figure_record import write_record
from scsc.preset_models import run_models, show_verdict

if TYPE_CHECKING:
    from toy.presets import Preset


@dataclass(frozen=True)
class ToyPreset:
    """A named setting of the toy loop, held against published numbers; draws its figure.

    official-gaussian: the authors' toy with their sampler re-enacted. exact-gaussian: the same with the ideal mixture.
    mad: the fresh-data loop of Alemohammad et al. in 100 dimensions. ferbach: curation by a reward, two points and
    Gaussians. regression: accumulating against replacing. Exit status 1 if the numbers disagree.
    """

    name: tyro.conf.Positional[str]
    """official-gaussian | exact-gaussian | mad | ferbach | regression."""
    sampler: str = "official"
    """official-gaussian: official | floorfix | exact; the last two must be told apart from the published numbers."""
    runs: Annotated[int | None, tyro.conf.arg(aliases=["--seeds"])] = None
    """Independent runs (seeds); the preset's own number if not given."""
    generations: int | None = None
    """Generations; the preset's own number if not given. ferbach and regression have their own in every part."""
    seed: int = 0
    """Seed of all streams, >= 0."""
    workers: int = 0
    """Processes, 0 = one a core; the result does not depend on it."""
    out: Path | None = None
    """Folder; runs/preset-NAME if not given. The same command again resumes or re-reads it."""
    record: Path | None = None
    """Also write there a small JSON record of the figure, from which it is redrawn without the runs."""
    json: Path | None = None
    """Also write all rows and comparisons there as JSON."""

    def run(self) -> int:
        console.check_json(self.json)
        from toy.presets_models import PRESETS

        if self.name in PRESETS:
            return run_models(self, PRESETS[self.name])
        from toy.presets import PRESETS as GAUSSIAN

        if self.name not in GAUSSIAN:
            known = ", ".join([*GAUSSIAN, *PRESETS])
            raise ValueError(f"preset must be one of {known}, got {self.name!r}; choose one of them")
        from loop.ensemble import EnsembleConfig, run_ensemble
        from plots.overlay import draw_parts
        from toy.presets import preset
        from toy.report import rows, theory_arrays
        from toy.verdicts import reference_arrays, verdict

        chosen = preset(self.name, self.sampler)
        generations = chosen.generations if self.generations is None else self.generations
        runs = chosen.runs if self.runs is None else self.runs
        config = EnsembleConfig(self.seed, runs, generations)
        out = self.out or Path("runs") / "-".join(["preset", self.name, *([self.sampler] if self._variant else [])])
        begin = time.perf_counter()
        found: list[dict[str, Any]] = []
        curves = []
        with console.progress() as report:
            for part in chosen.parts:
                arrays = {**theory_arrays(part.loop, generations), **reference_arrays(chosen, generations)}
                stage = part.label if len(chosen.parts) > 1 else "generations"
                told = partial(_forward, report, stage)
                curves.append(run_ensemble(part.loop, config, out / part.folder, told, arrays, self.workers))
                found += rows(part.loop, curves[-1], part=part.label)
        seconds = time.perf_counter() - begin
        self._table(chosen, found, generations, runs)
        judged = verdict(chosen, curves)
        show_verdict(judged)
        pictures = draw_parts([(out / part.folder, part.label) for part in chosen.parts], chosen.title, out / "plots")
        for picture in pictures:
            console.out.print(f"{picture.path}: {picture.title}", markup=False)
        parts = [(out / part.folder, part.label) for part in chosen.parts]
        result = {"verdict": judged.words, "comparisons": judged.rows()}
        write_record(self.record, parts, chosen.title, result, ("w2", "variance", "mean_error2"))
        console.out.print(f"{seconds:.1f} s; kept in {out}")
        console.write_json(
            self.json,
            {"preset": self.name, "sampler": self.sampler, "rows": found, "comparisons": judged.rows(),
             "verdict": judged.words, "as_expected": judged.as_expected, "seconds": seconds},
        )  # fmt: skip
        return 0 if judged.as_expected else 1

    @property
    def _variant(self) -> bool:
        return self.sampler != "official"

    def _table(self, chosen: Preset, found: list[dict[str, Any]], generations: int, runs: int) -> None:
        several = len(chosen.parts) > 1
        marks = [g for g in (0, 100, 500) if g <= generations] if generations >= 100 else sorted({0, generations})
        rows = []
        for row in found:
            if row["generation"] == 0:
                ends = [other for other in found if _same_cell(row, other) and other["generation"] in marks]
                values = [value for end in ends for value in (end["w2_mean"], end["w2_se"])]
                last = ends[-1]
                rows.append(
                    [*([row["part"]] if several else []), row["gamma"], *values, last["variance"],
                     last["variance_theory"]]
                )  # fmt: skip
        heads = [head for mark in marks for head in (f"W2 at {mark}", "+- (1 SE)")]
        console.show_table(
            f"{chosen.title}: {runs} runs",
            [*(["part"] if several else []), "gamma", *heads, "variance at end", "theory"],
            rows,
        )


def _forward(report: Callable[[str, int, int], None], stage: str, _: str, done: int, total: int) -> None:
    report(stage, done, total)


def _same_cell(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(one[name] == other[name] for name in ("part", "gamma", "lam"))
