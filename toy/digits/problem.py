"""The loop's Problem for digits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from loop import Problem, Request
from loop.progress import Report, silent
from toy.digits import model
from toy.digits.batch import CLASSES, ImageBatch
from toy.digits.data import DigitData
from toy.digits.judge import Judge
from toy.digits.measures import Ruler
from toy.digits.model import DigitModel
from toy.digits.settings import DigitSettings

_SHOWN = 6  # images of every digit kept for pictures


@dataclass(frozen=True)
class DigitProblem(Problem[DigitModel, ImageBatch]):
    """Samples are asked for by the labels of real images."""

    digits: DigitData
    judge: Judge
    settings: DigitSettings
    report: Report = field(default=silent, compare=False)

    def describe(self) -> dict[str, Any]:
        return {"name": "digits", "settings": self.settings.describe(), "data": self.data()}

    def data(self) -> dict[str, Any]:
        return {key: self.digits.info[key] for key in ("source", "fingerprint", "licence")}

    def real(self, generation: int, rng: np.random.Generator) -> ImageBatch:
        if generation > 0:
            raise ValueError("the schedule 'fresh' needs new real digits each generation, of which there are none")
        return self.digits.train

    def fit(
        self,
        previous: DigitModel | None,
        training: ImageBatch,
        rng: np.random.Generator,
        work: Path | None = None,
    ) -> DigitModel:
        config = self.settings.first if previous is None else self.settings.later
        return model.fit(previous, training, config, rng, work=work, report=self.report)

    def sample(self, model_: DigitModel, request: Request[ImageBatch], rng: np.random.Generator) -> ImageBatch:
        """`count` images for labels of `real`, drawn without replacement as long as there are any."""
        labels = request.real.labels
        rounds = -(-request.count // len(labels))
        order = np.concatenate([rng.permutation(len(labels)) for _ in range(rounds)])[: request.count]
        return self._draw(model_, labels[order], rng)

    def measure(
        self,
        model_: DigitModel,
        synthetic: ImageBatch | None,
        corrected: ImageBatch | None,
        rng: np.random.Generator,
    ) -> Mapping[str, Any]:
        """The model's samples for the reference's labels, and the KID of the training samples, also corrected."""
        measures: dict[str, Any] = {"loss": model_.loss}
        drawn = self._draw(model_, self.digits.reference.labels, rng)
        measures |= self._ruler.measure(drawn, self.digits.train)
        if synthetic is not None and corrected is not None:
            measures["kid_before_correction"] = self._ruler.kid(synthetic)
            measures["kid_after_correction"] = (
                measures["kid_before_correction"] if corrected is synthetic else self._ruler.kid(corrected)
            )
        return measures

    def save(self, model_: DigitModel, folder: Path) -> None:
        model_.save(folder)

    def load(self, folder: Path) -> DigitModel:
        return DigitModel.load(folder)

    def load_batch(self, folder: Path) -> ImageBatch:
        return ImageBatch.load(folder)

    def illustrate(
        self,
        model_: DigitModel,
        synthetic: ImageBatch | None,
        corrected: ImageBatch | None,
        folder: Path,
        rng: np.random.Generator,
    ) -> None:
        """A few samples of every digit, `shown.npz`: images (10, 6, H, W) uint8."""
        drawn = self._draw(model_, np.repeat(np.arange(CLASSES), _SHOWN), rng)
        np.savez(folder / "shown.npz", images=tiles(drawn))

    def floor(self) -> dict[str, float]:
        """The same measures of real images: as many training images as the reference has, where there are so many."""
        train = self.digits.train.take(np.arange(min(len(self.digits.train), len(self.digits.reference))))
        found = self._ruler.measure(train)
        return {name: value for name, value in found.items() if isinstance(value, float)}

    def _draw(self, model_: DigitModel, labels: Any, rng: np.random.Generator) -> ImageBatch:
        return model.sample(model_, labels, self.settings.sampler, rng, self.report)

    @cached_property
    def _ruler(self) -> Ruler:
        return Ruler.fit(self.judge, self.digits.reference)


def tiles(batch: ImageBatch) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Images ordered by digit as grey levels, (10, m, H, W); as many of each digit."""
    grey = np.round(255 * batch.images).astype(np.uint8)
    return grey.reshape(CLASSES, -1, *grey.shape[1:])
