"""Arms times seeds of one experiment: each a run folder, all of a seed from one generation 0, in several processes or
on several machines.

OUT/experiment.json        what the experiment is: identity, arms, seeds, measures of real data
OUT/shared/seed-0000/      generation 0, shared by the arms of a seed
OUT/<arm>/seed-0000/       the run of an arm

The same call again continues; arms, seeds and generations may be added to a finished experiment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from loop import files
from loop.engine import RunConfig
from loop.progress import Listener, Report
from loop.records import Record, generation_name, generations
from loop.store import FolderStore
from loop.workers import Executor, Pool, Send

SHARED = "shared"
GENERATION = "generation"
"""The stage of a run that counts its generations, of how many; told under "RUN: " as its other stages are."""
PARTS = 4
"""In how many parts an arm is run where the arms are few."""
FEW = 16
"""So many runs a process even out by themselves."""
S = TypeVar("S")


@dataclass(frozen=True)
class Plan:
    """Which runs. arms: names. generations: after generation 0. workers: processes. executor: where they run."""

    out: Path
    arms: tuple[str, ...]
    seeds: tuple[int, ...]
    generations: int
    workers: int = 1
    executor: Executor = Pool()

    def __post_init__(self) -> None:
        if not self.arms or not self.seeds:
            raise ValueError("an experiment needs at least one arm and one seed; name some")
        for seed in self.seeds:
            RunConfig(seed, self.generations)
        if self.workers < 1:
            raise ValueError(f"workers must be >= 1, got {self.workers}; 1 runs everything in this process")


@dataclass(frozen=True)
class Task(Generic[S]):
    """One run for one process: everything it needs, small enough to send. settings: what the problem is made from."""

    out: Path
    arm: str
    seed: int
    generations: int
    settings: S

    @property
    def name(self) -> str:
        return f"{self.arm}, seed {self.seed}"

    @property
    def folder(self) -> Path:
        return arm_folder(self.out, self.arm, self.seed)

    @property
    def is_shared(self) -> bool:
        """True for the run that makes generation 0 and nothing else."""
        return self.arm == SHARED

    @property
    def is_done(self) -> bool:
        """All generations are there; they belong to this experiment, as `describe` has made sure."""
        return len(generations(self.folder)) > self.generations

    @property
    def missing(self) -> int:
        """Generations that are not there; generation 0 is a copy."""
        return self.generations + 1 - max(1, len(generations(self.folder)))

    @property
    def start(self) -> Path | None:
        """The shared generation 0; None for the run that makes it."""
        return None if self.is_shared else arm_folder(self.out, SHARED, self.seed) / generation_name(0)


@dataclass(frozen=True)
class Teller:
    """The `Listener` of a task: sends on what it is told."""

    send: Send

    def __call__(self, stage: str, done: int, total: int) -> None:
        self.send(("stage", stage, done, total))

    def numbers(self, stage: str, values: Mapping[str, float]) -> None:
        self.send(("numbers", stage, dict(values)))


def arm_folder(out: Path, arm: str, seed: int) -> Path:
    """Where the run of an arm lies."""
    return out / arm / f"seed-{seed:04d}"


def execute(
    plan: Plan,
    settings: S,
    run_arm: Callable[[Task[S], Send], None],
    report: Report,
    weight: Callable[[str], float] = lambda arm: 1.0,
) -> None:
    """Run what is missing, generation 0 of every seed first; a run with all its generations is not opened again.

    run_arm: runs one task; tells ("record", generation) and ("stage", name, done, total), before it perhaps
        ("numbers", name, values), see `Teller`. A module's function, as it is called in other processes.
    weight: about how long a generation of an arm takes: the longest runs begin first, lest one is left to the end.
    """
    # Parts of an arm have its name: it is told of as one run.
    tasks = [Task(plan.out, SHARED, seed, 0, settings) for seed in plan.seeds]
    tasks += [Task(plan.out, arm, seed, plan.generations, settings) for arm in plan.arms for seed in plan.seeds]
    missing = [task for task in tasks if not task.is_done]
    total = sum(task.generations + 1 for task in tasks)
    before = total - sum(task.generations + 1 for task in missing)
    steps = {task.name: task.generations for task in missing}
    seen: set[tuple[str, int]] = set()  # a task that is begun again tells of its first generations again

    def heard(name: str, message: tuple[Any, ...]) -> None:
        if message[0] == "record":
            seen.add((name, message[1]))
            report(f"{name}: {GENERATION}", message[1], steps[name])
            report("generations", before + len(seen), total)
        elif message[0] == "numbers":
            if isinstance(report, Listener):
                report.numbers(f"{name}: {message[1]}", message[2])
        else:
            report(f"{name}: {message[1]}", message[2], message[3])

    report("generations", before, total)
    if missing:
        with plan.executor.opened(plan.workers) as run_tasks:
            run_tasks(run_arm, in_turns(missing, weight, plan.workers), heard, _after)


def in_turns(missing: Sequence[Task[S]], weight: Callable[[str], float], workers: int) -> list[Task[S]]:
    """Tasks in the order of their turns: what arms share, then the arms that have most before them.

    Where they are few, an arm's generations are several tasks: with whole arms alone, one would end alone.
    """
    arms = [task for task in missing if not task.is_shared]
    parts = PARTS if 1 < workers and len(arms) <= FEW * workers else 1
    turns: list[tuple[float, Task[S]]] = []
    for task in arms:
        steps = max(1, task.missing)  # an arm of no generations is begun, too
        size = -(-steps // parts)
        for left in range(steps, 0, -size):
            turns.append((-weight(task.arm) * left, replace(task, generations=task.generations - max(0, left - size))))
    ordered = [task for _, task in sorted(turns, key=lambda turn: turn[0])]
    return [task for task in missing if task.is_shared] + ordered


def _after(task: Task[Any]) -> tuple[str, ...]:
    """An arm follows what it shares, and a later part of it the earlier one."""
    return () if task.is_shared else (replace(task, arm=SHARED).name, task.name)


def describe(
    plan: Plan,
    kind: str,
    identity: Mapping[str, Any],
    labels: Mapping[str, str],
    floor: Callable[[], Mapping[str, float]],
    **more: Any,
) -> None:
    """Write experiment.json; refuse another experiment in the same folder.

    Args:
        labels: every arm that there is, in the order of pictures, with its words.
        floor: measures of real data, asked for once.
        more: further entries, such as units, or the command.

    Raises:
        ValueError: the folder holds another experiment; names the fields and both values.
    """
    path = plan.out / "experiment.json"
    wanted = files.to_json(identity)
    old: dict[str, Any] = files.read_json(path) if path.exists() else {}
    found = files.differences(old.get("identity", wanted), wanted)
    if found:
        raise ValueError(f"{plan.out} holds another experiment ({'; '.join(found)}); choose a new --out")
    arms = [name for name in labels if name in plan.arms or name in old.get("arms", {})]
    files.write_json(
        path,
        {
            "format": 1,
            "kind": kind,
            "identity": wanted,
            "arms": {name: {"label": labels[name]} for name in arms},
            "seeds": sorted({*plan.seeds, *old.get("seeds", [])}),
            "floor": old.get("floor") or floor(),
            "generations": max(plan.generations, old.get("generations", 0)),
            **more,
        },
    )


def described(out: Path) -> dict[str, Any]:
    """What `describe` wrote.

    Raises:
        ValueError: `out` is no experiment, or the file is damaged.
    """
    path = out / "experiment.json"
    if not path.is_file():
        raise ValueError(f"{out} holds no experiment: experiment.json is missing; name the folder that --out named")
    about: dict[str, Any] = files.read_json(path)
    return about


def arms_of(out: Path) -> list[str]:
    """The arms that experiment.json names; none where there is no such file."""
    return list(described(out)["arms"]) if (out / "experiment.json").exists() else []


def records(out: Path, arm: str, seeds: Sequence[int]) -> list[list[Record]]:
    """The whole generations of an arm, one list a seed."""
    found: list[list[Record]] = []
    for seed in seeds:
        folder = FolderStore[Any, Any](arm_folder(out, arm, seed))
        found.append([folder.record(generation) for generation in range(folder.last() + 1)])
    return found


def costs(out: Path, arm: str | None, seeds: Sequence[int]) -> list[dict[str, Any]]:
    """cost.json of every generation that an arm made itself, over all seeds; of the shared generation 0 without one."""
    found = []
    for seed in seeds:
        folder = arm_folder(out, SHARED if arm is None else arm, seed)
        made = [0] if arm is None else generations(folder)[1:]  # an arm's generation 0 is a copy of the shared one
        found += [files.read_json(folder / generation_name(generation) / "cost.json") for generation in made]
    return found
