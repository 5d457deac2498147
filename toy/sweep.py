"""Point-wise loops over many cells and seeds, kept as run folders and gathered like an ensemble.

FOLDER/config.json, FOLDER/curves.npz     as `loop.ensemble.run_ensemble` writes them
FOLDER/cells/gamma-0.3-lam-1.0/seed-0000/  the runs: resumable generation by generation, or their curves.npz alone
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from loop import (
    ArrayBatch,
    Corrector,
    FolderStore,
    MemoryStore,
    Problem,
    RunConfig,
    Schedule,
    Selector,
    Store,
    run,
    schedule_named,
)  # fmt: skip
from loop.ensemble import Array, Curves, EnsembleConfig
from loop.files import write_arrays
from loop.progress import Report, silent
from loop.records import claim, generation_name, locked


def place_of(folder: Path, gamma: float, lam: float, seed: int) -> Path:
    """Where the run of a cell and seed lies."""
    return folder / "cells" / f"gamma-{gamma!r}-lam-{lam!r}" / f"seed-{seed:04d}"


def scheduled(name: str, lam: float, selector: Selector[ArrayBatch] | None) -> Schedule:
    """The schedule `name` with weight `lam` and, where given, a selector."""
    schedule: Any = schedule_named(name, lam)
    chosen: Schedule = schedule if selector is None else replace(schedule, selector=selector)
    return chosen


def run_sweep(
    problem: Problem[Any, ArrayBatch],
    corrector: Callable[[float], Corrector[ArrayBatch]],
    gammas: tuple[float, ...],
    lams: tuple[float, ...],
    schedule: str,
    config: EnsembleConfig,
    folder: Path | None = None,
    report: Report = silent,
    extra: Mapping[str, Array] | None = None,
    *,
    selector: Selector[ArrayBatch] | None = None,
    share_first: bool = False,
    keep_models: bool = True,
) -> Curves:
    """All measures of every cell (gamma, lam) and seed, name -> (generations + 1, runs, C).

    The runs have the seeds seed, seed + 1, ...; all cells of a seed share its streams. With `folder` what is finished
    is kept there and never computed again: generations with their models, or, where `keep_models` is False, the curves
    of whole runs, which costs one write a run. With `share_first` too the cells of a seed take generation 0 from the
    first one's folder, which saves its fit.
    """
    done, total = 0, len(gammas) * config.runs * (config.generations + 1)

    def one(gamma: float, lam: float, seed: int) -> Curves:
        nonlocal done
        place = None if folder is None else place_of(folder, gamma, lam, seed)
        kept = None if place is None or keep_models else _kept(place, config.generations)
        if kept is not None:
            report("generations", done + config.generations + 1, total)
        else:
            start = None
            if folder is not None and share_first and keep_models and (gamma, lam) != (gammas[0], lams[0]):
                start = place_of(folder, gammas[0], lams[0], seed) / generation_name(0)
            store: Store[Any, ArrayBatch] = MemoryStore() if place is None or not keep_models else FolderStore(place)
            settings = RunConfig(seed, config.generations, "toy")
            rows: list[Mapping[str, Any]] = []
            for record in run(problem, corrector(gamma), scheduled(schedule, lam, selector), settings, store, start):
                rows.append(record.measures)
                report("generations", done + len(rows), total)
            kept = {name: np.array([row[name] for row in rows], dtype=float) for name in rows[0]}
            if place is not None and not keep_models:
                place.mkdir(parents=True, exist_ok=True)
                write_arrays(place / "curves.npz", kept)
        done += config.generations + 1
        return kept

    def everything() -> Curves:
        seeds = range(config.seed, config.seed + config.runs)
        cells = [[one(gamma, lam, seed) for seed in seeds] for gamma, lam in zip(gammas, lams, strict=True)]
        names = cells[0][0]
        return {name: np.array([[of[name] for of in cell] for cell in cells]).transpose(2, 1, 0) for name in names}

    if folder is None:
        return everything()
    with locked(folder):
        described = problem.describe()
        identity = {
            "seed": config.seed,
            "problem": described,
            "schedule": {"name": schedule} | ({} if selector is None else {"selector": selector.describe()}),
            "corrector": corrector(1.0).describe(),
            "gamma": list(gammas),
            "lam": list(lams),
            **({key: described[key] for key in ("n", "dimension")} if described["name"] == "gaussian" else {}),
        }
        claim(folder, "toy-ensemble", identity)
        curves = everything()
        arrays = {
            **curves,
            "generation": np.arange(config.generations + 1, dtype=float),
            "seed": np.arange(config.seed, config.seed + config.runs, dtype=float),
            **(extra or {}),
        }
        write_arrays(folder / "curves.npz", arrays)
    return curves


def _kept(place: Path, generations: int) -> Curves | None:
    """The curves of a run that is long enough, cut to its first generations; None where there is none.

    Raises:
        ValueError: the file is damaged.
    """
    path = place / "curves.npz"
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as file:
            found = {name: np.asarray(file[name], dtype=float) for name in file.files}
    except Exception as problem:  # a damaged archive makes zipfile, zlib and numpy raise a dozen unrelated types
        reason = " ".join(str(problem).split()) or type(problem).__name__
        raise ValueError(f"{path} is not a readable npz file ({reason}); delete it to run that seed again") from None
    if not found or min(len(values) for values in found.values()) <= generations:
        return None
    return {name: values[: generations + 1] for name, values in found.items()}
