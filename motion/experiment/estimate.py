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
from motion.features.padded import decode_clips
from motion.features.representation import representation_named
from motion.model import generator
from motion.model.generator import MotionModel
from motion.physics import correct_joints

_FEW = 16
_STEPS = 4


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
    first = preset.first_steps * costs.step + evaluation
    chains = [experiment.steps * arm.seconds for arm in arms for _ in experiment.seeds]
    workers = min(experiment.workers, max(1, len(chains)))
    shared = first * -(-len(experiment.seeds) // workers)
    later = max(max(chains, default=0.0), sum(chains) / workers)
    models = len(experiment.seeds) * (1 + len(arms) * (experiment.steps + 1))
    return Estimate(arms, first, preset.first_steps, shared + later, models * costs.model_bytes)


def _arm(name: str, loop: LoopConfig, preset: Preset, costs: Costs) -> ArmEstimate:
    arm = arm_named(name)
    drawn = arm.schedule(loop).request(preset.n)
    steps = preset.first_steps if preset.start == "scratch" else preset.steps
    gamma = loop.gamma if arm.gamma is None else arm.gamma
    picked = 1.0 if np.isinf(gamma) else gamma / (1.0 + gamma)
    seconds = steps * costs.step + preset.evaluation * (costs.draw + costs.measure)
    seconds += drawn * (costs.draw + 2 * costs.measure)
    seconds += drawn * picked * (costs.simulate if arm.kind in SIMULATED else 0.0)
    return ArmEstimate(name, arm.label, steps, drawn, seconds)


def _measured(preset: Preset, *, simulated: bool) -> Costs:
    """A few steps, a chunk of motions, a few simulations; embedded motions stand for those of a pack."""
    small = replace(preset, text="words", text_weights=None) if encoder_of(preset) is None else preset
    rng = np.random.default_rng(0)
    batch = draw_procedural(max(_FEW, preset.batch_size), small, rng)
    problem = MotionProblem(None, small)  # type: ignore[arg-type]  # only what trains and draws, no data set
    config = replace(problem.training(None), steps=1)

    def train(steps: int) -> MotionModel:
        chosen = replace(config, steps=steps)
        return generator.fit(None, batch, chosen, np.random.default_rng(0), encoder=problem.encoder)

    model = train(1)  # also imports what a first step imports
    step = max(_seconds(lambda: train(1 + _STEPS)) - _seconds(lambda: train(1)), 1e-6) / _STEPS
    asked = batch.take(np.arange(generator.CHUNK) % len(batch))
    draw = _seconds(lambda: problem.draw(model, asked, rng)) / len(asked)
    clips = np.stack(decode_clips(representation_named("hml263"), batch.features[:_FEW], batch.lengths[:_FEW]))
    simulate = _seconds(lambda: correct_joints(clips)) / _FEW if simulated else 0.0
    ruler = Ruler.fit(batch)
    measure = _seconds(lambda: ruler.measure(batch, ruler.features, rng)) / len(batch)
    size = sum(weight.numel() * weight.element_size() for weight in model.weights.values())
    return Costs(step, draw, simulate, measure, size)


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
