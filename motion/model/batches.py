"""Batches as HumanML3D's readers make them (Guo et al. 2022): whole epochs, and a random stretch of each motion."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from motion.features.hml263 import DIM

UNIT = 4
"""A stretch is a whole number of so many frames."""
SHORTER = 1 / 3
"""Share of stretches that are one unit shorter than could be."""


def epochs(n: int, size: int, seed: int) -> Callable[[int], Tensor]:
    """From the number of a step to its rows (size,) of n >= size: every epoch shuffles them all anew, cuts them into
    n // size batches and leaves out the rest. The order follows from seed and epoch, whatever was asked for before."""
    batches = n // size
    last: tuple[int, Tensor] = (-1, torch.empty(0, dtype=torch.long))

    def rows(step: int) -> Tensor:
        nonlocal last
        epoch, place = divmod(step, batches)
        if last[0] != epoch:
            last = epoch, torch.from_numpy(np.random.default_rng([seed, epoch]).permutation(n))
        return last[1][place * size : (place + 1) * size]

    return rows


def whole_epochs(steps: int, n: int, size: int) -> int:
    """Steps of the first whole number of epochs that exceeds `steps`, for n motions in batches of `size`.

    (steps // batches + 1) * batches, as the authors' code counts: 1,000 become 1,001 where an epoch is one batch.
    """
    batches = max(1, n // size)
    return (steps // batches + 1) * batches


def stretches(frames: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """First frame and number of frames of a stretch of each motion, two (b,) on the CPU; frames: (b, P, patch) 0/1."""
    length = frames.sum(dim=(1, 2)).long().cpu()
    shorter, place = torch.rand(2, len(length), generator=generator)
    units = length // UNIT - (shorter < SHORTER).long()
    taken = torch.minimum((units * UNIT).clamp(min=UNIT), length)
    first = (place * (length - taken + 1)).long().clamp(max=length - taken)
    return first, taken


def cropped(clean: Tensor, frames: Tensor, first: Tensor, taken: Tensor) -> tuple[Tensor, Tensor]:
    """The stretches of motions (b, P, patch * 263), moved to their beginning, zero beyond, with their frames."""
    b, p, patch = frames.shape
    steps = torch.arange(p * patch, device=clean.device)
    at = (first.to(clean.device)[:, None] + steps).clamp(max=p * patch - 1)
    kept = (steps < taken.to(clean.device)[:, None]).to(clean.dtype)
    moved = clean.view(b, p * patch, DIM).gather(1, at[..., None].expand(-1, -1, DIM)) * kept[..., None]
    return moved.view(clean.shape), kept.view(frames.shape)
