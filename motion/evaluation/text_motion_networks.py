"""The two small networks of our text-motion evaluator, and what else one training step needs of them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from motion.features.core67 import DIM

STRIDE = 4
"""Frames of a token."""
SEGMENTS = 4
"""Parts of a motion whose mean poses are told back by the reconstruction."""


@dataclass(frozen=True, kw_only=True)
class NetworkSize:
    """width: channels inside. blocks: of each network. dim: of the common space.

    vocabulary: rows of the word table (0 when captions come as states); text_dim: size of those states (else 0).
    """

    width: int = 64
    blocks: int = 2
    dim: int = 64
    vocabulary: int = 2048
    text_dim: int = 0

    def __post_init__(self) -> None:
        for name in ("width", "blocks", "dim"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be >= 1, got {getattr(self, name)}")
        if (self.vocabulary > 0) == (self.text_dim > 0):
            raise ValueError(
                f"give either vocabulary or text_dim, got {self.vocabulary} and {self.text_dim}; set the other to 0"
            )


class Block(nn.Module):
    """Residual convolution over five tokens; what does not count stays zero."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mix = nn.Conv1d(width, width, 5, padding=2)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:  # (B, L, width), (B, L, 1)
        h = functional.layer_norm(x, x.shape[-1:]) * mask
        h = functional.gelu(self.mix(h.transpose(1, 2)).transpose(1, 2))
        result: Tensor = (x + self.out(h)) * mask
        return result


def pooled(x: Tensor, mask: Tensor) -> Tensor:
    """Mean, deviation and maximum over what counts, (B, L, c), (B, L, 1) -> (B, 3 c)."""
    count = mask.sum(dim=1)
    mean = (x * mask).sum(dim=1) / count
    spread = (((x - mean[:, None]) * mask) ** 2).sum(dim=1) / count
    top = x.masked_fill(mask == 0, -torch.inf).amax(dim=1)
    return torch.cat([mean, (spread + 1e-6).sqrt(), top], dim=1)


class MotionNetwork(nn.Module):
    """Motions (B, T, 67), normalised, zero beyond their lengths, T a multiple of 4 -> unit vectors (B, dim).

    Tokens of 4 frames that see 8, blocks of convolutions, pooling; beside them mean, deviation and mean step of every
    channel over the whole motion, so that slow and fast, wide and small need not be found out. No place of a token
    enters: any length can be read.
    """

    def __init__(self, size: NetworkSize) -> None:
        super().__init__()
        width = size.width
        self.stem = nn.Conv1d(DIM, width, 2 * STRIDE, stride=STRIDE, padding=STRIDE // 2)
        self.blocks = nn.ModuleList(Block(width) for _ in range(size.blocks))
        self.gather = nn.Linear(3 * width + 3 * DIM, 2 * width)
        self.out = nn.Linear(2 * width, size.dim)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        valid = frames_mask(lengths, x.shape[1])
        tokens = frames_mask((lengths + STRIDE - 1) // STRIDE, x.shape[1] // STRIDE)
        h = self.stem(x.transpose(1, 2)).transpose(1, 2) * tokens
        for block in self.blocks:
            h = block(h, tokens)
        both = torch.cat([pooled(functional.layer_norm(h, h.shape[-1:]), tokens), *statistics(x, valid)], dim=1)
        return functional.normalize(self.out(functional.gelu(self.gather(both))), dim=1)


def frames_mask(lengths: Tensor, frames: int) -> Tensor:
    """(B, frames, 1) 1 where a frame counts, else 0."""
    return (torch.arange(frames) < lengths[:, None]).float().unsqueeze(-1)


def statistics(x: Tensor, valid: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean, deviation, and mean size of the step to the next frame of each channel, (B, 67) each."""
    count = valid.sum(dim=1)
    mean = (x * valid).sum(dim=1) / count
    spread = ((((x - mean[:, None]) * valid) ** 2).sum(dim=1) / count + 1e-6).sqrt()
    both = valid[:, 1:] * valid[:, :-1]
    step = ((x[:, 1:] - x[:, :-1]).abs() * both).sum(dim=1) / both.sum(dim=1).clamp(min=1)
    return mean, spread, step


def told_back(x: Tensor, lengths: Tensor) -> Tensor:
    """What an embedding should still know of its motion: mean pose of each quarter, deviation and step, (B, 6 * 67)."""
    valid = frames_mask(lengths, x.shape[1])
    _, spread, step = statistics(x, valid)
    place = torch.arange(x.shape[1]) * SEGMENTS // lengths[:, None].clamp(min=1)  # (B, T) which quarter
    weight = functional.one_hot(place.clamp(max=SEGMENTS - 1), SEGMENTS) * valid  # (B, T, 4)
    weight = weight / weight.sum(dim=1, keepdim=True).clamp(min=1)
    quarters = torch.einsum("btq,btc->bqc", weight, x).flatten(1)
    return torch.cat([quarters, spread, step], dim=1)


class CaptionNetwork(nn.Module):
    """Captions as word rows (B, L, 2) or states (B, L, text_dim), with their mask (B, L) -> unit vectors (B, dim).

    Convolutions see five words at once, so that "left" belongs to the word beside it.
    """

    def __init__(self, size: NetworkSize) -> None:
        super().__init__()
        width = size.width
        if size.vocabulary:
            self.words: nn.Module = nn.Embedding(size.vocabulary, width)
            nn.init.normal_(self.words.weight, std=0.02)  # an unknown word later says next to nothing
        else:
            self.words = nn.Linear(size.text_dim, width)
        self.blocks = nn.ModuleList(Block(width) for _ in range(size.blocks))
        self.gather = nn.Linear(3 * width, 2 * width)
        self.out = nn.Linear(2 * width, size.dim)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        counts = mask.float().unsqueeze(-1)
        h = (self.words(values).sum(dim=2) if isinstance(self.words, nn.Embedding) else self.words(values)) * counts
        for block in self.blocks:
            h = block(h, counts)
        return functional.normalize(self.out(functional.gelu(self.gather(pooled(h, counts)))), dim=1)


class TextMotionNetworks(nn.Module):
    """Both networks, and the small one that tells back from a point what the motion was (used in training alone)."""

    def __init__(self, size: NetworkSize, seed: int = 0) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):  # layers draw weights from the global generator when they are made
            torch.manual_seed(seed)
            self.motion = MotionNetwork(size)
            self.caption = CaptionNetwork(size)
            self.back = nn.Sequential(
                nn.Linear(size.dim, 2 * size.width), nn.GELU(), nn.Linear(2 * size.width, (SEGMENTS + 2) * DIM)
            )
