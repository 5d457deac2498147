"""Training runs on disk: everything that one needs to go on, in one file that is whole or absent."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import nn

from loop import files

if TYPE_CHECKING:
    from generative.training import State

N = TypeVar("N", bound=nn.Module)


def write_checkpoint(path: Path, state: State[Any]) -> None:
    """Everything a run needs to go on, and `state.about`: whose run it is."""
    names = [name for name, _ in state.net.named_parameters()]
    content = {
        "about": dict(state.about),
        "step": state.step,
        "loss": state.loss,
        "weights": state.net.state_dict(),
        "average": None if state.average is None else dict(zip(names, state.average, strict=True)),
        "optimiser": state.optimiser.state_dict(),
        "random": state.generator.get_state(),
    }
    buffer = io.BytesIO()
    torch.save(content, buffer)
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_bytes(path, buffer.getvalue())


def read_checkpoint(path: Path, state: State[N]) -> State[N]:
    """`state` moved to where `path` stands; made by `new_state` with the same config.

    Raises:
        OSError: there is no such file.
        ValueError: it is damaged, or of another run; then what differs is named with both values.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        about = dict(content.get("about", {}))  # a checkpoint of before it was stored has none
    except OSError:
        raise
    except Exception as problem:  # the reader raises whatever a spoiled file leads to
        raise ValueError(_damaged(path, problem)) from None
    if about:
        other = files.differences(about, dict(state.about))
        if other:
            said = "; ".join(other[:3])
            raise ValueError(f"{path} is a checkpoint of another training run ({said}); delete it or take its settings")
    try:
        _restore(content, state)
    except Exception as problem:
        raise ValueError(_damaged(path, problem)) from None
    return state


def _restore(content: dict[str, Any], state: State[Any]) -> None:
    weights = dict(state.net.named_parameters())
    state.net.load_state_dict(content["weights"])
    state.optimiser.load_state_dict(content["optimiser"])
    moments = state.optimiser.state_dict()["state"]
    for i, (name, weight) in enumerate(weights.items() if moments else ()):
        if not moments[i]["exp_avg"].shape == moments[i]["exp_avg_sq"].shape == weight.shape:
            raise ValueError(f"the moments of {name} have another shape")
    if state.average is not None:
        for average, (name, weight) in zip(state.average, weights.items(), strict=True):
            if content["average"][name].shape != weight.shape:
                raise ValueError(f"the average of {name} has another shape")
            average.copy_(content["average"][name])
    state.generator.set_state(content["random"])
    state.step, state.loss = int(content["step"]), float(content["loss"])


def _damaged(path: Path, problem: Exception) -> str:
    return f"{path} is no whole checkpoint of this training ({one_line(problem)}); delete it to begin anew"


def one_line(problem: Exception) -> str:
    """What a library said about a file, short enough for a line of ours."""
    said = str(problem).strip().splitlines()
    return f"{said[0] if said else type(problem).__name__:.100}"
