"""DigitModel: a trained class-conditional diffusion model of digits; fitting one generation and drawing from it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

from generative.diffusion import LEVELS, SamplerConfig, draw, noise_scales, scales_at, training_levels
from generative.training import (
    OptimiserConfig,
    Weights,
    averaged,
    carry,
    check_share,
    draw_rows,
    new_state,
    read_checkpoint,
    train,
)
from loop.progress import Report
from toy.digits.batch import CLASSES, ImageBatch
from toy.digits.network import DigitDenoiser, NetworkConfig

CHUNK = 100
"""Images sampled at once. Every chunk is filled up to this size, so sample i is the same however many follow it."""


@dataclass(frozen=True, kw_only=True)
class DigitTraining(OptimiserConfig):
    """drop_digit: share of images trained without their digit (for guidance). network: its size."""

    drop_digit: float = 0.1
    network: NetworkConfig = NetworkConfig()

    def __post_init__(self) -> None:
        super().__post_init__()
        check_share("drop_digit", self.drop_digit)


@dataclass(frozen=True)
class DigitModel:
    """A trained generator: immutable, all that sampling and the next generation need.

    weights: the averaged weights, by name; samples are drawn from these.
    carried: weights and moments of the optimiser, or None. loss: at the end of training, smoothed over about 50 steps.
    """

    network: NetworkConfig
    weights: Weights
    carried: Mapping[str, Weights] | None
    loss: float

    def save(self, folder: Path) -> None:
        """Write `model.json` and `model.safetensors` into an existing folder."""
        tensors = {f"weights/{name}": weight.contiguous() for name, weight in self.weights.items()}
        for key, part in (self.carried or {}).items():
            tensors |= {f"carried/{key}/{name}": value.contiguous() for name, value in part.items()}
        save_file(tensors, folder / "model.safetensors")
        text = json.dumps({"network": asdict(self.network), "loss": self.loss}, indent=1)
        (folder / "model.json").write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> DigitModel:
        """Read what `save` wrote.

        Raises:
            OSError: a file is missing.
            ValueError: the weights do not fit the stored size.
        """
        stored = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        parts: dict[str, Weights] = {}
        for name, value in load_file(folder / "model.safetensors").items():
            key, _, rest = name.rpartition("/")
            parts.setdefault(key, {})[rest] = value
        weights = parts.pop("weights")
        carried = {key.removeprefix("carried/"): part for key, part in parts.items()} or None
        network = NetworkConfig(**stored["network"])
        expected = {name: weight.shape for name, weight in DigitDenoiser(network).named_parameters()}
        if {name: weight.shape for name, weight in weights.items()} != expected:
            raise ValueError(f"the weights in {folder} do not fit the size in model.json; restore both files")
        return cls(network, weights, carried, stored["loss"])


def fit(
    previous: DigitModel | None,
    batch: ImageBatch,
    config: DigitTraining,
    rng: np.random.Generator,
    *,
    work: Path | None = None,
    report: Report | None = None,
) -> DigitModel:
    """Train one generation on `batch`; from `previous` where `config.start` is "finetune".

    work: a folder for checkpoints, from which a killed run continues bit for bit on the CPU; the file's name holds a
        digest of data, start, config and seed, so another run never picks it up.

    Raises:
        ValueError: no or not finite images, another size than the model's, or training diverged.
    """
    if not len(batch) or not np.isfinite(batch.images).all():
        raise ValueError(f"training needs finite images, got {len(batch)} with nan or inf, or none; drop those")
    if batch.images.shape[1:] != (config.network.size,) * 2:
        raise ValueError(f"images must be {config.network.size} pixels wide, got {batch.images.shape[1:]}; resize them")
    seed = int(rng.integers(2**63))
    start = previous if config.start == "finetune" else None
    if start is not None and start.network != config.network:
        raise ValueError(f"fine-tuning needs the previous model's size {start.network}, got {config.network}; keep it")
    carried = start.carried if start is not None and config.optimiser == "carried" else None
    if start is not None and config.optimiser == "carried" and carried is None:
        raise ValueError("the previous model carries no optimiser; train it with optimiser 'carried' too")
    generator = torch.Generator().manual_seed(seed)
    net = DigitDenoiser(config.network)
    if start is None:
        net.initialise(generator)
    state = new_state(net, config, generator, weights=start.weights if start else None, carried=carried)
    checkpoint = None
    if work is not None:
        checkpoint = work / f"training-{_digest(batch, config, seed, start)}.pt"
        if checkpoint.exists():
            state = read_checkpoint(checkpoint, state)
    clean = torch.from_numpy(2 * batch.images - 1).unsqueeze(1)
    digits = torch.from_numpy(batch.labels)
    levels = training_levels("log-snr")

    def gradients(net: DigitDenoiser, generator: torch.Generator) -> float:
        size = config.batch_size
        rows = draw_rows(len(clean), size, generator)
        level = levels[torch.randint(LEVELS, (size,), generator=generator)]
        dropped = torch.rand(size, generator=generator) < config.drop_digit
        noise = torch.randn(size, *clean.shape[1:], generator=generator)
        alpha, sigma = (scale.view(-1, 1, 1, 1) for scale in noise_scales(level))
        x = clean[rows]
        told = torch.where(dropped, CLASSES, digits[rows])
        loss = functional.mse_loss(net(alpha * x + sigma * noise, level.float(), told), alpha * noise - sigma * x)
        loss.backward()  # type: ignore[no-untyped-call]
        return float(loss.detach())

    state = train(state, gradients, config, checkpoint=checkpoint, report=report)
    kept = carry(state) if config.optimiser == "carried" else None
    return DigitModel(config.network, averaged(state), kept, state.loss)


def sample(
    model: DigitModel,
    labels: NDArray[np.int64],
    config: SamplerConfig,
    rng: np.random.Generator,
    report: Report | None = None,
) -> ImageBatch:
    """One image per label; sample i depends on the state of `rng`, on i and its label, not on how many there are."""
    count, size = len(labels), model.network.size
    generator = torch.Generator().manual_seed(int(rng.integers(2**63)))
    net = DigitDenoiser(model.network)
    net.load_state_dict(model.weights)
    net.eval()
    out = np.zeros((count, size, size), np.float32)
    for begin in range(0, count, CHUNK):
        rows = np.arange(begin, begin + CHUNK)
        rows[rows >= count] = begin  # fill up with copies
        end = min(count, begin + CHUNK)
        out[begin:end] = _chunk(net, torch.from_numpy(labels[rows]), config, generator)[: end - begin]
        if report is not None:
            report("sample", end, count)
    return ImageBatch(out, labels)


@torch.inference_mode()
def _chunk(
    net: DigitDenoiser, digits: Tensor, config: SamplerConfig, generator: torch.Generator
) -> NDArray[np.float32]:
    """(CHUNK, H, W), pixels 0 to 1. Estimates of x_0 are cut to the range of pixels at every step."""
    guided = config.guidance != 1
    both = torch.cat([digits, torch.full_like(digits, CLASSES)]) if guided else digits

    def denoise(x: Tensor, level: float) -> Tensor:
        passes = torch.cat([x, x]) if guided else x
        alpha, sigma = scales_at(level)
        v = net(passes, torch.full((len(passes),), level), both)
        if guided:
            with_digit, without = v.chunk(2)
            v = torch.lerp(without, with_digit, config.guidance)
        clean: Tensor = (alpha * x - sigma * v).clamp(-1, 1)
        return clean

    def noise() -> Tensor:
        return torch.randn(CHUNK, 1, net.config.size, net.config.size, generator=generator)

    images: NDArray[np.float32] = ((draw(denoise, noise, config)[:, 0] + 1) / 2).clamp(0, 1).numpy()
    return images


def _digest(batch: ImageBatch, config: DigitTraining, seed: int, start: DigitModel | None) -> str:
    """Names one training run: the same data, config, seed and start give the same 16 hex digits."""
    total = hashlib.sha256(json.dumps([asdict(config), seed], sort_keys=True).encode())
    total.update(batch.images.tobytes() + batch.labels.tobytes())
    for weights in ([start.weights, *(start.carried or {}).values()]) if start is not None else []:
        for name in sorted(weights):
            total.update(weights[name].detach().contiguous().numpy().tobytes())
    return total.hexdigest()[:16]
