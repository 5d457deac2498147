"""The loop of a small diffusion model in the plane: the motion and image models' training and samplers, truth known."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from generative import weights
from generative.samplers import SamplerConfig, draw
from generative.schedule import LEVELS, noise_scales, scales_at, training_levels
from generative.training import OptimiserConfig, Weights, averaged, draw_rows, new_state, train
from loop import ArrayBatch, Request
from toy.modes import ModesProblem, check_points

Array = NDArray[np.float64]
_FREQUENCIES = 8


class PlaneNet(nn.Module):
    """v = alpha e - sigma x_0 of noisy points: three hidden layers on the point and its noise level."""

    def __init__(self, dimension: int, width: int) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):  # layers draw weights from the global generator when they are made
            sizes = [dimension + 2 * _FREQUENCIES, width, width, width]
            self.hidden = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes[:-1], sizes[1:], strict=True))
            self.leave = nn.Linear(width, dimension)

    def initialise(self, generator: torch.Generator) -> None:
        """Draw all weights from `generator`; the untrained network returns zero."""
        with torch.no_grad():
            for name, weight in self.named_parameters():
                if weight.dim() < 2 or name.startswith("leave"):
                    weight.zero_()
                else:
                    weight.normal_(0.0, (2 / weight.shape[1]) ** 0.5, generator=generator)

    def forward(self, x: Tensor, level: Tensor) -> Tensor:
        """(B, d) noisy points and (B,) levels, 0 to 999 -> (B, d)."""
        angle = (level / LEVELS)[:, None] * (math.pi * 2.0 ** torch.arange(_FREQUENCIES))
        h = torch.cat([x, angle.sin(), angle.cos()], 1)
        for layer in self.hidden:
            h = functional.silu(layer(h))
        v: Tensor = self.leave(h)
        return v


@dataclass(frozen=True)
class PlaneModel:
    """Averaged weights, and the mean (d,) and the deviation of the points that they were first trained on."""

    weights: Weights
    mean: Array
    deviation: float


@dataclass(frozen=True)
class PlaneDiffusionProblem(ModesProblem[PlaneModel]):
    """n real points of `truth` and a diffusion model, fine-tuned from generation to generation.

    first_steps, steps: optimiser steps of generation 0 and of each later one. width: of the hidden layers.
    sampler_steps: of DPM-Solver++(2M).
    """

    first_steps: int = 2000
    steps: int = 200
    width: int = 64
    sampler_steps: int = 16

    def __post_init__(self) -> None:
        if self.n < 2:
            raise ValueError(f"n must be >= 2 real points, got {self.n}; raise n")
        if self.width < 1:
            raise ValueError(f"width must be >= 1, got {self.width}; choose a positive whole number")
        self._first, self._later, self._sampler  # noqa: B018  (each checks its own)

    def describe(self) -> dict[str, Any]:
        sizes = {name: value for name, value in asdict(self).items() if name != "truth"}
        return {"name": "plane-diffusion", **sizes, "truth": self.truth.describe()}

    @property
    def _first(self) -> OptimiserConfig:
        return OptimiserConfig(steps=self.first_steps, batch_size=256, learning_rate=3e-3, warmup=20)

    @property
    def _later(self) -> OptimiserConfig:
        return OptimiserConfig(steps=self.steps, batch_size=256, learning_rate=1e-3, warmup=20)

    @property
    def _sampler(self) -> SamplerConfig:
        return SamplerConfig(steps=self.sampler_steps)

    def fit(
        self, previous: PlaneModel | None, training: ArrayBatch, rng: np.random.Generator, work: Path | None = None
    ) -> PlaneModel:
        points = training.samples
        check_points(points)
        mean = points.mean(axis=0) if previous is None else previous.mean
        deviation = float(points.std()) if previous is None else previous.deviation
        clean = torch.from_numpy(((points - mean) / deviation).astype(np.float32))
        config, levels = self._first if previous is None else self._later, training_levels("log-snr")
        generator = torch.Generator().manual_seed(int(rng.integers(2**63)))

        def gradients(net: PlaneNet, generator: torch.Generator) -> float:
            x = clean[draw_rows(len(clean), config.batch_size, generator)]
            level = levels[torch.randint(LEVELS, (len(x),), generator=generator)]
            noise = torch.randn(x.shape, generator=generator)
            alpha, sigma = (scale[:, None] for scale in noise_scales(level))
            loss = functional.mse_loss(net(alpha * x + sigma * noise, level.float()), alpha * noise - sigma * x)
            loss.backward()  # type: ignore[no-untyped-call]
            return float(loss.detach())

        net = PlaneNet(points.shape[1], self.width)
        if previous is None:
            net.initialise(generator)
        state = new_state(net, config, generator, weights=None if previous is None else previous.weights)
        return PlaneModel(averaged(train(state, gradients, config)), mean, deviation)

    def sample(self, model: PlaneModel, request: Request[ArrayBatch], rng: np.random.Generator) -> ArrayBatch:
        return ArrayBatch(self.drawn(model, request.count, rng))

    @torch.inference_mode()
    def drawn(self, model: PlaneModel, count: int, rng: np.random.Generator) -> Array:
        generator = torch.Generator().manual_seed(int(rng.integers(2**63)))
        dimension = len(model.mean)
        net = PlaneNet(dimension, self.width)
        net.load_state_dict(model.weights)

        def denoise(x: Tensor, level: float) -> Tensor:
            alpha, sigma = scales_at(level)
            clean: Tensor = alpha * x - sigma * net(x, torch.full((len(x),), level))
            return clean

        points = draw(denoise, lambda: torch.randn(count, dimension, generator=generator), self._sampler)
        return np.asarray(model.mean + model.deviation * points.double().numpy())

    def save(self, model: PlaneModel, folder: Path) -> None:
        about = {"mean": model.mean.tolist(), "deviation": model.deviation}
        weights.save(folder, {"weights": model.weights}, about)

    def load(self, folder: Path) -> PlaneModel:
        groups, about = weights.load(folder)
        return PlaneModel(groups["weights"], np.array(about["mean"]), about["deviation"])
