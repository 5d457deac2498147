"""What a motion generation is trained on and the gradient of its loss: masked x_0 regression."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from generative.schedule import LEVELS, Spacing, noise_scales, training_levels
from generative.training import OptimiserConfig, check_choice, check_share, draw_rows
from motion.features.hml263 import DIM
from motion.model.denoiser import Denoiser, ModelConfig


@dataclass(frozen=True, kw_only=True)
class TrainConfig(OptimiserConfig):
    """How one generation of the motion model is trained.

    drop_caption: share of samples trained without their caption (for guidance).
    levels: how the noise levels of training are spread, see `training_levels`.
    smoothness: weight of the error's change from frame to frame in the loss. The perfect denoiser is the same for any
        value (the loss stays a quadratic form of the error); a small one jitters less with it, at little cost.
    model: size of the denoiser; must be the previous generation's when fine-tuning, which keeps its normaliser too.
    """

    drop_caption: float = 0.1
    levels: Spacing = "log-snr"
    smoothness: float = 0.0
    model: ModelConfig = ModelConfig()

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (math.isfinite(self.smoothness) and self.smoothness >= 0):
            raise ValueError(f"smoothness must be finite and >= 0 (0 = plain squared error), got {self.smoothness!r}")
        check_share("drop_caption", self.drop_caption)
        check_choice("levels", self.levels, ("log-snr", "level", "flow"))


@dataclass(frozen=True)
class TrainingSet:
    """The training motions as the loop reads them; made once.

    clean: (n, P, patch * 263) normalised, zero in padded frames.
    frames: (n, P, patch) 1 where a frame is valid, else 0.
    values, mask: the captions' tokens, see `Denoiser.memory`.
    """

    clean: Tensor
    frames: Tensor
    values: Tensor
    mask: Tensor


def gradients_of(data: TrainingSet, config: TrainConfig) -> Callable[[Denoiser, torch.Generator], float]:
    """What `generative.training.train` asks for: one batch of `data` at random noise levels."""
    n, size = len(data.clean), config.batch_size
    noise = torch.empty(size, *data.clean.shape[1:])
    levels = training_levels(config.levels)

    def gradients(net: Denoiser, generator: torch.Generator) -> float:
        index = draw_rows(n, size, generator)
        level = levels[torch.randint(LEVELS, (size,), generator=generator)]
        dropped = torch.rand(size, generator=generator) < config.drop_caption
        torch.randn(noise.shape, generator=generator, out=noise)
        return _gradients(net, data, index, level, dropped, noise, config.smoothness)

    return gradients


def _gradients(
    net: Denoiser,
    data: TrainingSet,
    index: Tensor,
    level: Tensor,
    dropped: Tensor,
    noise: Tensor,
    smoothness: float,
) -> float:
    """Adds the gradient of one batch's loss to the weights; returns its squared error.

    The loss is the squared error plus `smoothness` times the squared change of the error from frame to frame, averaged
    over the valid frames and dimensions of each motion, then over motions. Its derivative is written out: through
    autograd the three elementwise passes cost a third of a step.
    """
    clean, frames = data.clean[index], data.frames[index]
    b, p, patch = frames.shape
    alpha, sigma = noise_scales(level)
    valid = frames.unsqueeze(-1)  # (B, P, patch, 1)
    noise.view(b, p, patch, DIM).mul_(valid).mul_(sigma[:, None, None, None])
    noisy = noise.addcmul_(clean, alpha[:, None, None])
    memory = net.memory(data.values[index], data.mask[index], dropped)
    guess = net(noisy, level.float(), memory, frames)
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
