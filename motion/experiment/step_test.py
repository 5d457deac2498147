"""The one-step test on an experiment: its models' samples, its held-out real motions, correctors by name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from loop import Corrector, files
from loop.campaign import SHARED, arm_folder
from loop.progress import Report, silent
from loop.records import generation_name, generations
from motion.batch import MotionBatch
from motion.experiment import dataset
from motion.experiment.arms import Knowledge, corrector_of
from motion.experiment.campaign import Experiment, execute
from motion.experiment.knowledge import prepare_prior
from motion.experiment.one_step import Step, one_step
from motion.experiment.presets import Preset, preset_named
from motion.experiment.problem import MotionProblem
from motion.model.generator import MotionModel

DRIFTING = "synthetic"
"""The arm whose last generation is the collapsed one."""
TESTED = ("none", "reground", "kinematic", "physics", "projection", "prior", "physics+prior", "anchor", "ideal")
"""Correctors of the test; none is the check of the ruler."""
_GENERATIONS = 6
_FRESH = 500  # samples of each generation, and real motions they are held against, where more can be drawn


@dataclass(frozen=True)
class StepTest:
    """A one-step test. out: folder of an experiment with the arm `synthetic`; made there, small, if there is none.

    preset: of one that is made. correctors: names among TESTED. seed: of the samples and the correctors.
    """

    out: Path
    preset: str = "smoke"
    correctors: tuple[str, ...] = TESTED
    prior_size: int = 4000
    seed: int = 0
    workers: int = 1

    def __post_init__(self) -> None:
        for name in self.correctors:
            if name not in TESTED:
                raise ValueError(f"correctors must be among {', '.join(TESTED)}, got {name!r}; choose among them")
        if not self.correctors:
            raise ValueError("name at least one corrector to test, got none")
        preset_named(self.preset)

    def run(self, report: Report = silent) -> list[Step]:
        """The test; makes the experiment first where it is missing.

        Raises:
            ValueError, OSError: no or another experiment in `out`, or data that cannot feed a corrector.
        """
        if not (self.out / "experiment.json").exists():
            made = Experiment(
                self.out, preset_named(self.preset), arms=(DRIFTING,), generations=_GENERATIONS, workers=self.workers
            )
            execute(made, report)
        data = dataset.load(self.out / "data")
        preset = stored_preset(self.out)
        problem = MotionProblem(data, preset, report)
        seed = int(files.read_json(self.out / "experiment.json")["seeds"][0])
        folder = arm_folder(self.out, DRIFTING, seed)
        last = max(generations(folder), default=0)
        if last < 1:
            raise ValueError(f"{self.out} has no generation of the arm {DRIFTING!r}; run it first: scsc motion run")
        first = MotionModel.load(arm_folder(self.out, SHARED, seed) / generation_name(0) / "model")
        collapsed = MotionModel.load(folder / generation_name(last) / "model")
        asked, real, other = _motions(data, preset, self.seed)
        rng = np.random.default_rng([self.seed, 2])
        samples = [(-1, other)] + [(g, problem.draw(model, asked, rng)) for g, model in ((0, first), (last, collapsed))]
        knowledge = Knowledge(
            cache(lambda: prepare_prior(self.out, data, preset, self.prior_size, report)),
            lambda: problem.anchor(first, f"generation 0 of seed {seed}"),
        )
        chosen: list[tuple[str, Corrector[MotionBatch]]] = [
            (name, corrector_of(name, data, preset, knowledge)) for name in self.correctors
        ]
        return one_step(chosen, samples, real, self.seed, report)


def stored_preset(out: Path) -> Preset:
    """The preset that an experiment was made with.

    Raises:
        ValueError: it was made by another version, whose presets have other sizes.
    """
    stored: dict[str, Any] = files.read_json(out / "experiment.json")["identity"]["problem"]["preset"]
    plain = preset_named("smoke")
    try:
        tuples: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()
        }
        return replace(plain, **tuples)
    except TypeError:
        raise ValueError(f"{out} was made with presets of another version; make it anew in another folder") from None


def _motions(data: dataset.Dataset, preset: Preset, seed: int) -> tuple[MotionBatch, MotionBatch, MotionBatch]:
    """Motions whose captions are asked for, real ones to hold samples against, and others of these."""
    if data.info["source"] != dataset.EMBEDDED:
        if not len(data.second):
            raise ValueError("the one-step test needs a second set of real motions; use more data or a smaller preset")
        return data.reference, data.reference, data.second
    asked, real, other = (
        dataset.draw_procedural(_FRESH, preset, np.random.default_rng([seed, 3, part])) for part in range(3)
    )
    return asked, real, other
