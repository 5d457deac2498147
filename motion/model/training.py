"""What a motion generation is trained on and the gradient of its loss: masked regression of the clean motion.

Two objectives by name. "ddpm-x0" (Ho et al. 2020, in MDM's form): the clean sample of the diffusion, by plain squared
error, at levels spread as `levels` says. "flow-x1" (flow matching that predicts its target, as FlowMotion does, Canales
Cuba & Gois 2025): the clean end x_1 of the straight path, by plain squared error, at times even in (0, 1). At equal
log-SNR both paths are one up to a scale (`generative/flow.py`), so they differ in the spread of levels alone. Flow
matching proper (Lipman et al. 2023) weights this error by 1/(1-t)^2, which is the error of the velocity; any weight has
the same perfect model, and this one only grows without bound where t nears 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from generative.device import reduced_precision, seeded
from generative.schedule import LEVELS, Spacing, noise_scales, training_levels
from generative.training import OptimiserConfig, check_choice, check_share, draw_rows
from loop import files
from motion.features.hml263 import DIM
from motion.model.batches import cropped, epochs, stretches
from motion.model.contract import DenoiserConfig, MotionDenoiser
from motion.model.denoiser import ModelConfig

Objective = Literal["ddpm-x0", "flow-x1"]
Batches = Literal["drawn", "epochs"]
OBJECTIVES: dict[str, tuple[Spacing, ...]] = {"ddpm-x0": ("log-snr", "level"), "flow-x1": ("flow",)}
"""The spreads of training levels that an objective allows; the first is its own."""


@dataclass(frozen=True, kw_only=True)
class TrainConfig(OptimiserConfig):
    """How one generation of the motion model is trained.

    drop_caption: share of samples trained without their caption (for guidance).
    objective: what is learnt, see the module.
    levels: how the noise levels of training are spread, see `training_levels`; None means the objective's own, see
        OBJECTIVES.
    smoothness: weight of the error's change from frame to frame in the loss. The perfect denoiser is the same for any
        value (the loss stays a quadratic form of the error); a small one jitters less with it, at little cost.
    crops: each time a motion is trained on, a stretch of it: a whole number of 4 frames, as many as it has or, in one
        of three, 4 less; from a random place (HumanML3D's way, Guo et al. 2022). Else the whole motion.
    batches: "drawn" one by one, or "epochs": the set is shuffled and cut into batches, what is left over waits for the
        next shuffling. A set smaller than a batch is drawn from, either way.
    model: architecture and size of the denoiser; must be the previous generation's when fine-tuning, which keeps its
        normaliser too.
    """

    drop_caption: float = 0.1
    objective: Objective = "ddpm-x0"
    levels: Spacing | None = None
    smoothness: float = 0.0
    crops: bool = field(default=False, metadata=files.ADDED)
    batches: Batches = field(default="drawn", metadata=files.ADDED)
    model: DenoiserConfig = ModelConfig()

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (math.isfinite(self.smoothness) and self.smoothness >= 0):
            raise ValueError(f"smoothness must be finite and >= 0 (0 = plain squared error), got {self.smoothness!r}")
        check_share("drop_caption", self.drop_caption)
        check_choice("batches", self.batches, ("drawn", "epochs"))
        spacing_of(self.objective, self.levels)

    @property
    def spacing(self) -> Spacing:
        """How the noise levels are spread."""
        return spacing_of(self.objective, self.levels)


def spacing_of(objective: str, levels: str | None) -> Spacing:
    """The spread of training levels that an objective and a choice of them mean.

    Raises:
        ValueError: an unknown objective or spread, or one that belongs to the other objective.
    """
    check_choice("objective", objective, tuple(OBJECTIVES))
    if levels is None:
        return OBJECTIVES[objective][0]
    check_choice("levels", levels, ("log-snr", "level", "flow"))
    for known in OBJECTIVES[objective]:
        if known == levels:
            return known
    owner = next(name for name, spacings in OBJECTIVES.items() if levels in spacings)
    raise ValueError(
        f"levels {levels!r} belong to objective {owner!r}, got {objective!r}; change one or leave levels out"
    )


@dataclass(frozen=True)
class TrainingSet:
    """The training motions as the loop reads them; made once.

    clean: (n, P, patch * 263) normalised, zero in padded frames.
    frames: (n, P, patch) 1 where a frame is valid, else 0.
    values, mask: tokens of captions, see `MotionDenoiser.memory`: those of motion i in row i, but with `texts` of all
        different captions.
    texts: (n, C) rows of the captions of each motion, or None. counts: (n,) how many of them count.
    """

    clean: Tensor
    frames: Tensor
    values: Tensor
    mask: Tensor
    texts: Tensor | None = None
    counts: Tensor | None = None

    @property
    def parts(self) -> list[Tensor]:
        """All there are, in order."""
        every = (self.clean, self.frames, self.values, self.mask, self.texts, self.counts)
        return [part for part in every if part is not None]

    def to(self, device: torch.device) -> TrainingSet:
        """The same on another device; what batches are chosen by stays on the CPU."""
        clean, frames, values, mask = (part.to(device) for part in self.parts[:4])
        return TrainingSet(clean, frames, values, mask, self.texts, self.counts)

    def captions_of(self, index: Tensor, generator: torch.Generator) -> Tensor:
        """For each motion of `index` the row of a caption; where it has several, one by lot."""
        if self.texts is None or self.counts is None:
            return index
        lots = torch.rand(len(index), generator=generator)
        return self.texts[index, (lots * self.counts[index]).long().clamp(max=self.texts.shape[1] - 1)]


class Batch(NamedTuple):
    """Motions of one step with their captions, see `TrainingSet`; their noise levels, and which know no caption."""

    clean: Tensor
    frames: Tensor
    values: Tensor
    mask: Tensor
    level: Tensor
    dropped: Tensor


def gradients_of(
    data: TrainingSet, config: TrainConfig, step: Callable[[], int] = lambda: 0, seed: int = 0
) -> Callable[[MotionDenoiser, torch.Generator], float]:
    """What `generative.training.train` asks for: one batch of `data` at random noise levels.

    All draws go back to the loop's generator; what is drawn on a GPU, or by the network itself, through a seed. Only
    the order of epochs comes from `seed` and the number of the epoch, so that it needs no place in checkpoints.

    step: where training stands. seed: of the epochs.
    """
    n, size, device = len(data.clean), config.batch_size, data.clean.device
    noise = torch.empty(size, *data.clean.shape[1:], device=device)
    levels = training_levels(config.spacing)
    rows = epochs(n, size, seed) if config.batches == "epochs" and n >= size else None

    def gradients(net: MotionDenoiser, generator: torch.Generator) -> float:
        index = draw_rows(n, size, generator) if rows is None else rows(step())
        level = levels[torch.randint(LEVELS, (size,), generator=generator)]
        dropped = torch.rand(size, generator=generator) < config.drop_caption
        said = data.captions_of(index, generator)
        place = stretches(data.frames[index.to(device)], generator) if config.crops else None
        index, said = index.to(device), said.to(device)
        clean, frames = data.clean[index], data.frames[index]
        if place is not None:
            clean, frames = cropped(clean, frames, *place)
        batch = Batch(clean, frames, data.values[said], data.mask[said], level.to(device), dropped.to(device))
        if device.type == "cpu" and not net.config.is_random:
            torch.randn(noise.shape, generator=generator, out=noise)
            return _gradients(net, batch, noise, config.smoothness)
        with seeded(generator, device):
            noise.normal_()
            return _gradients(net, batch, noise, config.smoothness)

    return gradients


def _gradients(net: MotionDenoiser, batch: Batch, noise: Tensor, smoothness: float) -> float:
    """Adds the gradient of one batch's loss to the weights; returns its squared error.

    The loss is the squared error plus `smoothness` times the squared change of the error from frame to frame, averaged
    over the valid frames and dimensions of each motion, then over motions. Its derivative is written out: through
    autograd the three elementwise passes cost a third of a step.
    """
    clean, frames = batch.clean, batch.frames
    b, p, patch = frames.shape
    alpha, sigma = noise_scales(batch.level)
    noise.view(b, p, patch, DIM).mul_(sigma[:, None, None, None])
    if not net.config.sees_padding:
        noise.view(b, p, patch, DIM).mul_(frames.unsqueeze(-1))
    noisy = noise.addcmul_(clean, alpha[:, None, None])
    with reduced_precision(clean.device):
        memory = net.memory(batch.values, batch.mask, batch.dropped)
        guess = net(noisy, batch.level.float(), memory, frames)
    guess = guess.float()
    with torch.no_grad():
        share = (frames / (frames.sum(dim=(1, 2), keepdim=True) * (DIM * b))).view(b, p * patch, 1)
        error = (guess - clean).view(b, p * patch, DIM)
        slope = error * share
        loss = float(torch.dot(error.flatten(), slope.flatten()))
        if smoothness > 0:
            change = torch.diff(error, dim=1).mul_(share[:, 1:] * smoothness)  # 0 where the later frame is padding
            slope[:, 1:] += change
            slope[:, :-1] -= change
    torch.autograd.backward(guess, slope.view_as(guess).mul_(2.0))
    return loss
