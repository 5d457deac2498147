"""The image experiment: its arms, and one arm's run; `loop.campaign` runs them in several processes.

OUT/judge/ holds the classifier that measures, OUT/real.npz real digits for the pictures; the rest is as there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from loop import Augment, Corrector, FolderStore, Mixture, NoCorrection, RunConfig, Schedule, campaign, files, run
from loop.campaign import Plan, Task
from loop.corrector import kept_share
from loop.progress import Report
from loop.records import locked
from loop.schedule import schedule_named
from loop.workers import Send, warm_up
from toy.digits import data, judge
from toy.digits.batch import CLASSES, ImageBatch
from toy.digits.corrector import DigitKMeans, DigitRedraw
from toy.digits.model import DigitModel
from toy.digits.problem import DigitProblem, tiles
from toy.digits.settings import DigitSettings

KIND = "digits-experiment"
BASELINE = "baseline"
CORRECTORS = {"none": "uncorrected", "k-means": "k-means corrected", "redraw": "redrawn from real digits"}
"""What may happen to synthetic images, with the words of pictures."""
UNITS = {"nearest_train": "pixel range", "accepted": "share"}


@dataclass(frozen=True)
class Arm:
    """One arm: `uncorrected-1`, `k-means-1` (every image corrected) or `k-means-1-g0.3` (gamma = 0.3)."""

    corrector: str
    lam: float
    gamma: float

    @property
    def name(self) -> str:
        if self.corrector == "none":
            return f"uncorrected-{self.lam:g}"
        return f"{self.corrector}-{self.lam:g}" + (f"-g{self.gamma:g}" if math.isfinite(self.gamma) else "")

    @property
    def label(self) -> str:
        strength = f", γ = {self.gamma:g}" if math.isfinite(self.gamma) else ""
        return f"{CORRECTORS[self.corrector]}, λ = {self.lam:g}{strength}"


@dataclass(frozen=True)
class LoopConfig:
    """What the arms have in common.

    lams: synthetic images per real one; each gives one arm a corrector, beside the baseline.
    correctors: of `CORRECTORS`. gammas: their strengths, one arm each; inf corrects every image.
    """

    lams: tuple[float, ...] = (0.2, 0.5, 1.0, 1.5)
    schedule: str = "augment"
    correctors: tuple[str, ...] = ("none", "k-means")
    gammas: tuple[float, ...] = (float("inf"),)

    def __post_init__(self) -> None:
        for gamma in self.gammas:
            kept_share(gamma)
        for name in self.correctors:
            if name not in CORRECTORS:
                raise ValueError(f"corrector must be among {', '.join(CORRECTORS)}, got {name!r}; choose among them")
        for lam in self.lams:
            schedule_named(self.schedule, lam)
            if lam == 0:
                raise ValueError("lam must be > 0, got 0: that is the baseline, which is always run")
        if self.schedule == "fresh":
            raise ValueError("schedule 'fresh' needs new real digits each generation, of which there are none")

    @cached_property
    def arms(self) -> dict[str, Arm]:
        """Every arm but the baseline by its name, each once."""
        cells = [
            Arm(corrector, lam, gamma)
            for lam in self.lams
            for corrector in self.correctors
            for gamma in (self.gammas if corrector != "none" else (float("inf"),))
        ]
        return {arm.name: arm for arm in cells}

    @property
    def labels(self) -> dict[str, str]:
        """Every arm with its words."""
        return {BASELINE: "real data only", **{name: arm.label for name, arm in self.arms.items()}}

    def parts(self, arm: str, real: ImageBatch, centres: int) -> tuple[Schedule, Corrector[ImageBatch]]:
        """Schedule and corrector of an arm."""
        if arm in (BASELINE, campaign.SHARED):
            return Augment(0.0), NoCorrection()
        cell = self.arms[arm]
        schedule = schedule_named(self.schedule, cell.lam)
        if cell.corrector == "none":
            return schedule, NoCorrection()
        whole = DigitKMeans.fitted(real, centres) if cell.corrector == "k-means" else DigitRedraw(real)
        return schedule, Mixture(whole, cell.gamma)


@dataclass(frozen=True)
class Experiment:
    """One experiment: seeds, each with all arms from one generation 0."""

    out: Path
    settings: DigitSettings
    loop: LoopConfig = field(default_factory=LoopConfig)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    generations: int = 20
    workers: int = 1

    def __post_init__(self) -> None:
        self.plan  # noqa: B018  (checks the rest)

    @property
    def plan(self) -> Plan:
        return Plan(self.out, tuple(self.loop.labels), self.seeds, self.generations, self.workers)


Settings = tuple[DigitSettings, LoopConfig]


def loaded(settings: DigitSettings) -> data.DigitData:
    """The digits that the settings name.

    Raises:
        ValueError: images of another size than the network is for, or data that `toy.digits.data.load` refuses.
    """
    found = data.load(settings.data, settings.n, settings.judge, settings.reference)
    if found.size != settings.size:
        raise ValueError(f"images must be {settings.size} pixels wide, {settings.data} has {found.size}; set the size")
    return found


def execute(experiment: Experiment, report: Report, command: str = "") -> None:
    """Run what is missing of the experiment. command: what one typed for it, kept in experiment.json.

    Raises:
        ValueError, OSError: bad data, another config in the same folder, or a folder in use.
    """
    import torch

    torch.set_num_threads(1)  # the judge's bits depend on it, and all measures on the judge
    out, settings, loop = experiment.out, experiment.settings, experiment.loop
    digits = loaded(settings)  # refused before anything is made
    DigitKMeans.fitted(digits.train, settings.centres)
    if experiment.workers > 1:
        # torch imports its compiler at the first step of an optimiser, which takes a second.
        warm_up(("toy.digits.campaign", "torch._dynamo"))
    with locked(out):
        problem = DigitProblem(digits, judge.prepared(out / "judge", digits, report), settings)
        identity = {
            "problem": problem.describe(),
            "schedule": loop.schedule,
            "data": digits.info,
            "judge": {"accuracy": problem.judge.accuracy},
        }
        campaign.describe(experiment.plan, KIND, identity, loop.labels, problem.floor, units=UNITS, command=command)
        _show_real(out / "real.npz", digits)
        campaign.execute(experiment.plan, (settings, loop), run_arm, report)


def _show_real(path: Path, digits: data.DigitData) -> None:
    """Six real images of every digit, as `DigitProblem.illustrate` keeps drawn ones."""
    rows = np.concatenate([np.flatnonzero(digits.reference.labels == label)[:6] for label in range(CLASSES)])
    files.write_arrays(path, {"images": tiles(digits.reference.take(rows))})


def run_arm(task: Task[Settings], send: Send) -> None:
    """Run one arm in this process, one thread wide; tells `send` what it does."""
    import torch

    torch.set_num_threads(1)
    settings, loop = task.settings
    digits = loaded(settings)
    found = judge.prepared(task.out / "judge", digits)
    problem = DigitProblem(digits, found, settings, campaign.Teller(send))
    schedule, corrector = loop.parts(task.arm, digits.train, settings.centres)
    config = RunConfig(task.seed, task.generations, "digits")
    store: FolderStore[DigitModel, ImageBatch] = FolderStore(task.folder)
    for record in run(problem, corrector, schedule, config, store, task.start):
        send(("record", record.generation))
