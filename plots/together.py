"""Several runs in one picture: ensembles line by line, experiments arm by arm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from plots import lines, measures
from plots.findings import draw_pages
from plots.folders import ENSEMBLE, find, kind_of
from plots.measures import read_measures
from plots.runs import Arm, Experiment, read_experiment
from plots.style import Picture

LINES = 24
"""Lines in one picture at most; of more, only the weakest and the strongest correction of every run are drawn."""


def draw_together(folders: Sequence[Path], out: Path, title: str = "Several runs") -> list[Picture]:
    """Everything that lies in the folders, each measure in one panel: one picture of ensembles, one of experiments.

    Raises:
        NothingToPlot: there is nothing, or the ensembles have no measure in common.
        ValueError, OSError: damaged or unreadable files, named in the message.
    """
    found = list(dict.fromkeys(run for folder in folders for run in find(folder)))
    names = short_names(found)
    ensembles = [(names[run], read_measures(run)) for run in found if kind_of(run) == ENSEMBLE]
    others = [(names[run], read_experiment(run)) for run in found if kind_of(run) != ENSEMBLE]
    pictures = []
    if len(ensembles) > 1:
        drawn = lines.of_ensembles(ensembles)
        notes: tuple[str, ...] = ()
        if len(drawn) > LINES:
            notes = (f"{len(drawn)} lines: only the weakest and the strongest correction of every run are drawn",)
            drawn = lines.of_ensembles([(name, weak_and_strong(curves)) for name, curves in ensembles])
        shown = lines.common_measures(drawn, measures.COLUMNS)
        pictures.append(lines.draw(drawn, shown, title, out / "together", notes=notes))
    if len(others) > 1:
        merged = merge(others)
        measured = list(dict.fromkeys(name for arm in merged.arms for name in arm.measured))
        known = [name for name in lines.KNOWN if name in measured]
        pictures += draw_pages([("together-experiments", known or measured)], merged, lines.KNOWN, out)
    return pictures


def short_names(folders: Sequence[Path]) -> dict[Path, str]:
    """Each folder's path below what all have in common; a single folder's own name."""
    parts = [folder.absolute().parts for folder in folders]
    common = 0
    while all(len(part) > common + 1 for part in parts) and len({part[common] for part in parts}) == 1:
        common += 1
    return {folder: "/".join(part[common:]) for folder, part in zip(folders, parts, strict=True)}


def weak_and_strong(curves: measures.MeasuredCurves) -> measures.MeasuredCurves:
    """The cells with the smallest and with the largest gamma alone."""
    kept = (curves.gamma == curves.gamma.min()) | (curves.gamma == curves.gamma.max())
    return replace(
        curves,
        gamma=curves.gamma[kept],
        lam=curves.lam[kept],
        measures={name: values[:, :, kept] for name, values in curves.measures.items()},
        theory={name: values[:, kept] for name, values in curves.theory.items()},
    )


def merge(experiments: Sequence[tuple[str, Experiment]]) -> Experiment:
    """One experiment with the arms of all, named EXPERIMENT/ARM; floors only where all have the same."""
    arms: list[Arm] = []
    notes: list[str] = []
    units: dict[str, str] = {}
    for name, experiment in experiments:
        alone = len(experiment.arms) == 1
        for arm in experiment.arms:
            if len(arm.generations):
                label = name if alone else f"{name}: {arm.label}"
                arms.append(replace(arm, name=name if alone else f"{name}/{arm.name}", label=label))
        notes += [f"{name}: {note}" for note in experiment.notes]
        units.update(experiment.units)
    first = experiments[0][1].floor
    floor = {key: v for key, v in first.items() if all(e.floor.get(key) == v for _, e in experiments)}
    return Experiment(tuple(arms), floor, units, tuple(notes))
