"""What an experiment will cost, from short measurements on this machine with a network of its size."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from motion.experiment.arms import SIMULATED, LoopConfig, arm_named
from motion.experiment.campaign import Experiment
from motion.experiment.dataset import draw_procedural
from motion.experiment.measures import Ruler
from motion.experiment.presets import Preset
from motion.experiment.problem import MotionProblem, encoder_of
from motion.features.representation import representation_named
from motion.joint_corrector import padded_joints
from motion.model import generator
from motion.model.generator import MotionModel
from motion.physics import correct_joints

_FEW = 16
_STEPS = 4
_LONG = 3.0  # a step of so many seconds is measured once
_EVALUATIONS, _FEWEST = 15, 3  # of the network for a motion, measured for all: odd, and enough for every solver


@dataclass(frozen=True)
class Costs:
    """Seconds on one core: a training step, drawing a motion, simulating one, measuring one; bytes of a model."""

    step: float
    draw: float
    simulate: float
    measure: float
    model_bytes: int


@dataclass(frozen=True)
class ArmEstimate:
    """An arm's generations after the first: steps of training, motions drawn for it, seconds [s] of one generation."""

    name: str
    label: str
    steps: int
    synthetic: int
    seconds: float


@dataclass(frozen=True)
class Estimate:
    """seconds: of the experiment with its workers [s]; first: of one generation 0 [s]; disk: bytes."""

    arms: tuple[ArmEstimate, ...]
    first: float
    first_steps: int
    seconds: float
    disk: int


def estimate(experiment: Experiment) -> Estimate:
    """The cost of a new experiment; within a factor of two or so, as other work comes and goes.

    A frozen text encoder's own time is left out, and what preparing data and a prior takes (seconds).
    """
    preset = experiment.preset
    kinds = {arm_named(name).kind for name in experiment.arms}
    costs = _measured(preset, simulated=any(kind in SIMULATED for kind in kinds))
    arms = tuple(_arm(name, experiment.loop, preset, costs) for name in experiment.arms)
    evaluation = preset.evaluation * (costs.draw + costs.measure)
    steps = preset.steps_of(preset.n, later=False)
    first = steps * costs.step + evaluation
    chains = [experiment.steps * arm.seconds for arm in arms for _ in experiment.seeds]
    workers = min(experiment.workers, max(1, len(chains)))
    shared = first * -(-len(experiment.seeds) // workers)
    later = max(max(chains, default=0.0), sum(chains) / workers)
    models = len(experiment.seeds) * (1 + len(arms) * (experiment.steps + 1))
    return Estimate(arms, first, steps, shared + later, models * costs.model_bytes)


def _arm(name: str, loop: LoopConfig, preset: Preset, costs: Costs) -> ArmEstimate:
    arm = arm_named(name)
    drawn = arm.schedule(loop, preset.count).request(preset.n)
    real = 0 if arm.kind != "real" and arm.lam is None and loop.schedule == "replace" else preset.n
    steps = preset.steps_of(real + drawn, later=preset.start == "finetune")
    gamma = loop.gamma if arm.gamma is None else arm.gamma
    picked = 1.0 if np.isinf(gamma) else gamma / (1.0 + gamma)
    seconds = steps * costs.step + preset.evaluation * (costs.draw + costs.measure)
    seconds += drawn * (costs.draw + 2 * costs.measure)
    seconds += drawn * picked * (costs.simulate if arm.kind in SIMULATED else 0.0)
    return ArmEstimate(name, arm.label, steps, drawn, seconds)


def _measured(preset: Preset, *, simulated: bool) -> Costs:
    """A few steps, a chunk of motions, a few simulations; embedded motions stand for those of a pack, and learned words
    for an encoder whose weights are not named."""
    unread = preset.text == "words" or (preset.text in ("pretrained", "clip") and preset.text_weights is None)
    small = replace(preset, text="words", text_weights=None, splits="drawn") if unread else preset
    if not unread:
        encoder_of(preset)  # its weights are there
    rng = np.random.default_rng(0)
    batch = draw_procedural(max(_FEW, preset.batch_size), small, rng)
    problem = MotionProblem(None, small)  # type: ignore[arg-type]  # only what trains and draws, no data set
    config = replace(problem.training(None), steps=1)

    def train(steps: int) -> MotionModel:
        chosen = replace(config, steps=steps)
        return generator.fit(None, batch, chosen, np.random.default_rng(0), encoder=problem.encoder)

    model = train(1)  # also imports what a first step imports
    once = _seconds(lambda: train(1))
    slow = once > _LONG
    step = once if slow else max(_seconds(lambda: train(1 + _STEPS)) - once, 1e-6) / _STEPS
    asked = batch.take(np.arange(generator.CHUNK) % len(batch))
    looks = min(preset.sampler_steps, _FEWEST if slow else _EVALUATIONS)
    drawing = MotionProblem(problem.dataset, replace(small, sampler_steps=looks))
    draw = _seconds(lambda: drawing.draw(model, asked, rng)) / len(asked) * preset.sampler_steps / looks
    clips, frames = padded_joints(representation_named("hml263"), batch.take(np.arange(_FEW)))
    simulate = _seconds(lambda: correct_joints(clips, frames)) / _FEW if simulated else 0.0
    ruler = Ruler.fit(batch)
    measure = _seconds(lambda: ruler.measure(batch, ruler.features, rng)) / len(batch)
    size = sum(weight.numel() * weight.element_size() for weight in model.weights.values())
    return Costs(step, draw, simulate, measure, size)


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
