"""Everything that sets the size of an image loop, with defaults by data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from generative.samplers import SamplerConfig, Solver
from toy.digits.model import DigitTraining
from toy.digits.network import NetworkConfig


@dataclass(frozen=True, kw_only=True)
class DigitSettings:
    """Sizes of one experiment.

    data: folder of MNIST's IDX files; None the embedded 8x8 digits.
    n: real training images. judge: images that the judge learns from. reference: images that samples are held against;
        as many are drawn to measure every generation, one for each label of the reference.
    first_steps, steps: optimiser steps of generation 0 and of each later one, the same for all arms.
    learning_rate, fine_learning_rate: of those.
    channels, halvings: of the denoiser. batch_size: of training.
    sampler_steps, guidance, solver: of the sampler; the authors' w = 0.5 is guidance 1.5. 1 samples the model itself.
    centres: of k-means, a digit.
    """

    data: Path | None = None
    n: int = 800
    judge: int = 497
    reference: int = 500
    first_steps: int = 2000
    steps: int = 50
    learning_rate: float = 2e-3
    fine_learning_rate: float = 3e-4
    channels: int = 24
    halvings: int = 1
    size: int = 8
    batch_size: int = 64
    sampler_steps: int = 8
    guidance: float = 1.5
    solver: Solver = "dpm++2m"
    centres: int = 16

    def __post_init__(self) -> None:
        if self.centres < 1:
            raise ValueError(f"centres must be >= 1, got {self.centres}; the authors take 16")
        self.first, self.later, self.sampler  # noqa: B018  (each checks its own)

    @property
    def network(self) -> NetworkConfig:
        return NetworkConfig(size=self.size, channels=self.channels, halvings=self.halvings)

    @property
    def first(self) -> DigitTraining:
        """How generation 0 is trained."""
        return DigitTraining(
            steps=self.first_steps, batch_size=self.batch_size, learning_rate=self.learning_rate, network=self.network,
            checkpoint_every=200,
        )  # fmt: skip

    @property
    def later(self) -> DigitTraining:
        """How every later generation is: fine-tuned from the one before, the rate falling to zero."""
        return replace(self.first, steps=self.steps, learning_rate=self.fine_learning_rate, warmup=10)

    @property
    def sampler(self) -> SamplerConfig:
        return SamplerConfig(steps=self.sampler_steps, guidance=self.guidance, solver=self.solver)

    def describe(self) -> dict[str, Any]:
        """As JSON, less the data, whose fingerprint counts and not where they lie."""
        return {name: value for name, value in asdict(self).items() if name != "data"}


EMBEDDED = DigitSettings()
QUICK = replace(EMBEDDED, n=500, reference=400, first_steps=800, steps=30)
"""Embedded digits, small: to see the loop at work within minutes."""


def for_mnist(folder: Path) -> DigitSettings:
    """Sizes for 28x28 pixels on an ordinary machine; the authors train on 12,000 images with 6.6 M weights on a GPU."""
    return DigitSettings(
        data=folder, n=2000, judge=4000, reference=1000, size=28, channels=16, halvings=2, first_steps=3000
    )
