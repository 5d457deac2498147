"""MotionModel: a trained text-to-motion generator; fitting one generation of it and drawing from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from generative import weights
from generative.checkpoint import one_line
from generative.device import Device, compile_for, device_of, reduced_precision
from generative.samplers import SamplerConfig, draw
from generative.training import Weights, averaged, carry, continued, digest, digest_of, new_state, train_in
from loop.progress import Report
from motion.batch import MotionBatch
from motion.features.hml263 import DIM
from motion.features.normaliser import Normaliser
from motion.model.architectures import check_same, check_weights, config_of, denoiser_of
from motion.model.contract import DenoiserConfig, MotionDenoiser
from motion.model.training import TrainConfig, TrainingSet, gradients_of
from motion.text.words import TextEncoder, Tokens, WordEncoder

Float32 = NDArray[np.float32]

CHUNK = 64
"""Motions sampled at once. Every chunk is filled up, so sample i is the same however many follow it."""


@dataclass(frozen=True)
class MotionModel:
    """A trained generator: immutable, and all that sampling and the next generation need.

    weights: the averaged weights, by name; samples are drawn from these.
    carried: weights and moments of the optimiser (see TrainConfig.optimiser), or None.
    loss: training loss at the end, smoothed over about 50 steps.
    """

    config: DenoiserConfig
    normaliser: Normaliser
    weights: Weights
    carried: Mapping[str, Weights] | None
    loss: float

    def save(self, folder: Path) -> None:
        """Write `model.json` and `model.safetensors` into an existing folder."""
        normaliser = {key: torch.from_numpy(value.copy()) for key, value in self.normaliser.arrays().items()}
        groups = {**weights.with_carried(self.weights, self.carried), "normaliser": normaliser}
        weights.save(folder, groups, {"model": self.config.describe(), "loss": self.loss})

    @classmethod
    def load(cls, folder: Path) -> MotionModel:
        """Read what `save` wrote.

        Raises:
            OSError: a file is missing.
            ValueError: a file is damaged, or the weights do not fit the stored config.
        """
        groups, about = weights.load(folder)
        try:
            config, loss = config_of(about["model"]), float(about["loss"])
            normaliser = Normaliser.from_arrays({key: value.numpy() for key, value in groups["normaliser"].items()})
            found = groups["weights"]
        except (KeyError, TypeError, ValueError) as problem:
            raise ValueError(f"{folder} holds no whole motion model ({one_line(problem)}); restore it") from None
        if normaliser.mean.shape != (DIM,):
            raise ValueError(f"{folder} normalises {len(normaliser.mean)} features, the model has {DIM}; restore it")
        check_weights(found, config, folder)
        carried = weights.carried_of(groups)
        if carried is not None:
            weights.check_carried(carried, found, folder)
        return cls(config, normaliser, found, carried, loss)


def fit(
    previous: MotionModel | None,
    batch: MotionBatch,
    config: TrainConfig,
    rng: np.random.Generator,
    *,
    captions: Sequence[Sequence[str]] | None = None,
    work: Path | None = None,
    report: Report | None = None,
    encoder: TextEncoder | None = None,
    device: Device = "cpu",
) -> MotionModel:
    """Train one generation.

    Args:
        previous: the last generation; read only where `config.start` is "finetune".
        batch: the training motions, at most `config.model.frames` frames long.
        rng: one number is drawn from it.
        captions: all captions of each motion, of which each step takes one by lot; None: the batch's own.
        work: a folder for checkpoints, see `train_in`.
        encoder: turns captions into tokens; default: hashed words.
        device: see `generative.device`; the model comes back on the CPU.

    Raises:
        ValueError: the batch is empty, too long or not finite; a caption is empty; architecture or size of the model
            are others than those of `previous`; the checkpoint in `work` is damaged; training diverged.
    """
    seed = int(rng.integers(2**63))
    before, carried = continued(previous, config)
    if previous is not None and before is not None:
        check_same(previous.config, config.model)
    normaliser = previous.normaliser if previous is not None and before is not None else Normaliser.fit(batch)
    data = _training_set(batch, normaliser, config.model, encoder, captions)
    generator, where = torch.Generator().manual_seed(seed), device_of(device)
    net = denoiser_of(config.model)
    if before is None:
        net.initialise(generator)
    data_digest = digest_of([torch.from_numpy(batch.features), torch.from_numpy(batch.lengths)])
    about = {**config.model.describe(), "data": data_digest, "device": where.type}
    net = net.to(where)
    compile_for(net, where)
    state = new_state(net, config, generator, weights=before, carried=carried, about=about)
    name = digest(config, seed, data.parts, before, carried) + ("" if where.type == "cpu" else f"-{where.type}")
    gradients = gradients_of(data.to(where), config, lambda: state.step, seed)
    train_in(work, name, state, gradients, config, report)  # moves `state` itself
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
    device: Device = "cpu",
    chunk: int = CHUNK,
) -> Float32:
    """One motion per caption: (n, model.config.frames, 263) float32, raw units, zero beyond each length.

    Sample i depends on the state of `rng`, on i, its caption and its length, on device and chunk, not on how many are
    asked for. chunk: motions computed at once.

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
    if chunk < 1:
        raise ValueError(f"chunk must be >= 1, got {chunk}")
    where = device_of(device)
    generator = torch.Generator(where).manual_seed(int(rng.integers(2**63)))
    tokens = _encoder(size, encoder).encode(captions)
    net = denoiser_of(size)
    net.load_state_dict(model.weights)
    net.to(where).eval()
    out = np.zeros((count, size.frames, DIM), np.float32)
    for begin in range(0, count, chunk):
        rows = np.arange(begin, begin + chunk)
        rows[rows >= count] = begin  # fill up with copies
        motions = _sample_chunk(net, _tensors(tokens, rows), many[rows], config, generator)
        end = min(count, begin + chunk)
        out[begin:end] = model.normaliser.invert(motions[: end - begin])
        if report is not None:
            report("sample", end, count)
    out[np.arange(size.frames) >= many[:, None]] = 0
    return out


@torch.no_grad()
def _sample_chunk(
    net: MotionDenoiser,
    tokens: tuple[Tensor, Tensor],
    lengths: NDArray[np.int64],
    config: SamplerConfig,
    generator: torch.Generator,
) -> Float32:
    """(n, frames, 263) normalised, for n captions and lengths."""
    size, device, n = net.config, generator.device, len(lengths)
    values, mask = (part.to(device) for part in tokens)
    # A network that sees padding was never told where motions end: it draws whole ones, and they are cut.
    frames = _frames(np.full(n, size.frames) if size.sees_padding else lengths, size).to(device)
    valid = frames.repeat_interleave(DIM, dim=2)
    guided = config.guidance != 1
    with reduced_precision(device):
        captions = net.memory(values, mask, torch.zeros(n, dtype=torch.bool, device=device))
        if guided:
            captions = captions.joined(net.memory(values, mask, torch.ones(n, dtype=torch.bool, device=device)))
    both_frames = torch.cat([frames, frames]) if guided else frames

    def denoise(x: Tensor, level: float) -> Tensor:
        x = x * valid
        passes = torch.cat([x, x]) if guided else x
        with reduced_precision(device):
            guess: Tensor = net(passes, torch.full((len(passes),), level, device=device), captions, both_frames)
        guess = guess.float()
        if not guided:
            return guess
        with_text, without = guess.chunk(2)
        return torch.lerp(without, with_text, config.guidance)

    def noise() -> Tensor:
        return torch.randn(n, size.tokens, size.frames_a_token * DIM, generator=generator, device=device)

    motions: Float32 = draw(denoise, noise, config).view(n, -1, DIM)[:, : size.frames].cpu().numpy()
    return motions


def _encoder(size: DenoiserConfig, encoder: TextEncoder | None) -> TextEncoder:
    chosen = encoder or WordEncoder(size.vocabulary, size.text_tokens)
    if (chosen.vocabulary, chosen.dim) != (size.vocabulary, size.text_dim):
        raise ValueError(
            f"the text encoder gives vocabulary {chosen.vocabulary} and dim {chosen.dim}, the model expects "
            f"{size.vocabulary} and {size.text_dim}; use the encoder the model was trained with"
        )
    return chosen


def _tensors(tokens: Tokens, rows: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(tokens.values[rows]), torch.from_numpy(tokens.mask[rows])


def _frames(lengths: NDArray[np.int64], size: DenoiserConfig) -> Tensor:
    """(n, P, frames_a_token) 1 where a frame is valid, else 0."""
    valid = np.arange(size.tokens * size.frames_a_token) < lengths[:, None]
    return torch.from_numpy(valid.astype(np.float32)).view(len(lengths), size.tokens, size.frames_a_token)


def _training_set(
    batch: MotionBatch,
    normaliser: Normaliser,
    size: DenoiserConfig,
    encoder: TextEncoder | None,
    captions: Sequence[Sequence[str]] | None = None,
) -> TrainingSet:
    """The batch, normalised, cut into tokens and padded; captions cut to the longest one."""
    n, frames, _ = batch.features.shape
    if n == 0:
        raise ValueError("training needs at least one motion, got an empty batch; check the data filters")
    if not (batch.lengths.min() >= 1 and batch.lengths.max() <= min(frames, size.frames)):
        raise ValueError(
            f"motions must be 1 to {size.frames} frames long, got {batch.lengths.min()} to {batch.lengths.max()}; "
            "crop them or raise the model's frames"
        )
    if not np.isfinite(batch.features[np.arange(frames) < batch.lengths[:, None]]).all():
        raise ValueError("features must be finite, got nan or inf in the training set; drop those motions")
    mask = _frames(batch.lengths, size)
    kept = min(frames, size.frames)
    clean = np.zeros((n, size.tokens * size.frames_a_token, DIM), np.float32)
    clean[:, :kept] = normaliser.apply(batch.features[:, :kept])
    clean[mask.view(n, -1).numpy() == 0] = 0
    said = batch.captions if captions is None else tuple(dict.fromkeys(text for own in captions for text in own))
    tokens = _encoder(size, encoder).encode(said)
    longest = int(tokens.mask.sum(axis=1).max())
    found = TrainingSet(
        torch.from_numpy(clean).view(n, size.tokens, -1),
        mask,
        torch.from_numpy(tokens.values[:, :longest].copy()),
        torch.from_numpy(tokens.mask[:, :longest].copy()),
    )
    if captions is None:
        return found
    if len(captions) != n or not all(captions):
        raise ValueError(
            f"captions must be some for each of {n} motions, got {len(captions)} lists; give every motion one"
        )
    row = {text: i for i, text in enumerate(said)}
    texts = torch.zeros(n, max(map(len, captions)), dtype=torch.long)
    for i, own in enumerate(captions):
        texts[i, : len(own)] = torch.tensor([row[text] for text in own])
    return replace(found, texts=texts, counts=torch.tensor([len(own) for own in captions]))
