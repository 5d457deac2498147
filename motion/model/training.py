"""The training loop: masked x_0 regression with AdamW, gradient clipping and a moving average of the weights.

Given the data, the start and the seed, a run is a pure function: all randomness comes from one generator, whose state
travels in the checkpoint, so that on the CPU a killed and continued run equals an uninterrupted one bit for bit (with
the same number of threads).
"""

from __future__ import annotations

import math
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from loop.progress import Report
from motion.features.hml263 import DIM
from motion.model.denoiser import Denoiser, ModelConfig
from motion.model.diffusion import LEVELS, Spacing, noise_scales, training_levels

Weights = dict[str, Tensor]


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How one generation is trained.

    steps, batch_size: optimiser steps and motions a step (all drawn with replacement where there are fewer).
    learning_rate: reached after `warmup` steps; then constant, or falling to zero on a half cosine.
    clip: largest norm of the gradient.
    ema: decay of the moving average of the weights, which is what samples are drawn from; lower in the first steps,
        min(ema, (1 + k) / (10 + k)).
    drop_caption: share of samples trained without their caption (for guidance).
    levels: how the noise levels of training are spread, see `training_levels`.
    smoothness: weight of the error's change from frame to frame in the loss. The perfect denoiser is the same for any
        value (the loss stays a quadratic form of the error); a small one jitters less with it, at little cost.
    start: "finetune" from the previous generation's averaged weights (and its normaliser), or from "scratch".
    optimiser: "fresh" moments, or "carried": moments, weights and average go on where the previous generation stopped;
        the model then holds them too, at four times the size.
    checkpoint_every: steps between checkpoints, where a work folder is given.
    model: size of the denoiser; must be the previous generation's when fine-tuning.
    """

    steps: int = 1500
    batch_size: int = 32
    learning_rate: float = 2e-3
    schedule: Literal["constant", "cosine"] = "cosine"
    warmup: int = 50
    clip: float = 1.0
    ema: float = 0.99
    drop_caption: float = 0.1
    levels: Spacing = "log-snr"
    smoothness: float = 0.0
    start: Literal["finetune", "scratch"] = "finetune"
    optimiser: Literal["fresh", "carried"] = "fresh"
    checkpoint_every: int = 500
    model: ModelConfig = ModelConfig()

    def __post_init__(self) -> None:
        for name, least in (("steps", 1), ("batch_size", 1), ("warmup", 0), ("checkpoint_every", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be >= {least}, got {getattr(self, name)}")
        for name in ("learning_rate", "clip"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} must be positive and finite, got {value!r}")
        if not (math.isfinite(self.smoothness) and self.smoothness >= 0):
            raise ValueError(f"smoothness must be finite and >= 0 (0 = plain squared error), got {self.smoothness!r}")
        for name in ("ema", "drop_caption"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be in [0, 1), got {getattr(self, name)!r}")
        choices = {
            "schedule": ("constant", "cosine"),
            "start": ("finetune", "scratch"),
            "optimiser": ("fresh", "carried"),
            "levels": ("log-snr", "level"),
        }
        for name, known in choices.items():
            if getattr(self, name) not in known:
                raise ValueError(f"{name} must be {' or '.join(known)}, got {getattr(self, name)!r}")
        if self.optimiser == "carried" and self.start == "scratch":
            raise ValueError("optimiser 'carried' needs start 'finetune': from scratch there is nothing to carry")


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


@dataclass
class State:
    """Where a training run stands."""

    step: int
    net: Denoiser
    optimiser: torch.optim.AdamW
    average: list[Tensor]  # the moving average, in the order of net.parameters()
    generator: torch.Generator
    loss: float  # smoothed over about 50 steps; nan before the first


def new_state(
    config: TrainConfig, seed: int, *, weights: Weights | None = None, carried: dict[str, Any] | None = None
) -> State:
    """Step 0: fresh weights from `seed`, or `weights`; with `carried` (see `carry`) the optimiser goes on."""
    generator = torch.Generator().manual_seed(seed)
    net = Denoiser(config.model)
    if weights is None:
        net.initialise(generator)
    else:
        net.load_state_dict(weights)
    optimiser = torch.optim.AdamW(
        net.parameters(), lr=config.learning_rate, betas=(0.9, 0.99), weight_decay=0.0, fused=True
    )
    average = [weight.detach().clone() for weight in net.parameters()]
    if carried is not None:
        net.load_state_dict(carried["weights"])
        names = [name for name, _ in net.named_parameters()]
        moments = {
            i: {key: carried[key][name].clone() for key in ("step", "exp_avg", "exp_avg_sq")}
            for i, name in enumerate(names)
        }
        optimiser.load_state_dict({"state": moments, "param_groups": optimiser.state_dict()["param_groups"]})
    return State(0, net, optimiser, average, generator, math.nan)


def carry(state: State) -> dict[str, Weights]:
    """What a next generation with optimiser "carried" goes on from: weights and AdamW's moments, by name."""
    names = [name for name, _ in state.net.named_parameters()]
    moments = state.optimiser.state_dict()["state"]
    result = {key: {name: moments[i][key] for i, name in enumerate(names)} for key in ("step", "exp_avg", "exp_avg_sq")}
    return {"weights": {name: weight.detach().clone() for name, weight in state.net.named_parameters()}, **result}


def averaged(state: State) -> Weights:
    """The moving average of the weights, by name."""
    names = [name for name, _ in state.net.named_parameters()]
    return {name: weight.clone() for name, weight in zip(names, state.average, strict=True)}


def train(
    state: State,
    data: TrainingSet,
    config: TrainConfig,
    *,
    checkpoint: Path | None = None,
    report: Report | None = None,
) -> State:
    """Run the remaining steps; writes `checkpoint` every `checkpoint_every` steps and at the end.

    Raises:
        ValueError: the loss is not finite any more.
    """
    n, size = len(data.clean), config.batch_size
    weights: list[Tensor] = list(state.net.parameters())
    generator = state.generator
    noise = torch.empty(size, *data.clean.shape[1:])
    levels = training_levels(config.levels)
    state.net.train()
    while state.step < config.steps:
        index = (
            torch.randperm(n, generator=generator)[:size]
            if n >= size
            else torch.randint(n, (size,), generator=generator)
        )
        level = levels[torch.randint(LEVELS, (size,), generator=generator)]
        dropped = torch.rand(size, generator=generator) < config.drop_caption
        torch.randn(noise.shape, generator=generator, out=noise)
        for group in state.optimiser.param_groups:
            group["lr"] = config.learning_rate * _rate(state.step, config)
        loss = _gradients(state.net, data, index, level, dropped, noise, config.smoothness)
        if not math.isfinite(loss):
            raise ValueError(
                f"training diverged at step {state.step} (loss {loss}); lower learning_rate or check the data"
            )
        torch.nn.utils.clip_grad_norm_(weights, config.clip, foreach=True)
        state.optimiser.step()
        state.optimiser.zero_grad()
        with torch.no_grad():
            decay = min(config.ema, (1 + state.step) / (10 + state.step))
            torch._foreach_lerp_(state.average, weights, 1 - decay)
        state.loss = loss if math.isnan(state.loss) else 0.98 * state.loss + 0.02 * loss
        state.step += 1
        if checkpoint is not None and (state.step % config.checkpoint_every == 0 or state.step == config.steps):
            write_checkpoint(checkpoint, state)
        if report is not None and (state.step % 10 == 0 or state.step == config.steps):
            report("train", state.step, config.steps)
    state.net.eval()
    return state


def _rate(step: int, config: TrainConfig) -> float:
    """Learning rate at a step, as a share of the largest."""
    if step < config.warmup:
        return (step + 1) / config.warmup
    if config.schedule == "constant":
        return 1.0
    return 0.5 * (1 + math.cos(math.pi * (step - config.warmup) / max(1, config.steps - config.warmup)))


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


def write_checkpoint(path: Path, state: State) -> None:
    """Everything a run needs to go on, in one file that is whole or absent."""
    names = [name for name, _ in state.net.named_parameters()]
    content = {
        "step": state.step,
        "loss": state.loss,
        "weights": state.net.state_dict(),
        "average": dict(zip(names, state.average, strict=True)),
        "optimiser": state.optimiser.state_dict(),
        "random": state.generator.get_state(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the rename itself
    finally:
        os.close(folder)


def read_checkpoint(path: Path, state: State) -> State:
    """`state` moved to where `path` stands; made by `new_state` with the same config."""
    content = torch.load(path, map_location="cpu", weights_only=True)
    state.net.load_state_dict(content["weights"])
    state.optimiser.load_state_dict(content["optimiser"])
    state.average = [content["average"][name].clone() for name, _ in state.net.named_parameters()]
    state.generator.set_state(content["random"])
    state.step, state.loss = content["step"], content["loss"]
    return state
