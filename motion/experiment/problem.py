"""The loop's Problem for motion: a text-conditioned diffusion model on a prepared data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np

from generative.device import Device
from loop import Problem, Request, files, stream
from loop.progress import Report, silent
from motion.batch import MotionBatch
from motion.correctors.anchor import AnchorCorrector
from motion.evaluation.embedder import Embedder
from motion.experiment.dataset import EMBEDDED, Dataset, draw_procedural
from motion.experiment.measures import Ruler, learned_measures
from motion.experiment.presets import Preset
from motion.experiment.trained import write_about
from motion.features.hml263 import decode
from motion.model import generator
from motion.model.contract import DenoiserConfig
from motion.model.generator import MotionModel
from motion.model.training import TrainConfig
from motion.text import encoders
from motion.text.frozen import FrozenEncoder

_CHECKPOINT = 100  # optimiser steps: about ten seconds' work, so much an interrupt may cost
_SHOWN = 3  # motions kept for the strip of stick figures, one per caption


@dataclass(frozen=True)
class MotionProblem(Problem[MotionModel, MotionBatch]):
    """Samples are asked for by the captions of real motions, and have their lengths.

    seed: of the run, where the preset wants the same noise in each generation.
    """

    dataset: Dataset
    preset: Preset
    report: Report = field(default=silent, compare=False)
    seed: int = 0
    judge: Embedder | None = field(default=None, compare=False)
    """A learned evaluator that measures beside the network-free ones; decides nothing, so no part of `describe`."""
    device: Device = "cpu"
    """Where models are trained and drawn from. Other than on the CPU, results vary in their last digits."""

    def describe(self) -> dict[str, Any]:
        text = {} if self.encoder is None else {"text": self.encoder.fingerprint()}
        device = {} if self.device == "cpu" else {"device": self.device}  # as it was called before there were others
        return {"name": "motion", "preset": self.preset.describe(), "data": self.data(), **text, **device}

    def data(self) -> dict[str, Any]:
        return {key: self.dataset.info[key] for key in ("source", "source_fingerprint", "fingerprint", "licence")}

    def real(self, generation: int, rng: np.random.Generator) -> MotionBatch:
        if generation == 0:
            return self.dataset.train
        if self.dataset.info["source"] != EMBEDDED:
            raise ValueError("the schedule 'fresh' needs new real motions each generation, which a pack cannot give")
        return draw_procedural(self.preset.n, self.preset, rng)

    def fit(
        self,
        previous: MotionModel | None,
        training: MotionBatch,
        rng: np.random.Generator,
        work: Path | None = None,
    ) -> MotionModel:
        later = self._is_later(previous)
        config = replace(self.training(previous), steps=self.preset.steps_of(len(training), later=later))
        if self.preset.noise == "same":
            rng = stream(self.seed, 0, "fit")
        said = self._said(training) if self.preset.captions == "all" else None
        return generator.fit(
            previous, training, config, rng, captions=said, work=work, report=self.report, encoder=self.encoder,
            device=self.device,
        )  # fmt: skip

    def _said(self, batch: MotionBatch) -> list[tuple[str, ...]]:
        """All captions of each motion; a synthetic one has those of the motion that its caption was of."""
        pairs = zip(batch.ids, batch.captions, strict=True)
        return [self.dataset.said.get(name, (caption,)) for name, caption in pairs]

    def training(self, previous: MotionModel | None) -> TrainConfig:
        """How a generation is trained; reads no data.

        Raises:
            ValueError: sizes that do not fit together.
        """
        return self.preset.training(self._size, later=self._is_later(previous), checkpoint_every=_CHECKPOINT)

    def _is_later(self, previous: MotionModel | None) -> bool:
        return previous is not None and self.preset.start == "finetune"

    @classmethod
    def check(cls, preset: Preset) -> None:
        """Raise ValueError where a preset cannot be trained, before any data are read."""
        cls(cast(Dataset, None), preset).training(None)

    def sample(self, model: MotionModel, request: Request[MotionBatch], rng: np.random.Generator) -> MotionBatch:
        """`count` motions for captions of `real`, drawn without replacement as long as there are any."""
        rounds = -(-request.count // len(request.real))
        order = np.concatenate([rng.permutation(len(request.real)) for _ in range(rounds)])[: request.count]
        if self.preset.noise == "same":
            rng = stream(self.seed, 0, "same noise")
        return self.draw(model, request.real.take(order), rng)

    def measure(
        self,
        model: MotionModel,
        synthetic: MotionBatch | None,
        corrected: MotionBatch | None,
        rng: np.random.Generator,
    ) -> Mapping[str, Any]:
        """The model's samples for held-out captions, and the training samples before and after correction."""
        asked = self.dataset.reference.take(np.arange(self.preset.evaluation))
        measures: dict[str, Any] = {"loss": model.loss}
        measures |= self._measured(self.draw(model, asked, rng), rng)
        if synthetic is not None and corrected is not None:
            measures["frechet_before_correction"] = self._ruler.frechet(synthetic)
            measures["frechet_after_correction"] = (
                measures["frechet_before_correction"] if corrected is synthetic else self._ruler.frechet(corrected)
            )
        return measures

    def save(self, model: MotionModel, folder: Path) -> None:
        model.save(folder)

    def load(self, folder: Path) -> MotionModel:
        return MotionModel.load(folder)

    def load_batch(self, folder: Path) -> MotionBatch:
        return MotionBatch.load(folder)

    def _measured(self, batch: MotionBatch, rng: np.random.Generator) -> dict[str, float]:
        measures = self._ruler.measure(batch, self._train_features, rng)
        if self.judge is not None:
            measures |= learned_measures(self.judge, batch, self.dataset.reference, self.dataset.train)
        return measures

    def illustrate(
        self,
        model: MotionModel,
        synthetic: MotionBatch | None,
        corrected: MotionBatch | None,
        folder: Path,
        rng: np.random.Generator,
    ) -> None:
        """A few samples as joints, their captions the same in every generation and arm; a few of the motions that the
        generation was made of, before and after correction; and what a user of the model must know of its training."""
        shown = self.dataset.reference.take(self._shown)
        # no more at once than are asked for: a full chunk took a twelfth of a small experiment's time
        joints = decode(self.draw(model, shown, rng, chunk=_SHOWN).features).astype(np.float32)
        np.savez(folder / "strips.npz", joints=joints, lengths=shown.lengths)
        files.write_json(folder / "strips.json", {"captions": shown.captions})
        if synthetic is not None and corrected is not None and corrected is not synthetic:
            few = range(min(_SHOWN, len(synthetic)))
            _keep_corrections(synthetic.take(few), corrected.take(few), folder)
        text = None if self.encoder is None else self.encoder.fingerprint()
        train = self.dataset.train
        more = [caption for name in train.ids for caption in self.dataset.said.get(name, ())]
        write_about(folder, self.preset, self.data(), text, [train], more)

    def floor(self) -> dict[str, float]:
        """The same measures of real motions: the second set where there is one, else the reference itself."""
        rng = np.random.default_rng(0)
        second = self.dataset.second
        if len(second):
            return self._measured(second.take(np.arange(self.preset.evaluation)), rng)
        floor = self._ruler.measure(self.dataset.reference, self._train_features, rng)
        return {name: value for name, value in floor.items() if not name.startswith(("frechet", "action"))}

    def anchor(self, model: MotionModel, name: str) -> AnchorCorrector:
        """Redraws through `model` as this problem samples; name: of the model."""
        return AnchorCorrector(model, self.preset.sampler, name, self.encoder, device=self.device)

    def draw(
        self, model: MotionModel, asked: MotionBatch, rng: np.random.Generator, chunk: int = generator.CHUNK
    ) -> MotionBatch:
        """One sample for each motion of `asked`: its caption, its length; `chunk` at once."""
        return asked.with_features(
            generator.sample(
                model, asked.captions, asked.lengths, self.preset.sampler, rng, report=self.report,
                encoder=self.encoder, device=self.device, chunk=chunk,
            )
        )  # fmt: skip

    @property
    def _size(self) -> DenoiserConfig:
        if self.encoder is None:
            return self.preset.size
        return self.preset.size_for(self.encoder.dim, self.encoder.max_tokens)

    @cached_property
    def encoder(self) -> FrozenEncoder | None:
        """The frozen text encoder; None where the model learns its own words."""
        return encoder_of(self.preset)

    @cached_property
    def _ruler(self) -> Ruler:
        return Ruler.fit(self.dataset.reference)

    @cached_property
    def _train_features(self) -> Any:
        return self._ruler.kinematics(self.dataset.train)

    @cached_property
    def _shown(self) -> list[int]:
        """The first motions of the reference with different actions."""
        seen: dict[str, int] = {}
        for index, action in enumerate(self.dataset.reference.actions):
            seen.setdefault(action, index)
        return list(seen.values())[:_SHOWN]


def _keep_corrections(before: MotionBatch, after: MotionBatch, folder: Path) -> None:
    """corrections.npz: joints before and after, (k, T, 22, 3) each, and lengths (k,); corrections.json: captions."""
    joints = [decode(batch.features).astype(np.float32) for batch in (before, after)]
    np.savez(folder / "corrections.npz", before=joints[0], after=joints[1], lengths=before.lengths)
    files.write_json(folder / "corrections.json", {"captions": before.captions})


def encoder_of(preset: Preset) -> FrozenEncoder | None:
    """The frozen text encoder that a preset names; None where the model learns its own words.

    Raises:
        ValueError: its weights are missing or others than the published ones.
    """
    return encoders.frozen_encoder(preset.text, preset.text_weights)
