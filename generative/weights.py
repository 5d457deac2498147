"""Trained networks on disk: named groups of tensors in one safetensors file, and what else there is to know as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from safetensors.torch import save as to_bytes
from torch import Tensor, nn

from generative.checkpoint import one_line
from generative.training import Weights
from loop import files

Groups = dict[str, Weights]
"""name of a group -> its tensors by name. "weights" are the averaged ones that samples are drawn from."""


def save(folder: Path, groups: Mapping[str, Mapping[str, Tensor]], about: Mapping[str, Any]) -> None:
    """Write `model.safetensors` and `model.json` into an existing folder; each is whole or absent."""
    tensors = {f"{key}/{name}": value.contiguous() for key, part in groups.items() for name, value in part.items()}
    files.write_bytes(folder / "model.safetensors", to_bytes(tensors))
    files.write_json(folder / "model.json", about)


def load(folder: Path) -> tuple[Groups, dict[str, Any]]:
    """What `save` wrote.

    Raises:
        OSError: a file is missing.
        ValueError: a file is damaged.
    """
    about = files.read_json(folder / "model.json")
    if not isinstance(about, dict):
        raise ValueError(f"{folder}/model.json must hold an object, got {type(about).__name__}; restore it")
    path = folder / "model.safetensors"
    try:
        found = load_file(path)
    except OSError:
        raise
    except Exception as problem:  # not SafetensorError alone: unknown types of numbers are KeyErrors
        raise ValueError(f"{path} is no whole file of weights ({one_line(problem)}); restore it") from None
    groups: Groups = {}
    for name, value in found.items():
        key, _, rest = name.rpartition("/")
        groups.setdefault(key, {})[rest] = value
    return groups, about


def check_fits(weights: Mapping[str, Tensor], net: nn.Module, folder: Path) -> None:
    """Raise ValueError unless the weights have the names, shapes and type of the network's, and are finite."""
    expected = {name: weight.shape for name, weight in net.named_parameters()}
    for name in sorted(expected.keys() | weights.keys()):
        wanted, got = expected.get(name), weights[name].shape if name in weights else None
        if wanted != got:
            raise ValueError(
                f"the weights in {folder} do not fit the model size in model.json: {name} is {_shape(got)}, the model "
                f"has {_shape(wanted)}; restore both files"
            )
    for name, weight in weights.items():
        if weight.dtype != torch.float32 or not bool(torch.isfinite(weight).all()):
            raise ValueError(f"the weights in {folder} must be finite float32, but {name} is not; restore them")


def check_carried(carried: Mapping[str, Weights], weights: Mapping[str, Tensor], folder: Path) -> None:
    """Raise ValueError unless an optimiser (see `carry`) belongs to weights of these names and shapes."""
    wanted = {name: weight.shape for name, weight in weights.items()}
    got = {key: {name: value.shape for name, value in part.items()} for key, part in carried.items()}
    steps = {name: torch.Size() for name in weights}
    if got != {"weights": wanted, "exp_avg": wanted, "exp_avg_sq": wanted, "step": steps}:
        raise ValueError(f"the optimiser in {folder} does not belong to the weights beside it; restore the file")


def _shape(shape: torch.Size | None) -> str:
    return "absent" if shape is None else " x ".join(map(str, shape)) or "one number"


def with_carried(
    weights: Mapping[str, Tensor], carried: Mapping[str, Weights] | None
) -> dict[str, Mapping[str, Tensor]]:
    """The groups of a model: its weights and, where there is one, its optimiser."""
    return {"weights": weights, **{f"carried/{key}": part for key, part in (carried or {}).items()}}


def carried_of(groups: Groups) -> Groups | None:
    """The optimiser among the groups; None where there is none."""
    return {key.removeprefix("carried/"): part for key, part in groups.items() if key.startswith("carried/")} or None
