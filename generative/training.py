"""The training loop of every network here: AdamW, gradient clipping, a moving average of the weights, checkpoints.

Given the data, the start and the seed, a run is a pure function: all randomness comes from one generator, whose state
travels in the checkpoint, so that on the CPU a killed and continued run equals an uninterrupted one bit for bit (with
the same number of threads).
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Literal, Protocol, TypeVar

import torch
from torch import Tensor, nn

from generative.checkpoint import read_checkpoint, write_checkpoint
from loop import files
from loop.progress import Report, tell

Weights = dict[str, Tensor]
N = TypeVar("N", bound=nn.Module)


@dataclass(frozen=True, kw_only=True)
class OptimiserConfig:
    """How one generation is trained, whatever the network.

    steps, batch_size: optimiser steps and samples a step (all drawn with replacement where there are fewer).
    learning_rate: reached after `warmup` steps; then constant, or falling to zero on a half cosine.
    clip: largest norm of the gradient; inf leaves it alone.
    ema: decay of the moving average of the weights, which is what samples are drawn from; lower in the first steps,
        min(ema, (1 + k) / (10 + k)). 0 keeps none: samples are drawn from the last weights.
    start: "finetune" from the previous generation's averaged weights, or from "scratch".
    beta2: decay of AdamW's second moment; torch's own is 0.999. weight_decay: its decoupled decay of the weights.
    optimiser: "fresh" moments, or "carried": moments, weights and average go on where the previous generation stopped;
        the model then holds them too, at four times the size.
    checkpoint_every: steps between checkpoints, where a work folder is given.
    """

    steps: int = 1500
    batch_size: int = 32
    learning_rate: float = 2e-3
    schedule: Literal["constant", "cosine"] = "cosine"
    warmup: int = 50
    clip: float = 1.0
    ema: float = 0.99
    start: Literal["finetune", "scratch"] = "finetune"
    optimiser: Literal["fresh", "carried"] = "fresh"
    checkpoint_every: int = 500
    beta2: float = field(default=0.99, metadata=files.ADDED)
    weight_decay: float = field(default=0.0, metadata=files.ADDED)

    def __post_init__(self) -> None:
        for name, least in (("steps", 1), ("batch_size", 1), ("warmup", 0), ("checkpoint_every", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be >= {least}, got {getattr(self, name)}")
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise ValueError(f"learning_rate must be positive and finite, got {self.learning_rate!r}")
        if not self.clip > 0:
            raise ValueError(f"clip must be positive (inf = no clipping), got {self.clip!r}")
        check_share("ema", self.ema)
        check_share("beta2", self.beta2)
        if not (math.isfinite(self.weight_decay) and self.weight_decay >= 0):
            raise ValueError(f"weight_decay must be finite and >= 0 (0 = none), got {self.weight_decay!r}")
        check_choice("schedule", self.schedule, ("constant", "cosine"))
        check_choice("start", self.start, ("finetune", "scratch"))
        check_choice("optimiser", self.optimiser, ("fresh", "carried"))
        if self.optimiser == "carried" and self.start == "scratch":
            raise ValueError("optimiser 'carried' needs start 'finetune': from scratch there is nothing to carry")


def check_share(name: str, value: float) -> None:
    """Raise ValueError unless `value` is in [0, 1)."""
    if not 0 <= value < 1:
        raise ValueError(f"{name} must be in [0, 1), got {value!r}")


def check_choice(name: str, value: str, known: tuple[str, ...]) -> None:
    """Raise ValueError unless `value` is one of `known`."""
    if value not in known:
        raise ValueError(f"{name} must be {' or '.join(known)}, got {value!r}")


@dataclass
class State(Generic[N]):
    """Where a training run stands."""

    step: int
    net: N
    optimiser: torch.optim.AdamW
    average: list[Tensor] | None  # the moving average, in the order of net.parameters(); None without one
    generator: torch.Generator
    loss: float  # smoothed over about 50 steps; nan before the first
    about: Mapping[str, Any] = field(default_factory=dict)  # what a checkpoint must share to be continued


def new_state(
    net: N,
    config: OptimiserConfig,
    generator: torch.Generator,
    *,
    weights: Weights | None = None,
    carried: Mapping[str, Weights] | None = None,
    about: Mapping[str, Any] | None = None,
) -> State[N]:
    """Step 0 of training `net`, on from `weights` where given; with `carried` (see `carry`) the optimiser goes on.

    `net` is on the device that it is trained on. The moving average begins at `weights`, also where the carried weights
    themselves are further.
    """
    if weights is not None:
        net.load_state_dict(weights)
    optimiser = torch.optim.AdamW(
        net.parameters(),
        lr=config.learning_rate,
        betas=(0.9, config.beta2),
        weight_decay=config.weight_decay,
        fused=True,
    )
    average = [weight.detach().clone() for weight in net.parameters()] if config.ema > 0 else None
    if carried is not None:
        net.load_state_dict(carried["weights"])
        names = [name for name, _ in net.named_parameters()]
        moments = {
            i: {key: carried[key][name].clone() for key in ("step", "exp_avg", "exp_avg_sq")}
            for i, name in enumerate(names)
        }
        optimiser.load_state_dict({"state": moments, "param_groups": optimiser.state_dict()["param_groups"]})
    return State(0, net, optimiser, average, generator, math.nan, about or {})


class Trained(Protocol):
    """A model that training may go on from."""

    @property
    def weights(self) -> Weights: ...

    @property
    def carried(self) -> Mapping[str, Weights] | None: ...


def continued(previous: Trained | None, config: OptimiserConfig) -> tuple[Weights | None, Mapping[str, Weights] | None]:
    """The weights and the optimiser that training goes on from; None for a fresh one.

    Raises:
        ValueError: the optimiser is to be carried and the previous model carries none.
    """
    if previous is None or config.start == "scratch":
        return None, None
    if config.optimiser == "carried" and previous.carried is None:
        raise ValueError("the previous model carries no optimiser; train it with optimiser 'carried' too")
    return previous.weights, previous.carried if config.optimiser == "carried" else None


def carry(state: State[Any]) -> dict[str, Weights]:
    """What a next generation with optimiser "carried" goes on from: weights and AdamW's moments, by name."""
    names = [name for name, _ in state.net.named_parameters()]
    moments = state.optimiser.state_dict()["state"]
    result = {
        key: {name: moments[i][key].cpu() for i, name in enumerate(names)} for key in ("step", "exp_avg", "exp_avg_sq")
    }
    return {"weights": last(state), **result}


def last(state: State[Any]) -> Weights:
    """A copy of the weights themselves, by name, on the CPU."""
    return {name: weight.detach().clone().cpu() for name, weight in state.net.named_parameters()}


def averaged(state: State[Any]) -> Weights:
    """The moving average of the weights, by name, on the CPU; without one the weights themselves."""
    if state.average is None:
        return last(state)
    names = [name for name, _ in state.net.named_parameters()]
    return {name: weight.clone().cpu() for name, weight in zip(names, state.average, strict=True)}


def draw_rows(n: int, size: int, generator: torch.Generator) -> Tensor:
    """Which of n samples a step trains on, (size,): without repeats where there are enough."""
    if n >= size:
        return torch.randperm(n, generator=generator)[:size]
    return torch.randint(n, (size,), generator=generator)


def train(
    state: State[N],
    gradients: Callable[[N, torch.Generator], float],
    config: OptimiserConfig,
    *,
    checkpoint: Path | None = None,
    report: Report | None = None,
) -> State[N]:
    """Run the remaining steps; writes `checkpoint` every `checkpoint_every` steps and at the end.

    gradients: adds one batch's gradient to the network's weights and returns its loss; draws from the generator alone.
    report: told every tenth step, a `Listener` with the smoothed loss; if it raises, a checkpoint is written first.

    Raises:
        ValueError: the loss is not finite any more.
    """
    weights: list[Tensor] = list(state.net.parameters())
    state.net.train()
    while state.step < config.steps:
        for group in state.optimiser.param_groups:
            group["lr"] = config.learning_rate * rate(state.step, config)
        loss = gradients(state.net, state.generator)
        if not math.isfinite(loss):
            raise ValueError(
                f"training diverged at step {state.step} (loss {loss}); lower learning_rate or check the data"
            )
        if math.isfinite(config.clip):
            torch.nn.utils.clip_grad_norm_(weights, config.clip, foreach=True)
        state.optimiser.step()
        state.optimiser.zero_grad()
        if state.average is not None:
            with torch.no_grad():
                decay = min(config.ema, (1 + state.step) / (10 + state.step))
                torch._foreach_lerp_(state.average, weights, 1 - decay)
        state.loss = loss if math.isnan(state.loss) else 0.98 * state.loss + 0.02 * loss
        state.step += 1
        if checkpoint is not None and (state.step % config.checkpoint_every == 0 or state.step == config.steps):
            write_checkpoint(checkpoint, state)
        if report is not None and (state.step % 10 == 0 or state.step == config.steps):
            try:
                tell(report, "train", state.step, config.steps, {"loss": state.loss})
            except BaseException:  # whoever listens wants to stop: between two steps everything is whole
                if checkpoint is not None:
                    write_checkpoint(checkpoint, state)
                raise
    state.net.eval()
    return state


def train_in(
    work: Path | None,
    name: str,
    state: State[N],
    gradients: Callable[[N, torch.Generator], float],
    config: OptimiserConfig,
    report: Report | None = None,
) -> State[N]:
    """`train` with its checkpoint in the folder `work`, from which a killed run continues bit for bit on the CPU.

    name: of the run, see `digest`, so that another run never picks the checkpoint up; the caller removes the folder
        when the model is stored.
    """
    checkpoint = None
    if work is not None:
        checkpoint = work / f"training-{name}.pt"
        if checkpoint.exists():
            state = read_checkpoint(checkpoint, state)
    return train(state, gradients, config, checkpoint=checkpoint, report=report)


def digest(
    config: OptimiserConfig,
    seed: int,
    data: Sequence[Tensor],
    weights: Weights | None,
    carried: Mapping[str, Weights] | None,
) -> str:
    """Names one training run: the same data, config, seed and start give the same 16 hex digits."""
    total = hashlib.sha256(json.dumps([files.identity_of(config), seed], sort_keys=True).encode())
    parts = list(data)
    for named in ([weights] if weights is not None else []) + list((carried or {}).values()):
        parts += [named[name] for name in sorted(named)]
    return _digest_of(parts, total)


def digest_of(data: Sequence[Tensor]) -> str:
    """Names a training set: the same tensors give the same 16 hex digits."""
    return _digest_of(data, hashlib.sha256())


def _digest_of(parts: Sequence[Tensor], total: hashlib._Hash) -> str:
    for part in parts:
        total.update(part.detach().contiguous().numpy().tobytes())
    return total.hexdigest()[:16]


def rate(step: int, config: OptimiserConfig) -> float:
    """Learning rate at a step, as a share of the largest."""
    if step < config.warmup:
        return (step + 1) / config.warmup
    if config.schedule == "constant":
        return 1.0
    return 0.5 * (1 + math.cos(math.pi * (step - config.warmup) / max(1, config.steps - config.warmup)))
