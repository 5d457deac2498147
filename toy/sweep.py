"""Point-wise loops over many cells and seeds, kept as run folders and gathered like an ensemble.

FOLDER/config.json, FOLDER/curves.npz     as `loop.ensemble.run_ensemble` writes them
FOLDER/cells/gamma-0.3-lam-1.0/seed-0000/  the runs, each resumable
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from loop import ArrayBatch, Corrector, FolderStore, MemoryStore, Problem, RunConfig, Store, run, schedule_named
from loop.ensemble import Array, Curves, EnsembleConfig
from loop.files import write_arrays
from loop.progress import Report, silent
from loop.records import claim, generation_name, locked


def place_of(folder: Path, gamma: float, lam: float, seed: int) -> Path:
    """Where the run of a cell and seed lies."""
    return folder / "cells" / f"gamma-{gamma!r}-lam-{lam!r}" / f"seed-{seed:04d}"


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
    share_first: bool = False,
) -> Curves:
    """All measures of every cell (gamma, lam) and seed, name -> (generations + 1, runs, C).

    The runs have the seeds seed, seed + 1, ...; all cells of a seed share its streams. With `folder`, finished
    generations are kept there and never computed again; with `share_first` too the cells of a seed take generation 0
    from the first one's folder, which saves its fit.
    """
    done, total = 0, len(gammas) * config.runs * (config.generations + 1)

    def one(gamma: float, lam: float, seed: int) -> list[Mapping[str, Any]]:
        nonlocal done
        place = None if folder is None else place_of(folder, gamma, lam, seed)
        start = None
        if folder is not None and share_first and (gamma, lam) != (gammas[0], lams[0]):
            start = place_of(folder, gammas[0], lams[0], seed) / generation_name(0)
        store: Store[Any, ArrayBatch] = MemoryStore() if place is None else FolderStore(place)
        settings = RunConfig(seed, config.generations, "toy")
        rows = []
        for record in run(problem, corrector(gamma), schedule_named(schedule, lam), settings, store, start):
            rows.append(record.measures)
            done += 1
            report("generations", done, total)
        return rows

    def everything() -> Curves:
        seeds = range(config.seed, config.seed + config.runs)
        cells = list(zip(gammas, lams, strict=True))
        rows = [[one(gamma, lam, seed) for seed in seeds] for gamma, lam in cells]  # (C, runs, G) measures
        return {
            name: np.array([[[row[name] for row in of_seed] for of_seed in cell] for cell in rows]).transpose(2, 1, 0)
            for name in rows[0][0][0]
        }

    if folder is None:
        return everything()
    with locked(folder):
        identity = {
            "seed": config.seed,
            "problem": problem.describe(),
            "schedule": {"name": schedule},
            "corrector": corrector(1.0).describe(),
            "gamma": list(gammas),
            "lam": list(lams),
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
