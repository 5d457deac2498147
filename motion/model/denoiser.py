"""The denoiser "patch": a pre-LN transformer over patches of frames that predicts the clean motion x_0.

One token holds `patch` frames, which makes the sequence short and a step on a CPU about three times cheaper than with
one token a frame. The noise level and the pooled caption steer every layer through AdaLN (Peebles & Xie 2023); the
words themselves are read by cross-attention, so that "left" and "right" are not averaged away. Every token also
predicts half a patch on either side, and neighbours are cross-faded: without that all jerk of the samples (12 times
that of real motion) sat at the seams between patches. Padding is masked everywhere. There is no dropout but that of the
caption, which the training loop draws from its own generator.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from motion.features.hml263 import DIM
from motion.model.contract import DenoiserConfig, MotionDenoiser


@dataclass(frozen=True, kw_only=True)
class ModelConfig(DenoiserConfig):
    """Size of the denoiser. patch: frames a token holds."""

    architecture: ClassVar[str] = "patch"

    patch: int = 4

    @property
    def frames_a_token(self) -> int:
        return self.patch

    @property
    def least_parameters(self) -> int:
        return super().least_parameters + self.width * (self.patch * DIM + self.tokens + self.text_tokens)


class Memory(NamedTuple):
    """What the denoiser needs of the captions; computed once a batch, reused over all sampling steps."""

    keys: Tensor  # (layers, B, heads, L, width / heads)
    values: Tensor  # the same shape
    mask: Tensor  # (B, 1, 1, L) True where a token stands
    pooled: Tensor  # (B, width) mean token

    def joined(self, other: Memory) -> Memory:
        return Memory(
            torch.cat([self.keys, other.keys], 1),
            torch.cat([self.values, other.values], 1),
            torch.cat([self.mask, other.mask]),
            torch.cat([self.pooled, other.pooled]),
        )


class Layer(nn.Module):
    """Self-attention over patches, cross-attention to the caption, a feed-forward block; each behind a norm."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.mix = nn.Linear(width, width)
        self.ask = nn.Linear(width, width)
        self.read = nn.Linear(width, width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def forward(self, x: Tensor, steer: Tensor, keys: Tensor, values: Tensor, mask: Tensor, words: Tensor) -> Tensor:
        b, p, d = x.shape
        heads, size = self.heads, d // self.heads
        norm = functional.layer_norm
        scale1, shift1, scale2, shift2, gate1, gate2 = steer.unbind(2)  # (B, 1, d) each
        h = torch.addcmul(shift1, norm(x, (d,)), scale1)
        q, k, v = self.qkv(h).view(b, p, 3, heads, size).permute(2, 0, 3, 1, 4).unbind(0)
        h = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = torch.addcmul(x, self.mix(h.transpose(1, 2).reshape(b, p, d)), gate1)
        q = self.ask(norm(x, (d,))).view(b, p, heads, size).transpose(1, 2)
        h = functional.scaled_dot_product_attention(q, keys, values, attn_mask=words)
        x = x + self.read(h.transpose(1, 2).reshape(b, p, d))
        h = torch.addcmul(shift2, norm(x, (d,)), scale2)
        return torch.addcmul(x, self.down(functional.gelu(self.up(h))), gate2)


class Denoiser(MotionDenoiser):
    """x_0 estimate of noisy, normalised motions, given their noise level and captions."""

    config: ModelConfig
    frequencies: Tensor
    window: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        with torch.random.fork_rng(devices=[]):  # layers draw weights from the global generator when they are made
            self._build(config)

    def _build(self, config: ModelConfig) -> None:
        d, patch = config.width, config.patch
        self.margin = patch // 2
        ramp = (torch.arange(2 * self.margin) + 0.5) / max(1, 2 * self.margin)
        middle = torch.ones(patch - 2 * self.margin)
        self.register_buffer("window", torch.cat([ramp, middle, ramp.flip(0)]), False)
        if config.vocabulary:
            self.words: nn.Module = nn.Embedding(config.vocabulary, d)
        else:
            self.words = nn.Linear(config.text_dim, d)
        self.word_places = nn.Parameter(torch.zeros(config.text_tokens, d))
        self.nothing = nn.Parameter(torch.zeros(d))
        self.memory_kv = nn.Linear(d, config.layers * 2 * d)
        self.pool = nn.Linear(d, d)
        self.time = nn.Sequential(nn.Linear(d, d), nn.SiLU(), nn.Linear(d, d))
        self.steer = nn.Linear(d, (config.layers * 6 + 2) * d)
        self.enter = nn.Linear(patch * DIM, d)
        self.places = nn.Parameter(torch.zeros(config.tokens, d))
        self.layers = nn.ModuleList(Layer(d, config.heads) for _ in range(config.layers))
        self.leave = nn.Linear(d, len(self.window) * DIM)
        self.register_buffer("frequencies", torch.exp(-math.log(1e4) * torch.arange(d // 2) / (d // 2)), False)

    def initialise(self, generator: torch.Generator) -> None:
        """Draw all weights from `generator`; the untrained model returns zero, the mean motion."""
        with torch.no_grad():
            for name, weight in self.named_parameters():
                if weight.dim() < 2:
                    weight.zero_()
                elif name.startswith(("leave", "steer")):
                    weight.zero_()
                elif name.endswith("places") or name.startswith("words"):
                    weight.normal_(0.0, 0.02 if name.endswith("places") else 0.5**0.5, generator=generator)
                else:
                    weight.normal_(0.0, weight.shape[1] ** -0.5, generator=generator)
            # Scales start at one; gates do too, so that every layer learns from the first step.
            bias = self.steer.bias.view(-1, self.config.width)
            for layer in range(self.config.layers):
                bias[6 * layer + torch.tensor([0, 2, 4, 5])] = 1.0
            bias[-2] = 1.0

    def memory(self, values: Tensor, mask: Tensor, dropped: Tensor) -> Memory:
        """Keys and values of the captions; a dropped one is replaced by the learned "no caption"."""
        b, length = mask.shape
        d, heads, layers = self.config.width, self.config.heads, self.config.layers
        states = self.words(values).sum(dim=2) if self.config.vocabulary else self.words(values)
        states = functional.layer_norm(states + self.word_places[:length], (d,))
        states = torch.where(dropped[:, None, None], self.nothing, states)
        first = torch.arange(length, device=mask.device) == 0
        mask = torch.where(dropped[:, None], first, mask)
        share = mask / mask.sum(dim=1, keepdim=True)
        pooled = torch.bmm(share.unsqueeze(1).to(states.dtype), states).squeeze(1)
        kv = self.memory_kv(states).view(b, length, layers, 2, heads, d // heads).permute(3, 2, 0, 4, 1, 5)
        return Memory(kv[0], kv[1], mask[:, None, None, :], pooled)

    def forward(self, x: Tensor, level: Tensor, memory: Memory, frames: Tensor) -> Tensor:
        d, layers = self.config.width, self.config.layers
        angle = level[:, None] * self.frequencies
        steer = self.time(torch.cat([angle.sin(), angle.cos()], dim=1)) + self.pool(memory.pooled)
        steering = self.steer(functional.silu(steer)).view(len(x), 1, layers * 6 + 2, d)
        seen = (frames[:, None, None, :, 0]) > 0  # a patch counts when its first frame does
        h = self.enter(x) + self.places[: x.shape[1]]
        for index, layer in enumerate(self.layers):
            part = steering[:, :, 6 * index : 6 * index + 6]
            h = layer(h, part, memory.keys[index], memory.values[index], seen, memory.mask)
        h = torch.addcmul(steering[:, :, -1], functional.layer_norm(h, (d,)), steering[:, :, -2])
        return self._cross_fade(self.leave(h), frames)

    def _cross_fade(self, guess: Tensor, frames: Tensor) -> Tensor:
        """Overlapping guesses of the tokens to one sequence, (B, P, (patch + 2 margin) * 263) -> (B, P, patch * 263).

        The weights fall linearly over the overlap and add up to one in every frame; padded patches have none.
        """
        b, p, patch = frames.shape
        weight = self.window * (frames[:, :, :1] > 0)  # (B, P, patch + 2 margin)
        total = self._overlap(weight.unsqueeze(-1)).clamp_min(1e-6)  # (B, P * patch + 2 margin, 1)
        share = weight / total.squeeze(-1).unfold(1, len(self.window), patch)
        added = self._overlap(guess.view(b, p, -1, DIM) * share.unsqueeze(-1))
        return added[:, self.margin : self.margin + p * patch].reshape(b, p, patch * DIM)

    def _overlap(self, parts: Tensor) -> Tensor:
        """Parts added where they overlap, (B, P, patch + 2 margin, c) -> (B, P * patch + 2 margin, c)."""
        b, p, _, c = parts.shape
        patch, extra = self.config.patch, 2 * self.margin
        body = functional.pad(parts[:, :, :patch].reshape(b, p * patch, c), (0, 0, 0, extra))
        if not extra:
            return body
        # The rest of a part lies on the beginning of the next one.
        tail = functional.pad(parts[:, :, patch:], (0, 0, 0, patch - extra)).reshape(b, p * patch, c)
        return body + functional.pad(tail, (0, 0, patch, 0))[:, : p * patch + extra]
