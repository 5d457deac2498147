"""The architectures of the denoiser by name: "patch" (`denoiser.py`, the default) and "mdm" (`mdm.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal

from torch import Tensor

from generative import weights
from motion.model.contract import DenoiserConfig, MotionDenoiser
from motion.model.denoiser import Denoiser, ModelConfig
from motion.model.mdm import MdmConfig, MdmDenoiser

Architecture = Literal["patch", "mdm"]
CONFIGS: dict[str, type[DenoiserConfig]] = {"patch": ModelConfig, "mdm": MdmConfig}


def denoiser_of(config: DenoiserConfig) -> MotionDenoiser:
    """The network of that size, its weights not yet drawn."""
    if isinstance(config, MdmConfig):
        return MdmDenoiser(config)
    if isinstance(config, ModelConfig):
        return Denoiser(config)
    raise ValueError(f"config must be a ModelConfig or an MdmConfig, got {config!r}; choose one of them")


def config_of(described: Mapping[str, Any]) -> DenoiserConfig:
    """What `DenoiserConfig.describe` gave; without an architecture, as written before there were two, it is "patch".

    Raises:
        ValueError: an unknown architecture, an unknown field, a value out of range.
    """
    sizes = dict(described)
    name = sizes.pop("architecture", "patch")
    if not isinstance(name, str) or name not in CONFIGS:
        raise ValueError(f"architecture must be one of {', '.join(CONFIGS)}, got {name!r}; choose one of them")
    unknown = set(sizes) - {field.name for field in fields(CONFIGS[name])}
    if unknown:
        raise ValueError(f"architecture {name} has no {', '.join(sorted(unknown))}; take it out")
    return CONFIGS[name](**sizes)


def check_same(before: DenoiserConfig, now: DenoiserConfig) -> None:
    """Raise ValueError unless a model can be fine-tuned as another: architecture and size must be the same."""
    old, new = before.describe(), now.describe()
    if before.architecture != now.architecture:
        old, new = {"architecture": before.architecture}, {"architecture": now.architecture}
    other = [
        f"{key} {old.get(key, 'none')}, now {new.get(key, 'none')}"
        for key in {**old, **new}
        if old.get(key) != new.get(key)
    ]
    if other:
        raise ValueError(
            f"fine-tuning needs the previous model's size and architecture, but it has {'; '.join(other)}; keep them"
        )


def check_weights(stored: Mapping[str, Tensor], config: DenoiserConfig, folder: Path) -> None:
    """Raise ValueError unless the weights are those of a network of that size."""
    total = sum(value.numel() for value in stored.values())
    # First, so that a spoiled config costs neither time nor memory.
    if config.least_parameters > total or config.layers > len(stored):
        raise ValueError(
            f"{folder}/model.json tells of {config.layers} layers and at least {config.least_parameters} parameters, "
            f"but the weights are {total} in {len(stored)} tensors; restore both files"
        )
    weights.check_fits(stored, denoiser_of(config), folder)
