"""What training, sampling and storing ask of a denoiser, whatever its architecture."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Protocol, Self

import torch
from torch import Tensor, nn

from loop import files


@dataclass(frozen=True, kw_only=True)
class DenoiserConfig:
    """Size of a denoiser; each architecture has its own, with what is special to it.

    width: features of a token; layers: transformer layers; heads: attention heads (2 * heads must divide width).
    frames: longest motion [frames at 20 per second].
    vocabulary: rows of the word table (0 when the captions come as states); text_dim: size of those states (else 0).
    text_tokens: longest caption [tokens].
    """

    architecture: ClassVar[str] = ""

    width: int = 96
    layers: int = 2
    heads: int = 4
    frames: int = 60
    vocabulary: int = 2048
    text_dim: int = 0
    text_tokens: int = 24

    def __post_init__(self) -> None:
        for field in fields(self):  # types too: configs are read from files
            value = getattr(self, field.name)
            least = 0 if field.name in ("vocabulary", "text_dim") else 1
            if field.type == "int" and (type(value) is not int or value < least):
                raise ValueError(f"{field.name} must be a whole number >= {least}, got {value!r}")
        if self.width % (2 * self.heads):
            raise ValueError(f"width must be a multiple of 2 * heads = {2 * self.heads}, got {self.width}")
        if (self.vocabulary > 0) == (self.text_dim > 0):
            raise ValueError(
                f"give either vocabulary or text_dim, got {self.vocabulary} and {self.text_dim}; set the other to 0"
            )

    @property
    def frames_a_token(self) -> int:
        return 1

    @property
    def tokens(self) -> int:
        """Tokens of the longest motion; the last one may be partly padding."""
        return -(-self.frames // self.frames_a_token)

    @property
    def least_parameters(self) -> int:
        """A network of this size has so many parameters and at most a few times as many."""
        return self.width * (self.vocabulary + self.text_dim + 4 * self.layers * self.width)

    @property
    def is_random(self) -> bool:
        """Whether the network itself draws random numbers in training (dropout)."""
        return False

    @property
    def sees_padding(self) -> bool:
        """Whether frames beyond a motion's length are noise that the network attends to, as if they were valid."""
        return False

    def describe(self) -> dict[str, Any]:
        """As JSON; `architectures.config_of` reads it back."""
        return {"architecture": self.architecture, **files.identity_of(self)}


class Captions(Protocol):
    """What a denoiser needs of the captions of a batch; computed once, reused over all sampling steps."""

    def joined(self, other: Self) -> Self:
        """This batch followed by another."""
        ...


class MotionDenoiser(nn.Module, ABC):
    """x_0 estimate of noisy, normalised motions, given their noise level and captions.

    Made without touching torch's global generator; `initialise` draws the weights.
    """

    config: DenoiserConfig

    @abstractmethod
    def initialise(self, generator: torch.Generator) -> None:
        """Draw all weights from `generator`."""

    @abstractmethod
    def memory(self, values: Tensor, mask: Tensor, dropped: Tensor) -> Any:
        """What `forward` needs of the captions (see `Captions`).

        Args:
            values: (B, L, 2) embedding rows, or (B, L, text_dim) states.
            mask: (B, L) True where a token stands.
            dropped: (B,) True where the model is to know no caption (guidance).
        """

    @abstractmethod
    def forward(self, x: Tensor, level: Tensor, memory: Any, frames: Tensor) -> Tensor:
        """(B, P, frames_a_token * 263) -> the same shape.

        Args:
            x: noisy normalised motions; zero in padded frames unless `sees_padding`.
            level: (B,) noise level, 0 to 999, fractions allowed.
            memory: the captions.
            frames: (B, P, frames_a_token) 1 where a frame is valid, else 0.
        """
