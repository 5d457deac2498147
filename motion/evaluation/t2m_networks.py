"""The evaluator of T2M (Guo et al. 2022): three encoders whose names and shapes are those of its published weights.

Sizes of the published one: movement 1.84 M, motion 15.75 M, text 4.10 M parameters. Its dropout is left out: it judges,
it is not trained here.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

TAGS = 15
"""Parts of speech, see `t2m_words`."""
UNIT = 4
"""Frames of a movement."""


@dataclass(frozen=True, kw_only=True)
class T2MSize:
    """Sizes of the three encoders; the defaults are the published ones for HumanML3D.

    features: of a frame, without the 4 contacts. word: numbers of a word vector. dim: of the common space.
    """

    features: int = 259
    movement: int = 512
    motion: int = 1024
    word: int = 300
    text: int = 512
    dim: int = 512


class MovementEncoder(nn.Module):
    """Frames (B, T, features), normalised -> movements (B, T // 4, movement)."""

    def __init__(self, size: T2MSize) -> None:
        super().__init__()
        wide = size.movement
        self.main = nn.Sequential(
            nn.Conv1d(size.features, wide, 4, 2, 1), nn.Identity(), nn.LeakyReLU(0.2),
            nn.Conv1d(wide, wide, 4, 2, 1), nn.Identity(), nn.LeakyReLU(0.2),
        )  # fmt: skip
        self.out_net = nn.Linear(wide, wide)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.out_net(self.main(x.transpose(1, 2)).transpose(1, 2))
        return result


class _Recurrent(nn.Module):
    """A bidirectional GRU with learned first states, of which the last states of both directions are read."""

    def __init__(self, inside: int, hidden: int, between: int, dim: int) -> None:
        super().__init__()
        self.input_emb = nn.Linear(inside, hidden)
        self.gru = nn.GRU(hidden, hidden, batch_first=True, bidirectional=True)
        self.output_net = nn.Sequential(
            nn.Linear(2 * hidden, between), nn.LayerNorm(between), nn.LeakyReLU(0.2), nn.Linear(between, dim)
        )
        self.hidden = nn.Parameter(torch.zeros(2, 1, hidden))

    def read(self, x: Tensor) -> Tensor:
        _, last = self.gru(self.input_emb(x), self.hidden.expand(-1, len(x), -1).contiguous())
        result: Tensor = self.output_net(torch.cat([last[0], last[1]], dim=-1))
        return result


class MotionEncoder(_Recurrent):
    """Movements (B, L, movement), all of one length -> points (B, dim)."""

    def __init__(self, size: T2MSize) -> None:
        super().__init__(size.movement, size.motion, size.motion, size.dim)

    def forward(self, movements: Tensor) -> Tensor:
        return self.read(movements)


class TextEncoder(_Recurrent):
    """Word vectors (B, L, word) and one-hot parts of speech (B, L, 15), all of one length -> points (B, dim)."""

    def __init__(self, size: T2MSize) -> None:
        super().__init__(size.word, size.text, size.text, size.dim)
        self.pos_emb = nn.Linear(TAGS, size.word)

    def forward(self, words: Tensor, tags: Tensor) -> Tensor:
        return self.read(words + self.pos_emb(tags))


class T2MNetworks(nn.Module):
    """The three of them; their names are those of the published checkpoint's parts, less `_encoder`."""

    def __init__(self, size: T2MSize) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):  # layers draw weights from the global generator when they are made
            self.movement = MovementEncoder(size)
            self.motion = MotionEncoder(size)
            self.text = TextEncoder(size)


def shapes(size: T2MSize) -> dict[str, torch.Size]:
    """Names and shapes of all weights, without making any."""
    with torch.device("meta"):
        return {name: weight.shape for name, weight in T2MNetworks(size).named_parameters()}
