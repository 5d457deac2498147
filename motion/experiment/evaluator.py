"""The experiment's text-motion evaluator: trained once on real motions that no generator of it sees, kept in OUT."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from loop import files
from loop.progress import Report, silent
from motion.batch import MotionBatch
from motion.evaluation.text_motion import TextMotionEvaluator
from motion.evaluation.text_motion_training import EvaluatorConfig, train_evaluator
from motion.experiment.dataset import EMBEDDED, Dataset, batch_for, capture_of, embedded
from motion.experiment.presets import Preset
from motion.text.frozen import FrozenEncoder

EVALUATOR = "evaluator"
"""Where an experiment keeps its evaluator."""
DRAWN = 1500
"""Procedural motions that it is trained on, where they are the data; beside a pack's own they are half as many."""
PERFORMED = 600
"""The same where a simulated body performs them, which takes longer."""
_SEED = 20260303  # of these draws: none that data sets, priors, stocks or fresh draws use
_BLOCK = 100  # motions drawn between two reports


def prepare_evaluator(
    out: Path,
    data: Dataset,
    preset: Preset,
    config: EvaluatorConfig | None = None,
    *,
    encoder: FrozenEncoder | None = None,
    report: Report = silent,
) -> TextMotionEvaluator:
    """The evaluator of a data set in OUT/evaluator, trained there if it is not there yet; a killed training goes on.

    Embedded data: fresh procedural motions of the preset. A pack: its `rest`, of captures of their own, and as the rest
    may be small, procedural motions of all kinds of the same length beside it.

    Args:
        out: folder beside which OUT/evaluator.work lies during training.
        encoder: a frozen text encoder whose states are read; None learns words.

    Raises:
        ValueError: another evaluator is there, or a damaged one. OSError: it cannot be written.
    """
    chosen = config or EvaluatorConfig()
    folder, work = out / EVALUATOR, out / f"{EVALUATOR}.work"
    made_from = files.to_json({**_made_from(data, preset), "training": files.identity_of(chosen)})
    if folder.exists():
        found = TextMotionEvaluator.load(folder, encoder)
        stored = {key: value for key, value in found.trained_on.items() if key != "motions"}
        if stored != made_from:
            changes = "; ".join(files.differences(stored, made_from))
            raise ValueError(f"{folder} was trained on other motions ({changes}); choose a new --out or remove it")
        return found
    real = training_motions(data, preset, report)
    made = train_evaluator(
        real, chosen, encoder=encoder, trained_on=made_from, work=work, report=lambda _, k, n: report("evaluator", k, n)
    )
    made.save(folder)
    files.remove(work)
    return TextMotionEvaluator.load(folder, encoder)


def training_motions(data: Dataset, preset: Preset, report: Report = silent) -> MotionBatch:
    """What the evaluator of a data set is trained on, see `prepare_evaluator`."""
    count = _made_from(data, preset)["drawn"]
    kinds = preset if data.info["source"] == EMBEDDED else replace(preset, kinds=None)
    drawn = []
    for start in range(0, count, _BLOCK):
        report("drawing motions", start, count)
        clips = embedded(min(_BLOCK, count - start), kinds, _SEED + start)
        drawn.append(batch_for(kinds, clips, np.random.default_rng([_SEED, start])))
    report("drawing motions", count, count)
    parts = [*([data.rest] if len(data.rest) else []), *drawn]
    return parts[0].concat(*parts[1:])


def _made_from(data: Dataset, preset: Preset) -> dict[str, Any]:
    """What decides the training motions, as JSON; the size of the data set does not where motions are drawn anew."""
    all_drawn = PERFORMED if preset.performed else DRAWN
    drawing: dict[str, Any] = {
        "frames": preset.frames,
        "styles": preset.styles,
        "performed": preset.performed,
        "seed": _SEED,
    }
    if preset.min_frames is not None:
        drawing["min_frames"] = preset.min_frames
    if data.info["source"] == EMBEDDED:
        return {"source": EMBEDDED, "kinds": preset.kinds, "drawn": all_drawn, "rest": 0, **drawing}
    captures = len({capture_of(name) for name in data.rest.ids})
    return {
        "source": data.info["source"], "data": data.info["fingerprint"], "kinds": None, "drawn": all_drawn // 2,
        "rest": len(data.rest), "captures": captures, **drawing,
    }  # fmt: skip
