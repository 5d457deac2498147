"""MotionModel: a trained text-to-motion generator; fitting one generation of it and drawing from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from generative import weights
from generative.samplers import SamplerConfig, draw
from generative.training import Weights, averaged, carry, continued, digest, new_state, train_in
from loop.progress import Report
from motion.batch import MotionBatch
from motion.features.hml263 import DIM
from motion.features.normaliser import Normaliser
from motion.model.denoiser import Denoiser, Memory, ModelConfig
from motion.model.training import TrainConfig, TrainingSet, gradients_of
from motion.text.words import TextEncoder, Tokens, WordEncoder

Float32 = NDArray[np.float32]

CHUNK = 64
"""Motions sampled at once. Every chunk is filled up to this size, so sample i is the same however many follow it."""


@dataclass(frozen=True)
class MotionModel:
    """A trained generator: immutable, and all that sampling and the next generation need.

    weights: the averaged weights, by name; samples are drawn from these.
    carried: weights and moments of the optimiser (see TrainConfig.optimiser), or None.
    loss: training loss at the end, smoothed over about 50 steps.
    """

    config: ModelConfig
    normaliser: Normaliser
    weights: Weights
    carried: Mapping[str, Weights] | None
    loss: float

    def save(self, folder: Path) -> None:
        """Write `model.json` and `model.safetensors` into an existing folder."""
        normaliser = {key: torch.from_numpy(value.copy()) for key, value in self.normaliser.arrays().items()}
        groups = {**weights.with_carried(self.weights, self.carried), "normaliser": normaliser}
        weights.save(folder, groups, {"model": asdict(self.config), "loss": self.loss})

    @classmethod
    def load(cls, folder: Path) -> MotionModel:
        """Read what `save` wrote.

        Raises:
            OSError: a file is missing.
            ValueError: the weights do not fit the stored config.
        """
        groups, about = weights.load(folder)
        normaliser = Normaliser.from_arrays({key: value.numpy() for key, value in groups["normaliser"].items()})
        if normaliser.mean.shape != (DIM,):
            raise ValueError(f"{folder} normalises {len(normaliser.mean)} features, the model has {DIM}; restore it")
        config = ModelConfig(**about["model"])
        weights.check_fits(groups["weights"], Denoiser(config), folder)
        return cls(config, normaliser, groups["weights"], weights.carried_of(groups), about["loss"])


def fit(
    previous: MotionModel | None,
    batch: MotionBatch,
    config: TrainConfig,
    rng: np.random.Generator,
    *,
    work: Path | None = None,
    report: Report | None = None,
    encoder: TextEncoder | None = None,
) -> MotionModel:
    """Train one generation.

    Args:
        previous: the last generation; read only where `config.start` is "finetune".
        batch: the training motions, at most `config.model.frames` frames long.
        rng: one number is drawn from it.
        work: a folder for checkpoints, see `train_in`.
        encoder: turns captions into tokens; default: hashed words.

    Raises:
        ValueError: the batch is empty, too long or not finite; a caption is empty; the model size is another one than
            that of `previous`; training diverged.
    """
    seed = int(rng.integers(2**63))
    before, carried = continued(previous, config)
    if previous is not None and before is not None and previous.config != config.model:
        raise ValueError(f"fine-tuning needs the previous model's size {previous.config}, got {config.model}; keep it")
    normaliser = previous.normaliser if previous is not None and before is not None else Normaliser.fit(batch)
    data = _training_set(batch, normaliser, config.model, encoder)
    generator = torch.Generator().manual_seed(seed)
    net = Denoiser(config.model)
    if before is None:
        net.initialise(generator)
    state = new_state(net, config, generator, weights=before, carried=carried)
    name = digest(config, seed, [data.clean, data.frames, data.values, data.mask], before, carried)
    state = train_in(work, name, state, gradients_of(data, config), config, report)
    kept = carry(state) if config.optimiser == "carried" else None
    return MotionModel(config.model, normaliser, averaged(state), kept, state.loss)


def sample(
    model: MotionModel,
    captions: Sequence[str],
    lengths: Sequence[int] | NDArray[np.int64],
    config: SamplerConfig,
    rng: np.random.Generator,
    report: Report | None = None,
    *,
    encoder: TextEncoder | None = None,
) -> Float32:
    """One motion per caption: (n, model.config.frames, 263) float32, raw units, zero beyond each length.

    Sample i depends on the state of `rng`, on i, its caption and its length, not on how many are asked for.

    Raises:
        ValueError: captions and lengths differ in number, a length is outside 1 .. frames, a caption is empty.
    """
    size, count = model.config, len(captions)
    many = np.asarray(lengths, dtype=np.int64)
    if many.shape != (count,):
        raise ValueError(f"lengths must have one entry per caption ({count}), got shape {many.shape}")
    if count and not (many.min() >= 1 and many.max() <= size.frames):
        raise ValueError(
            f"lengths must be 1 to {size.frames} frames, got {many.min()} to {many.max()}; ask for shorter motions"
        )
    generator = torch.Generator().manual_seed(int(rng.integers(2**63)))
    tokens = _encoder(size, encoder).encode(captions)
    net = Denoiser(size)
    net.load_state_dict(model.weights)
    net.eval()
    out = np.zeros((count, size.frames, DIM), np.float32)
    for begin in range(0, count, CHUNK):
        rows = np.arange(begin, begin + CHUNK)
        rows[rows >= count] = begin  # fill up with copies
        motions = _sample_chunk(net, _tensors(tokens, rows), many[rows], config, generator)
        end = min(count, begin + CHUNK)
        out[begin:end] = model.normaliser.invert(motions[: end - begin])
        if report is not None:
            report("sample", end, count)
    out[np.arange(size.frames) >= many[:, None]] = 0
    return out


@torch.no_grad()
def _sample_chunk(
    net: Denoiser,
    tokens: tuple[Tensor, Tensor],
    lengths: NDArray[np.int64],
    config: SamplerConfig,
    generator: torch.Generator,
) -> Float32:
    """(CHUNK, frames, 263) normalised."""
    size = net.config
    frames = _frames(lengths, size)
    valid = frames.repeat_interleave(DIM, dim=2)
    memory = net.memory(*tokens, torch.zeros(CHUNK, dtype=torch.bool))
    guided = config.guidance != 1
    both = _stack(memory, net.memory(*tokens, torch.ones(CHUNK, dtype=torch.bool))) if guided else memory
    both_frames = torch.cat([frames, frames]) if guided else frames

    def denoise(x: Tensor, level: float) -> Tensor:
        x = x * valid
        passes = torch.cat([x, x]) if guided else x
        guess: Tensor = net(passes, torch.full((len(passes),), level), both, both_frames)
        if not guided:
            return guess
        with_text, without = guess.chunk(2)
        return torch.lerp(without, with_text, config.guidance)

    def noise() -> Tensor:
        return torch.randn(CHUNK, size.patches, size.patch * DIM, generator=generator)

    motions: Float32 = draw(denoise, noise, config).view(CHUNK, -1, DIM)[:, : size.frames].numpy()
    return motions


def _stack(first: Memory, second: Memory) -> Memory:
    return Memory(
        torch.cat([first.keys, second.keys], 1),
        torch.cat([first.values, second.values], 1),
        torch.cat([first.mask, second.mask]),
        torch.cat([first.pooled, second.pooled]),
    )


def _encoder(size: ModelConfig, encoder: TextEncoder | None) -> TextEncoder:
    chosen = encoder or WordEncoder(size.vocabulary, size.text_tokens)
    if (chosen.vocabulary, chosen.dim) != (size.vocabulary, size.text_dim):
        raise ValueError(
            f"the text encoder gives vocabulary {chosen.vocabulary} and dim {chosen.dim}, the model expects "
            f"{size.vocabulary} and {size.text_dim}; use the encoder the model was trained with"
        )
    return chosen


def _tensors(tokens: Tokens, rows: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(tokens.values[rows]), torch.from_numpy(tokens.mask[rows])


def _frames(lengths: NDArray[np.int64], size: ModelConfig) -> Tensor:
    """(n, P, patch) 1 where a frame is valid, else 0."""
    valid = np.arange(size.patches * size.patch) < lengths[:, None]
    return torch.from_numpy(valid.astype(np.float32)).view(len(lengths), size.patches, size.patch)


def _training_set(
    batch: MotionBatch, normaliser: Normaliser, size: ModelConfig, encoder: TextEncoder | None
) -> TrainingSet:
    """The batch, normalised, cut into patches and padded; captions cut to the longest one."""
    n, frames, _ = batch.features.shape
    if n == 0:
        raise ValueError("training needs at least one motion, got an empty batch; check the data filters")
    if not (batch.lengths.min() >= 1 and batch.lengths.max() <= min(frames, size.frames)):
        raise ValueError(
            f"motions must be 1 to {size.frames} frames long, got {batch.lengths.min()} to {batch.lengths.max()}; "
            "crop them or raise the model's frames"
        )
    if not np.all(np.isfinite(batch.features)):
        raise ValueError("features must be finite, got nan or inf in the training set; drop those motions")
    mask = _frames(batch.lengths, size)
    kept = min(frames, size.frames)
    clean = np.zeros((n, size.patches * size.patch, DIM), np.float32)
    clean[:, :kept] = normaliser.apply(batch.features[:, :kept])
    clean[mask.view(n, -1).numpy() == 0] = 0
    tokens = _encoder(size, encoder).encode(batch.captions)
    longest = int(tokens.mask.sum(axis=1).max())
    return TrainingSet(
        torch.from_numpy(clean).view(n, size.patches, -1),
        mask,
        torch.from_numpy(tokens.values[:, :longest].copy()),
        torch.from_numpy(tokens.mask[:, :longest].copy()),
    )
