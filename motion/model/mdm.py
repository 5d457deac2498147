"""The denoiser of MDM (Tevet et al. 2023, "Human Motion Diffusion Model", encoder variant): one token a frame.

Frames enter by one linear layer; before them stands a token of the noise level plus the caption as one vector; eight
post-norm transformer layers; the first token is dropped and one linear layer leads back. A caption is the mean of its
token states, where MDM has CLIP's one state; an encoder that gives a single state a caption gives MDM's very input.

`attend_padding` is what published MDM does: frames beyond a motion's length are noise like all others in training, only
their error does not count, and motions are drawn at full length and cut. So such a model never learns how long its
motion is. Otherwise padding is masked, as in the other architecture and in MDM's later `--mask_frames`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from loop import files
from motion.features.hml263 import DIM
from motion.model.contract import DenoiserConfig, MotionDenoiser


@dataclass(frozen=True, kw_only=True)
class MdmConfig(DenoiserConfig):
    """Size of MDM; the defaults are the published ones but for the captions, see `PUBLISHED`.

    feed_forward: width of each layer's inner block. dropout: share of values dropped in training, [0, 1).
    attend_padding: attend to frames beyond a motion's length, as published MDM does; else they are masked.
    alike_layers: all layers begin with the weights of the first, as copies of one do in published MDM.
    """

    architecture: ClassVar[str] = "mdm"

    width: int = 512
    layers: int = 8
    heads: int = 4
    frames: int = 196
    feed_forward: int = 1024
    dropout: float = 0.1
    attend_padding: bool = False
    alike_layers: bool = field(default=False, metadata=files.ADDED)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (isinstance(self.dropout, int | float) and 0 <= self.dropout < 1):
            raise ValueError(f"dropout must be in [0, 1) (0 = none), got {self.dropout!r}")
        for name in ("attend_padding", "alike_layers"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"{name} must be true or false, got {getattr(self, name)!r}")

    @property
    def least_parameters(self) -> int:
        return super().least_parameters + 2 * self.layers * self.width * self.feed_forward

    @property
    def is_random(self) -> bool:
        return self.dropout > 0

    @property
    def sees_padding(self) -> bool:
        return self.attend_padding


PUBLISHED = MdmConfig(vocabulary=0, text_dim=512, attend_padding=True, alike_layers=True)
"""MDM as published for HumanML3D, on 512-dim caption states (CLIP's size)."""


class Sentence(NamedTuple):
    """The captions as the first token has them."""

    token: Tensor  # (B, width)

    def joined(self, other: Sentence) -> Sentence:
        return Sentence(torch.cat([self.token, other.token]))


class MdmDenoiser(MotionDenoiser):
    """See the module."""

    config: MdmConfig

    def __init__(self, config: MdmConfig) -> None:
        super().__init__()
        self.config = config
        d = config.width
        with torch.random.fork_rng(devices=[]):  # layers draw weights from the global generator when they are made
            self.words = nn.Embedding(config.vocabulary, d) if config.vocabulary else None
            self.text = nn.Linear(config.text_dim or d, d)
            self.time = nn.Sequential(nn.Linear(d, d), nn.SiLU(), nn.Linear(d, d))
            self.enter = nn.Linear(DIM, d)
            layer = nn.TransformerEncoderLayer(
                d, config.heads, config.feed_forward, config.dropout, "gelu", batch_first=True, norm_first=False
            )
            self.encoder = nn.TransformerEncoder(layer, config.layers, enable_nested_tensor=False)
            self.leave = nn.Linear(d, DIM)

    def initialise(self, generator: torch.Generator) -> None:
        """torch's own laws for these layers; word embeddings as in the other architecture."""
        with torch.no_grad():
            fan_in = 1
            for name, weight in self.named_parameters():
                kind = name.rpartition(".")[2]
                if kind.endswith("weight") and weight.dim() == 2:
                    fan_in = weight.shape[1]
                if name == "words.weight":
                    weight.normal_(0.0, 0.5**0.5, generator=generator)
                elif kind == "in_proj_weight":  # Glorot & Bengio 2010
                    weight.uniform_(-1.0, 1.0, generator=generator).mul_(math.sqrt(6 / sum(weight.shape)))
                elif ".norm" in name:
                    weight.fill_(1.0 if kind == "weight" else 0.0)
                elif ".self_attn." in name and kind.endswith("bias"):
                    weight.zero_()
                else:
                    weight.uniform_(-1.0, 1.0, generator=generator).mul_(fan_in**-0.5)
        if self.config.alike_layers:
            first = self.encoder.layers[0].state_dict()
            for layer in self.encoder.layers[1:]:
                layer.load_state_dict(first)

    def memory(self, values: Tensor, mask: Tensor, dropped: Tensor) -> Sentence:
        """The mean state of each caption behind a linear layer; no caption is the zero vector before that layer."""
        states = values if self.words is None else self.words(values).sum(dim=2)
        share = mask / mask.sum(dim=1, keepdim=True)
        pooled = torch.bmm(share.unsqueeze(1).to(states.dtype), states).squeeze(1)
        return Sentence(self.text(pooled.masked_fill(dropped[:, None], 0.0)))

    def forward(self, x: Tensor, level: Tensor, memory: Sentence, frames: Tensor) -> Tensor:
        first = self.time(sinusoids(level, self.config.width)) + memory.token
        places = sinusoids(torch.arange(x.shape[1] + 1, device=x.device, dtype=x.dtype), self.config.width)
        h = torch.cat([first.unsqueeze(1), self.enter(x)], dim=1) + places
        h = functional.dropout(h, self.config.dropout, self.training)
        padding = None
        if not self.config.attend_padding:
            padding = functional.pad(frames[:, :, 0] == 0, (1, 0))  # the first token always counts
        out: Tensor = self.leave(self.encoder(h, src_key_padding_mask=padding)[:, 1:])
        return out


def sinusoids(position: Tensor, width: int) -> Tensor:
    """(n,) -> (n, width): sine and cosine by turns, of wavelengths 2 pi to 2 pi 10^4 (Vaswani et al. 2017, 3.5)."""
    even = torch.arange(0, width, 2, device=position.device, dtype=position.dtype)
    angle = position[:, None] * torch.exp(even * (-math.log(1e4) / width))
    return torch.stack([angle.sin(), angle.cos()], dim=2).flatten(1)
