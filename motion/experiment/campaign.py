"""Runs the arms of an experiment, each a run folder, in several processes; the same call again continues.

OUT/experiment.json        what the experiment is: identity, arms, seeds, measures of real motions
OUT/data/                  the prepared data set
OUT/shared/seed-0000/      generation 0, shared by the arms of a seed
OUT/<arm>/seed-0000/       the run of an arm
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loop import FolderStore, Record, RunConfig, files, run, schedule_named
from loop.progress import Report
from loop.records import generation_name, generations, locked
from loop.workers import Send, run_tasks, warm_up
from motion.batch import MotionBatch
from motion.data.pack import kind_of
from motion.experiment import dataset
from motion.experiment.arms import ARM_LABELS, LoopConfig, arm_parts, check_arm
from motion.experiment.presets import Preset
from motion.experiment.problem import MotionProblem
from motion.kinematics.skeleton import FPS, JOINTS, PARENTS
from motion.model.generator import MotionModel

_SHARED = "shared"


def arm_folder(out: Path, arm: str, seed: int) -> Path:
    """Where the run of an arm lies."""
    return out / arm / f"seed-{seed:04d}"


@dataclass(frozen=True)
class Experiment:
    """One experiment. generations: after generation 0; None means the preset's."""

    out: Path
    preset: Preset
    source: Path | None = None
    loop: LoopConfig = field(default_factory=LoopConfig)
    arms: tuple[str, ...] = tuple(ARM_LABELS)
    seeds: tuple[int, ...] = (0,)
    generations: int | None = None
    skip_bad: bool = False
    workers: int = 1

    def __post_init__(self) -> None:
        if not self.arms or not self.seeds:
            raise ValueError("an experiment needs at least one arm and one seed; name some")
        for name in self.arms:
            check_arm(name)
        for seed in self.seeds:
            RunConfig(seed, self.steps)
        if self.workers < 1:
            raise ValueError(f"workers must be >= 1, got {self.workers}; 1 runs everything in this process")

    @property
    def steps(self) -> int:
        return self.preset.generations if self.generations is None else self.generations


@dataclass(frozen=True)
class Task:
    """One run for one process: everything it needs, small enough to send."""

    out: Path
    arm: str
    seed: int
    generations: int
    preset: Preset
    loop: LoopConfig

    @property
    def name(self) -> str:
        return f"{self.arm}, seed {self.seed}"


def execute(experiment: Experiment, report: Report) -> None:
    """Run what is missing of the experiment.

    Raises:
        ValueError, OSError: bad data, another config in the same folder, or a folder in use.
    """
    out = experiment.out
    if experiment.source is not None:
        kind_of(experiment.source)  # refused before anything is made
    if experiment.workers > 1:
        # torch imports its compiler at the first step of an optimiser, which takes a second.
        warm_up(("motion.experiment.campaign", "torch._dynamo"))
    with locked(out):
        data = dataset.prepare(
            out / "data",
            experiment.preset,
            experiment.source,
            skip_bad=experiment.skip_bad,
            workers=experiment.workers,
            report=report,
        )
        _describe(experiment, data)
        tasks = [
            Task(out, arm, seed, 0 if arm == _SHARED else experiment.steps, experiment.preset, experiment.loop)
            for arm in (_SHARED, *experiment.arms)
            for seed in experiment.seeds
        ]
        first = [task for task in tasks if task.arm == _SHARED]
        total = len(first) + (experiment.steps + 1) * (len(tasks) - len(first))
        done = 0

        def heard(name: str, message: tuple[Any, ...]) -> None:
            nonlocal done
            if message[0] == "record":
                done += 1
                report("generations", done, total)
            else:
                report(f"{name}: {message[1]}", message[2], message[3])

        report("generations", 0, total)
        run_tasks(run_arm, first, experiment.workers, heard)
        run_tasks(run_arm, [task for task in tasks if task.arm != _SHARED], experiment.workers, heard)


def run_arm(task: Task, send: Send) -> None:
    """Run one arm in this process, one thread wide; tells `send` what it does."""
    import torch

    torch.set_num_threads(1)
    data = dataset.load(task.out / "data")
    problem = MotionProblem(data, task.preset, lambda stage, done, total: send(("stage", stage, done, total)))
    folder = arm_folder(task.out, task.arm, task.seed)
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "skeleton.json").exists():
        files.write_json(folder / "skeleton.json", {"joints": JOINTS, "parents": PARENTS, "fps": FPS})
    start = None
    if task.arm != _SHARED:
        start = arm_folder(task.out, _SHARED, task.seed) / generation_name(0)
    schedule, corrector = arm_parts("real" if task.arm == _SHARED else task.arm, task.loop, data, task.preset)
    config = RunConfig(task.seed, task.generations, "motion")
    store: FolderStore[MotionModel, MotionBatch] = FolderStore(folder)
    for record in run(problem, corrector, schedule, config, store, start):
        send(("record", record.generation))


def _describe(experiment: Experiment, data: dataset.Dataset) -> None:
    """Write experiment.json; refuse another experiment in the same folder."""
    path = experiment.out / "experiment.json"
    problem = MotionProblem(data, experiment.preset)
    schedule = schedule_named(experiment.loop.schedule, experiment.loop.lam)
    identity = files.to_json(
        {
            "problem": problem.describe(),
            "schedule": schedule.describe(),
            "gamma": experiment.loop.gamma,
            "data": dict(data.info),
        }
    )
    old: dict[str, Any] = files.read_json(path) if path.exists() else {}
    found = files.differences(old.get("identity", identity), identity)
    if found:
        raise ValueError(f"{experiment.out} holds another experiment ({'; '.join(found)}); choose a new --out")
    arms = [name for name in ARM_LABELS if name in experiment.arms or name in old.get("arms", {})]
    files.write_json(
        path,
        {
            "format": 1,
            "kind": "motion-experiment",
            "identity": identity,
            "arms": {name: {"label": ARM_LABELS[name]} for name in arms},
            "seeds": sorted({*experiment.seeds, *old.get("seeds", [])}),
            "floor": old.get("floor") or problem.floor(),
        },
    )


def records(experiment: Experiment, arm: str) -> list[list[Record]]:
    """The whole generations of an arm, one list a seed."""
    store: list[list[Record]] = []
    for seed in experiment.seeds:
        folder = FolderStore[Any, Any](arm_folder(experiment.out, arm, seed))
        store.append([folder.record(generation) for generation in range(folder.last() + 1)])
    return store


def costs(experiment: Experiment, arm: str | None = None) -> list[dict[str, Any]]:
    """cost.json of every generation that an arm made itself, over all seeds; of the shared generation 0 without one."""
    found = []
    for seed in experiment.seeds:
        folder = arm_folder(experiment.out, _SHARED if arm is None else arm, seed)
        made = [0] if arm is None else generations(folder)[1:]  # an arm's generation 0 is a copy of the shared one
        found += [files.read_json(folder / generation_name(generation) / "cost.json") for generation in made]
    return found
