"""The motion experiment: its data, its arms, and one arm's run; `loop.campaign` runs them in several processes.

OUT/data/ holds the prepared data set, OUT/text/ what a frozen text encoder makes of its captions, OUT/prior.npz the
prior where an arm has one; the rest is as in `loop.campaign`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from generative.device import Device, device_of
from loop import FolderStore, RunConfig, campaign, files, run, schedule_named
from loop.campaign import Plan, Task
from loop.keep import Keep
from loop.progress import Listener, Report
from loop.records import generation_name, locked
from loop.workers import Executor, Message, Pool, Send, warm_up
from motion.batch import MotionBatch
from motion.correctors import prior_file as priors
from motion.correctors.anchor import AnchorCorrector
from motion.data.pack import kind_of
from motion.evaluation.text_motion import TextMotionEvaluator
from motion.experiment import dataset
from motion.experiment.arms import (
    ARM_LABELS,
    PRIOR_ARMS,
    Knowledge,
    LoopConfig,
    arm_named,
    arm_parts,
    check_arm,
    in_order,
    weight_of,
)
from motion.experiment.evaluator import EVALUATOR, prepare_evaluator
from motion.experiment.knowledge import PRIOR, prepare_prior
from motion.experiment.presets import Preset
from motion.experiment.problem import MotionProblem, encoder_of
from motion.kinematics.skeleton import FPS, JOINTS, PARENTS
from motion.model.generator import MotionModel
from motion.text.frozen import FrozenEncoder
from motion.text.states import FOLDER

KIND = "motion-experiment"


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
    keep: Keep = Keep()
    judge: bool = False
    """Also measure by a learned evaluator, trained once (half a minute) on motions that no generator sees."""
    executor: Executor = Pool()
    device: Device = "cpu"
    """Where each arm's models are trained and drawn from; other machines of a cluster are asked when they begin."""

    def __post_init__(self) -> None:
        if isinstance(self.executor, Pool):
            device_of(self.device)
        for name in self.arms:
            if (meant := arm_named(name).name) != name:
                raise ValueError(f"the arm {name} is called {meant} here; name it so")
        self.plan  # noqa: B018  (checks the rest)

    @property
    def steps(self) -> int:
        return self.preset.generations if self.generations is None else self.generations

    @property
    def plan(self) -> Plan:
        return Plan(self.out, self.arms, self.seeds, self.steps, self.workers, self.executor)

    @property
    def settings(self) -> Settings:
        return self.preset, self.loop, self.keep, self.judge, self.device


Settings = tuple[Preset, LoopConfig, Keep, bool, Device]


def execute(experiment: Experiment, report: Report, **about: Any) -> None:
    """Run what is missing of the experiment. about: what else experiment.json keeps, such as the command.

    Raises:
        ValueError, OSError: bad data, another config in the same folder, or a folder in use.
    """
    out = experiment.out
    if experiment.source is not None:
        kind_of(experiment.source)  # refused before anything is made
    encoder_of(experiment.preset)
    if experiment.workers > 1 and isinstance(experiment.executor, Pool):
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
        for name in experiment.arms:
            check_arm(arm_named(name), experiment.loop, data)
        experiment = _judged(experiment)
        judge = prepare_evaluator(out, data, experiment.preset, report=report) if experiment.judge else None
        problem = MotionProblem(data, experiment.preset, judge=judge, device=experiment.device)
        identity = {
            "problem": problem.describe(),
            "schedule": schedule_named(experiment.loop.schedule, experiment.loop.lam).describe(),
            "gamma": experiment.loop.gamma,
            "data": dict(data.info),
        }
        if any(arm_named(name).kind in PRIOR_ARMS for name in experiment.arms):
            prepare_prior(out, data, experiment.preset, experiment.loop.prior_size, report)
        labels = {name: arm_named(name).label for name in in_order((*campaign.arms_of(out), *experiment.arms))}
        campaign.describe(experiment.plan, KIND, identity, labels, problem.floor, **about)
        if problem.encoder is not None:
            _keep_texts(experiment, data, problem.encoder, report)
        campaign.execute(
            experiment.plan, experiment.settings, run_arm, report, lambda arm: weight_of(arm, experiment.loop)
        )


def _judged(experiment: Experiment) -> Experiment:
    """The experiment with the learned evaluator where its folder was begun so: arms that are added later, or by another
    command, are measured as the others are.

    Raises:
        ValueError: the folder was begun without it; its records cannot get those measures any more.
    """
    if (experiment.out / EVALUATOR).is_dir():
        return replace(experiment, judge=True)
    if experiment.judge and (begun := campaign.arms_of(experiment.out)):
        raise ValueError(
            f"{experiment.out} was begun without the learned evaluator, and {', '.join(begun)} measured without it; "
            "choose a new --out, or --judge False"
        )
    return experiment


def train(experiment: Experiment, report: Report) -> list[Path]:
    """Make what is missing of generation 0 of each seed, in this process; the generations' folders.

    `execute` of an experiment with these settings in the same folder goes on from them.

    Raises:
        ValueError, OSError: as `execute`.
    """
    out, preset = experiment.out, experiment.preset
    if experiment.source is not None:
        kind_of(experiment.source)  # refused before anything is made
    MotionProblem.check(preset)
    folders = []
    with locked(out):
        data = dataset.prepare(
            out / "data", preset, experiment.source,
            skip_bad=experiment.skip_bad, workers=experiment.workers, report=report,
        )  # fmt: skip
        problem = MotionProblem(data, preset)
        if problem.encoder is not None:
            _keep_texts(experiment, data, problem.encoder, report)
        for seed in experiment.seeds:
            task = Task(out, campaign.SHARED, seed, 0, experiment.settings)
            run_arm(task, lambda message: _pass_on(report, message))  # a finished one is checked and read
            folders.append(task.folder / generation_name(0))
    return folders


def _pass_on(report: Report, message: Message) -> None:
    """A message of `run_arm` to a listener in the same process."""
    if message[0] == "stage":
        report(*message[1:])
    elif message[0] == "numbers" and isinstance(report, Listener):
        report.numbers(*message[1:])


def _keep_texts(experiment: Experiment, data: dataset.Dataset, encoder: FrozenEncoder, report: Report) -> None:
    """Keep the states of all captions in OUT/text; those that a prepared source has are not computed."""
    given = experiment.source
    source = given / FOLDER if given is not None and kind_of(given) == "prepared" else None
    captions = [caption for part in (data.train, data.reference, data.second) for caption in part.captions]
    captions += [caption for own in data.said.values() for caption in own]
    encoder.keep(experiment.out / FOLDER, captions, source=source, report=report)


def run_arm(task: Task[Settings], send: Send) -> None:
    """Run one arm in this process, one thread wide; tells `send` what it does."""
    import torch

    torch.set_num_threads(1)
    preset, loop, keep, judge, device = task.settings
    data = dataset.load(task.out / "data")
    evaluator = TextMotionEvaluator.load(task.out / EVALUATOR) if judge else None
    problem = MotionProblem(data, preset, campaign.Teller(send), task.seed, evaluator, device)
    if problem.encoder is not None:
        problem.encoder.use(task.out / FOLDER)
    task.folder.mkdir(parents=True, exist_ok=True)
    if not (task.folder / "skeleton.json").exists():
        files.write_json(task.folder / "skeleton.json", {"joints": JOINTS, "parents": PARENTS, "fps": FPS})
    arm = "real" if task.is_shared else task.arm
    schedule, corrector = arm_parts(arm_named(arm), loop, data, preset, _knowledge(task, problem))
    store: FolderStore[MotionModel, MotionBatch] = FolderStore(task.folder, Keep() if task.is_shared else keep)
    for record in run(
        problem, corrector, schedule, RunConfig(task.seed, task.generations, "motion"), store, task.start
    ):
        send(("record", record.generation))


def _knowledge(task: Task[Settings], problem: MotionProblem) -> Knowledge:
    def anchor() -> AnchorCorrector:
        if task.start is None:
            raise ValueError("generation 0 has no generation before it to redraw through; give the arm a start")
        return problem.anchor(MotionModel.load(task.start / "model"), f"generation 0 of seed {task.seed}")

    return Knowledge(lambda: priors.load(task.out / PRIOR), anchor)
