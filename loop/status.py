"""How far an experiment is, read from its folders alone: it may be told of from elsewhere, running or not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from loop import files
from loop.campaign import SHARED, arm_folder, described
from loop.records import generation_name, generations, holder

State = Literal["done", "running", "paused", "stopped", "waiting"]
"""Neither done nor running: waiting if not begun, paused if begun and the experiment runs, else stopped."""


@dataclass(frozen=True)
class RunStatus:
    """One run. arm: `loop.campaign.SHARED` for the generation 0 of a seed.

    finished: whole generations; planned: of how many after generation 0. stage: what a running one does now, as far as
    its folder shows: "fit or measure" once training has begun, else "".
    seconds: mean time of its own finished generations [s], nan where there are none.
    """

    arm: str
    seed: int
    finished: int
    planned: int
    state: State
    stage: str
    seconds: float


def status_of(out: Path) -> list[RunStatus]:
    """Every run of an experiment, shared generations 0 first.

    Raises:
        ValueError: `out` is no experiment, or not yet one, or a file of it is damaged.
    """
    if not (out / "experiment.json").exists() and (by := holder(out)):
        raise ValueError(f"{out} is being prepared by {by}; ask again when its data are there")
    about = described(out)
    planned = int(about.get("generations", 0))
    begun: State = "paused" if holder(out) else "stopped"
    found = [_run(out, SHARED, seed, 0, begun) for seed in about["seeds"]]
    return found + [_run(out, arm, seed, planned, begun) for arm in about["arms"] for seed in about["seeds"]]


def seconds_left(runs: Sequence[RunStatus], workers: int) -> float:
    """Wall time until all runs are done [s]: missing generations at the mean pace of their arm, else of all arms, over
    the workers that still have something to do; nan where no generation is finished yet."""
    paces = {run.arm: [r.seconds for r in runs if r.arm == run.arm and not math.isnan(r.seconds)] for run in runs}
    later = [pace for arm, found in paces.items() if arm != SHARED for pace in found]
    work = []
    for run in runs:
        missing = run.planned + 1 - run.finished
        if run.arm != SHARED and run.finished == 0:
            missing -= 1  # generation 0 is a copy
        if missing <= 0:
            continue
        known = paces[run.arm] or (later if run.arm != SHARED else [])
        if not known:
            return math.nan
        work.append(missing * sum(known) / len(known))
    if not work:
        return 0.0
    return max(max(work), sum(work) / max(1, workers))


def _run(out: Path, arm: str, seed: int, planned: int, begun: State) -> RunStatus:
    """begun: the state of a run that was begun and that no process works at."""
    folder = arm_folder(out, arm, seed)
    whole = generations(folder)
    fitting = (folder / "work" / generation_name(len(whole))).is_dir()
    state: State = begun if whole or fitting else "waiting"
    if len(whole) > planned:
        state = "done"
    elif holder(folder):
        state = "running"
    stage = "fit or measure" if state == "running" and fitting else ""
    own = whole if arm == SHARED else whole[1:]
    costs: list[dict[str, Any]] = [files.read_json(folder / generation_name(g) / "cost.json") for g in own]
    paces = [sum(cost["seconds"].values()) for cost in costs]
    pace = sum(paces) / len(paces) if paces else math.nan
    return RunStatus(arm, seed, len(whole), planned, state, stage, pace)
