"""Measures of point-wise runs as arrays: an arm is one setting over several seeds; an experiment is several arms."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from loop.records import read_records
from plots.folders import EXPERIMENTS, RUNS, NothingToPlot, kind_of, read_json, seed_folders
from plots.statistics import Floats


@dataclass(frozen=True)
class Arm:
    """One setting of the experiment over its seeds."""

    name: str
    label: str
    folders: tuple[Path, ...]  # run folders, one a seed, in the order of the columns below
    generations: Floats  # (G,) whole numbers, sorted; those that at least one seed has finished
    measures: Mapping[str, Floats]  # name -> (G, S); nan where a seed has not (yet) measured it
    finished: tuple[int, ...]  # S numbers of finished generations
    lost: Mapping[str, int]  # name -> measured values that are inf or nan: a collapsed run, not a missing one

    @property
    def measured(self) -> tuple[str, ...]:
        """The measures with at least one finite value, in the order of the records."""
        return tuple(name for name, values in self.measures.items() if np.isfinite(values).any())

    def values(self, measure: str) -> Floats:
        """(G, S) of one measure; all nan if this arm never measured it."""
        missing = np.full((len(self.generations), len(self.folders)), np.nan)
        return self.measures.get(measure, missing)


@dataclass(frozen=True)
class Experiment:
    """Arms in their stored order; reference values of real against real data, units, and what is missing."""

    arms: tuple[Arm, ...]
    floor: Mapping[str, float]
    units: Mapping[str, str]
    notes: tuple[str, ...]


def read_arm(name: str, label: str, folders: Sequence[Path]) -> Arm:
    """The records of the runs in `folders`, one run a seed.

    Raises:
        ValueError: a damaged record; the message names the file or its run.
    """
    runs = [_measures(folder) for folder in folders]
    generations = sorted({generation for run in runs for generation in run})
    names = list(dict.fromkeys(name for run in runs for values in run.values() for name in values))
    measures = {
        measure: np.array(
            [[run.get(generation, {}).get(measure, np.nan) for run in runs] for generation in generations]
        ).reshape(len(generations), len(runs))
        for measure in names
    }
    lost = {
        measure: sum(not np.isfinite(values.get(measure, 0.0)) for run in runs for values in run.values())
        for measure in names
    }
    finished = tuple(len(run) for run in runs)
    return Arm(name, label, tuple(folders), np.array(generations, dtype=float), measures, finished, lost)


def read_experiment(folder: Path) -> Experiment:
    """An experiment, a folder of seeds, or a single run; half-finished ones are read as far as they go.

    Raises:
        NothingToPlot: no arm has a finished generation.
        ValueError: damaged files, or a folder of another kind.
    """
    kind = kind_of(folder)
    if kind in EXPERIMENTS:
        experiment = _experiment(folder)
    elif kind in RUNS:
        arm = read_arm(folder.name, folder.name, seed_folders(folder) or [folder])
        experiment = Experiment((arm,), {}, {}, _gaps(arm))
    else:
        raise ValueError(f"{folder} must be a run or an experiment, got kind {kind!r}; name such a folder")
    if not any(len(arm.generations) for arm in experiment.arms):
        raise NothingToPlot(f"{folder} holds nothing to plot: no generation is finished; let the run go on first")
    return experiment


def _experiment(folder: Path) -> Experiment:
    path = folder / "experiment.json"
    stored = read_json(path)
    described = stored.get("arms")
    if not isinstance(described, dict) or not all(isinstance(entry, dict) for entry in described.values()):
        raise ValueError(f"{path}: arms must map names to objects, got {described!r:.80}; restore it or run again")
    expected = stored.get("seeds", [])
    if not isinstance(expected, list) or not all(isinstance(seed, int) for seed in expected):
        raise ValueError(
            f"{path}: seeds must be a list of whole numbers, got {expected!r:.80}; restore it or run again"
        )
    arms, notes = [], []
    for name, entry in described.items():
        runs = seed_folders(folder / name)
        arm = read_arm(name, str(entry.get("label", name)), runs)
        arms.append(arm)
        lost = sorted(set(expected) - {int(run.name[5:]) for run in runs})
        if lost and runs:
            notes.append(f"{name}: no run yet for seed {', '.join(map(str, lost))}")
        notes += _gaps(arm)
    last = max((int(arm.generations[-1]) for arm in arms if len(arm.generations)), default=0)
    notes += [
        f"{arm.name}: ends at generation {int(arm.generations[-1])} of {last}"
        for arm in arms
        if len(arm.generations) and arm.generations[-1] < last
    ]
    floor = {name: value for name, value in _numbers(path, "floor", stored).items() if np.isfinite(value)}
    units = stored.get("units", {})
    units = {str(name): str(unit) for name, unit in units.items()} if isinstance(units, dict) else {}
    return Experiment(tuple(arms), floor, units, tuple(notes))


def _gaps(arm: Arm) -> tuple[str, ...]:
    """What an arm lacks, in words."""
    if not len(arm.generations):
        return (f"{arm.name}: no finished generation yet",)
    notes = []
    most = max(arm.finished)
    for folder, count in zip(arm.folders, arm.finished, strict=True):
        if count < most:
            notes.append(f"{arm.name}/{folder.name}: {count} of {most} generations")
    for name, count in arm.lost.items():
        if count:
            whole = count + int(np.isfinite(arm.measures[name]).sum())
            notes.append(f"{arm.name}: {count} of {whole} values of {name} are not finite and left out")
    return tuple(notes)


def _measures(folder: Path) -> dict[int, dict[str, float]]:
    """generation -> measures that are numbers."""
    try:
        records = read_records(folder)
        return {operator.index(record["generation"]): _numbers(folder, "measures", record) for record in records}
    except (KeyError, TypeError, AttributeError) as problem:
        raise ValueError(
            f"{folder}: a record.json lacks what a record has ({problem}); run that generation again"
        ) from None


def _numbers(path: Path, key: str, stored: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of an object in JSON; "nan" and "inf" count as numbers, texts and lists are passed over."""
    entries = stored.get(key, {})
    if not isinstance(entries, Mapping):
        raise ValueError(f"{path}: {key} must be an object, got {entries!r:.80}; restore it or run again")
    return {
        str(name): float(value)
        for name, value in entries.items()
        if (isinstance(value, int | float) and not isinstance(value, bool)) or value in ("nan", "inf", "-inf")
    }
