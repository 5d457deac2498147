"""The denoiser of images: a small U-Net that is told the noise level and the digit."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from toy.digits.batch import CLASSES

_GROUPS = 4


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """size: height and width of the images. channels: at full resolution, twice as many below.

    halvings: how often the resolution is halved; 8 pixels to 4, 28 to 7.
    """

    size: int = 8
    channels: int = 24
    halvings: int = 1

    def __post_init__(self) -> None:
        if self.channels < _GROUPS or self.channels % _GROUPS:
            raise ValueError(f"channels must be a multiple of {_GROUPS}, got {self.channels}; choose such a number")
        if self.halvings < 1 or self.size % 2**self.halvings:
            raise ValueError(f"size must be a multiple of 2^halvings, got {self.size} and {self.halvings}; match them")


class Block(nn.Module):
    """Two convolutions with a skip; the second is scaled and shifted by what the condition says."""

    def __init__(self, inward: int, outward: int, condition: int) -> None:
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(_GROUPS, inward), nn.Conv2d(inward, outward, 3, padding=1)
        self.norm2, self.conv2 = nn.GroupNorm(_GROUPS, outward), nn.Conv2d(outward, outward, 3, padding=1)
        self.steer = nn.Linear(condition, 2 * outward)
        self.skip = nn.Conv2d(inward, outward, 1) if inward != outward else nn.Identity()

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        h = self.conv1(functional.silu(self.norm1(x)))
        scale, shift = self.steer(condition)[:, :, None, None].chunk(2, 1)
        h = self.conv2(functional.silu(torch.addcmul(shift, self.norm2(h), 1 + scale)))
        out: Tensor = self.skip(x) + h
        return out


class DigitDenoiser(nn.Module):
    """v = alpha e - sigma x_0 of noisy images (Salimans & Ho 2022), from which x_0 = alpha x - sigma v."""

    frequencies: Tensor

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        with torch.random.fork_rng(devices=[]):  # layers draw weights from the global generator when they are made
            self._build(config)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def _build(self, config: NetworkConfig) -> None:
        c, e = config.channels, 4 * config.channels
        widths = [c, *[2 * c] * config.halvings]
        self.register_buffer("frequencies", torch.exp(-math.log(1e4) * torch.arange(c) / c), False)
        self.time = nn.Sequential(nn.Linear(2 * c, e), nn.SiLU(), nn.Linear(e, e))
        self.digit = nn.Embedding(CLASSES + 1, e)  # the last row stands for "no digit given"
        self.enter = nn.Conv2d(1, c, 3, padding=1)
        self.down = nn.ModuleList(Block(w, w, e) for w in widths[:-1])
        self.halve = nn.ModuleList(
            nn.Conv2d(w, v, 3, stride=2, padding=1) for w, v in zip(widths[:-1], widths[1:], strict=True)
        )
        self.middle = nn.ModuleList(Block(widths[-1], widths[-1], e) for _ in range(2))
        self.enlarge = nn.ModuleList(nn.Conv2d(v, w, 1) for w, v in zip(widths[:-1], widths[1:], strict=True))
        self.up = nn.ModuleList(Block(2 * w, w, e) for w in widths[:-1])
        self.leave = nn.Conv2d(c, 1, 3, padding=1)

    def initialise(self, generator: torch.Generator) -> None:
        """Draw all weights from `generator`; every block begins as its skip, and the output as zero."""
        with torch.no_grad():
            for name, weight in self.named_parameters():
                if "norm" in name:
                    weight.fill_(1.0 if name.endswith("weight") else 0.0)
                elif weight.dim() < 2 or name.startswith("leave") or ".conv2." in name or ".steer." in name:
                    weight.zero_()
                elif name.startswith("digit"):
                    weight.normal_(0.0, 0.5, generator=generator)
                else:
                    weight.normal_(0.0, weight[0].numel() ** -0.5, generator=generator)

    def forward(self, x: Tensor, level: Tensor, digit: Tensor) -> Tensor:
        """(B, 1, H, W) -> v, the same shape.

        Args:
            x: noisy images, pixels -1 to 1 when clean.
            level: (B,) noise level, 0 to 999, fractions allowed.
            digit: (B,) 0 to 9, or 10 for none.
        """
        angle = level[:, None] * self.frequencies
        told = functional.silu(self.time(torch.cat([angle.sin(), angle.cos()], 1)) + self.digit(digit))
        h = self.enter(x.contiguous(memory_format=torch.channels_last))
        kept = []
        for block, halve in zip(self.down, self.halve, strict=True):
            h = block(h, told)
            kept.append(h)
            h = halve(h)
        for block in self.middle:
            h = block(h, told)
        for enlarge, block, beside in zip(reversed(self.enlarge), reversed(self.up), reversed(kept), strict=True):
            h = functional.interpolate(enlarge(h), scale_factor=2.0)
            h = block(torch.cat([beside, h], 1), told)
        v: Tensor = self.leave(functional.silu(h))
        return v
