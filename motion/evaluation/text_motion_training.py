"""How our text-motion evaluator is trained: motions and captions, and their mirror images, told apart in one batch."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from generative.training import OptimiserConfig, averaged, digest, draw_rows, new_state, train_in
from loop import files
from loop.progress import Report
from motion.batch import MotionBatch
from motion.data.mirror import swap_sides
from motion.evaluation.embedder import check_motions
from motion.evaluation.sayings import Sayings
from motion.evaluation.text_motion import TextMotionEvaluator, encode_texts
from motion.evaluation.text_motion_networks import STRIDE, NetworkSize, TextMotionNetworks, told_back
from motion.features import core67, hml263
from motion.features.normaliser import Normaliser
from motion.text.frozen import FrozenEncoder


@dataclass(frozen=True, kw_only=True)
class EvaluatorConfig(OptimiserConfig):
    """How the evaluator is trained.

    batch_size: motions a step; each comes with its mirror image, whose caption has its sides exchanged.
    width, blocks, dim: see `NetworkSize`.
    temperature: of the softmax over the batch.
    alike: cosine of the words from which captions without action labels say the same.
    kin: how much two motions of one action count as different, 0 to 1: their captions may differ in tempo or size.
    tell_back: weight of the reconstruction of what captions do not tell.
    seed: of the first weights and of all draws.
    """

    steps: int = 400
    batch_size: int = 48
    learning_rate: float = 3e-3
    warmup: int = 30
    checkpoint_every: int = 100
    width: int = 64
    blocks: int = 2
    dim: int = 64
    temperature: float = 0.1
    alike: float = 0.8
    kin: float = 0.3
    tell_back: float = 0.3
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (math.isfinite(self.temperature) and self.temperature > 0):
            raise ValueError(f"temperature must be positive, got {self.temperature!r}; TMR takes 0.1")
        for name in ("alike", "kin"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be in [0, 1], got {getattr(self, name)!r}")
        if not (math.isfinite(self.tell_back) and self.tell_back >= 0):
            raise ValueError(f"tell_back must be >= 0 (0 = no reconstruction), got {self.tell_back!r}")


def train_evaluator(
    real: MotionBatch,
    config: EvaluatorConfig,
    *,
    encoder: FrozenEncoder | None = None,
    trained_on: Mapping[str, Any] | None = None,
    work: Path | None = None,
    report: Report | None = None,
) -> TextMotionEvaluator:
    """Train on real motions that no generator sees which is to be judged; on one thread a pure function of all given.

    Args:
        real: captioned motions; actions, where known, only say which captions mean the same.
        encoder: a frozen text encoder whose states are read instead of learned words.
        trained_on: what stands in `describe`; the number of motions is added.
        work: folder of the checkpoint of a run that may be killed; the caller removes it.

    Raises:
        ValueError: fewer than 8 motions, features that are not finite, or a caption without a word.
    """
    if len(real) < 8:
        raise ValueError(f"an evaluator needs at least 8 real motions, got {len(real)}; give it more")
    check_motions(real, hml263.DIM)
    rows, lengths = _both_sides(real)
    normaliser = Normaliser.of_features(rows, lengths, core67.GROUPS)
    captions = (*real.captions, *(swap_sides(caption) for caption in real.captions))
    actions = (*real.actions, *(swap_sides(action) for action in real.actions))
    size = NetworkSize(
        width=config.width, blocks=config.blocks, dim=config.dim,
        vocabulary=2048 if encoder is None else 0, text_dim=0 if encoder is None else encoder.dim,
    )  # fmt: skip
    tokens = encode_texts(captions, encoder)
    longest = int(tokens.mask.sum(axis=1).max())
    padded = -(-rows.shape[1] // STRIDE) * STRIDE
    data = _Pool(
        torch.from_numpy(_normalised(rows, lengths, normaliser, padded)),
        torch.from_numpy(lengths),
        torch.from_numpy(tokens.values[:, :longest].copy()),
        torch.from_numpy(tokens.mask[:, :longest].copy()),
        Sayings.of(captions, actions),
    )
    generator = torch.Generator().manual_seed(config.seed)
    state = new_state(TextMotionNetworks(size, config.seed), config, generator)
    name = digest(config, config.seed, [data.motions, data.lengths, data.values], None, None)
    state = train_in(work, name, state, _gradients_of(data, config), config, report)
    about = {**(trained_on or {}), "motions": len(real), "training": files.identity_of(config)}
    weights = {key: value for key, value in averaged(state).items() if not key.startswith("back.")}
    return TextMotionEvaluator(size, weights, normaliser, encoder, about)


@dataclass(frozen=True)
class _Pool:
    """2 n motions, the second n the mirror images of the first: (2n, T, 67), (2n,), tokens (2n, L, ...), (2n, L)."""

    motions: Tensor
    lengths: Tensor
    values: Tensor
    mask: Tensor
    sayings: Sayings


def _both_sides(real: MotionBatch) -> tuple[hml263.Float32, Any]:
    rows = real.features[..., : core67.DIM]
    return np.concatenate([rows, core67.mirrored(rows)]), np.concatenate([real.lengths, real.lengths])


def _normalised(rows: hml263.Float32, lengths: Any, normaliser: Normaliser, frames: int) -> hml263.Float32:
    """z of rows (n, T, 67), zero beyond each length, padded to `frames`."""
    out = np.zeros((len(rows), frames, rows.shape[2]), np.float32)
    out[:, : rows.shape[1]] = normaliser.apply(rows)
    out[np.arange(frames) >= lengths[:, None]] = 0
    return out


def _gradients_of(data: _Pool, config: EvaluatorConfig) -> Callable[[TextMotionNetworks, torch.Generator], float]:
    n = len(data.motions) // 2

    def gradients(net: TextMotionNetworks, generator: torch.Generator) -> float:
        rows = draw_rows(n, min(config.batch_size, n), generator)
        index = torch.cat([rows, rows + n])
        motions, lengths = data.motions[index], data.lengths[index]
        points = net.motion(motions, lengths)
        texts = net.caption(data.values[index], data.mask[index])
        different = torch.from_numpy(data.sayings.different(index.numpy(), alike=config.alike, kin=config.kin))
        different.fill_diagonal_(1.0)  # its own caption: the right answer
        logits = points @ texts.T / config.temperature + different.log()
        answer = torch.arange(len(index))
        loss = (functional.cross_entropy(logits, answer) + functional.cross_entropy(logits.T, answer)) / 2
        if config.tell_back > 0:
            target = told_back(motions, lengths)
            loss = loss + config.tell_back * functional.smooth_l1_loss(net.back(points), target)
        torch.autograd.backward(loss)
        return float(loss.detach())

    return gradients
