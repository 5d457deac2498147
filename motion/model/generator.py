"""MotionModel: a trained text-to-motion generator; fitting one generation of it and drawing from it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor

from generative.diffusion import SamplerConfig, draw
from generative.training import Weights, averaged, carry, new_state, read_checkpoint, train
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
        tensors = {f"weights/{name}": weight.contiguous() for name, weight in self.weights.items()}
        for key, part in (self.carried or {}).items():
            tensors |= {f"carried/{key}/{name}": value.contiguous() for name, value in part.items()}
        tensors |= {f"normaliser/{k}": torch.from_numpy(v.copy()) for k, v in self.normaliser.arrays().items()}
        save_file(tensors, folder / "model.safetensors")
        text = json.dumps({"model": asdict(self.config), "loss": self.loss}, indent=1)
        (folder / "model.json").write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> MotionModel:
        """Read what `save` wrote.

        Raises:
            OSError: a file is missing.
            ValueError: the weights do not fit the stored config.
        """
        stored = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        parts: dict[str, Weights] = {}
        for name, value in load_file(folder / "model.safetensors").items():
            key, _, rest = name.rpartition("/")
            parts.setdefault(key, {})[rest] = value
        normaliser = Normaliser.from_arrays({k: v.numpy() for k, v in parts.pop("normaliser").items()})
        weights = parts.pop("weights")
        carried = {key.removeprefix("carried/"): part for key, part in parts.items()} or None
        config = ModelConfig(**stored["model"])
        expected = {name: weight.shape for name, weight in Denoiser(config).named_parameters()}
        if {name: weight.shape for name, weight in weights.items()} != expected:
            raise ValueError(f"the weights in {folder} do not fit the model size in model.json; restore both files")
        return cls(config, normaliser, weights, carried, stored["loss"])


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
        work: a folder for checkpoints. A run that was killed continues from there, bit for bit on the CPU. The file's
            name holds a digest of data, start, config and seed, so another run never picks it up; the caller removes
            the folder when the model is stored.
        encoder: turns captions into tokens; default: hashed words.

    Raises:
        ValueError: the batch is empty, too long or not finite; a caption is empty; the model size is another one than
            that of `previous`; training diverged.
    """
    seed = int(rng.integers(2**63))
    start = previous if config.start == "finetune" else None
    if start is not None and start.config != config.model:
        raise ValueError(f"fine-tuning needs the previous model's size {start.config}, got {config.model}; keep it")
    carried = start.carried if start is not None and config.optimiser == "carried" else None
    if start is not None and config.optimiser == "carried" and carried is None:
        raise ValueError("the previous model carries no optimiser; train it with optimiser 'carried' too")
    normaliser = start.normaliser if start is not None else Normaliser.fit(batch)
    data = _training_set(batch, normaliser, config.model, encoder)
    weights = start.weights if start is not None else None
    generator = torch.Generator().manual_seed(seed)
    net = Denoiser(config.model)
    if weights is None:
        net.initialise(generator)
    state = new_state(net, config, generator, weights=weights, carried=carried)
    checkpoint = None
    if work is not None:
        checkpoint = work / f"training-{_digest(data, config, seed, start, carried)}.pt"
        if checkpoint.exists():
            state = read_checkpoint(checkpoint, state)
    state = train(state, gradients_of(data, config), config, checkpoint=checkpoint, report=report)
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


def _digest(
    data: TrainingSet,
    config: TrainConfig,
    seed: int,
    start: MotionModel | None,
    carried: Mapping[str, Weights] | None,
) -> str:
    """Names one training run: the same data, config, seed and start give the same 16 hex digits."""
    total = hashlib.sha256(json.dumps([asdict(config), seed], sort_keys=True).encode())
    parts = [data.clean, data.frames, data.values, data.mask]
    for weights in ([start.weights] if start is not None else []) + list((carried or {}).values()):
        parts += [weights[name] for name in sorted(weights)]
    for part in parts:
        total.update(part.detach().contiguous().numpy().tobytes())
    return total.hexdigest()[:16]
