"""The presets of further models, run, judged and drawn; and how any preset's verdict is shown."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scsc import console
from scsc.figure_record import write_record

if TYPE_CHECKING:
    from scsc.commands.toy_preset import ToyPreset
    from toy.presets_models import ModelPreset
    from toy.verdicts import Verdict


def show_verdict(judged: Verdict) -> None:
    """The comparisons as a table, and what they say together."""
    if judged.comparisons:
        console.show_table(
            judged.title,
            ("quantity", "gamma", "generation", "measured", "reference", "score", "bound", "agrees"),
            [[c.what, c.gamma, c.generation, c.measured, c.reference, c.score, c.bound, c.agrees]
             for c in judged.comparisons],
        )  # fmt: skip
    console.out.print(judged.words)


def run_models(command: ToyPreset, preset: ModelPreset) -> int:
    """`scsc toy preset` for ferbach and regression; exit status 1 if theory disagrees."""
    from plots import draw_all, draw_together
    from toy.cells import curve_rows
    from toy.verdicts import judged

    if command.sampler != "official":
        raise ValueError(f"sampler belongs to official-gaussian, {command.name} has none; leave it out")
    if command.generations is not None:
        raise ValueError(f"the parts of {command.name} have their own numbers of generations; leave --generations out")
    runs = preset.runs if command.runs is None else command.runs
    out = command.out or Path("runs") / f"preset-{command.name}"
    begin = time.perf_counter()
    with console.progress() as report:
        curves = preset.run(out, command.seed, runs, report)
    seconds = time.perf_counter() - begin
    found: list[dict[str, Any]] = []
    table: list[list[Any]] = []
    for part, (loop, generations) in preset.parts.items():
        rows = curve_rows(loop.gammas, loop.lams, curves[part], loop.expected(generations), part=part)
        name = preset.judged[part]
        for first in (row for row in rows if row["generation"] == 0):
            last = next(row for row in rows if row["generation"] == generations and row["gamma"] == first["gamma"])
            table.append(
                [part, last["gamma"], generations, name, first[f"{name}_mean"], last[f"{name}_mean"],
                 last[f"{name}_se"], last[f"{name}_theory"]]
            )  # fmt: skip
        found += rows
    console.show_table(
        f"{preset.title}: {runs} runs",
        ("part", "gamma", "generations", "measure", "at start", "at end", "+- (1 SE)", "theory"),
        table,
    )
    verdict = judged("against theory, in standard errors of the mean over runs", preset.compare(curves), wanted=True)
    show_verdict(verdict)
    pictures = draw_all(out, out / "plots")
    if preset.together:
        pictures += draw_together([out / part for part in preset.parts], out / "plots", preset.title)
    for picture in pictures:
        console.out.print(f"{picture.path}: {picture.title}", markup=False)
    write_record(
        command.record, [(out / part, part) for part in preset.parts], preset.title,
        {"verdict": verdict.words, "comparisons": verdict.rows()}, tuple(dict.fromkeys(preset.judged.values())),
    )  # fmt: skip
    console.out.print(f"{seconds:.1f} s; kept in {out}")
    console.write_json(
        command.json,
        {"preset": command.name, "rows": found, "comparisons": verdict.rows(), "verdict": verdict.words,
         "as_expected": verdict.as_expected, "seconds": seconds},
    )  # fmt: skip
    return 0 if verdict.as_expected else 1
