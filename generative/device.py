"""Where networks run. The CPU is the reference: single precision, uncompiled, the same bits each time.

On a GPU, asked for by name, networks compute in bfloat16 with single-precision weights and are compiled for training;
results then vary in their last digits. On a CPU both were a loss: bfloat16 took 1.5 times as long, compiling two
minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Literal

import torch
from torch import nn

Device = Literal["cpu", "cuda", "auto"]
"""auto: the GPU where torch sees one, else the CPU."""


def device_of(name: Device) -> torch.device:
    """The device of that name.

    Raises:
        ValueError: another name, or "cuda" where torch sees no GPU.
    """
    if name not in ("cpu", "cuda", "auto"):
        raise ValueError(f"device must be cpu, cuda or auto, got {name!r}; choose one of them")
    there = name != "cpu" and torch.cuda.is_available()
    if name == "cuda" and not there:
        raise ValueError(
            "device cuda needs a GPU that torch sees, found none; take cpu, or auto for whichever is there"
        )
    return torch.device("cuda" if there else "cpu")


def reduced_precision(device: torch.device) -> AbstractContextManager[object]:
    """bfloat16 for the products of a network on a GPU; nothing at all on the CPU."""
    if device.type == "cpu":
        return nullcontext()
    return torch.autocast(device.type, torch.bfloat16)


def compile_for(net: nn.Module, device: torch.device) -> None:
    """Compile the network's call, in place, on a GPU; weights and their names stay. Nothing at all on the CPU."""
    if device.type != "cpu":
        net.compile()


@contextmanager
def seeded(generator: torch.Generator, device: torch.device) -> Iterator[None]:
    """torch's global generators begin at a seed drawn from `generator`, and are given back as they were.

    For what takes no generator of its own, such as dropout: it then depends on the state of `generator` alone.
    """
    seed = int(torch.randint(2**63 - 1, (), generator=generator))
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield
