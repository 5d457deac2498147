"""Trained networks on disk: named groups of tensors in one safetensors file, and what else there is to know as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from generative.training import Weights

Groups = dict[str, Weights]
"""name of a group -> its tensors by name. "weights" are the averaged ones that samples are drawn from."""


def save(folder: Path, groups: Mapping[str, Mapping[str, Tensor]], about: Mapping[str, Any]) -> None:
    """Write `model.safetensors` and `model.json` into an existing folder."""
    tensors = {f"{key}/{name}": value.contiguous() for key, part in groups.items() for name, value in part.items()}
    save_file(tensors, folder / "model.safetensors")
    (folder / "model.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def load(folder: Path) -> tuple[Groups, dict[str, Any]]:
    """What `save` wrote.

    Raises:
        OSError: a file is missing.
    """
    about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    groups: Groups = {}
    for name, value in load_file(folder / "model.safetensors").items():
        key, _, rest = name.rpartition("/")
        groups.setdefault(key, {})[rest] = value
    return groups, about


def check_fits(weights: Mapping[str, Tensor], net: nn.Module, folder: Path) -> None:
    """Raise ValueError unless the weights have the names and shapes of the network's."""
    expected = {name: weight.shape for name, weight in net.named_parameters()}
    if {name: weight.shape for name, weight in weights.items()} != expected:
        raise ValueError(f"the weights in {folder} do not fit the model size in model.json; restore both files")


def with_carried(
    weights: Mapping[str, Tensor], carried: Mapping[str, Weights] | None
) -> dict[str, Mapping[str, Tensor]]:
    """The groups of a model: its weights and, where there is one, its optimiser."""
    return {"weights": weights, **{f"carried/{key}": part for key, part in (carried or {}).items()}}


def carried_of(groups: Groups) -> Groups | None:
    """The optimiser among the groups; None where there is none."""
    return {key.removeprefix("carried/"): part for key, part in groups.items() if key.startswith("carried/")} or None
